import type { NodeDecryptionMaterial, NodeEncryptionMaterial } from '@aws-crypto/material-management'
import type { AwsMaterials } from './awsMaterials.js'
import type { DataKeySource, Keyring } from './keyring.js'

/** Speaks the AWS Encryption SDK's materials to keyrings that know nothing else. */
export class Materials {
  readonly #suite

  constructor(readonly aws: AwsMaterials) {
    const { NodeAlgorithmSuite, AlgorithmSuiteIdentifier } = aws
    this.#suite = new NodeAlgorithmSuite(
      AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    )
  }

  sourceOver(keyring: Keyring): DataKeySource {
    const { NodeDecryptionMaterial, EncryptedDataKey } = this.aws
    return {
      generateDataKey: async ({ encryptionContext }) => {
        const material = this.forEncryption(encryptionContext)
        try {
          await keyring.onEncrypt(material)
          return { dataKey: this.#dataKeyOf(material), encryptedDataKeys: material.encryptedDataKeys }
        } finally {
          zero(material)
        }
      },
      decryptDataKey: async ({ encryptionContext, encryptedDataKeys }) => {
        const material = new NodeDecryptionMaterial(this.#suite, { ...encryptionContext })
        try {
          await keyring.onDecrypt(
            material,
            encryptedDataKeys.map(entry => new EncryptedDataKey(entry)),
          )
          return this.#dataKeyOf(material)
        } finally {
          zero(material)
        }
      },
    }
  }

  forEncryption(encryptionContext: Readonly<Record<string, string>>): NodeEncryptionMaterial {
    return new this.aws.NodeEncryptionMaterial(this.#suite, { ...encryptionContext })
  }

  /** A copy: the material's own is zeroed. */
  #dataKeyOf(material: NodeEncryptionMaterial | NodeDecryptionMaterial): Uint8Array {
    if (!material.hasUnencryptedDataKey) throw new NoDataKeyError()
    // Usually a copy that was exported from a KeyObject; else the material's own bytes.
    const exported = this.aws.unwrapDataKey(material.getUnencryptedDataKey())
    const copy = Uint8Array.from(exported)
    exported.fill(0)
    return copy
  }
}

/**
 * For opening it is a refusal that lasts: the keyrings of the AWS Encryption SDK fail where one of the encrypted data
 * keys is theirs and cannot be decrypted, and give nothing where none is.
 */
class NoDataKeyError extends Error {
  override readonly name = 'NoDataKeyError'
  readonly permanent = true
  constructor() {
    super('The keyring returned no data key.')
  }
}

export function zero(material: NodeEncryptionMaterial | NodeDecryptionMaterial): void {
  if (material.hasUnencryptedDataKey) material.zeroUnencryptedDataKey()
}
