import { guardKey } from '../guards/keys.js'
import { guardMembers } from '../guards/values.js'
import type { Sealing } from '../sealing/sealing.js'
import type { SearchFeature } from '../search/feature.js'
import { Searched } from '../search/searched.js'
import type { SearchedKey } from '../search/searchedKey.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'

/**
 * What searches for a command; undefined where it cannot search for anything.
 *
 * @throws {DocumentClientError} `invalid-client` where the client does not have that
 */
export function searchOf(
  table: KnownTable,
  { ExpressionAttributeValues }: Item,
  { features }: Sealing,
): SearchFeature | undefined {
  const isSearched = (value: unknown) => value instanceof Searched
  return table.hasTokens || Object.values(ExpressionAttributeValues ?? {}).some(isSearched)
    ? features.search
    : undefined
}

/**
 * The key of a command, where it is a search token.
 *
 * @throws {DocumentClientError} `invalid-schema`; `condition-refused` or `invalid-value` for what is not searched for
 */
export function searchedKey(table: KnownTable, given: unknown, sealing: Sealing): SearchedKey | undefined {
  guardMembers(table, Object(given))
  if (table.keyTokens.size > 0) return sealing.features.search.SearchedKey.where(table, given, sealing)
  guardKey(table, given)
  return undefined
}

/** Of an item that is put. */
export function searchedKeyOfItem(table: KnownTable, item: Item, sealing: Sealing): SearchedKey | undefined {
  return table.keyTokens.size > 0
    ? sealing.features.search.SearchedKey.ofItem(table, item, sealing)
    : undefined
}
