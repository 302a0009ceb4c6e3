import type { FieldError, TokenClaim, TokenFit, TokenMaker } from '@dynaseal/core'
import { failure } from '../opening/failure.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import type { Values } from '../values/values.js'
import { attributesOf } from './storedTokens.js'
import { subjectOf, tenantIn } from './tokenTenant.js'
import { valueAt } from './valueAt.js'

/** An opened item whose key is a token. */
export interface KeyedItem {
  readonly table: KnownTable
  readonly item: Item
  readonly key: Item
  readonly failures: FieldError[]
}

/**
 * Adds a failure to each item whose key is not the token of what it holds. What was sealed is bound to the key; this shows
 * that the key is that of the value, and not what whoever wrote it chose.
 */
export async function checkKeys(
  items: readonly KeyedItem[],
  maker: TokenMaker | undefined,
  values: Values,
): Promise<void> {
  const claims: (TokenClaim & { readonly of: KeyedItem; readonly name: string })[] = []
  for (const of of items) {
    const { table, item, key } = of
    for (const [name, token] of table.keyTokens) {
      const { definition } = token
      const parts = definition.paths.map(
        path => valueAt(item, path) ?? (path.length === 1 ? key[path[0]!] : undefined),
      )
      const attributes = attributesOf(definition, parts, values)
      // Not asked for, or not projected.
      if (attributes === undefined) continue
      const stored = [key[name]]
      const source = { values: attributes, tenant: tenantIn(token, item, key) }
      claims.push({ ...subjectOf(table, token, source), of, name, stored })
    }
  }
  if (claims.length === 0) return
  const fits = (await maker?.check(claims)) ?? []
  for (const [index, { of, name }] of claims.entries()) {
    const fit = fits[index]
    if (fit?.fits !== true) of.failures.push(failure(of.table, [name], 'wrong-token', reasonOf(fit)))
  }
}

function reasonOf(fit: TokenFit | undefined): string {
  const reason = fit?.fits === false ? fit.reason : 'unknown'
  return reason === 'unknown-version'
    ? 'this key of the item is the token of a search key that the client does not have. Give createSearchTokens() that one in findWith.'
    : `this key of the item is not the search token of what it holds (${reason}). Somebody wrote past the sealed client, or the way values are normalized has changed since.`
}
