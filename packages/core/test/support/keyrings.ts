import {
  buildClient,
  CommitmentPolicy,
  EncryptedDataKey,
  KeyringNode,
  KeyringTraceFlag,
  MultiKeyringNode,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
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

/** The data key of {@link unboundKeyring}. */
export const unboundSecret = () => new Uint8Array(32).fill(5)

/** Has one data key for every context, and one encrypted data key: what no good keyring does. */
export function unboundKeyring(): KeyringNode {
  const trace = { keyNamespace: 'dynaseal-tests', keyName: 'unbound' }
  const encryptedDataKey = new EncryptedDataKey({
    providerId: 'dynaseal-tests',
    providerInfo: 'unbound',
    encryptedDataKey: Uint8Array.of(1),
  })
  class Unbound extends KeyringNode {
    override async _onEncrypt(material: NodeEncryptionMaterial) {
      const flags = KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY
      return material
        .setUnencryptedDataKey(unboundSecret(), { ...trace, flags })
        .addEncryptedDataKey(encryptedDataKey, KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY)
    }
    override async _onDecrypt(material: NodeDecryptionMaterial) {
      const flags = KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY
      return material.setUnencryptedDataKey(unboundSecret(), { ...trace, flags })
    }
  }
  return new Unbound()
}

export interface CountingKeyring extends Keyring {
  encrypts: number
  decrypts: number
  /** When set, the next calls fail with it. */
  failure: unknown
  /** When set, calls wait for it. */
  gate: Promise<void> | undefined
  /** Resolves when no call is under way. */
  idle(): Promise<void>
}

export function countingKeyring(inner: KeyringNode = rawKeyring()): CountingKeyring {
  const calls = new Set<Promise<unknown>>()
  const track = <T>(call: Promise<T>): Promise<T> => {
    calls.add(call)
    const done = () => calls.delete(call)
    call.then(done, done)
    return call
  }
  const keyring: CountingKeyring = {
    encrypts: 0,
    decrypts: 0,
    failure: undefined,
    gate: undefined,
    onEncrypt(material) {
      keyring.encrypts++
      return track(answer(() => inner.onEncrypt(material)))
    },
    onDecrypt(material, encryptedDataKeys) {
      keyring.decrypts++
      return track(answer(() => inner.onDecrypt(material, encryptedDataKeys)))
    },
    async idle() {
      while (calls.size > 0) await Promise.allSettled(calls)
      // What waits for the last call has its turn, too.
      await new Promise(resolve => setImmediate(resolve))
    },
  }
  async function answer<T>(call: () => Promise<T>): Promise<T> {
    await keyring.gate
    if (keyring.failure !== undefined) throw keyring.failure
    return call()
  }
  return keyring
}
