import {
  AwsKmsMrkAwareSymmetricDiscoveryKeyringNode,
  AwsKmsMrkAwareSymmetricKeyringNode,
  KmsKeyringNode,
  MultiKeyringNode,
} from '@aws-crypto/client-node'
import { KMS } from '@aws-sdk/client-kms'
import { dataKeySource, type Keyring, SealError } from '@dynaseal/core'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EAST, startWorld, TENANT, WEST, type World } from '../../branch-keyring/test/world.js'
import { parseHeader } from '../src/header.js'
import { contextAttributes, type Item, type ItemEncryptorOptions } from '../src/index.js'
import { bytesOf, customer, customers, rawKeyring, rejection } from './support/items.js'

let world: World
beforeAll(async () => {
  world = await startWorld([EAST, WEST])
})
afterAll(() => world?.stop())
beforeEach(() => world.cloud.clearCalls())

/** The stock keyrings want clients with methods. */
const kms = (region: string) =>
  new KMS({
    region,
    endpoint: world.cloud.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
const mrk = (region: string) =>
  new MrkKeyring({
    keyArns: world.arns,
    region,
    client: world.kms,
    hedge: false,
    attemptTimeout: 20_000,
    timeout: 60_000,
  })
const strict = (region: string) =>
  new AwsKmsMrkAwareSymmetricKeyringNode({ keyId: world.arnIn(region), client: kms(region) })
const discovery = (region: string) =>
  new AwsKmsMrkAwareSymmetricDiscoveryKeyringNode({
    client: kms(region),
    discoveryFilter: { accountIDs: [world.arnIn(region).split(':')[4]!], partition: 'aws' },
  })
const stock = (region: string) =>
  new KmsKeyringNode({
    generatorKeyId: world.arnIn(region),
    clientProvider: kms,
  })

/** Written by one, read by the other. */
async function passes(writer: ItemEncryptorOptions['keyring'], reader: ItemEncryptorOptions['keyring']) {
  const stored = await customers({ keyring: writer }).encryptItem(customer)
  expect(await customers({ keyring: reader }).decryptItem(stored)).toEqual(customer)
  return stored
}

const keysOf = (stored: Item) => parseHeader(bytesOf(stored, 'aws_dbe_head')).encryptedDataKeys

describe('keyrings over KMS', () => {
  it('of this project and of the AWS Encryption SDK read what the other wrote, in either region', async () => {
    for (const writer of [mrk(EAST), strict(EAST)]) {
      for (const reader of [mrk(WEST), strict(WEST), discovery(WEST)]) await passes(writer, reader)
    }
    await passes(stock(EAST), stock(EAST))
    await passes(stock(EAST), mrk(WEST))
  })

  it('are asked once for an item and direction, with its key in the context; and not for an item that is known', async () => {
    const writer = customers({ keyring: mrk(EAST) })
    const reader = customers({ keyring: mrk(WEST) })
    const stored = await writer.encryptItem(customer)
    await reader.decryptItem(stored)
    await reader.decryptItem(stored)
    expect(world.calls('kms')).toEqual([`GenerateDataKey ${EAST}`, `Decrypt ${WEST}`])
    const [call] = world.cloud.calls({ service: 'kms' })
    expect(call).toMatchObject({ encryptionContext: { 'aws-crypto-attr.id': 'AAFjdXN0b21lci0x' } })
    expect(reader.statistics().opening).toMatchObject({ calls: 1, hits: 1 })
    reader.clear()
    await reader.decryptItem(stored)
    expect(world.calls('kms')).toHaveLength(3)
  })

  it('open what they were given, whatever is made of it while they wait', async () => {
    const stored = await customers({ keyring: mrk(EAST) }).encryptItem(customer)
    const coming = customers({ keyring: mrk(WEST) }).decryptItem(stored)
    for (const name of Object.keys(stored)) stored[name] = { S: 'put there meanwhile' }
    stored.more = { S: 'put there meanwhile' }
    expect(await coming).toEqual(customer)
  })

  it('are each asked for a key of their own, where there are several', async () => {
    const stored = await passes([mrk(EAST), mrk(EAST)], strict(WEST))
    expect(world.calls('kms').filter(call => call.startsWith('GenerateDataKey'))).toHaveLength(2)
    const [one, other] = keysOf(stored)
    expect(one!.encryptedDataKey.subarray(0, 48)).not.toEqual(other!.encryptedDataKey.subarray(0, 48))
  })

  it('of a multi keyring have keys of their own as well', async () => {
    const child = new KmsKeyringNode({ keyIds: [world.arnIn(WEST)], clientProvider: kms })
    const multi = new MultiKeyringNode({ generator: stock(EAST), children: [child, rawKeyring()] })
    const stored = await passes(multi, rawKeyring())
    expect(world.calls('kms').sort()).toEqual([`Encrypt ${WEST}`, `GenerateDataKey ${EAST}`])
    await passes(multi, multi)
    expect(
      new Set(
        keysOf(stored).map(({ encryptedDataKey }) =>
          Buffer.from(encryptedDataKey.subarray(0, 48)).toString('hex'),
        ),
      ).size,
    ).toBe(3)
  })

  it('that wrap one key under several wrapping keys are refused, with the way out', async () => {
    const keyring = new KmsKeyringNode({
      generatorKeyId: world.arnIn(EAST),
      keyIds: [world.arnIn(WEST)],
      clientProvider: kms,
    })
    const error = await rejection(() => customers({ keyring }).encryptItem(customer))
    expect(error).toBeInstanceOf(SealError)
    expect(error.code).toBe('key-unavailable')
    expect((error.cause as Error).message).toMatch(/gave 2 encrypted data keys.*give a list of keyrings/)
  })

  it('of a multi keyring without a generator only open, as everywhere', async () => {
    const multi = new MultiKeyringNode({ children: [rawKeyring(), mrk(EAST)] })
    const error = await rejection(() => customers({ keyring: multi }).encryptItem(customer))
    expect(error).toMatchObject({
      code: 'key-unavailable',
      cause: { message: expect.stringMatching(/no generator/) },
    })
    await passes(rawKeyring(), multi)
    const nested = new MultiKeyringNode({ generator: mrk(EAST), children: [multi] })
    expect(keysOf(await passes(nested, multi))).toHaveLength(3)
  })

  it('that only open cannot seal', async () => {
    const error = await rejection(() => customers({ keyring: discovery(EAST) }).encryptItem(customer))
    expect(error).toMatchObject({ code: 'key-unavailable', cause: expect.any(Error) })
  })
})

describe('branch keys', () => {
  const thousand = Array.from(
    { length: 1000 },
    (_, index): Item => ({ ...customer, id: { S: `customer-${index}` } }),
  )

  it('take one call into KMS for a thousand items, in each process', { timeout: 60_000 }, async () => {
    const writer = customers({ keyring: world.keyring(EAST), algorithmSuite: '0x6700' })
    const stored = await Promise.all(thousand.map(item => writer.encryptItem(item)))
    expect(world.calls('kms')).toEqual([`Decrypt ${EAST}`])
    world.cloud.clearCalls()
    const reader = customers({ keyring: world.keyring(WEST) })
    expect(await Promise.all(stored.map(item => reader.decryptItem(item)))).toEqual(thousand)
    expect(world.calls('kms')).toEqual([`Decrypt ${WEST}`])
    expect(world.calls('dynamodb')).toHaveLength(1)
  })

  it('are those of the hierarchical keyring of the AWS Encryption SDK', async () => {
    await passes(world.keyring(EAST), world.stock(WEST))
    await passes(world.stock(WEST), world.keyring(EAST))
  })

  it('still open after they were rotated, and what is new is under the new version', async () => {
    const before = await passes(world.keyring(EAST), world.keyring(WEST))
    await world.administration.rotateBranchKey(TENANT)
    await world.cloud.waitForReplication()
    const after = await passes(world.keyring(EAST), world.keyring(WEST))
    expect(await customers({ keyring: world.keyring(WEST) }).decryptItem(before)).toEqual(customer)
    const version = (stored: Item) => keysOf(stored)[0]!.encryptedDataKey.subarray(48 + 28, 48 + 44)
    expect(version(after)).not.toEqual(version(before))
  })

  it('may be those of a tenant, by an attribute that is in the context', async () => {
    await world.administration.createBranchKey({ branchKeyId: 'tenant-acme' })
    await world.cloud.waitForReplication()
    const of = (region: string) =>
      customers({
        attributeActionsOnEncrypt: {
          plan: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT',
          ssn: 'ENCRYPT_AND_SIGN',
        },
        keyring: world.keyring(region, {
          branchKeyId: context => `tenant-${(contextAttributes(context).plan as { S: string }).S}`,
        }),
      })
    const item: Item = { ...customer, plan: { S: 'acme' } }
    const stored = await of(EAST).encryptItem(item)
    expect(keysOf(stored)[0]!.providerInfo).toBe('tenant-acme')
    expect(await of(WEST).decryptItem(stored)).toEqual(item)
    const error = await rejection(() => of(WEST).decryptItem({ ...stored, plan: { S: '1' } }))
    expect(error).toMatchObject({ code: 'key-unavailable', cause: { code: 'NO_MATCHING_DATA_KEY' } })
  })
})

describe('a function of the context', () => {
  it('gives the keyrings of each item', async () => {
    const tenants: Record<string, Keyring> = {
      'customer-1': rawKeyring('one'),
      'customer-2': rawKeyring('other'),
    }
    const encryptor = customers({
      keyring: async context => tenants[(contextAttributes(context).id as { S: string }).S]!,
    })
    const items: Item[] = [customer, { ...customer, id: { S: 'customer-2' } }]
    const stored = await Promise.all(items.map(item => encryptor.encryptItem(item)))
    expect(stored.map(item => keysOf(item)[0]!.providerInfo.slice(0, 3))).toEqual(['one', 'oth'])
    expect(await Promise.all(stored.map(item => encryptor.decryptItem(item)))).toEqual(items)
  })

  it('that gives none is the cause of the error', async () => {
    const encryptor = customers({ keyring: () => undefined as never })
    const error = await rejection(() => encryptor.encryptItem(customer))
    expect(error).toMatchObject({ code: 'key-unavailable', cause: { code: 'invalid-option' } })
  })
})

describe('a call', () => {
  it('ends when its signal fires, with the reason', async () => {
    const controller = new AbortController()
    const never = {
      onEncrypt: () => new Promise<never>(() => {}),
      onDecrypt: () => new Promise<never>(() => {}),
    }
    const encryptor = customers({ keyring: never })
    const stored = await customers().encryptItem(customer)
    const calls = [
      encryptor.encryptItem(customer, { signal: controller.signal }),
      encryptor.decryptItem(stored, { signal: controller.signal }),
    ]
    const settled = Promise.allSettled(calls)
    controller.abort(new Error('enough'))
    expect((await settled).map(outcome => (outcome as PromiseRejectedResult).reason.message)).toEqual([
      'enough',
      'enough',
    ])
  })
})

describe('a keyring that decrypts at once', () => {
  const entry = { providerId: 'test', providerInfo: 'a key', encryptedDataKey: new Uint8Array([1]) }
  function atOnce(key: number, length = 32) {
    const asked: string[] = []
    const given: Uint8Array[] = []
    const give = () => new Uint8Array(length).fill(key)
    const source = {
      generateDataKey: async () => ({ dataKey: give(), encryptedDataKeys: [entry] }),
      decryptDataKey: async () => {
        asked.push('waiting')
        return give()
      },
      decryptDataKeyNow: () => {
        asked.push('at once')
        given.push(give())
        return given.at(-1)
      },
    }
    const unused = () => Promise.reject(new Error('asked in its other way'))
    const keyring = { onEncrypt: unused, onDecrypt: unused, [dataKeySource]: source } as unknown as Keyring
    return { keyring, asked, given }
  }

  it('is asked so where it is the only one, and else in its turn', async () => {
    const { keyring, asked } = atOnce(7)
    const stored = await customers({ keyring }).encryptItem(customer)
    expect(await customers({ keyring }).decryptItem(stored)).toEqual(customer)
    expect(asked).toEqual(['at once'])
    const refusing = () => Promise.reject(new Error('not mine'))
    const first = { onEncrypt: refusing, onDecrypt: refusing }
    expect(await customers({ keyring: [first, keyring] }).decryptItem(stored)).toEqual(customer)
    expect(await customers({ keyring: () => keyring }).decryptItem(stored)).toEqual(customer)
    expect(asked).toEqual(['at once', 'waiting', 'waiting'])
  })

  it('and has another key for the item opens nothing', async () => {
    const stored = await customers({ keyring: atOnce(7).keyring }).encryptItem(customer)
    const { keyring, given } = atOnce(8)
    const error = await rejection(() => customers({ keyring }).decryptItem(stored))
    expect(error).toMatchObject({ code: 'not-authentic' })
    expect(given).toEqual([new Uint8Array(32)])
  })

  it('is asked for each item anew, and what it gave is zeroed and not kept', async () => {
    const { keyring, asked, given } = atOnce(7)
    const encryptor = customers({ keyring })
    const stored = await encryptor.encryptItem(customer)
    expect(await encryptor.decryptItem(stored)).toEqual(customer)
    expect(await encryptor.decryptItem(stored)).toEqual(customer)
    expect(asked).toEqual(['at once', 'at once'])
    expect(given).toEqual([new Uint8Array(32), new Uint8Array(32)])
    expect(encryptor.statistics().keys).toEqual([])
  })

  it('and gives what is no key opens nothing', async () => {
    const stored = await customers({ keyring: atOnce(7).keyring }).encryptItem(customer)
    const { keyring, given } = atOnce(7, 16)
    const error = await rejection(() => customers({ keyring }).decryptItem(stored))
    expect(error).toMatchObject({
      code: 'key-unavailable',
      cause: { message: expect.stringContaining('16 bytes') },
    })
    expect(given).toEqual([new Uint8Array(16)])
  })
})
