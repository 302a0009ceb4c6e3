import type { AttributePath } from '@dynaseal/core'
import { DocumentClientError } from '../errors.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'

/** Those of the format's own attributes that an item has. */
export function formatAttributesOf({ formatAttributes }: KnownTable, item: Item): Item {
  const own: Item = {}
  for (const name of formatAttributes) if (Object.hasOwn(item, name)) own[name] = item[name]
  return own
}

/** Takes them out of an item, which is the caller's own. */
export function takeFormatAttributes(table: KnownTable, item: Item): Item {
  const taken = formatAttributesOf(table, item)
  for (const name of table.formatAttributes) delete item[name]
  return taken
}

export function isFormatAttribute({ formatAttributes }: KnownTable, path: AttributePath): boolean {
  return formatAttributes.includes(path[0] as string)
}

/** Nobody but the format reads or writes its attributes: what an application makes of them, no item would open with. */
export function formatsOwn(
  table: KnownTable,
  path: AttributePath,
  code: 'condition-refused' | 'projection-refused' | 'update-refused' | 'plaintext-refused',
): DocumentClientError {
  return new DocumentClientError(
    code,
    `'${String(path[0])}' of table ${table.name} is the format's own: it is stored, read and taken out of items by itself. Leave it out; if the application has an attribute of this name, give the format another one with the option envelopeAttribute.`,
  )
}
