import type { AttributePath, AttributeValue, TokenDefinition, TokenSubject } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { relate } from '../paths/attributePattern.js'
import { PendingSeal } from '../sealing/pendingSeal.js'
import type { KnownTable } from '../tables/knownTable.js'
import { type Item, type Place, primaryKey } from '../values/place.js'
import type { Values } from '../values/values.js'
import type { CommandTokens } from './commandTokens.js'
import type { ItemToken } from './itemToken.js'
import { Searched } from './searched.js'
import { isUnwrapped } from './searchedKey.js'
import { searchedSource } from './searches.js'
import { isSearchedFor, storedTenant, subjectOf, tenantIn } from './tokenTenant.js'
import { setAt, standsAt, valueAt } from './valueAt.js'

/**
 * Notes the tokens of an item that is put as a whole, from what it holds in clear or what waits to be sealed. In an item
 * that is sealed already, as a batch sends again what DynamoDB did not process, they stay as they are.
 *
 * @param item changed when the tokens are made
 * @throws {DocumentClientError} `plaintext-refused` for a token that is not that of the value
 */
export function storeTokens(
  { table, kind }: Place,
  item: Item,
  tokens: CommandTokens,
  values: Values,
  isCiphertext: (value: Uint8Array) => boolean,
): void {
  // One that is a token itself is not known yet.
  const key = table.keyTokens.size > 0 ? undefined : primaryKey(table, item, values)
  for (const token of table.tokens(kind)) {
    const { path, definition } = token
    const isKey = table.isKeyToken(token)
    let given = valueAt(item, path)
    const parts = definition.paths.map(part => valueAt(item, part))
    const isSealed = definition.paths.map(part =>
      part.some((_, depth) => {
        const above = part.slice(0, depth + 1)
        const value = valueAt(item, above)
        return value instanceof Uint8Array && isCiphertext(value) && isEncrypted(table, kind, above)
      }),
    )
    if (isSealed.includes(true)) {
      if (
        parts.some(
          (part, index) => !isSealed[index] && part !== undefined && isPlain(item, definition.paths[index]!),
        )
      )
        throw isHalfSealed(table, token)
      continue
    }
    // A mapper links it to what it is of, which has to be what is put.
    if (isKey && given instanceof Searched) {
      const attributes = attributesOf(definition, parts, values)
      const searched = searchedSource(table, token, given, values)
      const isSame =
        attributes === undefined ||
        (isSearchedFor(table, token, attributes, searched) && tenantIn(token, item) === searched.tenant)
      if (!isSame) throw isComputed(table, path)
      given = undefined
    }
    if (isKey && given !== undefined)
      throw table.takesPlaintext ? isComputed(table, path) : isUnwrapped(table, String(path[0]))
    const tenant = token.tenant && valueAt(item, token.tenant)
    const made = tokenStore(table, token, { parts, tenant, key }, tokens, values, stored => {
      if (given !== undefined && !isSame(given, stored)) throw isComputed(table, path)
      if (stored !== undefined) setAt(item, path, stored)
    })
    if (!made && isKey) throw isKeyless(table, token)
    if (!made && given !== undefined) throw isComputed(table, path)
  }
}

/** Of an item that is written. */
interface StoredSource {
  readonly parts: readonly unknown[]
  readonly tenant: unknown
  readonly key: TokenSubject['key']
}

/**
 * Notes the token of values.
 *
 * @param use is given what to store: a text, a set of texts, or nothing
 * @returns false where a value is absent, so that there is nothing to make a token of
 * @throws {SearchError} where what is there is refused all the same
 */
export function tokenStore(
  table: KnownTable,
  token: ItemToken,
  { parts, tenant, key }: StoredSource,
  tokens: CommandTokens,
  values: Values,
  use: (stored: string | Set<string> | undefined) => void,
): boolean {
  const { definition } = token
  const attributes = attributesOf(definition, parts, values)
  if (attributes === undefined) {
    const before = attributesOf(definition, parts.slice(0, parts.indexOf(undefined)), values)!
    if (before.length > 0)
      tokens.incomplete(subjectOf(table, token, { values: before, tenant: undefined, key }))
    return false
  }
  const source = { values: attributes, tenant: storedTenant(table, token, tenant), key }
  tokens.store(subjectOf(table, token, source), ([first, ...others]) => {
    if (definition.members) use(first === undefined ? undefined : new Set([first, ...others]))
    else use(first)
  })
  return true
}

/** The values that a token is made of; undefined where one is absent. */
export function attributesOf(
  { paths }: Pick<TokenDefinition, 'paths'>,
  parts: readonly unknown[],
  values: Values,
): AttributeValue[] | undefined {
  if (parts.some(part => part === undefined)) return undefined
  return parts.map((part, index) => {
    if (part instanceof Searched) throw Searched.misplaced()
    return values.attributeAt(paths[index]!, part)
  })
}

/** Whether a value waits to be sealed, which would be another one than what was sealed before. */
function isPlain(item: Item, path: AttributePath): boolean {
  return path.some((_, depth) => standsAt(item, path.slice(0, depth + 1)) instanceof PendingSeal)
}

function isEncrypted(table: KnownTable, kind: unknown, path: AttributePath): boolean {
  return table.encrypted(kind).some(pattern => relate(pattern, path) === 'at')
}

function isSame(given: unknown, stored: string | Set<string> | undefined): boolean {
  if (!(given instanceof Set) || !(stored instanceof Set)) return given === stored
  return given.size === stored.size && [...given].every(token => stored.has(token))
}

export function isComputed(table: KnownTable, path: AttributePath): DocumentClientError {
  return new DocumentClientError(
    'plaintext-refused',
    `'${formatPath(path)}' of table ${table.name} is a search token: the sealed client computes it from the attributes that it is of. Leave it out.`,
  )
}

function isKeyless(table: KnownTable, { path, definition }: ItemToken): DocumentClientError {
  return new DocumentClientError(
    'invalid-value',
    `An item for table ${table.name} lacks ${definition.paths.map(formatPath).join(', ')}, or a part of it: its key '${formatPath(path)}' is the search token of that.`,
  )
}

function isHalfSealed(table: KnownTable, { path, definition }: ItemToken): DocumentClientError {
  return new DocumentClientError(
    'plaintext-refused',
    `The token '${formatPath(path)}' of table ${table.name} is of ${definition.paths.map(formatPath).join(', ')}, of which one is sealed already and another is not, so it cannot be computed. Give all of them in clear.`,
  )
}
