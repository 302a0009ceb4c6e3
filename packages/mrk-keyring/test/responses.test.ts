import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import {
  AlgorithmSuiteIdentifier,
  EncryptedDataKey,
  NodeAlgorithmSuite,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
  unwrapDataKey,
} from '@aws-crypto/material-management'
import { KMSClient } from '@aws-sdk/client-kms'
import { describe, expect, it } from 'vitest'
import { MrkKeyring, MrkKeyringError } from '../src/index.js'
import { arnIn } from './scriptedRegions.js'

const suite = new NodeAlgorithmSuite(
  AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
)
const DATA_KEY = Buffer.alloc(32, 'k')
const EAST = arnIn('us-east-1')
const WEST = arnIn('us-west-2')

/** A keyring whose regions answer as given, in JSON or in what should be JSON. */
function keyringOver(responses: Record<string, object | string>): MrkKeyring {
  const client = (region: string) =>
    new KMSClient({
      region,
      maxAttempts: 1,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      requestHandler: {
        handle: async () => {
          const response = responses[region]!
          const body = typeof response === 'string' ? response : JSON.stringify(response)
          return { response: { statusCode: 200, headers: {}, body: Readable.from([Buffer.from(body)]) } }
        },
      },
    })
  return new MrkKeyring({ keyArns: [EAST, WEST], region: 'us-east-1', client })
}

const good = (arn: string) => ({
  KeyId: arn,
  Plaintext: DATA_KEY.toString('base64'),
  CiphertextBlob: Buffer.alloc(184, 'c').toString('base64'),
})

async function decryptWith(keyring: MrkKeyring) {
  const material = new NodeDecryptionMaterial(suite, {})
  await keyring.onDecrypt(material, [
    new EncryptedDataKey({ providerId: 'aws-kms', providerInfo: EAST, encryptedDataKey: Buffer.alloc(184) }),
  ])
  return material
}

async function encryptWith(keyring: MrkKeyring) {
  const material = new NodeEncryptionMaterial(suite, {})
  await keyring.onEncrypt(material)
  return material
}

async function attemptsOf(call: Promise<unknown>) {
  try {
    await call
  } catch (error) {
    if (error instanceof MrkKeyringError) return error.attempts
    throw error
  }
  throw new Error('it succeeded')
}

describe.each([
  ['for another key', { ...good(EAST), KeyId: arnIn('us-east-1').replace(/.{4}$/, 'ffff') }, /answered for/],
  ['for the replica in another region', good(arnIn('eu-west-1')), /answered for/],
  ['without a key id', { ...good(EAST), KeyId: undefined }, /answered for no key/],
  ['without a data key', { ...good(EAST), Plaintext: undefined }, /without a data key/],
  [
    'with a data key of the wrong length',
    { ...good(EAST), Plaintext: Buffer.alloc(16).toString('base64') },
    /16 bytes where the algorithm suite needs 32/,
  ],
  ['that is no JSON', `{"Plaintext":"${DATA_KEY.toString('base64')}`, /could not be read/],
])('an answer %s', (_, response, reason) => {
  it('is not used: the next region is asked', async () => {
    const decryption = await decryptWith(keyringOver({ 'us-east-1': response, 'us-west-2': good(WEST) }))
    expect(decryption.keyringTrace[0]).toMatchObject({ keyName: WEST })
    const encryption = await encryptWith(keyringOver({ 'us-east-1': response, 'us-west-2': good(WEST) }))
    expect(encryption.encryptedDataKeys[0]).toMatchObject({ providerInfo: WEST })
  })

  it('is explained, and quoted nowhere', async () => {
    const attempts = await attemptsOf(
      decryptWith(keyringOver({ 'us-east-1': response, 'us-west-2': response })),
    )
    expect(attempts[0]).toMatchObject({
      outcome: 'region-refused',
      error: { name: 'UnusableResponseError', message: expect.stringMatching(reason) },
    })
    const text = inspect(attempts, { depth: Number.POSITIVE_INFINITY, showHidden: true })
    expect(text).not.toContain(DATA_KEY.toString('base64').slice(0, 8))
    expect(text).not.toMatch(/Uint8Array|Buffer/)
  })
})

describe.each([
  ['without an encrypted data key', undefined],
  ['with one longer than KMS makes', Buffer.alloc(6145).toString('base64')],
  ['with one longer than fits into a message', Buffer.alloc(0x1_0000).toString('base64')],
])('an answer %s', (_, CiphertextBlob) => {
  it('is not used to encrypt', async () => {
    const response = { ...good(EAST), CiphertextBlob }
    const encryption = await encryptWith(keyringOver({ 'us-east-1': response, 'us-west-2': good(WEST) }))
    expect(encryption.encryptedDataKeys[0]).toMatchObject({ providerInfo: WEST })
  })
})

describe('materials that have a data key already', () => {
  it('are returned as they are, and nobody is asked', async () => {
    const material = await decryptWith(keyringOver({ 'us-east-1': good(EAST) }))
    await keyringOver({})._onDecrypt(material, [])
    expect(material.keyringTrace).toHaveLength(1)
  })
})

describe('the data key in the answer of the SDK', () => {
  it('is zeroed once it was taken, because it may lie in a buffer that others see', async () => {
    const { send } = KMSClient.prototype
    const plaintexts: Uint8Array[] = []
    const client = new KMSClient({ region: 'us-east-1' })
    client.send = (async () => {
      plaintexts.push(Uint8Array.from(DATA_KEY))
      return { KeyId: EAST, Plaintext: plaintexts.at(-1), CiphertextBlob: Buffer.alloc(184), $metadata: {} }
    }) as typeof send
    const keyring = new MrkKeyring({ keyArns: [EAST], client: () => client })
    const material = await decryptWith(keyring)
    expect(DATA_KEY.equals(unwrapDataKey(material.getUnencryptedDataKey()))).toBe(true)
    await encryptWith(keyring)
    expect(plaintexts).toEqual([new Uint8Array(32), new Uint8Array(32)])
  })
})
