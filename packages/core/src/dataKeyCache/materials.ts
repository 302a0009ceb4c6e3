import {
  AlgorithmSuiteIdentifier,
  NodeAlgorithmSuite,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
  unwrapDataKey,
} from '@aws-crypto/material-management-node'
import type { EncryptionContext } from '../materials/context.js'
import {
  oneOfEachWrappingKey,
  parseEncryptedDataKeys,
  serializeEncryptedDataKeys,
} from '../materials/encryptedDataKeys.js'
import { DATA_KEY_BYTES } from '../message/suite.js'
import { DataKey } from './dataKey.js'
import type { Keyring } from './keyring.js'

const SUITE = new NodeAlgorithmSuite(
  AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
)

export async function generateDataKey(
  keyring: Keyring,
  context: EncryptionContext,
  now: () => number,
): Promise<DataKey> {
  const material = new NodeEncryptionMaterial(SUITE, { ...context.pairs })
  try {
    await keyring.onEncrypt(material)
    const encryptedDataKeys = serializeEncryptedDataKeys(material.encryptedDataKeys)
    return new DataKey(takeSecret(material), encryptedDataKeys, now())
  } finally {
    zero(material)
  }
}

export async function decryptDataKey(
  keyring: Keyring,
  context: EncryptionContext,
  encryptedDataKeys: Buffer,
  now: () => number,
): Promise<DataKey> {
  const material = new NodeDecryptionMaterial(SUITE, { ...context.pairs })
  try {
    await keyring.onDecrypt(material, oneOfEachWrappingKey(parseEncryptedDataKeys(encryptedDataKeys)))
    return new DataKey(takeSecret(material), Buffer.from(encryptedDataKeys), now())
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

/** A copy of the material's data key in memory of its own, which nothing but DataKey holds. */
function takeSecret(material: NodeEncryptionMaterial | NodeDecryptionMaterial): Buffer {
  if (!material.hasUnencryptedDataKey) throw new NoDataKeyError()
  // Usually a copy that was exported from a KeyObject; else the material's own bytes, zeroed with it.
  const exported = unwrapDataKey(material.getUnencryptedDataKey())
  const secret = Buffer.allocUnsafeSlow(DATA_KEY_BYTES)
  secret.set(exported)
  exported.fill(0)
  return secret
}

function zero(material: NodeEncryptionMaterial | NodeDecryptionMaterial): void {
  if (material.hasUnencryptedDataKey) material.zeroUnencryptedDataKey()
}
