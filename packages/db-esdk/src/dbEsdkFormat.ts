import {
  type CallOptions,
  ConfigurationError,
  type Format,
  type ItemPlace,
  type ItemToOpen,
  type ItemToSeal,
  type OpenedItem,
  type SealedItem,
} from '@dynaseal/core'
import { asBuffer, checkOptions, nextSlice, sliceIsOver, TypeId } from '@dynaseal/core/formats'
import { type ItemFormatParts, tellParts } from '@dynaseal/core/parts'
import { footerBytes } from './footer.js'
import { TAG_BYTES } from './gcm.js'
import { parseHeader } from './header.js'
import { attributesOf, HAS_ACTION, NESTED, opened, takeApart } from './markedItems.js'
import { CONTEXT_PREFIX, FOOTER, HEADER, RESERVED_PREFIX } from './names.js'
import { contextOf, faultOf, PAIR_NAMES, tableContext } from './parts.js'
import { type KeyOptions, SdkItems } from './sdkItems.js'
import { type AttributeOptions, lettersOf, signedBy, Table } from './table.js'

export interface DbEsdkFormatOptions extends KeyOptions {
  /**
   * What is done with attributes that are not encrypted, by logical table name. What is annotated or declared as encrypted is
   * `ENCRYPT_AND_SIGN`, so that is no action here. Default: all others are signed.
   */
  readonly tables?: Readonly<Record<string, AttributeOptions>>
}

const OPTIONS = Object.keys({
  keyring: true,
  algorithmSuite: true,
  cache: true,
  tables: true,
} satisfies Record<keyof DbEsdkFormatOptions, true>)

const TABLE_OPTIONS = Object.keys({
  attributeActionsOnEncrypt: true,
  allowedUnsignedAttributes: true,
  allowedUnsignedAttributePrefix: true,
} satisfies Record<keyof AttributeOptions, true>)

/**
 * The items of the AWS Database Encryption SDK as a format, for a client that seals what it writes and opens what it reads.
 * It seals items as wholes: what is not encrypted is signed.
 *
 * @throws {ConfigurationError} `invalid-option`
 */
export function dbEsdkFormat(options: DbEsdkFormatOptions): DbEsdkFormat {
  return new DbEsdkFormat(options)
}

/** Made by {@link dbEsdkFormat}. */
export class DbEsdkFormat implements Format {
  readonly attributes: readonly string[] = [HEADER, FOOTER]
  readonly wholeItems = true
  readonly #items: SdkItems
  readonly #options: Readonly<Record<string, AttributeOptions>>
  readonly #tables = new Map<string, Table>()

