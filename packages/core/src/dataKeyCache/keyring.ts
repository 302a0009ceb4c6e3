import type {
  EncryptedDataKey,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
} from '@aws-crypto/material-management-node'
import type { EncryptionContext } from '../materials/context.js'
import type { DataKey } from './dataKey.js'

/** What is needed of a keyring; every `KeyringNode` of the AWS Encryption SDK has it. */
export interface Keyring {
  onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial>
  onDecrypt(
    material: NodeDecryptionMaterial,
    encryptedDataKeys: EncryptedDataKey[],
  ): Promise<NodeDecryptionMaterial>
}

// Loaded for the first data key, and not with this package: the AWS Encryption SDK's materials take longer to
// load than everything else here, and by then the keyring has usually loaded them itself.
let materials: typeof import('./materials.js') | undefined

/** A new data key: one `onEncrypt`. Rejects with whatever the keyring throws. */
export async function generateDataKey(
  keyring: Keyring,
  context: EncryptionContext,
  now: () => number,
): Promise<DataKey> {
  materials ??= await import('./materials.js')
  return materials.generateDataKey(keyring, context, now)
}

/** The data key of a stored message: one `onDecrypt`. Rejects with whatever the keyring throws. */
export async function decryptDataKey(
  keyring: Keyring,
  context: EncryptionContext,
  encryptedDataKeys: Buffer,
  now: () => number,
): Promise<DataKey> {
  materials ??= await import('./materials.js')
  return materials.decryptDataKey(keyring, context, encryptedDataKeys, now)
}
