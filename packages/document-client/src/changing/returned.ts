import type { AttributePath } from '@dynaseal/core'
import type { ClientSettings } from '../client/settings.js'
import { FieldsNotOpenedError } from '../errors.js'
import type { Attributes } from '../evaluation/types.js'
import { failure } from '../opening/failure.js'
import { markOpened } from '../opening/opened.js'
import { NUMBER } from '../opening/opening.js'
import { occurrences } from '../paths/attributePattern.js'
import { hideInherited } from '../paths/inheritedNames.js'
import { selectedParts } from '../paths/selectedParts.js'
import { Selection } from '../paths/selection.js'
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
  // Not of what was cut away: whoever gets the item would not see that it has another kind's name.
  handOut(table, selected, paths)
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

/** As items are that a read hands out. */
function handOut(table: KnownTable, item: Item, paths: readonly AttributePath[] | undefined): void {
  const selection = paths === undefined ? undefined : new Selection(paths)
  for (const pattern of table.inherited) hideInherited(item, pattern)
  const patterns = table.encrypted(table.kindOf(item))
  markOpened(
    item,
    patterns.flatMap(pattern => occurrences(item, pattern, [], selection)),
  )
}
