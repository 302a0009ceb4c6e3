import { randomBytes } from 'node:crypto'
import {
  AlgorithmSuiteIdentifier,
  buildEncrypt,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'

const keyring = new RawAesKeyringNode({
  keyName: 'a name',
  keyNamespace: 'a namespace',
  unencryptedMasterKey: randomBytes(32),
  wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
})

interface SealOptions {
  readonly suiteId?: AlgorithmSuiteIdentifier
  readonly plaintext?: Uint8Array
  readonly frameLength?: number
  readonly encryptionContext?: Record<string, string>
}

/** A message as the AWS Encryption SDK for JavaScript writes it. */
export async function seal(options: SealOptions = {}): Promise<Buffer> {
  const {
    suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    plaintext = Buffer.from('secrets'),
    encryptionContext = { tenant: 'acme' },
    frameLength = 4096,
  } = options
  const policy =
    suiteId >= AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY
      ? CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT
      : CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
  const settings = { suiteId, encryptionContext: { ...encryptionContext }, frameLength }
  return (await buildEncrypt(policy).encrypt(keyring, plaintext, settings)).result
}
