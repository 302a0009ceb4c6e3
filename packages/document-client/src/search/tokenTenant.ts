import { SearchError, type TokenSubject } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import type { ItemToken } from './itemToken.js'
import { Searched } from './searched.js'
import { valueAt } from './valueAt.js'

/** What a token is made of beside its definition. */
export type TokenSource = Pick<TokenSubject, 'values' | 'tenant' | 'key'>

export function subjectOf(
  { name: table, keyNames }: KnownTable,
  { path, definition }: ItemToken,
  { values, tenant, key }: TokenSource,
): TokenSubject {
  return { values, tenant, key, definition, table, keyNames, attribute: path }
}

/**
 * Whether values are what is searched for.
 *
 * @param values of the definition's attributes
 * @throws {SearchError} `invalid-value` for what is searched for, with the place
 */
export function isSearchedFor(
  { name, keyNames }: KnownTable,
  { definition }: ItemToken,
  values: TokenSource['values'],
  searched: TokenSource,
): boolean {
  try {
    return definition.matches(values, searched.values)
  } catch (error) {
    throw error instanceof SearchError
      ? error.at({ table: name, keyNames, path: definition.paths[0]! })
      : error
  }
}

/** Whether an item, or a key, has the tenant that its token is bound to; of a token without tenants, it has. */
export function hasTenant({ tenant }: ItemToken, ...items: readonly Item[]): boolean {
  return tenant === undefined || items.some(item => isTenant(valueAt(item, tenant)))
}

/** That of an item, or of its key; nothing where tokens are bound to none. */
export function tenantIn({ tenant }: ItemToken, item: Item, key?: Item): string | undefined {
  if (tenant === undefined) return undefined
  const value = valueAt(item, tenant)
  if (isTenant(value)) return value
  const ofKey = key === undefined ? undefined : valueAt(key, tenant)
  return isTenant(ofKey) ? ofKey : undefined
}

/**
 * The tenant as it is about to be stored.
 *
 * @throws {DocumentClientError} `invalid-value`
 */
export function storedTenant(table: KnownTable, token: ItemToken, value: unknown): string | undefined {
  const { path, tenant } = token
  if (tenant === undefined || isTenant(value)) return tenant === undefined ? undefined : (value as string)
  throw new DocumentClientError(
    'invalid-value',
    `The search token '${formatPath(path)}' of table ${table.name} is bound to the tenant in '${formatPath(tenant)}', and there is no text there.`,
  )
}

/**
 * The tenant that something is searched for in.
 *
 * @throws {DocumentClientError} `invalid-value`
 */
export function searchedTenant(table: KnownTable, token: ItemToken, searched: Searched): string | undefined {
  const given = Searched.tenantOf(searched)
  const { path, tenant } = token
  if (tenant === undefined ? given === undefined : isTenant(given)) return given as string | undefined
  throw new DocumentClientError(
    'invalid-value',
    tenant === undefined
      ? `'${formatPath(path)}' of table ${table.name} has search tokens that are bound to no tenant: search(value) takes none there.`
      : `'${formatPath(path)}' of table ${table.name} has search tokens that are bound to the tenant in '${formatPath(tenant)}': search(value, { tenant }) takes it, a text.`,
  )
}

function isTenant(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
