import type { AttributePath } from '@dynaseal/core'
import { occurrences } from '../paths/attributePattern.js'
import { hideInherited } from '../paths/inheritedNames.js'
import { Selection } from '../paths/selection.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { markOpened } from './opened.js'

/**
 * Makes an item that was made here of an opened one what items are that a read opens: one whose encrypted values may be
 * taken for such.
 *
 * @param kind the name of the whole item's kind
 * @param paths what of the whole item is in it, if not all
 */
export function handOut(
  table: KnownTable,
  kind: unknown,
  item: Item,
  paths?: readonly AttributePath[] | undefined,
): void {
  for (const pattern of table.inherited) hideInherited(item, pattern)
  // Who has no mapper has nobody who asks.
  if (table.takesPlaintext) return
  const selection = paths === undefined ? undefined : new Selection(paths)
  markOpened(
    item,
    table.encrypted(kind).flatMap(pattern => occurrences(item, pattern, [], selection)),
  )
}