  constructor(options: DbEsdkFormatOptions) {
    checkOptions(undefined, options, OPTIONS)
    const { tables = {} } = options
    checkOptions('tables', tables)
    for (const [name, table] of Object.entries(tables)) checkTable(name, table)
    this.#options = { ...tables }
    this.#items = new SdkItems(options)
    tellParts(this, () => this.#parts(options))
  }

  /** All that is signed: what is not may change without the item being sealed anew. */
  covers(table: string, name: string): boolean {
    if (this.uncovered(table).includes(name)) return false
    const { allowedUnsignedAttributePrefix } = this.#optionsOf(table)
    return allowedUnsignedAttributePrefix === undefined || !name.startsWith(allowedUnsignedAttributePrefix)
  }

  /** Those that may be unsigned by their names; which ones may by a prefix, nobody can list. */
  uncovered(table: string): readonly string[] {
    return this.#optionsOf(table).allowedUnsignedAttributes ?? []
  }

  /** What is inside of an attribute, has a name of the format's own, or has another action. */
  faultOf(table: string, [name, ...nested]: readonly (string | number | symbol)[]): string | undefined {
    if (nested.length > 0) return NESTED
    const attribute = String(name)
    const options = this.#optionsOf(table)
    const { attributeActionsOnEncrypt: actions = {} } = options
    const reserved = [RESERVED_PREFIX, CONTEXT_PREFIX].find(prefix => attribute.startsWith(prefix))
    if (reserved !== undefined)
      return `names that begin with ${reserved} are the format's own. Store it under another name.`
    const isSigned = !Object.hasOwn(actions, attribute) || actions[attribute] === 'SIGN_ONLY'
    return isSigned && signedBy(options)(attribute) ? undefined : HAS_ACTION
  }

  /** Fields of this format begin with the id of a value's type, and so may other bytes. */
  looksSealed(): boolean {
    return false
  }

  isSealed(value: Uint8Array, attributes: Readonly<Record<string, unknown>>): boolean {
    const { [HEADER]: header, [FOOTER]: footer } = attributes
    if (!(header instanceof Uint8Array) || !(footer instanceof Uint8Array)) return false
    try {
      const { encryptedDataKeys, suite } = parseHeader(asBuffer(header))
      if (footer.length !== footerBytes(encryptedDataKeys.length, suite)) return false
    } catch {
      return false
    }
    return value.length >= 2 + TAG_BYTES && TYPE_IDS.has(asBuffer(value).readUInt16BE(0))
  }

  /**
   * @throws {SealError} and nothing is returned, when any one item cannot be sealed
   * @throws {ConfigurationError} `invalid-option` when the options of a table do not fit its keys
   * @throws the reason of `options.signal`, when that fires
   */
  async seal(items: readonly ItemToSeal[], { signal }: CallOptions = {}): Promise<SealedItem[]> {
    const sealing: Promise<SealedItem>[] = []
    for (const item of items) {
      while (sliceIsOver()) await nextSlice()
      const sealed = this.#seal(item, signal)
      // Seen below, when all have been begun.
      sealed.catch(() => {})
      sealing.push(sealed)
    }
    const outcomes = await Promise.allSettled(sealing)
    return outcomes.map(outcome => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
  }

  /**
   * Each item has its own outcome. Attributes without a mark that the item's header says are encrypted are opened as well.
   *
   * @throws {ConfigurationError} `invalid-option` when the options of a table do not fit its keys
   */
  async open(items: readonly ItemToOpen[], { signal }: CallOptions = {}): Promise<OpenedItem[]> {
    const taken = items.map(item => {
      const table = this.#tableOf(item)
      return { table, take: () => takeApart(table, item) }
    })
    const outcomes = await this.#items.open(taken, signal)
    return items.map((item, index) => opened(item, outcomes[index]!))
  }

  /**
   * What the cache of keys for opening did and holds: not what a branch key in memory opened, of which it holds nothing. For sealing,
   * the calls into keyrings that have given a key: one for each item and recipient.
   */
  statistics() {
    return this.#items.statistics()
  }

  /** Lets go of all keys in memory; each is zeroed once no call uses it any more. */
  clear(): void {
    this.#items.clear()
  }

  async #seal(item: ItemToSeal, signal: AbortSignal | undefined): Promise<SealedItem> {
    const table = this.#tableOf(item)
    const sealed = await this.#items.seal(table, attributesOf(table, item), signal)
    return {
      values: item.fields.map(({ path: [name] }) => sealed.values.get(name as string)!),
      attributes: { [HEADER]: sealed.header, [FOOTER]: sealed.footer },
    }
  }

  #parts(options: DbEsdkFormatOptions): ItemFormatParts {
    const { keyring, algorithmSuite = '0x6701' } = options
    return {
      keyring,
      signs: algorithmSuite === '0x6701',
      pairNames: PAIR_NAMES,
      ofTable: (table, [partitionKey = '', sortKey]) =>
        tableContext(
          new Table({ table, partitionKey, sortKey }, this.#optionsOf(table)),
          this.#optionsOf(table),
        ),
      contextOf: item => {
        const table = this.#tableOf(item)
        return contextOf(table, algorithmSuite, attributesOf(table, item))
      },
      check: item => faultOf(() => takeApart(this.#tableOf(item), item)),
      over: other => new DbEsdkFormat({ ...options, tables: this.#options, keyring: other }),
    }
  }

  #optionsOf(table: string): AttributeOptions {
    return Object.hasOwn(this.#options, table) ? this.#options[table]! : {}
  }

  #tableOf({ table, key, partitionKey }: ItemPlace): Table {
    const names = Object.keys(key)
    const id = JSON.stringify([table, partitionKey, ...names])
    let known = this.#tables.get(id)
    if (known === undefined) {
      const [first, ...others] = names
      if (first === undefined || others.length > 1 || (others.length === 1 && partitionKey === undefined))
        throw new ConfigurationError(
          'invalid-option',
          `The key of an item of table ${table} is not known: it takes a partition key, and a sort key if there is one.`,
        )
      const partition = partitionKey ?? first
      const sortKey = names.find(name => name !== partition)
      known = new Table({ table, partitionKey: partition, sortKey }, this.#optionsOf(table))
      this.#tables.set(id, known)
    }
    return known
  }
}

const TYPE_IDS: ReadonlySet<number> = new Set(Object.values(TypeId))

function checkTable(name: string, options: AttributeOptions): void {
  checkOptions(`tables.${name}`, options, TABLE_OPTIONS)
  const { attributeActionsOnEncrypt = {} } = options
  checkOptions(`tables.${name}.attributeActionsOnEncrypt`, attributeActionsOnEncrypt)
  const [encrypted] = Object.entries(attributeActionsOnEncrypt).find(
    ([, action]) => action === 'ENCRYPT_AND_SIGN',
  ) ?? [undefined]
  if (encrypted === undefined) {
    lettersOf(options)
    return
  }
  throw new ConfigurationError(
    'invalid-option',
    `Attribute ${encrypted} of table ${name} has the action ENCRYPT_AND_SIGN. Annotate or declare it as encrypted where the client is told of the table, and leave it out here.`,
  )
}
