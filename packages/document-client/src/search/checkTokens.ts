import type { AttributePath, TokenMaker, TokenUse } from '@dynaseal/core'
import { DocumentClientError } from '../errors.js'
import { formatPath, overlap } from '../paths/attributePattern.js'
import { type Dialect, titleOf } from '../tables/dialect.js'
import type { ItemKind } from '../tables/itemKind.js'
import type { ItemToken } from './itemToken.js'

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

function useOf(table: string, { encrypted }: ItemKind, { path, definition }: ItemToken): TokenUse {
  const isEncrypted = (part: AttributePath) =>
    encrypted.some(pattern => pattern.length <= part.length && overlap(pattern, part))
  return { table, attribute: path, definition, encrypted: definition.paths.map(isEncrypted) }
}

function faultOf(
  { path, definition }: ItemToken,
  { encrypted, tokens = [] }: ItemKind,
  keyNames: readonly string[],
  taken: readonly string[],
): string | undefined {
  const [name] = path as [string]
  const { paths } = definition
  if (keyNames.includes(name)) return 'it is of the primary key, which an item keeps for as long as it exists'
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
  return undefined
}
