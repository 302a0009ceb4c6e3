import type {
  EncryptedDataKey,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
} from '@aws-crypto/client-node'
import { MAX_ENCRYPTED_DATA_KEYS } from '../limits.js'
import { parseEncryptedDataKeys } from '../materials/encryptedDataKeys.js'
import { parseBody } from './body.js'
import type { Header } from './header.js'
import { notAuthentic } from './read.js'
import { FRAME_LENGTH } from './write.js'

interface Key {
  readonly context: Readonly<Record<string, string>>
  readonly encryptedDataKeys: Buffer
  /** A copy for one call: the AWS Encryption SDK may keep it, or zero it. */
  readonly secret: Uint8Array
}

export interface ClientNode {
  write(key: Key, plaintext: Buffer): Promise<Buffer>
  /**
   * @param secret as in `Key`
   * @throws {FieldError} `malformed-message` or `not-authentic`
   */
  read(header: Header, secret: Uint8Array): Promise<Buffer>
}

/** Writes and reads with the AWS Encryption SDK, which is given and not imported, since it need not be installed. */
export function clientNode(sdk: typeof import('@aws-crypto/client-node')): ClientNode {
  const { AlgorithmSuiteIdentifier, CommitmentPolicy, EncryptedDataKey, KeyringNode, KeyringTraceFlag } = sdk
  const { encrypt, decrypt } = sdk.buildClient({
    commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
    maxEncryptedDataKeys: MAX_ENCRYPTED_DATA_KEYS,
  })

  /** Gives the client a data key that is already known, so that it calls no KMS. */
  class KnownKey extends KeyringNode {
    readonly #secret: Uint8Array
    readonly #encryptedDataKeys: EncryptedDataKey[]

    constructor(secret: Uint8Array, encryptedDataKeys: EncryptedDataKey[]) {
      super()
      this.#secret = secret
      this.#encryptedDataKeys = encryptedDataKeys
    }

    override async _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
      this.#fill(material, KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY)
      for (const key of this.#encryptedDataKeys) {
        material.addEncryptedDataKey(key, KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY)
      }
      return material
    }

    override async _onDecrypt(material: NodeDecryptionMaterial): Promise<NodeDecryptionMaterial> {
      this.#fill(material, KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY)
      return material
    }

    #fill(material: NodeEncryptionMaterial | NodeDecryptionMaterial, flags: number): void {
      material.setUnencryptedDataKey(this.#secret, {
        keyNamespace: 'dynaseal',
        keyName: 'data key cache',
        flags,
      })
    }
  }

  return {
    async write(key, plaintext) {
      const entries = parseEncryptedDataKeys(key.encryptedDataKeys)
      const keyring = new KnownKey(
        key.secret,
        entries.map(entry => new EncryptedDataKey(entry)),
      )
      const { result } = await encrypt(keyring, plaintext, {
        suiteId: AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
        encryptionContext: { ...key.context },
        frameLength: FRAME_LENGTH,
        plaintextLength: plaintext.length,
      })
      return result
    },
    async read(header, secret) {
      parseBody(header)
      try {
        const { plaintext } = await decrypt(new KnownKey(secret, []), header.message)
        return plaintext
      } catch {
        // The message is well formed, and the data key is the one its encrypted data keys stand for.
        throw notAuthentic('the AWS Encryption SDK refuses it')
      }
    },
  }
}
