import { timingSafeEqual } from 'node:crypto'
import { type AttributeValue, FieldError, SealError } from '@dynaseal/core'
import {
  asBuffer,
  type DataKeyName,
  type EncryptedDataKeyEntry,
  type Writer,
  writeValue,
} from '@dynaseal/core/formats'
import { commitmentOf } from './commitment.js'
import { hasKeyValues, type Pairs, PUBLIC_KEY, requiredPairs, serializePairs } from './context.js'
import { LEVELS_OF_ITEM, type SignedField } from './fields.js'
import { digestOf, footerBytes, hasTag } from './footer.js'
import { decrypt, TAG_BYTES } from './gcm.js'
import { type Header, parseHeader } from './header.js'
import { type Recipient, WRAPPED_BYTES, withRecipients } from './intermediateKeys.js'
import { FieldKeys, withItemKeys } from './keys.js'
import { parseValue } from './parseValue.js'
import { isSignatureOf, pointOf, SIGNATURE_BYTES } from './signature.js'
import type { Table } from './table.js'
import { intermediateKeyName } from './wrappedKeys.js'
import { borrowWriter, returnWriter } from './writers.js'

const TYPE_ID_BYTES = 2

/** A stored item, taken apart to the last byte, that waits for an intermediate key. */
export class Opening {
  readonly #table: Table
  readonly #header: Header
  readonly #footer: Buffer
  readonly #fields: readonly SignedField[]
  readonly #context: Buffer
  readonly #digest: Buffer
  /** What the keyrings are asked for. */
  readonly name: DataKeyName
  /** What authenticates, or does not, under that intermediate key. */
  readonly claim: Buffer

