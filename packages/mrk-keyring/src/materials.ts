import type {
  EncryptedDataKey,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
} from '@aws-crypto/material-management'
import type { EncryptedDataKeyEntry } from './dataKeySource.js'
import { type DataKeys, KMS_PROVIDER_ID } from './dataKeys.js'
import { awsMaterials } from './lazyKeyringNode.js'

/** What `onEncrypt` of the stock KMS keyrings does, with the trace flags that they set. */
export async function fillForEncryption(
  material: NodeEncryptionMaterial,
  dataKeys: DataKeys,
  signal?: AbortSignal,
): Promise<NodeEncryptionMaterial> {
  const { KeyringTraceFlag, unwrapDataKey } = awsMaterials()
  const { encryptionContext, suite } = material
  const wrapped =
    KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY | KeyringTraceFlag.WRAPPING_KEY_SIGNED_ENC_CTX
  if (material.hasUnencryptedDataKey) {
    const dataKey = unwrapDataKey(material.getUnencryptedDataKey())
    const entry = await dataKeys.wrap({ encryptionContext, signal }, dataKey)
    return material.addEncryptedDataKey(asEncryptedDataKey(entry), wrapped)
  }
  const length = suite.keyLengthBytes
  const { dataKey, arn, entry } = await dataKeys.generate({ encryptionContext, length, signal })
  const flags = KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY | wrapped
  material.setUnencryptedDataKey(dataKey, { keyNamespace: KMS_PROVIDER_ID, keyName: arn, flags })
  return material.addEncryptedDataKey(asEncryptedDataKey(entry), wrapped)
}

/** What `onDecrypt` of the stock KMS keyrings does. */
export async function fillForDecryption(
  material: NodeDecryptionMaterial,
  encryptedDataKeys: readonly EncryptedDataKey[],
  dataKeys: DataKeys,
  signal?: AbortSignal,
): Promise<NodeDecryptionMaterial> {
  if (material.hasValidKey()) return material
  const { KeyringTraceFlag } = awsMaterials()
  const { encryptionContext, suite } = material
  const request = { encryptionContext, length: suite.keyLengthBytes, signal }
  const { dataKey, arn } = await dataKeys.decrypt(request, encryptedDataKeys)
  const flags =
    KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY | KeyringTraceFlag.WRAPPING_KEY_VERIFIED_ENC_CTX
  return material.setUnencryptedDataKey(dataKey, { keyNamespace: KMS_PROVIDER_ID, keyName: arn, flags })
}

function asEncryptedDataKey(entry: EncryptedDataKeyEntry): EncryptedDataKey {
  const { EncryptedDataKey } = awsMaterials()
  return new EncryptedDataKey(entry)
}
