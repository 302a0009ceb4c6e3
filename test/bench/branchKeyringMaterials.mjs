import {
  AlgorithmSuiteIdentifier,
  NodeAlgorithmSuite,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
} from '@aws-crypto/client-node'

const SUITE = new NodeAlgorithmSuite(
  AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
)

/** A data key, as any caller of a keyring of the AWS Encryption SDK gets it. */
export function generateDataKey(keyring, context) {
  return keyring.onEncrypt(new NodeEncryptionMaterial(SUITE, context))
}

export function decryptDataKey(keyring, context, encryptedDataKeys) {
  return keyring.onDecrypt(new NodeDecryptionMaterial(SUITE, context), encryptedDataKeys)
}