  /**
   * @param attributes without header and footer, and with the key that the item was read by
   * @throws {FieldError} placed
   */
  constructor(
    table: Table,
    attributes: Readonly<Record<string, AttributeValue>>,
    header: Uint8Array,
    footer: Uint8Array,
  ) {
    this.#table = table
    this.#header = this.#parse(asBuffer(header))
    this.#footer = asBuffer(footer)
    const { version, suite, pairs, encryptedDataKeys } = this.#header
    for (const name of table.keyNames) {
      if (!Object.hasOwn(attributes, name))
        throw table.fieldError(
          'invalid-location',
          'the item lacks this key attribute. Read all of the item.',
          name,
        )
    }
    this.#fields = signedFields(table, attributes, this.#header.legend)
    const required = requiredPairs(table, version, this.#fields)
    const differing = Object.keys(pairs).some(
      key => Object.hasOwn(required, key) && pairs[key] !== required[key],
    )
    const whole: Pairs = Object.freeze({ ...pairs, ...required })
    const context = differing ? undefined : serializePairs(whole)
    if (context === undefined || !hasKeyValues(whole)) throw table.fieldError('wrong-context', WRONG_CONTEXT)
    this.#context = context
    if (suite === '0x6701' && pointOf(this.#publicKey()) === undefined)
      throw table.fieldError(
        'malformed-message',
        'its header has no public key to verify its signature with.',
      )
    if (suite === '0x6700' && this.#publicKey() !== undefined)
      throw table.fieldError('malformed-message', 'its header has a public key, and its suite no signature.')
    if (this.#footer.length !== footerBytes(encryptedDataKeys.length, suite))
      throw table.fieldError(
        'malformed-message',
        'its footer is not as long as its header says. It was changed, or is that of another item.',
      )
    this.#digest = digestOf(asBuffer(header), context, this.#fields)
    this.claim = Buffer.concat([this.#digest, this.#footer])
    this.name = intermediateKeyName(whole, context, wrappedKeys(encryptedDataKeys))
  }

  /**
   * The values of all encrypted attributes, once all of the item has authenticated.
   *
   * @throws {FieldError} placed
   */
  open(intermediateKey: Uint8Array): Map<string, AttributeValue> {
    return withRecipients([intermediateKey], ([recipient]) => this.#openAs(recipient!))
  }

  #openAs(recipient: Recipient): Map<string, AttributeValue> {
    const { messageId, body, commitment, suite, encryptedDataKeys } = this.#header
    const dataKey = this.#unwrap(recipient)
    if (dataKey === undefined) throw this.#table.fieldError('not-authentic', HEADER_CHANGED)
    try {
      return withItemKeys(dataKey, messageId, (commit, root) => {
        if (!timingSafeEqual(commitmentOf(body, commit), commitment))
          throw this.#table.fieldError('not-authentic', HEADER_CHANGED)
        if (!hasTag(this.#footer, encryptedDataKeys.length, recipient.tag(this.#digest)))
          throw this.#table.fieldError('not-authentic', ITEM_CHANGED)
        if (suite === '0x6701' && !this.#isSigned())
          throw this.#table.fieldError('not-authentic', ITEM_CHANGED)
        return this.#decrypt(root)
      })
    } finally {
      dataKey.fill(0)
    }
  }

  #parse(header: Buffer): Header {
    try {
      return parseHeader(header)
    } catch (error) {
      throw error instanceof FieldError ? this.#table.placed(error) : error
    }
  }

  #publicKey(): string | undefined {
    const { pairs } = this.#header
    return Object.hasOwn(pairs, PUBLIC_KEY) ? pairs[PUBLIC_KEY] : undefined
  }

  /** Which of the encrypted data keys the keyring has opened, it does not say: the one whose data key opens. */
  #unwrap(recipient: Recipient): Buffer | undefined {
    for (const { encryptedDataKey } of this.#header.encryptedDataKeys) {
      if (encryptedDataKey.length <= WRAPPED_BYTES) continue
      const dataKey = recipient.unwrap(encryptedDataKey, this.#context)
      if (dataKey !== undefined) return dataKey
    }
    return undefined
  }

  #isSigned(): boolean {
    const point = pointOf(this.#publicKey())
    return point !== undefined && isSignatureOf(this.#digest, this.#footer.subarray(-SIGNATURE_BYTES), point)
  }

  #decrypt(root: Uint8Array): Map<string, AttributeValue> {
    const encrypted = this.#fields.filter(({ letter }) => letter === 'e')
    const fieldKeys = new FieldKeys(root, encrypted.length)
    const values = new Map<string, AttributeValue>()
    try {
      for (const { name, path, bytes } of encrypted) {
        fieldKeys.next()
        const { key, nonce } = fieldKeys
        const plaintext = decrypt(key, nonce, path, bytes, TYPE_ID_BYTES, bytes.length)
        if (plaintext === undefined) throw this.#table.fieldError('not-authentic', ITEM_CHANGED, name)
        values.set(name, this.#value(name, bytes.readUInt16BE(0), plaintext))
      }
    } finally {
      fieldKeys.zero()
    }
    return values
  }

  #value(name: string, typeId: number, plaintext: Buffer): AttributeValue {
    try {
      return parseValue(typeId, plaintext)
    } catch (error) {
      throw error instanceof FieldError ? this.#table.placed(error, name) : error
    } finally {
      plaintext.fill(0)
    }
  }
}

/**
 * The signed attributes of a stored item in the order of their paths, with the letters of the legend.
 *
 * @throws {FieldError} placed
 */
function signedFields(
  table: Table,
  attributes: Readonly<Record<string, AttributeValue>>,
  legend: string,
): SignedField[] {
  const names = Object.keys(attributes).filter(name => table.isSigned(name))
  if (names.length !== legend.length)
    throw table.fieldError('not-authentic', attributesDiffer(names.length, legend.length))
  const inOrder = table.paths.inOrder(names)
  const writer = borrowWriter()
  try {
    const ends = inOrder.map(({ name }, index) => {
      if (!name.isWellFormed())
        throw table.fieldError('malformed-value', 'the name of an attribute is not well-formed.')
      if (legend[index] !== 'e') writePlaintext(writer, table, name, attributes[name]!)
      return writer.length
    })
    // One copy for all, which is public: it stands in the table.
    const plaintexts = Buffer.from(writer.written())
    return inOrder.map(({ name, path }, index) => {
      const letter = legend[index] as SignedField['letter']
      const bytes =
        letter === 'e'
          ? ciphertext(table, name, attributes[name]!)
          : plaintexts.subarray(index === 0 ? 0 : ends[index - 1], ends[index])
      return { name, letter, path, bytes }
    })
  } finally {
    returnWriter(writer)
  }
}

function ciphertext(table: Table, name: string, value: AttributeValue): Buffer {
  const { B } = (value ?? {}) as { B?: unknown }
  if (!(B instanceof Uint8Array))
    throw table.fieldError(
      'not-a-message',
      'the header of the item says that it is encrypted, and it is not binary. Somebody wrote it past the SDK.',
      name,
    )
  if (B.length < TYPE_ID_BYTES + TAG_BYTES)
    throw table.fieldError('malformed-message', 'it is too short to be what was encrypted.', name)
  return asBuffer(B)
}

function writePlaintext(writer: Writer, table: Table, name: string, value: AttributeValue): void {
  try {
    writeValue(writer, value, LEVELS_OF_ITEM)
  } catch (error) {
    throw error instanceof SealError ? table.fieldError('malformed-value', error.reason, name) : error
  }
}

/** What the keyrings made; an encrypted data key that is too short to have such a part is nobody's. */
function wrappedKeys(encryptedDataKeys: readonly EncryptedDataKeyEntry[]): EncryptedDataKeyEntry[] {
  return encryptedDataKeys
    .filter(({ encryptedDataKey }) => encryptedDataKey.length > WRAPPED_BYTES)
    .map(entry => ({ ...entry, encryptedDataKey: entry.encryptedDataKey.subarray(WRAPPED_BYTES) }))
}

function attributesDiffer(there: number, signed: number): string {
  return `it has ${there} attributes that have to be signed, and ${signed} were signed. Attributes were added or taken away since, or allowedUnsignedAttributes and allowedUnsignedAttributePrefix are not those of the writer.`
}

const WRONG_CONTEXT =
  'it was sealed for another table or key, or with other attributes in the encryption context. Check table name and key names against those of the writer.'
const HEADER_CHANGED =
  'its header was changed after the item was sealed, or is that of another item. Find out who wrote it; restore the item from a backup, or write it again.'
const ITEM_CHANGED =
  'the item was changed after it was sealed. Find out who wrote it; restore the item from a backup, or write it again.'
