import { type AttributeValue, type CallOptions, ConfigurationError, type FieldError } from '@dynaseal/core'
import { checkOptions, isPlainObject, kindOf, publishNotOpened } from '@dynaseal/core/formats'
import { binary, IN_CLEAR, setAttribute } from './attributes.js'
import { FOOTER, HEADER } from './names.js'
import { Opening } from './open.js'
import { ownValue } from './ownValue.js'
import { type KeyOptions, SdkItems } from './sdkItems.js'
import { type AttributeOptions, Table } from './table.js'

/** An item in the shape the wire and `@aws-sdk/client-dynamodb` give it. */
export type Item = Record<string, AttributeValue>

/**
 * What is done with items in clear, while a table is being migrated:
 *
 * - `FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ` (default): they are refused
 * - `FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ`: `decryptItem` gives an item that has neither header nor footer as it is
 * - `FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ`: and `encryptItem` does not encrypt
 */
export type PlaintextOverride = (typeof OVERRIDES)[number]

const OVERRIDES = [
  'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ',
  'FORBID_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
  'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ',
] as const

export interface ItemEncryptorOptions extends KeyOptions, AttributeOptions {
  /** The same in every region, whatever the table is called there: each item is bound to it. */
  readonly logicalTableName: string
  /** The attribute that is the table's partition key. */
  readonly partitionKeyName: string
  /** The attribute that is its sort key. Default: the table has none. */
  readonly sortKeyName?: string
  /** What is done with items in clear. Default `FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ`. */
  readonly plaintextOverride?: PlaintextOverride
}

const OPTIONS = Object.keys({
  logicalTableName: true,
  partitionKeyName: true,
  sortKeyName: true,
  attributeActionsOnEncrypt: true,
  allowedUnsignedAttributes: true,
  allowedUnsignedAttributePrefix: true,
  keyring: true,
  algorithmSuite: true,
  plaintextOverride: true,
  cache: true,
} satisfies Record<keyof ItemEncryptorOptions, true>)

/**
 * Encrypts and decrypts items of one table, for who has them without a client.
 *
 * @throws {ConfigurationError} `invalid-option`
 * @example
 * const customers = createItemEncryptor({
 *   keyring,
 *   logicalTableName: 'Customers',
 *   partitionKeyName: 'id',
 *   attributeActionsOnEncrypt: { email: 'ENCRYPT_AND_SIGN' },
 * })
 * const stored = await customers.encryptItem({ id: { S: 'ada' }, email: { S: 'ada@example.com' }, plan: { S: 'pro' } })
 * const { email } = await customers.decryptItem(stored)
 */
export function createItemEncryptor(options: ItemEncryptorOptions): ItemEncryptor {
  return new ItemEncryptor(options)
}

/** Made by {@link createItemEncryptor}. */
export class ItemEncryptor {
  readonly #table: Table
  readonly #items: SdkItems
  readonly #override: PlaintextOverride

  constructor(options: ItemEncryptorOptions) {
    checkOptions(undefined, options, OPTIONS)
    const { logicalTableName, partitionKeyName, sortKeyName, plaintextOverride = OVERRIDES[0] } = options
    if (!OVERRIDES.includes(plaintextOverride))
      throw new ConfigurationError(
        'invalid-option',
        `The option plaintextOverride must be one of ${OVERRIDES.join(', ')}.`,
      )
    this.#override = plaintextOverride
    const keys = { table: logicalTableName, partitionKey: partitionKeyName, sortKey: sortKeyName }
    this.#table = new Table(keys, options)
    this.#items = new SdkItems(options)
  }

  /**
   * The item as it is stored: encrypted attributes as Binary, all others as they are, and the attributes `aws_dbe_head` and
   * `aws_dbe_foot`. The item that is given is not changed.
   *
   * @throws {SealError}
   * @throws the reason of `options.signal`, when that fires
   */
  async encryptItem(item: Item, options: CallOptions = {}): Promise<Item> {
    const table = this.#table
    if (!isPlainObject(item))
      throw table.sealError('invalid-value', `the item must be a plain object, and not ${kindOf(item)}.`)
    const { all: names, letters } = table.names.toWrite(item)
    // Of the caller's own, what is stored may differ from what was signed, and nobody could open it.
    const given = names.map(name => ownValue(item[name]!))
    if (this.#override === 'FORCE_PLAINTEXT_WRITE_ALLOW_PLAINTEXT_READ') {
      const lacking = lackingKey(table, item)
      if (lacking !== undefined) throw table.sealError('invalid-location', LACKS_KEY, lacking)
      return itemOf(names, given)
    }
    const attributes = { names, values: given, letters }
    const { values, header, footer } = await this.#items.seal(table, attributes, options.signal)
    const stored: Item = {}
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!
      const B = values.get(name)
      setAttribute(stored, name, B === undefined ? given[index]! : { B })
    }
    stored[HEADER] = { B: header }
    stored[FOOTER] = { B: footer }
    return stored
  }

  /**
   * The item as it was encrypted, without any attribute whose name begins with `aws_dbe_`. Whatever attributes the
   * header says are encrypted are decrypted; `attributeActionsOnEncrypt` has no part in it.
   *
   * @throws {FieldError}
   * @throws the reason of `options.signal`, when that fires
   */
  async decryptItem(item: Item, options: CallOptions = {}): Promise<Item> {
    const table = this.#table
    if (!isPlainObject(item))
      throw this.#refusal(
        table.fieldError('malformed-value', `the item must be a plain object, and not ${kindOf(item)}.`),
      )
    // A copy: what the caller changes meanwhile was not opened.
    const names = Object.keys(item)
    const stored = itemOf(
      names,
      names.map(name => ownValue(item[name]!)),
    )
    const { [HEADER]: header, [FOOTER]: footer } = stored
    if (header === undefined && footer === undefined) {
      if (this.#override === 'FORBID_PLAINTEXT_WRITE_FORBID_PLAINTEXT_READ')
        throw this.#refusal(table.fieldError('not-a-message', IN_CLEAR))
      const lacking = lackingKey(table, stored)
      if (lacking === undefined) return stored
      throw this.#refusal(table.fieldError('invalid-location', LACKS_KEY, lacking))
    }
    const take = () =>
      new Opening(table, stored, binary(table, HEADER, header), binary(table, FOOTER, footer))
    const coming = this.#items.openOne({ table, take }, options.signal)
    const outcome = coming instanceof Promise ? await coming : coming
    if ('error' in outcome) throw outcome.error
    const opened: Item = {}
    for (const name of table.names.stored(stored).own)
      setAttribute(opened, name, outcome.values.get(name) ?? stored[name]!)
    return opened
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

  #refusal(error: FieldError): FieldError {
    publishNotOpened(error)
    return error
  }
}

const LACKS_KEY = 'the item lacks this key attribute. Give all of the item.'

function lackingKey({ keyNames }: Table, item: Item): string | undefined {
  return keyNames.find(name => !Object.hasOwn(item, name))
}

function itemOf(names: readonly string[], values: readonly AttributeValue[]): Item {
  const item: Item = {}
  for (let index = 0; index < names.length; index++) setAttribute(item, names[index]!, values[index]!)
  return item
}
