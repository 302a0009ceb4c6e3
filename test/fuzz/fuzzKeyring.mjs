import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { EncryptedDataKey, KeyringNode, KeyringTraceFlag } from '@aws-crypto/client-node'
import { envelopeItems } from './items.mjs'

const { vectors } = JSON.parse(readFileSync(new URL('../vectors/positive.json', import.meta.url), 'utf8'))
const messages = vectors.map(({ message, dataKey }) => ({
  bytes: Buffer.from(message, 'base64'),
  dataKey: Buffer.from(dataKey, 'hex'),
}))
const envelopes = envelopeItems.flatMap(({ envelope, field, dataKey }) =>
  dataKey === undefined
    ? []
    : { bytes: envelope === undefined ? field : Buffer.concat([envelope, field]), dataKey },
)

const OURS = 'encrypted data key of the corpus'
const trace = { keyNamespace: 'dynaseal-fuzz', keyName: 'corpus' }

/**
 * Knows the data key of every vector, and its own, by their encrypted form alone: so that a message that is damaged
 * behind its header gets as far as its body, and a field whose envelope is damaged as far as its commitment.
 */
export function fuzzKeyring() {
  class Fuzz extends KeyringNode {
    async _onEncrypt(material) {
      const encryptedDataKey = new EncryptedDataKey({
        providerId: trace.keyNamespace,
        providerInfo: trace.keyName,
        encryptedDataKey: Buffer.from(OURS),
      })
      return material
        .setUnencryptedDataKey(hash(OURS), {
          ...trace,
          flags: KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY,
        })
        .addEncryptedDataKey(encryptedDataKey, KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY)
    }
    async _onDecrypt(material, encryptedDataKeys) {
      for (const { encryptedDataKey } of encryptedDataKeys) {
        const found = dataKeyOf(encryptedDataKey)
        if (found === undefined) continue
        const flags = KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY
        return material.setUnencryptedDataKey(Uint8Array.from(found), { ...trace, flags })
      }
      throw new Error('No input has this encrypted data key.')
    }
  }
  return new Fuzz()
}

function dataKeyOf(encryptedDataKey) {
  // A few bytes stand in any of the inputs.
  if (encryptedDataKey.length < 16) return undefined
  if (Buffer.from(encryptedDataKey).equals(Buffer.from(OURS))) return hash(OURS)
  return [...messages, ...envelopes].find(({ bytes }) => bytes.includes(encryptedDataKey))?.dataKey
}

function hash(text) {
  return Uint8Array.from(createHash('sha256').update(text).digest())
}
