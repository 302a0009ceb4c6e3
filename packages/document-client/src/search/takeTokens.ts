import type { Item, Place } from '../values/place.js'
import { isToken } from './itemToken.js'
import { removeAt, valueAt } from './valueAt.js'

/** An item that may have tokens. */
export type ItemWithTokens = Pick<Place, 'table' | 'kind'> & { readonly item: Item }

/** Takes search tokens out of items: they are no data. */
export function takeTokens(items: readonly ItemWithTokens[]): void {
  for (const { table, item, kind } of items)
    for (const { path } of table.tokens(kind))
      if (table.surelyHasToken(kind, path) || isToken(valueAt(item, path))) removeAt(item, path, () => false)
}
