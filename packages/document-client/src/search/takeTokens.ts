import type { AttributePath } from '@dynaseal/core'
import type { Item, Place } from '../values/place.js'
import { isToken } from './itemToken.js'
import { removeAt, valueAt } from './valueAt.js'

/** An item that may have tokens. */
export type ItemWithTokens = Pick<Place, 'table' | 'kind'> & { readonly item: Item }

/** Takes search tokens out of items: they are no data. */
export function takeTokens(items: readonly ItemWithTokens[]): void {
  let last: ItemWithTokens | undefined
  let tokens: { readonly path: AttributePath; readonly isSure: boolean }[] = []
  for (const each of items) {
    const { table, item, kind } = each
    // Asked once for a page, whose items are mostly of one kind.
    if (table !== last?.table || kind !== last.kind)
      tokens = table.tokens(kind).map(({ path }) => ({ path, isSure: table.surelyHasToken(kind, path) }))
    last = each
    for (const { path, isSure } of tokens)
      if (isSure || isToken(valueAt(item, path))) removeAt(item, path, isNone)
  }
}

const isNone = () => false
