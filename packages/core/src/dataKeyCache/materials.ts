import {
  AlgorithmSuiteIdentifier,
  EncryptedDataKey,
  KeyringTraceFlag,
  NodeAlgorithmSuite,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
  unwrapDataKey,
} from '@aws-crypto/material-management'
import type { DataKeySource, EncryptedDataKeyEntry, Keyring } from './keyring.js'

const SUITE = new NodeAlgorithmSuite(
  AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
)

/** Speaks the AWS Encryption SDK's materials to a keyring that knows nothing else. */
export function sourceOver(keyring: Keyring): DataKeySource {
  return {
    async generateDataKey({ encryptionContext }) {
      const material = new NodeEncryptionMaterial(SUITE, { ...encryptionContext })
      try {
        await keyring.onEncrypt(material)
        return { dataKey: dataKeyOf(material), encryptedDataKeys: material.encryptedDataKeys }
      } finally {
        zero(material)
      }
    },
    async decryptDataKey({ encryptionContext, encryptedDataKeys }) {
      const material = new NodeDecryptionMaterial(SUITE, { ...encryptionContext })
      try {
        await keyring.onDecrypt(
          material,
          encryptedDataKeys.map(entry => new EncryptedDataKey(entry)),
        )
        return dataKeyOf(material)
      } finally {
        zero(material)
      }
    },
  }
}

/** Has a keyring encrypt a data key that there is already, as multi keyrings have their children do. */
export async function encryptDataKey(
  keyring: Keyring,
  encryptionContext: Readonly<Record<string, string>>,
  dataKey: Uint8Array,
): Promise<readonly EncryptedDataKeyEntry[]> {
  const material = new NodeEncryptionMaterial(SUITE, { ...encryptionContext })
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

/** A copy: the material's own is zeroed. */
function dataKeyOf(material: NodeEncryptionMaterial | NodeDecryptionMaterial): Uint8Array {
  if (!material.hasUnencryptedDataKey) throw new NoDataKeyError()
  // Usually a copy that was exported from a KeyObject; else the material's own bytes.
  const exported = unwrapDataKey(material.getUnencryptedDataKey())
  const copy = Uint8Array.from(exported)
  exported.fill(0)
  return copy
}

function zero(material: NodeEncryptionMaterial | NodeDecryptionMaterial): void {
  if (material.hasUnencryptedDataKey) material.zeroUnencryptedDataKey()
}
