import { timingSafeEqual } from 'node:crypto'
import { type AttributeValue, FieldError, SealError } from '@dynaseal/core'
import { asBuffer, type DataKeyName, type EncryptedDataKeyEntry, writeValue } from '@dynaseal/core/formats'
import { commitmentOf } from './commitment.js'
import {
  hasKeyValues,
  type Pairs,
  PUBLIC_KEY,
  requiredPairs,
  serializePairs,
  wholeContext,
} from './context.js'
import { LEVELS_OF_ITEM, type SignedField } from './fields.js'
import { footerBytes, hasTag } from './footer.js'
import { decrypt, TAG_BYTES } from './gcm.js'
import { type Header, parseHeader } from './header.js'
import { type Recipient, WRAPPED_BYTES, withRecipients } from './intermediateKeys.js'
import { FieldKeys, withItemKeys } from './keys.js'
import { parseValue } from './parseValue.js'
import type { NameInOrder } from './path.js'
import { type CanonicalRecord, digestOf } from './record.js'
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
  readonly #encrypted: readonly SignedField[]
  readonly #context: Buffer
  readonly #digest: Buffer
  /** What the keyrings are asked for: the whole encryption context, and what they made. */
  readonly pairs: Readonly<Pairs>
  readonly wrappedKeys: readonly EncryptedDataKeyEntry[]

  /**
   * @param attributes with the key that the item was read by; those of the format's own count for nothing
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
    const { version, suite, legend, pairs, encryptedDataKeys } = this.#header
    for (const name of table.keyNames) {
      if (!Object.hasOwn(attributes, name))
        throw table.fieldError(
          'invalid-location',
          'the item lacks this key attribute. Read all of the item.',
          name,
        )
    }
    const signed = new SignedAttributes(table, attributes, legend)
    const whole = wholeContext(pairs, requiredPairs(table, version, signed.inContext(version)))
    const context = whole && serializePairs(whole)
    if (whole === undefined || context === undefined || !hasKeyValues(whole))
      throw table.fieldError('wrong-context', WRONG_CONTEXT)
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
    this.#digest = digestOf(asBuffer(header), context, record => signed.addTo(record))
    this.#encrypted = signed.encrypted
    this.pairs = whole
    this.wrappedKeys = wrappedKeys(encryptedDataKeys)
  }

  /** By what the cache knows the intermediate keys. */
  get name(): DataKeyName {
    return intermediateKeyName(this.pairs, this.#context, this.wrappedKeys)
  }

  /** What authenticates, or does not, under that intermediate key. */
  get claim(): Buffer {
    return Buffer.concat([this.#digest, this.#footer])
  }

  /** That, for who may not need it. */
  *claims(): Iterable<Uint8Array> {
    yield this.claim
  }

  /**
   * The values of all encrypted attributes, once all of the item has authenticated.
   *
   * @throws {FieldError} placed
   */
  open(intermediateKey: Uint8Array): Map<string, AttributeValue> {
    return withRecipients([intermediateKey], recipients => this.#openAs(recipients[0]!))
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
    const fieldKeys = new FieldKeys(root, this.#encrypted.length)
    const values = new Map<string, AttributeValue>()
    try {
      for (const { name, path, bytes } of this.#encrypted) {
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

/** The signed attributes of a stored item in the order of their paths, with the letters of the legend. */
class SignedAttributes {
  readonly #table: Table
  readonly #attributes: Readonly<Record<string, AttributeValue>>
  readonly #legend: string
  readonly #inOrder: readonly NameInOrder[]
  /** Those that are encrypted, once they have been added to a record. */
  readonly encrypted: SignedField[] = []

  /** @throws {FieldError} placed */
  constructor(table: Table, attributes: Readonly<Record<string, AttributeValue>>, legend: string) {
    this.#table = table
    this.#attributes = attributes
    this.#legend = legend
    const { signed, areWellFormed } = table.names.stored(attributes)
    if (signed.length !== legend.length)
      throw table.fieldError('not-authentic', attributesDiffer(signed.length, legend.length))
    if (!areWellFormed)
      throw table.fieldError('malformed-value', 'the name of an attribute is not well-formed.')
    this.#inOrder = signed
  }

  /**
   * Those that the encryption context has in a version.
   *
   * @throws {FieldError} placed
   */
  inContext(version: 1 | 2): SignedField[] {
    const fields: SignedField[] = []
    // By index, as below: what an iterator makes for each attribute is garbage.
    for (let index = 0; index < this.#inOrder.length; index++) {
      const { name, path } = this.#inOrder[index]!
      const letter = this.#letter(index)
      if (version === 1 ? !this.#table.keyNames.includes(name) : letter !== 'c') continue
      const value = this.#attributes[name]!
      const bytes = letter === 'e' ? this.#ciphertext(name, value) : this.#plaintext(name, value)
      fields.push({ name, letter, path, bytes })
    }
    return fields
  }

  /** @throws {FieldError} placed */
  addTo(record: CanonicalRecord): void {
    for (let index = 0; index < this.#inOrder.length; index++) {
      const { name, path } = this.#inOrder[index]!
      const letter = this.#letter(index)
      const value = this.#attributes[name]!
      if (letter === 'e') {
        const field = { name, letter, path, bytes: this.#ciphertext(name, value) }
        record.add(field)
        this.encrypted.push(field)
      } else {
        try {
          record.addPlaintext(path, value)
        } catch (error) {
          throw this.#malformed(error, name)
        }
      }
    }
  }

  #letter(index: number): SignedField['letter'] {
    return this.#legend[index] as SignedField['letter']
  }

  #ciphertext(name: string, value: AttributeValue): Buffer {
    const { B } = (value ?? {}) as { B?: unknown }
    if (!(B instanceof Uint8Array))
      throw this.#table.fieldError(
        'not-a-message',
        'the header of the item says that it is encrypted, and it is not binary. Somebody wrote it past the SDK.',
        name,
      )
    if (B.length < TYPE_ID_BYTES + TAG_BYTES)
      throw this.#table.fieldError('malformed-message', 'it is too short to be what was encrypted.', name)
    return asBuffer(B)
  }

  /** Type id and value of an attribute in clear. */
  #plaintext(name: string, value: AttributeValue): Buffer {
    const writer = borrowWriter()
    try {
      writeValue(writer, value, LEVELS_OF_ITEM)
      return Buffer.from(writer.written())
    } catch (error) {
      throw this.#malformed(error, name)
    } finally {
      returnWriter(writer)
    }
  }

  #malformed(error: unknown, name: string): unknown {
    return error instanceof SealError ? this.#table.fieldError('malformed-value', error.reason, name) : error
  }
}

/** What the keyrings made; an encrypted data key that is too short to have such a part is nobody's. */
function wrappedKeys(encryptedDataKeys: readonly EncryptedDataKeyEntry[]): EncryptedDataKeyEntry[] {
  const wrapped: EncryptedDataKeyEntry[] = []
  for (const { providerId, providerInfo, rawInfo, encryptedDataKey: bytes } of encryptedDataKeys) {
    if (bytes.length <= WRAPPED_BYTES) continue
    wrapped.push({ providerId, providerInfo, rawInfo, encryptedDataKey: bytes.subarray(WRAPPED_BYTES) })
  }
  return wrapped
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
