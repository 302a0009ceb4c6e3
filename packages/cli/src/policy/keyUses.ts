import type { Keyring, KeyringOfContext } from '@dynaseal/core'
import { formatParts, searchParts } from '@dynaseal/core/parts'
import type { ClientOfRegion } from '../config/project.js'
import { CliError } from '../errors.js'
import { keyringFor, keysOf, type UsedKey } from '../keys/keyrings.js'
import { type Conditions, hasContext, hasNo } from './document.js'

type Pairs = Readonly<Record<string, string>>

/** What a key is used for: the action, and the encryption context that it always has then. */
export interface KeyUse {
  readonly key: UsedKey['key']
  readonly what: 'open fields' | 'seal fields' | 'open search keys' | 'make search keys' | 'open branch keys'
  readonly action: 'kms:Decrypt' | 'kms:GenerateDataKey'
  readonly condition: Conditions
}

/** A table, as a client of one region has it. */
export interface TableInRegion {
  readonly name: string
  readonly region: string
  /** Whether its own key is a search token, so that a new search key moves its items. */
  readonly moves: boolean
}

export interface Uses {
  readonly tables: readonly TableInRegion[]
  readonly keys: readonly KeyUse[]
}

/**
 * What the clients of a configuration do with KMS, and where.
 *
 * @param given pairs of one tenant, where the application's function decides by the item
 * @throws {CliError} `unsupported` for what does not tell its keys, `usage` for pairs that no context of a table has
 */
export async function usesOf(clients: readonly ClientOfRegion[], given: Pairs): Promise<Uses> {
  const keys: KeyUse[] = []
  const tables: TableInRegion[] = []
  for (const client of clients) {
    const named = [...client.parts.tables.known]
    const { region } = client
    tables.push(...named.map(([name, { keyTokens }]) => ({ name, region, moves: keyTokens.size > 0 })))
    const logical = [...new Set(named.map(([, { name }]) => name))]
    if (logical.length > 0) keys.push(...(await usesOfFields(client, logical, given)))
    keys.push(...(await usesOfSearch(client)))
  }
  return { tables, keys }
}

/** What formats 1 and 2 add. */
const CONTEXTS_OF_FORMATS: readonly Pairs[] = [{}, { 'dynaseal:format': '2' }]

async function usesOfFields({ parts }: ClientOfRegion, tables: string[], given: Pairs): Promise<KeyUse[]> {
  const format = formatParts(parts.format)
  if (format === undefined)
    throw new CliError('unsupported', 'The format of the configuration does not tell which keys it uses.')
  const { encryptionContext, keyring, writes } = format
  const pairs = typeof encryptionContext === 'function' ? given : fixed(encryptionContext, given)
  const isKnown = typeof encryptionContext !== 'function' || Object.keys(given).length > 0
  const ofTable = { ...pairs, 'dynaseal:table': tables }
  const uses: KeyUse[] = []
  // Which is asked may depend on the context, and so on the table and the format.
  for (const table of tables) {
    for (const more of CONTEXTS_OF_FORMATS) {
      const context = { ...pairs, 'dynaseal:table': table, ...more }
      for (const used of keysOf(await givenKeyring(keyring, context))) {
        if (used.key.kind === 'branch-keys') {
          uses.push(ofBranchKey(used.key, isKnown ? context : undefined))
          continue
        }
        const [key, condition] = [used.key, hasContext(ofTable)]
        uses.push({ key, what: 'open fields', action: 'kms:Decrypt', condition })
        if (!used.seals) continue
        const seals =
          writes === 'envelope'
            ? hasContext({ ...ofTable, 'dynaseal:format': '2' })
            : { ...condition, ...hasNo('dynaseal:format') }
        uses.push({ key, what: 'seal fields', action: 'kms:GenerateDataKey', condition: seals })
      }
    }
  }
  return uses
}

async function usesOfSearch({ parts }: ClientOfRegion): Promise<KeyUse[]> {
  const search = searchParts(parts.search)
  if (search === undefined) return []
  const context = { ...search.encryptionContext, 'dynaseal:search': '1' }
  const condition = hasContext(context)
  return keysOf(await givenKeyring(search.keyring, context)).flatMap(({ key, seals }): KeyUse[] => {
    if (key.kind === 'branch-keys') return [ofBranchKey(key, context)]
    const opens: KeyUse = { key, what: 'open search keys', action: 'kms:Decrypt', condition }
    const makes: KeyUse = { key, what: 'make search keys', action: 'kms:GenerateDataKey', condition }
    return seals ? [opens, makes] : [opens]
  })
}

/** @param context where all of it is known, which may name the branch key */
function ofBranchKey(
  key: Extract<UsedKey['key'], { kind: 'branch-keys' }>,
  context: Pairs | undefined,
): KeyUse {
  const { keyStore, branchKeyId } = key
  const isFunction = typeof branchKeyId === 'function'
  const id = isFunction ? context && branchKeyId(context) : branchKeyId
  const condition = hasContext({
    tablename: keyStore.logicalName,
    ...(id === undefined ? {} : { 'branch-key-id': id }),
  })
  return { key, what: 'open branch keys', action: 'kms:Decrypt', condition }
}

function fixed(pairs: Pairs, given: Pairs): Pairs {
  const other = Object.keys(given).find(name => pairs[name] !== given[name])
  if (other === undefined) return pairs
  throw new CliError(
    'usage',
    `--context ${other}=… is in no encryption context: the configuration's client gives all items the same pairs (${Object.keys(pairs).join(', ') || 'none'}).`,
  )
}

async function givenKeyring(keyring: Keyring | KeyringOfContext, context: Pairs): Promise<Keyring> {
  try {
    return await keyringFor(keyring, context)
  } catch (error) {
    throw new CliError(
      'usage',
      `The keyring of the configuration depends on the encryption context, and there is none for ${Object.keys(context).join(', ')} alone: ${(error as Error).message} Name the other pairs: --context tenant=acme, once for each tenant.`,
      error,
    )
  }
}
