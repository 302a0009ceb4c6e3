import type { Item, Place } from '../values/place.js'
import { isToken } from './itemToken.js'
import { removeAt, valueAt } from './valueAt.js'

/** Items that may have tokens: of one table, and of one kind. */
export type ItemsWithTokens = Pick<Place, 'table' | 'kind'> & { readonly items: Item[] }

/** Takes search tokens out of items: they are no data. */
export function takeTokens(groups: readonly ItemsWithTokens[]): void {
  for (const { table, kind, items } of groups) {
    for (const { path } of table.tokens(kind)) {
      const isSure = table.surelyHasToken(kind, path)
      for (let index = 0; index < items.length; index++) {
        const item = items[index]!
        if (isSure || isToken(valueAt(item, path))) removeAt(item, path, isNone)
      }
    }
  }
}

const isNone = () => false
