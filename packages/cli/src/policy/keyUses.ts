import type { Keyring, KeyringOfContext } from '@dynaseal/core'
import { type FormatParts, formatParts, itemFormatParts, searchParts } from '@dynaseal/core/parts'
import type { KnownTable } from '@dynaseal/document-client/mapper'
import type { ClientOfRegion } from '../config/project.js'
import { CliError } from '../errors.js'
import { keyringFor, keysOf, type UsedKey } from '../keys/keyrings.js'
import { ofBranchKey, usesOfBeacons } from './branchKeyUses.js'
import { type Conditions, hasContext, hasNo } from './document.js'
import { usesOfItems } from './itemUses.js'
import { ofContext } from './ofContext.js'

type Pairs = Readonly<Record<string, string>>

/** What a key is used for: the action, and the encryption context that it always has then. */
export interface KeyUse {
  readonly key: UsedKey['key']
  readonly what:
    | 'open fields'
    | 'seal fields'
    | 'open search keys'
    | 'make search keys'
    | 'open branch keys'
    | 'open beacon keys'
  readonly action: 'kms:Decrypt' | 'kms:GenerateDataKey'
  readonly condition: Conditions
  /** That of the key's own policy, where who administers what the key is used for needs more. Default: the same. */
  readonly ofKeyPolicy?: Conditions
}

/** A table, as a client of one region has it. */
export interface TableInRegion {
  readonly name: string
  readonly region: string
  /** Whether its own key is a search token, so that a new search key moves its items. */
  readonly moves: boolean
  /** Whether its items are sealed as wholes, and so put and never updated. */
  readonly wholeItems: boolean
}

export interface Uses {
  readonly tables: readonly TableInRegion[]
  readonly keys: readonly KeyUse[]
}

/**
 * What the clients of a configuration do with KMS, and where.
 *
 * @param given pairs of one tenant, where the application's function decides by the item
 * @param some names of tables in DynamoDB, if not all
 * @throws {CliError} `unsupported` for what does not tell its keys, `usage` for pairs that no context of a table has
 */
export async function usesOf(
  clients: readonly ClientOfRegion[],
  given: Pairs,
  some?: readonly string[],
): Promise<Uses> {
  const keys: KeyUse[] = []
  const tables: TableInRegion[] = []
  for (const client of clients) {
    const named = [...client.parts.tables.known].filter(([name]) => some?.includes(name) ?? true)
    const { region } = client
    const { wholeItems = false } = client.parts.format
    for (const [name, { keyTokens }] of named)
      tables.push({ name, region, moves: keyTokens.size > 0, wholeItems })
    if (named.length > 0) keys.push(...(await usesOfFormat(client, named, given)))
    // Of tables that were named, those without tokens search for nothing.
    if (some === undefined || named.some(([, { hasTokens }]) => hasTokens))
      keys.push(...(await usesOfSearch(client)), ...usesOfBeacons(client, given))
  }
  return { tables, keys }
}

async function usesOfFormat(
  { parts: { format } }: ClientOfRegion,
  named: readonly (readonly [string, KnownTable])[],
  given: Pairs,
): Promise<KeyUse[]> {
  const tables = named.map(([, table]) => table)
  const fields = formatParts(format)
  if (fields !== undefined) return usesOfFields(fields, [...new Set(tables.map(({ name }) => name))], given)
  const items = itemFormatParts(format)
  if (items !== undefined) return usesOfItems(items, tables, given)
  throw new CliError('unsupported', 'The format of the configuration does not tell which keys it uses.')
}

/** What formats 1 and 2 add. */
const CONTEXTS_OF_FORMATS: readonly Pairs[] = [{}, { 'dynaseal:format': '2' }]

async function usesOfFields(format: FormatParts, tables: string[], given: Pairs): Promise<KeyUse[]> {
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

function fixed(pairs: Pairs, given: Pairs): Pairs {
  const other = Object.keys(given).find(name => pairs[name] !== given[name])
  if (other === undefined) return pairs
  throw new CliError(
    'usage',
    `--context ${other}=… is in no encryption context: the configuration's client gives all items the same pairs (${Object.keys(pairs).join(', ') || 'none'}).`,
  )
}

function givenKeyring(keyring: Keyring | KeyringOfContext, context: Pairs): Promise<Keyring> {
  return ofContext(() => keyringFor(keyring, context), context)
}
