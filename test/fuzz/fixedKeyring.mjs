import { KeyringNode, KeyringTraceFlag } from '@aws-crypto/client-node'

/** The data key of the corpus's messages, so that whatever is not changed authenticates. */
export const DATA_KEY = Buffer.alloc(32, 7)

/** Opens any encrypted data key as the one data key. */
export function fixedKeyring() {
  class Fixed extends KeyringNode {
    async _onEncrypt() {
      throw new Error('Nothing is sealed here.')
    }
    async _onDecrypt(material) {
      return material.setUnencryptedDataKey(Uint8Array.from(DATA_KEY), {
        keyNamespace: 'dynaseal-fuzz',
        keyName: 'fixed',
        flags: KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY,
      })
    }
  }
  return new Fixed()
}
