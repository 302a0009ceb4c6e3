import { readFileSync } from 'node:fs'
import { KeyringNode, KeyringTraceFlag } from '@aws-crypto/client-node'

const { vectors } = JSON.parse(readFileSync(new URL('../vectors/positive.json', import.meta.url), 'utf8'))
const messages = vectors.map(({ message, dataKey }) => ({
  bytes: Buffer.from(message, 'base64'),
  dataKey: Buffer.from(dataKey, 'hex'),
}))

/**
 * Knows the data key of every vector by its encrypted form, so that a message that is damaged behind its
 * header gets as far as its body.
 */
export function vectorKeyring() {
  class Vectors extends KeyringNode {
    async _onEncrypt() {
      throw new Error('Nothing is sealed here.')
    }
    async _onDecrypt(material, encryptedDataKeys) {
      for (const { encryptedDataKey } of encryptedDataKeys) {
        const found = messages.find(
          ({ bytes }) => encryptedDataKey.length > 0 && bytes.includes(encryptedDataKey),
        )
        if (found === undefined) continue
        return material.setUnencryptedDataKey(Uint8Array.from(found.dataKey), {
          keyNamespace: 'dynaseal-vectors',
          keyName: 'vector',
          flags: KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY,
        })
      }
      throw new Error('No vector has this encrypted data key.')
    }
  }
  return new Vectors()
}
