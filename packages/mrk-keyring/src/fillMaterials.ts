import type {
  EncryptedDataKey,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
} from '@aws-crypto/material-management'
import type { DataKeyRequest, EncryptedDataKeyEntry } from './dataKeySource.js'
import { awsMaterials } from './lazyKeyringNode.js'

/** A keyring's work, which materials are filled with. */
export interface WrappingKeys {
  /** What the traces of the keyring have as name space; its keys' names are those of its data keys. */
  readonly providerId: string
  generate(
    request: DataKeyRequest,
  ): Promise<{ dataKey: Uint8Array; keyName: string; entry: EncryptedDataKeyEntry }>
  /** Encrypts a data key that there is already. */
  wrap(request: Omit<DataKeyRequest, 'length'>, dataKey: Uint8Array): Promise<EncryptedDataKeyEntry>
  /** Decrypts the first of `entries` that can be. */
  decrypt(
    request: DataKeyRequest,
    entries: readonly EncryptedDataKeyEntry[],
  ): Promise<{ dataKey: Uint8Array; keyName: string }>
}

/** What `onEncrypt` of the stock KMS keyrings does, with the trace flags that they set. */
export async function fillForEncryption(
  material: NodeEncryptionMaterial,
  keys: WrappingKeys,
  signal?: AbortSignal,
): Promise<NodeEncryptionMaterial> {
  const { KeyringTraceFlag, unwrapDataKey } = awsMaterials()
  const { encryptionContext, suite } = material
  const wrapped =
    KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY | KeyringTraceFlag.WRAPPING_KEY_SIGNED_ENC_CTX
  if (material.hasUnencryptedDataKey) {
    const dataKey = unwrapDataKey(material.getUnencryptedDataKey())
    const entry = await keys.wrap({ encryptionContext, signal }, dataKey)
    return material.addEncryptedDataKey(asEncryptedDataKey(entry), wrapped)
  }
  const length = suite.keyLengthBytes
  const { dataKey, keyName, entry } = await keys.generate({ encryptionContext, length, signal })
  const flags = KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY | wrapped
  material.setUnencryptedDataKey(dataKey, { keyNamespace: keys.providerId, keyName, flags })
  return material.addEncryptedDataKey(asEncryptedDataKey(entry), wrapped)
}

/** What `onDecrypt` of the stock KMS keyrings does. */
export async function fillForDecryption(
  material: NodeDecryptionMaterial,
  encryptedDataKeys: readonly EncryptedDataKey[],
  keys: WrappingKeys,
  signal?: AbortSignal,
): Promise<NodeDecryptionMaterial> {
  if (material.hasValidKey()) return material
  const { KeyringTraceFlag } = awsMaterials()
  const { encryptionContext, suite } = material
  const request = { encryptionContext, length: suite.keyLengthBytes, signal }
  const { dataKey, keyName } = await keys.decrypt(request, encryptedDataKeys)
  const flags =
    KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY | KeyringTraceFlag.WRAPPING_KEY_VERIFIED_ENC_CTX
  return material.setUnencryptedDataKey(dataKey, { keyNamespace: keys.providerId, keyName, flags })
}

function asEncryptedDataKey(entry: EncryptedDataKeyEntry): EncryptedDataKey {
  const { EncryptedDataKey } = awsMaterials()
  return new EncryptedDataKey(entry)
}
