import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  EncryptedDataKey,
  KeyringNode,
  MultiKeyringNode,
  NodeAlgorithmSuite,
} from '@aws-crypto/client-node'
import {
  AwsKmsMrkAwareSymmetricDiscoveryKeyringNode,
  AwsKmsMrkAwareSymmetricKeyringNode,
} from '@aws-crypto/kms-keyring-node'
import { NodeDecryptionMaterial, NodeEncryptionMaterial } from '@aws-crypto/material-management'
import { KMS } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { MrkKeyring, type MrkKeyringOptions } from '../src/index.js'
import { type KeyInRegions, startKeyInRegions } from './cloud.js'

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const encryptionContext = { 'dynaseal:table': 'customers' }

let key: KeyInRegions
beforeAll(async () => {
  key = await startKeyInRegions()
})
afterAll(() => key.stop())
beforeEach(() => {
  key.cloud.heal()
  key.cloud.clearCalls()
})

function ours(region: string, options: Partial<MrkKeyringOptions> = {}): MrkKeyring {
  return new MrkKeyring({ keyArns: key.arns, region, client: key.client, ...options })
}

function stockClient(region: string): KMS {
  return new KMS({
    region,
    endpoint: key.cloud.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
}

const strict = (region: string) =>
  new AwsKmsMrkAwareSymmetricKeyringNode({ client: stockClient(region), keyId: key.arnIn(region) })
const discovery = (region: string) =>
  new AwsKmsMrkAwareSymmetricDiscoveryKeyringNode({ client: stockClient(region) })

describe('what is encrypted here', () => {
  it('opens in the other region with the stock strict keyring', async () => {
    const { result } = await encrypt(ours('us-east-1'), 'hello', { encryptionContext })
    const { plaintext, messageHeader } = await decrypt(strict('us-west-2'), result)
    expect(plaintext.toString()).toBe('hello')
    expect(messageHeader.encryptedDataKeys).toMatchObject([
      { providerId: 'aws-kms', providerInfo: key.arnIn('us-east-1') },
    ])
  })

  it('opens in the other region with the stock discovery keyring', async () => {
    const { result } = await encrypt(ours('us-east-1'), 'hello', { encryptionContext })
    expect((await decrypt(discovery('us-west-2'), result)).plaintext.toString()).toBe('hello')
  })

  it('opens with the stock keyrings also when another region had to step in', async () => {
    key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'refuse' })
    const { result } = await encrypt(ours('us-east-1'), 'hello', { encryptionContext })
    expect(key.asked('GenerateDataKey')).toEqual(['us-east-1', 'us-west-2'])
    key.cloud.heal()
    expect((await decrypt(strict('us-east-1'), result)).plaintext.toString()).toBe('hello')
    expect((await decrypt(discovery('eu-west-1'), result)).plaintext.toString()).toBe('hello')
  })

  it('opens here, in the own region', async () => {
    const { result } = await encrypt(ours('us-east-1'), 'hello', { encryptionContext })
    expect((await decrypt(ours('us-west-2'), result)).plaintext.toString()).toBe('hello')
    expect(key.asked('Decrypt')).toEqual(['us-west-2'])
  })
})

describe('what the stock keyrings encrypt', () => {
  it('opens here, in the own region', async () => {
    const { result } = await encrypt(strict('us-east-1'), 'hello', { encryptionContext })
    expect((await decrypt(ours('eu-west-1'), result)).plaintext.toString()).toBe('hello')
    expect(key.asked('Decrypt')).toEqual(['eu-west-1'])
  })

  it('leaves the trace that the stock keyring leaves', async () => {
    const suite = new NodeAlgorithmSuite(
      AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    )
    const traces = []
    for (const keyring of [ours('us-east-1'), strict('us-east-1')]) {
      const encryption = new NodeEncryptionMaterial(suite, {})
      await keyring.onEncrypt(encryption)
      const decryption = new NodeDecryptionMaterial(suite, {})
      await keyring.onDecrypt(decryption, encryption.encryptedDataKeys)
      traces.push([encryption.keyringTrace, decryption.keyringTrace])
    }
    expect(traces[0]).toEqual(traces[1])
  })
})

describe('together with other keyrings', () => {
  it('wraps a data key that another keyring generated', async () => {
    const both = new MultiKeyringNode({ generator: strict('eu-west-1'), children: [ours('us-east-1')] })
    const { result, messageHeader } = await encrypt(both, 'hello', { encryptionContext })
    expect(key.asked('Encrypt')).toEqual(['us-east-1'])
    expect(messageHeader.encryptedDataKeys).toHaveLength(2)
    expect((await decrypt(ours('us-west-2'), result)).plaintext.toString()).toBe('hello')
  })

  it('generates the data key that a break-glass key wraps as well', async () => {
    const breakGlass = await startKeyInRegions(['us-east-1', 'us-west-2'])
    try {
      const glass = new MrkKeyring({
        keyArns: breakGlass.arns,
        region: 'us-east-1',
        client: breakGlass.client,
      })
      const both = new MultiKeyringNode({ generator: ours('us-east-1'), children: [glass] })
      const { result } = await encrypt(both, 'hello', { encryptionContext })
      expect((await decrypt(glass, result)).plaintext.toString()).toBe('hello')
      expect((await decrypt(ours('us-west-2'), result)).plaintext.toString()).toBe('hello')
      for (const region of ['us-east-1', 'us-west-2', 'eu-west-1'])
        key.cloud.fault({ region, service: 'kms', kind: 'error', error: 'AccessDeniedException' })
      expect((await decrypt(both, result)).plaintext.toString()).toBe('hello')
    } finally {
      await breakGlass.stop()
    }
  })

  it('skips data keys of others, and malformed ones', async () => {
    const foreign = (providerId: string, providerInfo: string) =>
      new EncryptedDataKey({ providerId, providerInfo, encryptedDataKey: new Uint8Array(16) })
    class Noise extends KeyringNode {
      async _onEncrypt(material: NodeEncryptionMaterial) {
        for (const [providerId, providerInfo] of [
          ['aws-kms', 'not an arn: at all'],
          ['aws-kms', 'arn:aws:kms:us-east-1:111122223333:key/mrk-somebody-elses'],
          ['aws-kms', 'alias/customers'],
          ['raw-rsa', key.arnIn('us-east-1')],
        ] as const)
          material.addEncryptedDataKey(foreign(providerId, providerInfo), 2)
        return material
      }
      async _onDecrypt(): Promise<never> {
        throw new Error('nothing to decrypt')
      }
    }
    const noisy = new MultiKeyringNode({
      generator: ours('us-east-1'),
      children: [new Noise(), ours('us-west-2')],
    })
    const { result } = await encrypt(noisy, 'hello', { encryptionContext })
    key.cloud.clearCalls()
    expect((await decrypt(ours('eu-west-1'), result)).plaintext.toString()).toBe('hello')
    expect(key.asked('Decrypt')).toEqual(['eu-west-1'])
  })
})
