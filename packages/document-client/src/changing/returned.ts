import type { ClientSettings } from '../client/settings.js'
import { FieldsNotOpenedError } from '../errors.js'
import type { Attributes } from '../evaluation/types.js'
import { failure } from '../opening/failure.js'
import { handOut } from '../opening/handOut.js'
import { NUMBER } from '../opening/reasons.js'
import { selectedParts } from '../paths/selectedParts.js'
import type { KnownTable } from '../tables/knownTable.js'
import { setMember } from '../values/copyContainers.js'
import type { Item } from '../values/place.js'
import type { ReadFirst } from './readFirst.js'

/** What a write returns by its `ReturnValues`, as the client's commands carry it. */
export function returned(
  { table, params, updatedPaths }: ReadFirst,
  before: Attributes | undefined,
  after: Attributes | undefined,
  settings: ClientSettings,
): Item | undefined {
  const [, part, which] = /^(ALL|UPDATED)_(OLD|NEW)$/.exec(String(params.ReturnValues)) ?? []
  const attributes = which === 'OLD' ? before : which === 'NEW' ? after : undefined
  if (attributes === undefined) return undefined
  const item = native(table, attributes, settings)
  const paths = part === 'UPDATED' ? updatedPaths : undefined
  const selected = paths === undefined ? item : selectedParts(item, paths)
  if (Object.keys(selected).length === 0) return undefined
  handOut(table, table.kindOf(item), selected, paths)
  return selected
}

function native(table: KnownTable, attributes: Attributes, { values }: ClientSettings): Item {
  const item: Item = {}
  for (const [name, value] of Object.entries(attributes)) {
    try {
      setMember(item, name, values.native(value))
    } catch {
      throw new FieldsNotOpenedError([failure(table, [name], 'malformed-value', NUMBER)])
    }
  }
  return item
}
