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

/** Items whose fields are all the same text. */
export function pageOf(items, fields, text) {
  return Array.from({ length: items }, (_, item) => ({
    table: TABLE,
    key: { id: { S: `customer-${item}` } },
    fields: Array.from({ length: fields }, (_, field) => ({ path: [`field${field}`], value: { S: text } })),
  }))
}

/** The same items with the messages in the place of the values. */
export function withMessages(items, messages) {
  return items.map((item, i) => ({
    ...item,
    fields: item.fields.map(({ path }, j) => ({ path, value: messages[i][j] })),
  }))
}

/** Fails when a field did not open: a benchmark of errors would be fast. */
export function checkOpened(opened) {
  for (const field of opened.flat()) if ('error' in field) throw field.error
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
