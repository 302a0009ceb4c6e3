import type { AttributePath } from '@dynaseal/core'
import { formatAttributesOf } from '../guards/formatAttributes.js'
import { relate } from '../paths/attributePattern.js'
import { selectedParts } from '../paths/selectedParts.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'

/** What an update is asked to return, and what of that is the caller's. */
export interface WidenedReturnValues {
  readonly params: Item
  /** The item with what was not asked for taken out, but for the format's own attributes. */
  cutDown(item: Item): Item
}

/**
 * `UPDATED_OLD` and `UPDATED_NEW` return what was updated, and not the attributes of the format that it takes to open it. The
 * whole item has them, so that is asked for, and cut down.
 *
 * @param updated the paths that the update writes
 */
export function widenReturnValues(
  table: KnownTable,
  params: Item,
  updated: readonly AttributePath[],
): WidenedReturnValues {
  const [, which] = /^UPDATED_(OLD|NEW)$/.exec(String(params.ReturnValues)) ?? []
  const patterns = table.encrypted(undefined)
  // Not the path, but the attribute that it is in: of a list, engines for tests return all, with what is encrypted beside.
  const isConcerned = updated.some(([name]) =>
    patterns.some(pattern => relate(pattern, [name!]) !== 'beside'),
  )
  if (which === undefined || table.formatAttributes.length === 0 || !isConcerned)
    return { params, cutDown: item => item }
  return {
    params: { ...params, ReturnValues: `ALL_${which}` },
    cutDown: item => ({ ...selectedParts(item, updated), ...formatAttributesOf(table, item) }),
  }
}
