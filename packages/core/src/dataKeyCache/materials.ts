import type { NodeDecryptionMaterial, NodeEncryptionMaterial } from '@aws-crypto/material-management'
import type { AwsMaterials } from './awsMaterials.js'
import type { DataKeySource, EncryptedDataKeyEntry, Keyring } from './keyring.js'

/** Speaks the AWS Encryption SDK's materials to keyrings that know nothing else. */
export class Materials {
  readonly #aws: AwsMaterials
  readonly #suite

  constructor(aws: AwsMaterials) {
    this.#aws = aws
    const { NodeAlgorithmSuite, AlgorithmSuiteIdentifier } = aws
    this.#suite = new NodeAlgorithmSuite(
      AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    )
  }

  sourceOver(keyring: Keyring): DataKeySource {
    const { NodeEncryptionMaterial, NodeDecryptionMaterial, EncryptedDataKey } = this.#aws
    return {
      generateDataKey: async ({ encryptionContext }) => {
        const material = new NodeEncryptionMaterial(this.#suite, { ...encryptionContext })
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

  /** Has a keyring encrypt a data key that there is already, as multi keyrings have their children do. */
  async encryptDataKey(
    keyring: Keyring,
    encryptionContext: Readonly<Record<string, string>>,
    dataKey: Uint8Array,
  ): Promise<readonly EncryptedDataKeyEntry[]> {
    const { NodeEncryptionMaterial, KeyringTraceFlag } = this.#aws
    const material = new NodeEncryptionMaterial(this.#suite, { ...encryptionContext })
    const trace = {
      keyNamespace: 'dynaseal',
      keyName: 'given',
      flags: KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY,
    }
    try {
      // Its own copy, which it zeroes.
      material.setUnencryptedDataKey(Uint8Array.from(dataKey), trace)
      await keyring.onEncrypt(material)
      return material.encryptedDataKeys
    } finally {
      zero(material)
    }
  }

  /** A copy: the material's own is zeroed. */
  #dataKeyOf(material: NodeEncryptionMaterial | NodeDecryptionMaterial): Uint8Array {
    if (!material.hasUnencryptedDataKey) throw new NoDataKeyError()
    // Usually a copy that was exported from a KeyObject; else the material's own bytes.
    const exported = this.#aws.unwrapDataKey(material.getUnencryptedDataKey())
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

function zero(material: NodeEncryptionMaterial | NodeDecryptionMaterial): void {
  if (material.hasUnencryptedDataKey) material.zeroUnencryptedDataKey()
}
