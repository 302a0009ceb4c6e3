import type { AttributePath, TokenDefinition, TokenMaker, TokenUse } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { overlap, relate } from '../paths/attributePattern.js'
import { type Dialect, titleOf } from '../tables/dialect.js'
import type { ItemKind } from '../tables/itemKind.js'
import { type ItemToken, makesSame } from './itemToken.js'

interface Surroundings {
  readonly tableName: string
  /** Of the table itself. */
  readonly keyNames: readonly string[]
  /** Names of attributes that have another meaning. */
  readonly taken: readonly string[]
  readonly maker: TokenMaker | undefined
  /** The other kinds of items of the table. */
  readonly others: readonly ItemKind[]
}

/** @throws {DocumentClientError} `invalid-schema` or `invalid-client` for a token attribute that cannot be one */
export function checkTokens(
  dialect: Dialect,
  kind: ItemKind,
  { tableName, keyNames, taken, maker, others }: Surroundings,
): void {
  const { tokens = [] } = kind
  const [first] = tokens
  if (first === undefined) return
  if (maker === undefined) {
    throw new DocumentClientError(
      'invalid-client',
      `'${formatPath(first.path)}' of ${titleOf(dialect, kind)} is a search token, and the client has no search keys. Give sealDocumentClient() the option search: createSearchTokens({ keyring, writeWith }), or for beacons of the AWS Database Encryption SDK createBeacons({ keyring, branchKeyId }).`,
    )
  }
  const uses = tokens.map(token => useOf(tableName, kind, token))
  const ofOthers = others.flatMap(other => (other.tokens ?? []).map(token => useOf(tableName, other, token)))
  for (const [index, token] of tokens.entries()) {
    const own = uses[index]!
    const beside = [...uses.filter(use => use !== own), ...ofOthers]
    const why = faultOf(token, kind, keyNames, taken) ?? maker.faultOf?.(own, beside)
    if (why === undefined) continue
    throw new DocumentClientError(
      'invalid-schema',
      `'${formatPath(token.path)}' of ${titleOf(dialect, kind)} in table ${tableName} cannot be a search token: ${why}.`,
    )
  }
}

function useOf(table: string, { encrypted }: ItemKind, token: ItemToken): TokenUse {
  const { path, definition, tenant } = token
  const isEncrypted = (part: AttributePath) =>
    encrypted.some(pattern => pattern.length <= part.length && overlap(pattern, part))
  return { table, attribute: path, definition, tenant, encrypted: definition.paths.map(isEncrypted) }
}

function faultOf(
  { path, definition, tenant }: ItemToken,
  { encrypted, tokens = [] }: ItemKind,
  keyNames: readonly string[],
  taken: readonly string[],
): string | undefined {
  const [name] = path as [string]
  const { paths } = definition
  if (taken.includes(name)) return `'${name}' has another meaning in this table`
  if ([path, ...paths].some(each => each.some(step => typeof step !== 'string')))
    return 'it, or an attribute that it is of, stands in a list, whose positions change'
  if (encrypted.some(pattern => overlap(pattern, path)))
    return 'it is encrypted, so that nothing is found by it'
  if (tokens.filter(other => overlap(other.path, path)).length > 1)
    return 'there are two of one name, or one inside of the other'
  const inside = tokens.find(other => paths.some(part => overlap(part, other.path)))
  if (inside !== undefined) return `it is of '${formatPath(inside.path)}', which is a search token itself`
  const above = path.slice(0, -1)
  if (!paths.some(part => part.length > above.length && above.every((step, i) => step === part[i])))
    return 'it stands in a map that has none of the attributes that it is of. Put it beside one of these, or further up'
  if (tenant !== undefined) {
    if (tenant.some(step => typeof step !== 'string')) return 'its tenant stands in a list'
    if (encrypted.some(pattern => overlap(pattern, tenant)))
      return `its tenant, '${formatPath(tenant)}', is encrypted. What tenant an item is of has to be known before it is opened`
    if (tokens.some(other => overlap(other.path, tenant)))
      return `its tenant, '${formatPath(tenant)}', is a search token`
    if (keyNames.includes(name) && !(tenant.length === 1 && keyNames.includes(String(tenant[0]))))
      return `it is of the primary key, and its tenant, '${formatPath(tenant)}', is not: whoever writes the table could change it`
  }
  return keyNames.includes(name) ? faultOfKey(path, definition, encrypted, keyNames) : undefined
}

/** Two values of one token would be one item; and what an item is found by has to be proved by what it holds. */
const LEAST_BITS_OF_KEYS = 128

function faultOfKey(
  path: AttributePath,
  { members, bits, paths }: TokenDefinition,
  encrypted: ItemKind['encrypted'],
  keyNames: readonly string[],
): string | undefined {
  if (path.length > 1) return 'it stands in a map that has the name of a key'
  if (members) return 'it is of the primary key, which has one value, and not one for each member'
  if (bits < LEAST_BITS_OF_KEYS)
    return `it is of the primary key, and with fewer than ${LEAST_BITS_OF_KEYS} bits two values may have the same one, and be one item`
  const clear = paths.find(
    part =>
      !(part.length === 1 && keyNames.includes(String(part[0]))) &&
      !encrypted.some(pattern => ['at', 'below'].includes(relate(pattern, part))),
  )
  return clear === undefined
    ? undefined
    : `it is of the primary key, and '${formatPath(clear)}' is not encrypted. Whoever writes the table could change it, and nothing would show that the key is not its token`
}

/**
 * A key is read before anybody knows of which kind an item is, so all kinds have to have the same token there.
 *
 * @throws {DocumentClientError} `invalid-schema`
 */
export function checkKeyTokens(
  dialect: Dialect,
  kinds: readonly ItemKind[],
  tableName: string,
  keyNames: readonly string[],
): void {
  for (const name of keyNames) {
    const at = ({ tokens = [] }: ItemKind) => tokens.find(({ path }) => path[0] === name)
    const found = kinds.flatMap(kind => at(kind) ?? [])
    const [first] = found
    if (first === undefined) continue
    // What has no name holds for the others, too.
    const forAll = kinds.some(kind => kind.name === undefined && at(kind) !== undefined)
    const other = kinds.find(kind => {
      const own = at(kind)
      return own === undefined ? !forAll : !makesSame(own, first)
    })
    if (other === undefined) continue
    throw new DocumentClientError(
      'invalid-schema',
      `The key '${name}' of table ${tableName} is a search token, and not the same one in ${titleOf(dialect, other)}. What a command gives for a key does not say of which ${dialect.kind} its item is: give all the same token, or put the others in another table.`,
    )
  }
}
