import { allocateMessage, fillRandom } from '@dynaseal/core/formats'
import { COMMITMENT_BYTES, commitmentOf } from './commitment.js'
import { type Pairs, PUBLIC_KEY, requiredPairs, serializePairs, wholeContext } from './context.js'
import type { PlainFields, SignedField } from './fields.js'
import { footerBytes } from './footer.js'
import { encryptInto, TAG_BYTES } from './gcm.js'
import { type AlgorithmSuite, layOutHeader, MAX_RECIPIENTS } from './header.js'
import { type Recipient, WRAPPED_BYTES, withRecipients } from './intermediateKeys.js'
import type { IntermediateKey } from './keyrings.js'
import { FieldKeys, KEY_BYTES, MESSAGE_ID_BYTES, withItemKeys } from './keys.js'
import { digestOf } from './record.js'
import { Signer } from './signature.js'
import type { Table } from './table.js'

export interface Sealed {
  /** What is stored of each encrypted attribute. */
  readonly values: ReadonlyMap<string, Buffer>
  readonly header: Buffer
  readonly footer: Buffer
}

/** An item that has been written down and waits for its intermediate keys. */
export class Sealing {
  readonly table: Table
  readonly #suite: AlgorithmSuite
  readonly #plain: PlainFields
  readonly #signer: Pick<Signer, 'publicKey' | 'sign'> | undefined
  readonly #stored: Buffer
  /** The whole encryption context. */
  readonly pairs: Readonly<Pairs>
  readonly context: Buffer

  /** @throws {SealError} placed */
  constructor(
    table: Table,
    suite: AlgorithmSuite,
    plain: PlainFields,
    signer: Pick<Signer, 'publicKey' | 'sign'> | undefined = suite === '0x6701' ? new Signer() : undefined,
  ) {
    this.table = table
    this.#suite = suite
    this.#signer = signer
    this.#plain = plain
    const { fields } = plain
    if (fields.length > 0xffff)
      throw table.sealError('too-large', 'it has more than 65,535 signed attributes.')
    for (const name of table.required) {
      if (fields.some(field => field.name === name)) continue
      throw table.keyNames.includes(name)
        ? table.sealError('invalid-location', 'the item lacks this key attribute.', name)
        : table.sealError(
            'invalid-value',
            'the item lacks this attribute, which is to be in the encryption context. Give every item one.',
            name,
          )
    }
    const stored: Pairs = signer === undefined ? {} : { [PUBLIC_KEY]: signer.publicKey }
    this.pairs = wholeContext(stored, requiredPairs(table, table.version, fields))!
    this.context = serialize(table, this.pairs)
    this.#stored = serialize(table, stored)
  }

  /** @throws {RangeError} where what the keyrings gave does not fit into a header */
  seal(intermediateKeys: readonly IntermediateKey[], random = freshRandom()): Sealed {
    if (intermediateKeys.length === 0 || intermediateKeys.length > MAX_RECIPIENTS)
      throw new RangeError(`There are ${intermediateKeys.length} recipients; 1 to ${MAX_RECIPIENTS} fit.`)
    const dataKey = random.subarray(0, KEY_BYTES)
    const messageId = random.subarray(KEY_BYTES)
    const keys = intermediateKeys.map(({ key }) => key)
    try {
      return withRecipients(keys, recipients =>
        withItemKeys(dataKey, messageId, (commit, root) => {
          const header = this.#header(recipients, intermediateKeys, dataKey, messageId)
          writeCommitment(header, commit)
          const stored = encryptFields(this.#plain.fields, root)
          const digest = digestOf(header, this.context, record => {
            for (const field of stored) record.add(field)
          })
          const footer = this.#footer(recipients, digest)
          return { values: encryptedValues(stored), header, footer }
        }),
      )
    } finally {
      dataKey.fill(0)
    }
  }

  #header(
    recipients: readonly Recipient[],
    intermediateKeys: readonly IntermediateKey[],
    dataKey: Buffer,
    messageId: Buffer,
  ): Buffer {
    const encryptedDataKeys = intermediateKeys.map(({ entry }, index) => ({
      ...entry,
      encryptedDataKey: this.#wrap(recipients[index]!, dataKey, entry.encryptedDataKey),
    }))
    const legend = this.#plain.fields.map(({ letter }) => letter).join('')
    const { version } = this.table
    const context = this.#stored
    return layOutHeader({ version, suite: this.#suite, messageId, legend, context, encryptedDataKeys })
  }

  #footer(recipients: readonly Recipient[], digest: Buffer): Buffer {
    const footer = allocateMessage(footerBytes(recipients.length, this.#suite))
    let position = 0
    for (const recipient of recipients) position += recipient.tag(digest).copy(footer, position)
    this.#signer?.sign(digest).copy(footer, position)
    return footer
  }

  #wrap(recipient: Recipient, dataKey: Buffer, wrappedKey: Uint8Array): Buffer {
    const bytes = Buffer.allocUnsafe(WRAPPED_BYTES + wrappedKey.length)
    recipient.wrapInto(bytes, dataKey, this.context)
    bytes.set(wrappedKey, WRAPPED_BYTES)
    return bytes
  }
}

const fresh = Buffer.allocUnsafeSlow(KEY_BYTES + MESSAGE_ID_BYTES)

/** A data key and a message id, for the item that is sealed at the moment. */
function freshRandom(): Buffer {
  fillRandom(fresh, 0, fresh.length)
  return fresh
}

function writeCommitment(header: Buffer, key: Uint8Array): void {
  const start = header.length - COMMITMENT_BYTES
  header.set(commitmentOf(header.subarray(0, start), key), start)
}

/** The fields as they are stored: of encrypted ones type id, ciphertext and tag, bound to the path. */
function encryptFields(fields: readonly SignedField[], root: Uint8Array): SignedField[] {
  let encrypted = 0
  for (const { letter } of fields) if (letter === 'e') encrypted++
  const fieldKeys = new FieldKeys(root, encrypted)
  try {
    return fields.map(field => (field.letter === 'e' ? encryptField(field, fieldKeys) : field))
  } finally {
    fieldKeys.zero()
  }
}

function encryptField({ name, letter, path, bytes }: SignedField, fieldKeys: FieldKeys): SignedField {
  const value = allocateMessage(bytes.length + TAG_BYTES)
  value[0] = bytes[0]!
  value[1] = bytes[1]!
  fieldKeys.next()
  encryptInto(value, 2, fieldKeys.key, fieldKeys.nonce, path, bytes.subarray(2))
  return { name, letter, path, bytes: value }
}

function encryptedValues(stored: readonly SignedField[]): Map<string, Buffer> {
  const values = new Map<string, Buffer>()
  for (const { name, letter, bytes } of stored) if (letter === 'e') values.set(name, bytes)
  return values
}

function serialize(table: Table, pairs: Readonly<Pairs>): Buffer {
  const bytes = serializePairs(pairs)
  if (bytes !== undefined) return bytes
  throw table.sealError(
    'too-large',
    'its encryption context has a value of more than 65,535 bytes: that of an attribute that is to be in it.',
  )
}
