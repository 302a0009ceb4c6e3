/**
 * What is behind the things that an application makes, for tools that look into them, as the operator's command does.
 * Applications need none of it, and it may change with every release.
 */
import type { ContextOfItem } from './contexts.js'
import type { EncryptedDataKeyEntry, Keyring } from './dataKeyCache/keyring.js'
import type { KeyringOfContext } from './dataKeyCache/keyringOf.js'
import type { FieldError } from './errors.js'
import type { FormatName, GivenFormat } from './fieldFormat.js'
import type { Field, Format, ItemPlace, ItemToOpen, ItemToSeal, OpenedItem } from './format.js'

/** Where a thing has its parts: registered, since a tool may have a copy of this package of its own. */
export const PARTS: unique symbol = Symbol.for('dynaseal:parts')

type AnyKeyring = Keyring | KeyringOfContext

/**
 * A field whose bytes stand in memory with others, from `start` to `end`: three of them at least. To read them there takes less
 * than to make a view for each, which `value` is to whoever asks.
 */
export interface FieldInMemory extends Field<Uint8Array> {
  readonly memory: Buffer
  readonly start: number
  readonly end: number
}

/** Of the field formats. */
export interface FormatParts {
  readonly keyring: AnyKeyring
  /** What the application adds to the context. */
  readonly encryptionContext: Readonly<Record<string, string>> | ContextOfItem
  /** What is written. */
  readonly writes: FormatName
  /**
   * All pairs of an item's data key, as it is written.
   *
   * @throws {ConfigurationError} `invalid-context`
   */
  contextOf(item: ItemPlace): Readonly<Record<string, string>>
  /**
   * Opens as `open` does, where no data key has to be asked for or waited for; without a promise, unless it takes so long
   * that others want their turn. Bytes are read until it is done, and not kept. As `open`, it takes {@link FieldInMemory}.
   *
   * @returns nothing where one has to: then nothing has been opened
   */
  openNow(items: readonly ItemToOpen[]): OpenedItem[] | undefined | Promise<OpenedItem[] | undefined>
  /** The same format with data keys of another keyring, and a cache of its own. */
  over(keyring: AnyKeyring): GivenFormat
}

/** One for each recipient of an item. */
export type ItemKeyrings = Keyring | readonly Keyring[]
export type AnyItemKeyrings =
  | ItemKeyrings
  | ((context: Readonly<Record<string, string>>) => ItemKeyrings | Promise<ItemKeyrings>)

/** What all items of a table have in common, in a format that seals them as wholes. */
export interface TableContext {
  /** 2 where the values of attributes are in the context as text, and a pair has their types. */
  readonly version: 1 | 2
  /** Pairs of the encryption context that do not depend on the item. */
  readonly pairs: Readonly<Record<string, string>>
  /** The pair that an attribute of the item becomes, by the attribute's name: the key's and what else is in the context. */
  readonly ofAttributes: ReadonlyMap<string, string>
  /** Names of attributes that may not be signed, and how they begin. */
  readonly unsigned: {
    readonly allowedUnsignedAttributes?: readonly string[]
    readonly allowedUnsignedAttributePrefix?: string
  }
}

/** Of the format of the AWS Database Encryption SDK. */
export interface ItemFormatParts {
  readonly keyring: AnyItemKeyrings
  /** Whether new items have a signature. */
  readonly signs: boolean
  /** Names of pairs: that with the logical table name; that of types; that which only items with a signature have. */
  readonly pairNames: { readonly table: string; readonly types: string; readonly signature: string }
  /**
   * @param keyNames of the table, the partition key first
   * @throws {ConfigurationError} `invalid-option` when the options of the table do not fit its keys
   */
  ofTable(table: string, keyNames: readonly string[]): TableContext
  /**
   * All pairs that a keyring is asked with for an item, as it is written.
   *
   * @throws {SealError} placed, for an item that could not be sealed
   */
  contextOf(item: ItemToSeal): Readonly<Record<string, string>>
  /** What is wrong with a stored item, as far as it can be told without a key. */
  check(item: ItemToOpen): FieldError | undefined
  /** The same format with keys of other keyrings, and a cache of its own. */
  over(keyring: AnyItemKeyrings): Format & { clear(): void }
}

/** One search key of those that an application has. */
export interface SearchKeyParts {
  /** 1 to 255. */
  readonly version: number
  /** The commitment to its data key, in hex: another one for each search key. */
  readonly commitment: string
  readonly encryptedDataKeys: readonly EncryptedDataKeyEntry[]
  /** What `createSearchKey` made. */
  readonly bytes: Uint8Array
}

