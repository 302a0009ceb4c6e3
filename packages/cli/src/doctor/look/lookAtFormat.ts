import type { Keyring } from '@dynaseal/core'
import { type FormatParts, formatParts, type ItemFormatParts, itemFormatParts } from '@dynaseal/core/parts'
import type { KnownTable } from '@dynaseal/document-client/mapper'
import type { ClientOfRegion } from '../../config/project.js'
import { itemKeyringsFor, keyringFor } from '../../keys/keyrings.js'
import { keyOf } from '../../stored/tableItem.js'
import { probeOf } from '../../stored/wholeProbe.js'
import type { WireItem } from '../../stored/wireItem.js'
import type { Context } from '../seen.js'
import type { Limits, Sender } from '../wire.js'
import { contextOf } from './context.js'
import { type KeyAccess, keyringsOf } from './keyAccess.js'
import { sampleItem } from './sampleItem.js'

/** Of a client of the configuration, and as whom it reads. */
export interface TableOfClient {
  readonly parts: ClientOfRegion['parts']
  readonly sender: Sender
  readonly name: string
  readonly known: KnownTable
}

/** Whom a format asks for the data keys of a table, and with what. */
export interface LookedFormat {
  /** Encryption context without values of items; undefined where it depends on them, and none could be read. */
  readonly context: Context | undefined
  /** All of it, as the keyring is asked with it. */
  readonly asked: Context | undefined
  /** One for each recipient of an item; of a function, those for the context. */
  readonly recipients: readonly Recipient[]
  /** What the context was made of. */
  readonly sample: WireItem | undefined
}

export interface Recipient {
  /** Undefined where the format does not tell. */
  readonly keyring: Keyring | undefined
  /** What it is made of, that which seals first. */
  readonly access: readonly KeyAccess[]
  /** Whether some of it cannot be looked into. */
  readonly isOpaque: boolean
}

/** @throws what the application's own functions throw */
export async function lookAtFormat(of: TableOfClient, limits: Limits): Promise<LookedFormat> {
  const { format } = of.parts
  const fields = formatParts(format)
  if (fields !== undefined) return ofFields(fields, of, limits)
  const items = itemFormatParts(format)
  if (items !== undefined) return ofItems(items, of, limits)
  const recipients = [{ keyring: undefined, access: [], isOpaque: true }]
  return { context: undefined, asked: undefined, recipients, sample: undefined }
}

/** Where the context depends on the item, that of some item; undefined where none can be read. */
async function ofFields(
  parts: FormatParts,
  { sender, name, known }: TableOfClient,
  limits: Limits,
): Promise<LookedFormat> {
  const isFixed = typeof parts.encryptionContext !== 'function'
  const sample = isFixed ? undefined : await sampleItem(sender, name, known.keyNames, limits)
  const key = isFixed ? madeUp(known.keyNames) : sample && keyOf(known, sample)
  const context = key && (await contextOf(parts, known.name, key))
  const { keyring } = parts
  const isNamed = typeof keyring !== 'function' || context !== undefined
  const recipients = isNamed ? await recipientsOf([await keyringFor(keyring, context!)], context) : []
  return { context, asked: context, recipients, sample }
}

/** Keys of items are in the context: where none can be read, that of one that might be, unless functions would be asked with it. */
async function ofItems(
  parts: ItemFormatParts,
  { sender, name, known, parts: { search } }: TableOfClient,
  limits: Limits,
): Promise<LookedFormat> {
  const { keyring, pairNames } = parts
  const { kept, toSeal } = probeOf({ known, search }, parts)
  const sample = await sampleItem(sender, name, kept, limits)
  if (sample === undefined && typeof keyring === 'function')
    return { context: undefined, asked: undefined, recipients: [], sample }
  const asked = parts.contextOf(toSeal(sample))
  const recipients = await recipientsOf(await itemKeyringsFor(keyring, asked), asked)
  const namesKeys = recipients.some(({ access }) => access.some(hasFunction))
  const isUnknown = sample === undefined && namesKeys
  return {
    context: isUnknown ? undefined : { [pairNames.table]: known.name },
    asked: isUnknown ? undefined : asked,
    recipients,
    sample,
  }
}

async function recipientsOf(
  keyrings: readonly Keyring[],
  context: Context | undefined,
): Promise<Recipient[]> {
  return Promise.all(keyrings.map(async keyring => ({ keyring, ...(await keyringsOf(keyring, context)) })))
}

function hasFunction(access: KeyAccess): boolean {
  return access.kind === 'branch-keys' && typeof access.branchKeyId === 'function'
}

function madeUp(names: readonly string[]): WireItem {
  return Object.fromEntries(names.map(name => [name, { S: 'dynaseal-doctor' }]))
}
