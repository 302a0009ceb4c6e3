import type { ItemFormatParts } from '@dynaseal/core/parts'
import type { KnownTable } from '@dynaseal/document-client/mapper'
import { CliError } from '../errors.js'
import { itemKeyringsFor, keysOf } from '../keys/keyrings.js'
import { ofBranchKey } from './branchKeyUses.js'
import { hasAny, hasContext, hasNo } from './document.js'
import type { KeyUse } from './keyUses.js'
import { ofContext } from './ofContext.js'

type Pairs = Readonly<Record<string, string>>

/**
 * What a format that seals items as wholes does with its keys. KMS is given names of tables and key attributes, and values of
 * the item, which no condition can know but those of one tenant.
 *
 * @param given pairs of one tenant
 * @throws {CliError} `usage` for pairs that the items of a table do not have
 */
export async function usesOfItems(
  format: ItemFormatParts,
  tables: readonly KnownTable[],
  given: Pairs,
): Promise<KeyUse[]> {
  const { pairNames, keyring, signs } = format
  const isKnown = Object.keys(given).length > 0
  const named = new Map(tables.map(table => [table.name, table]))
  const ofTables = hasContext({ ...given, [pairNames.table]: [...named.keys()] })
  const sealing = { ...ofTables, ...(signs ? hasAny(pairNames.signature) : hasNo(pairNames.signature)) }
  const uses: KeyUse[] = []
  for (const table of named.values()) {
    const context = contextOfTable(format, table, given)
    const keyrings = await ofContext(() => itemKeyringsFor(keyring, context), context)
    for (const { key, seals } of keyrings.flatMap(one => keysOf(one))) {
      if (key.kind === 'branch-keys') {
        uses.push(ofBranchKey(key, isKnown ? context : undefined))
        continue
      }
      uses.push({ key, what: 'open fields', action: 'kms:Decrypt', condition: ofTables })
      if (seals) uses.push({ key, what: 'seal fields', action: 'kms:GenerateDataKey', condition: sealing })
    }
  }
  return uses
}

/** What is known of the context of a table's items: as if these had no other attributes in it. */
function contextOfTable(
  { ofTable, pairNames }: ItemFormatParts,
  { name, keyNames }: KnownTable,
  given: Pairs,
): Pairs {
  const { version, pairs, ofAttributes } = ofTable(name, keyNames)
  const known = [...ofAttributes.values()]
  const other = Object.keys(given).find(pair => !known.includes(pair))
  if (other !== undefined)
    throw new CliError(
      'usage',
      `--context ${other}=… is in no encryption context of table ${name}. Of its items that has ${known.join(', ')}.`,
    )
  if (version === 1) return { ...pairs, ...given }
  return { ...pairs, ...given, [pairNames.types]: 'S'.repeat(Object.keys(given).length) }
}