/** Of search tokens. */
export interface SearchParts {
  readonly keyring: AnyKeyring
  readonly encryptionContext: Readonly<Record<string, string>>
  /** That which is written with stands first. */
  readonly searchKeys: readonly SearchKeyParts[]
}

/** What has beacon keys, as far as it is looked at. */
export interface BeaconKeys {
  beaconKey(
    branchKeyId: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<{ release(): void }>
}

/** Of the beacons of the AWS Database Encryption SDK. */
export interface BeaconParts {
  /** A `BranchKeyring`, as a rule. */
  readonly beaconKeys: BeaconKeys
  /** The branch key whose beacon key all beacons are computed with. */
  readonly branchKeyId: string | undefined
  /** In its place, the attribute of items that has it. */
  readonly keyFieldName: string | undefined
}

/** Of keyrings: where their keys are, and the keyring that asks in one region alone. */
export type KeyringParts =
  | ({ readonly kind: 'mrk' } & ReplicatedKey)
  | ({
      readonly kind: 'branch-keys'
      /** The table of the branch keys, the name that they are bound to, and its regions. */
      readonly keyStore: {
        readonly tableName: string
        readonly logicalName: string
        readonly regions: readonly string[]
      }
      /** The id of the branch key, or what names it by the encryption context. */
      readonly branchKeyId: string | ((context: Readonly<Record<string, string>>) => string)
      alone(region: string): Keyring & BeaconKeys
    } & ReplicatedKey)
  | { readonly kind: 'combined'; readonly sealWith: Keyring; readonly openWith: readonly Keyring[] }

/** A multi-Region key. */
export interface ReplicatedKey extends KmsAccess {
  readonly replicas: readonly { readonly region: string; readonly arn: string }[]
  /**
   * The same keyring, with nothing learned yet, over what is in one region.
   *
   * @throws for a region that has nothing
   */
  alone(region: string): Keyring
}

/** How a keyring asks KMS, for who asks each region by itself as the keyring would. */
export interface KmsAccess {
  /** That which it asks first, if it has one: it need not hold a replica. */
  readonly ownRegion: string | undefined
  /** Milliseconds after which it goes on to the next region. */
  readonly attemptTimeout: number
  readonly grantTokens: readonly string[] | undefined
  /** Its own client of a region: a `KMSClient`, or what has a `send` like one. */
  client(region: string): object
  /** The order in which a `Decrypt` would ask the regions now. */
  routes(): readonly { readonly region: string }[]
}

/**
 * Tells the parts of `thing`, without the symbol as the name of a class's member: a bundler cannot leave out a class
 * whose names it would have to compute.
 */
export function tellParts<PARTS_OF>(thing: object, parts: () => PARTS_OF): void {
  Object.defineProperty(thing, PARTS, { get: parts })
}

/** Undefined for what is no field format, or seals items as wholes. */
export function formatParts(format: unknown): FormatParts | undefined {
  const parts = partsIn<FormatParts | ItemFormatParts>(format)
  return parts !== undefined && 'writes' in parts ? parts : undefined
}

/** Undefined for what is no format of the AWS Database Encryption SDK. */
export function itemFormatParts(format: unknown): ItemFormatParts | undefined {
  const parts = partsIn<FormatParts | ItemFormatParts>(format)
  return parts !== undefined && 'signs' in parts ? parts : undefined
}

/** Undefined for what `createSearchTokens` did not make. */
export function searchParts(maker: unknown): SearchParts | undefined {
  const parts = partsIn<SearchParts | BeaconParts>(maker)
  return parts !== undefined && 'searchKeys' in parts ? parts : undefined
}

/** Undefined for what `createBeacons` did not make. */
export function beaconParts(maker: unknown): BeaconParts | undefined {
  const parts = partsIn<SearchParts | BeaconParts>(maker)
  return parts !== undefined && 'beaconKeys' in parts ? parts : undefined
}

/** Undefined for keyrings of others, which tell nothing of their keys. */
export function keyringParts(keyring: unknown): KeyringParts | undefined {
  return partsIn<KeyringParts>(keyring)
}

function partsIn<PARTS_OF>(thing: unknown): PARTS_OF | undefined {
  if (typeof thing !== 'object' || thing === null) return undefined
  return (thing as { readonly [PARTS]?: PARTS_OF })[PARTS]
}
