import { randomBytes } from 'node:crypto'
import { AwsKmsMrkAwareSymmetricKeyringNode } from '@aws-crypto/kms-keyring-node'

const KEY_ARN = `arn:aws:kms:us-east-1:123456789012:key/mrk-${'0123456789abcdef'.repeat(2)}`
/** What AWS KMS returns for a data key of 32 bytes. */
const BLOB_BYTES = 184

/** A KMS in this process, so that what is measured is not a network, and a keyring on it. */
export function startWorld() {
  const dataKeys = new Map()
  const kms = {
    calls: 0,
    async generateDataKey({ KeyId }) {
      kms.calls++
      await turn()
      const Plaintext = randomBytes(32)
      const CiphertextBlob = randomBytes(BLOB_BYTES)
      dataKeys.set(CiphertextBlob.toString('latin1'), Buffer.from(Plaintext))
      return { KeyId, Plaintext, CiphertextBlob }
    },
    async decrypt({ KeyId, CiphertextBlob }) {
      kms.calls++
      await turn()
      const Plaintext = dataKeys.get(Buffer.from(CiphertextBlob).toString('latin1'))
      return { KeyId, Plaintext: Uint8Array.from(Plaintext) }
    },
    async encrypt() {
      throw new Error('Nothing here encrypts a data key that exists already.')
    },
  }
  return { kms, keyring: new AwsKmsMrkAwareSymmetricKeyringNode({ client: kms, keyId: KEY_ARN }) }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

export const TABLE = 'Customers'

/** Items whose fields are all the same text, to be written whole. */
export function pageOf(items, fields, text) {
  return Array.from({ length: items }, (_, item) => ({
    table: TABLE,
    key: { id: { S: `customer-${item}` } },
    whole: true,
    fields: Array.from({ length: fields }, (_, field) => ({ path: [`field${field}`], value: { S: text } })),
  }))
}

/** The same items as they are stored and read. */
export function asStored(items, sealed) {
  return items.map(({ table, key, fields }, i) => ({
    table,
    key,
    fields: fields.map(({ path }, j) => ({ path, value: sealed[i].values[j] })),
    attributes: sealed[i].attributes,
  }))
}

/** Bytes of what the format adds to stored items or puts in the place of their values, names of its attributes included. */
export function bytesOf(stored) {
  let bytes = 0
  for (const { fields, attributes } of stored) {
    for (const { value } of fields) bytes += value.length
    for (const [name, value] of Object.entries(attributes)) bytes += Buffer.byteLength(name) + value.length
  }
  return bytes
}

/** Fails when a field did not open: a benchmark of errors would be fast. */
export function checkOpened(opened) {
  for (const { fields } of opened) for (const field of fields) if ('error' in field) throw field.error
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * So that nobody pays for the garbage of another. Not a full collection: V8 throws away with it what it has learned
 * about code that has not run of late, here all contestants but one, and each would begin its turn cold.
 */
export function collectYoung() {
  globalThis.gc({ type: 'minor' })
}
