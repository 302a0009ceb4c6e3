import {
  buildClient,
  CommitmentPolicy,
  type KeyringNode,
  MultiKeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node'
import type { Keyring } from '../../src/index.js'

/** The oracle: the AWS Encryption SDK's own client. */
export const clientNode = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)

export function rawKeyring(name = 'test'): KeyringNode {
  return new RawAesKeyringNode({
    keyName: name,
    keyNamespace: 'dynaseal-tests',
    unencryptedMasterKey: new Uint8Array(32).fill(name.length),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  })
}

/** Writes one encrypted data key per name; opens with any. */
export function multiKeyring(...names: string[]): KeyringNode {
  const [generator, ...children] = names.map(name => rawKeyring(name))
  return new MultiKeyringNode({ generator: generator!, children })
}

export interface CountingKeyring extends Keyring {
  encrypts: number
  decrypts: number
  /** When set, the next calls fail with it. */
  failure: unknown
  /** When set, calls wait for it. */
  gate: Promise<void> | undefined
}

export function countingKeyring(inner: KeyringNode = rawKeyring()): CountingKeyring {
  return {
    encrypts: 0,
    decrypts: 0,
    failure: undefined,
    gate: undefined,
    async onEncrypt(material) {
      this.encrypts++
      await this.gate
      if (this.failure !== undefined) throw this.failure
      return inner.onEncrypt(material)
    },
    async onDecrypt(material, encryptedDataKeys) {
      this.decrypts++
      await this.gate
      if (this.failure !== undefined) throw this.failure
      return inner.onDecrypt(material, encryptedDataKeys)
    },
  }
}
