// Messages that KMS refuses cost few calls, in one region.
import {
  AlgorithmSuiteIdentifier,
  EncryptedDataKey,
  MultiKeyringNode,
  NodeAlgorithmSuite,
  NodeDecryptionMaterial,
} from '@aws-crypto/client-node'
import { describe, expect, it, vi } from 'vitest'
import type { MrkKeyring, MrkKeyringError } from '../src/index.js'
import {
  decrypt,
  encrypt,
  encryptionContext,
  failureOf,
  key,
  keyring,
  message,
  SECRET,
} from './faultyRegions.js'
import { ManualClock } from './manualClock.js'

describe('a message that KMS refuses', () => {
  it('is asked about in exactly one region, and the error is permanent', async () => {
    key.cloud.fault({
      region: 'us-east-1',
      service: 'kms',
      kind: 'error',
      error: 'InvalidCiphertextException',
    })
    const error = await failureOf(decrypt(keyring(), message))
    expect(error).toMatchObject({ code: 'MESSAGE_REFUSED', permanent: true, operation: 'Decrypt' })
    expect(key.asked('Decrypt')).toEqual(['us-east-1'])
  })

  it('fails no other data key of the same message', async () => {
    const both = new MultiKeyringNode({ generator: keyring(), children: [keyring({ region: 'us-west-2' })] })
    const { result } = await encrypt(both, SECRET, { encryptionContext })
    key.cloud.clearCalls()
    key.cloud.fault({
      region: 'us-east-1',
      service: 'kms',
      kind: 'error',
      error: 'InvalidCiphertextException',
      times: 1,
    })
    expect((await decrypt(keyring(), result)).plaintext.toString()).toBe(SECRET)
    expect(key.asked('Decrypt')).toEqual(['us-east-1', 'us-east-1'])
  })
})

describe('a message with many data keys of its own key', () => {
  /** As somebody writes it who has no access to the key: `made` says what the data key at an index is. */
  async function decryptForged(
    keyring: MrkKeyring,
    made: (index: number) => { region: string; bytes: number },
    signal?: AbortSignal,
  ): Promise<MrkKeyringError> {
    const suite = new NodeAlgorithmSuite(
      AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    )
    const dataKeys = Array.from({ length: 32 }, (_, index) => {
      const { region, bytes } = made(index)
      const providerInfo = key.arnIn(region)
      return new EncryptedDataKey({
        providerId: 'aws-kms',
        providerInfo,
        encryptedDataKey: Uint8Array.of(bytes),
      })
    })
    const material = new NodeDecryptionMaterial(suite, encryptionContext)
    const decrypting = signal === undefined ? keyring : keyring.withSignal(signal)
    return failureOf(decrypting.onDecrypt(material, dataKeys))
  }

  it.each<[string, number, Parameters<typeof decryptForged>[1]]>([
    ['that are all the same', 1, () => ({ region: 'us-east-1', bytes: 1 })],
    ['that all differ', 2, index => ({ region: 'us-east-1', bytes: index })],
    ['that name any region', 2, index => ({ region: `us-east-${index}`, bytes: index })],
    ['the same in any region', 1, index => ({ region: `us-east-${index}`, bytes: 1 })],
  ])('%s costs %i calls', async (_name, calls, made) => {
    const error = await decryptForged(keyring(), made)
    expect(error).toMatchObject({ code: 'MESSAGE_REFUSED', permanent: true })
    expect(key.asked('Decrypt')).toHaveLength(calls)
  })

  it('is refused when the deadline passes after the first was', async () => {
    const clock = new ManualClock()
    const scope = { region: 'us-east-1', service: 'kms', operation: 'Decrypt' } as const
    key.cloud.fault({ ...scope, kind: 'error', error: 'InvalidCiphertextException', times: 1 })
    const single = keyring({ keyArns: [key.arnIn('us-east-1')], clock, hedge: false })
    key.cloud.fault({ ...scope, kind: 'hang' })
    const failure = decryptForged(single, index => ({ region: 'us-east-1', bytes: index }))
    await vi.waitUntil(() => key.asked('Decrypt').length === 2, { timeout: 30_000 })
    await clock.advance(5_000)
    expect(await failure).toMatchObject({ code: 'MESSAGE_REFUSED', permanent: true })
  })

  it('is no permanent refusal when the caller gives up after the first was refused', async () => {
    const scope = { region: 'us-east-1', service: 'kms', operation: 'Decrypt' } as const
    key.cloud.fault({ ...scope, kind: 'error', error: 'InvalidCiphertextException', times: 1 })
    key.cloud.fault({ ...scope, kind: 'hang' })
    const controller = new AbortController()
    const failure = decryptForged(
      keyring({ hedge: false }),
      index => ({ region: 'us-east-1', bytes: index }),
      controller.signal,
    )
    await vi.waitUntil(() => key.asked('Decrypt').length === 2, { timeout: 30_000 })
    controller.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED', permanent: false })
  })
})
