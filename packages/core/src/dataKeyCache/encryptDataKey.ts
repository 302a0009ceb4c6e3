import { awsMaterials, type EncryptedDataKeyEntry, type Keyring } from './keyring.js'
import { zero } from './materials.js'

/**
 * A data key that there is already, encrypted by a keyring, as multi keyrings have their children do it. Rejects with whatever
 * that throws.
 */
export async function encryptDataKey(
  keyring: Keyring,
  encryptionContext: Readonly<Record<string, string>>,
  dataKey: Uint8Array,
): Promise<readonly EncryptedDataKeyEntry[]> {
  const materials = await awsMaterials()
  const material = materials.forEncryption(encryptionContext)
  const trace = {
    keyNamespace: 'dynaseal',
    keyName: 'given',
    flags: materials.aws.KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY,
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
