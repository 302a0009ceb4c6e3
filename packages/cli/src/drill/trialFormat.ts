import type { Format, ItemToOpen, ItemToSeal } from '@dynaseal/core'
import { type FormatParts, formatParts, type ItemFormatParts, itemFormatParts } from '@dynaseal/core/parts'
import type { Target } from '../config/project.js'
import { CliError } from '../errors.js'
import { allAloneIn, aloneIn, itemKeyringsFor, keyringFor, keysOf, type UsedKey } from '../keys/keyrings.js'
import { type EncryptedField, encryptedFields, keyOf, toOpen } from '../stored/tableItem.js'
import { hasItemAttributes, wholeToOpen } from '../stored/wholeItem.js'
import { probeOf } from '../stored/wholeProbe.js'
import type { WireItem } from '../stored/wireItem.js'
import type { SampleItem } from './sample.js'

/** What a drill does with the format of a table, whether that seals fields or items as wholes. */
export interface TrialFormat {
  /** Whether an item has something that a key opens. */
  holdsSealed(item: WireItem): boolean
  /** What is kept of an item for the sample. */
  sampled(item: WireItem): SampleItem
  toOpen(item: WireItem): ItemToOpen
  /** An item that is like one of the sample and goes nowhere; of a table without any, like one that might be. */
  toSeal(item: SampleItem | undefined): ItemToSeal
  /** The keys that an item is sealed and opened with. */
  keysFor(item: SampleItem | undefined): Promise<UsedKey[]>
  /** The format with keys of one region alone, or of all, and a cache of its own. */
  alone(region?: string): Format & { clear(): void }
}

/** @throws {CliError} `unsupported` */
export function trialFormatOf(target: Target): TrialFormat {
  const fields = formatParts(target.format)
  if (fields !== undefined) return ofFields(target, fields)
  const items = itemFormatParts(target.format)
  if (items !== undefined) return ofItems(target, items)
  throw new CliError(
    'unsupported',
    `The format of table ${target.tableName} does not tell which keys it uses.`,
  )
}

function ofFields(target: Target, parts: FormatParts): TrialFormat {
  const { known } = target
  const { name: table } = known
  const place = (item = madeUp(known.keyNames)) => ({ table, key: keyOf(known, item)! })
  return {
    holdsSealed: item => ciphertextIn(target, item).length > 0,
    sampled: item => keyOf(known, item)!,
    toOpen: item => toOpen(known, keyOf(known, item)!, item, ciphertextIn(target, item)),
    toSeal: item => ({ ...place(item), fields: [{ path: ['drill'], value: { S: '' } }], whole: true }),
    keysFor: async item => keysOf(await keyringFor(parts.keyring, parts.contextOf(place(item)))),
    alone: region => parts.over(region === undefined ? parts.keyring : aloneIn(region, parts.keyring)),
  }
}

function ofItems(target: Target, parts: ItemFormatParts): TrialFormat {
  const { kept, toSeal } = probeOf(target, parts)
  return {
    holdsSealed: hasItemAttributes,
    sampled: item => Object.fromEntries(Object.entries(item).filter(([name]) => kept.includes(name))),
    toOpen: item => wholeToOpen(target, item),
    toSeal,
    keysFor: async item => {
      const keyrings = await itemKeyringsFor(parts.keyring, parts.contextOf(toSeal(item)))
      return keyrings.flatMap(one => keysOf(one))
    },
    alone: region => parts.over(region === undefined ? parts.keyring : allAloneIn(region, parts.keyring)),
  }
}

/** The ciphertext of an item. */
function ciphertextIn({ known, format }: Target, item: WireItem): EncryptedField[] {
  return encryptedFields(known, item).filter(({ value: { B } }) => B !== undefined && format.looksSealed(B))
}

function madeUp(names: readonly string[]): WireItem {
  return Object.fromEntries(names.map(name => [name, { S: 'drill' }]))
}
