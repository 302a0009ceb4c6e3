import { buildClient, KeyringNode, type NodeEncryptionMaterial } from '@aws-crypto/client-node'
import { createFormat } from '@dynaseal/core'
import { keyringParts } from '@dynaseal/core/parts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { dataKeySource } from '../src/dataKeySource.js'
import { MrkKeyring } from '../src/index.js'
import { MrkKeyring as SlimKeyring } from '../src/slim.js'
import { type KeyInRegions, startKeyInRegions } from './cloud.js'

const { encrypt, decrypt } = buildClient()
const place = { table: 'customers', key: { id: { S: '1' } }, whole: true }
const plain = { path: ['name'], value: { S: 'Ada' } }

let key: KeyInRegions
beforeAll(async () => {
  key = await startKeyInRegions()
})
afterAll(() => key.stop())
beforeEach(() => {
  key.cloud.heal()
  key.cloud.clearCalls()
})

const options = () => ({ keyArns: key.arns, region: 'us-east-1', client: key.client })
type AnyKeyring = MrkKeyring | SlimKeyring

describe('the slim keyring', () => {
  it.each([
    ['it', 'the one of the main entry', () => [new SlimKeyring(options()), new MrkKeyring(options())]],
    ['the one of the main entry', 'it', () => [new MrkKeyring(options()), new SlimKeyring(options())]],
  ] as const)('what %s sealed, %s opens, in another region', async (_, __, make) => {
    const [writer, reader] = make() as [AnyKeyring, AnyKeyring]
    const [sealed] = await createFormat({ keyring: writer }).seal([{ ...place, fields: [plain] }])
    key.cloud.fault({ service: 'kms', region: 'us-east-1', kind: 'refuse' })
    const { values, attributes } = sealed!
    const stored = { ...place, attributes, fields: [{ path: ['name'], value: values[0]! }] }
    const [opened] = await createFormat({ keyring: reader }).open([stored])
    expect(opened!.fields).toEqual([{ value: { S: 'Ada' } }])
  })

  it('refuses materials, and says which keyring takes them', async () => {
    const keyring = new SlimKeyring(options())
    for (const call of [
      keyring.onEncrypt({} as NodeEncryptionMaterial),
      keyring.onDecrypt({} as Parameters<SlimKeyring['onDecrypt']>[0]),
    ])
      await expect(call).rejects.toMatchObject({
        name: 'MrkKeyringConfigError',
        code: 'MATERIALS_NOT_LOADED',
        message: expect.stringContaining("from '@dynaseal/mrk-keyring'"),
      })
    await expect(encrypt(keyring as unknown as KeyringNode, 'hello')).rejects.toThrow()
    expect(key.cloud.calls({ service: 'kms' })).toEqual([])
  })

  it('checks its options as the one of the main entry does', () => {
    for (const wrong of [{}, { keyArns: ['alias/customers'] }, { ...options(), hedge: { budget: 2 } }]) {
      const [slim, main] = [SlimKeyring, MrkKeyring].map(Keyring => {
        try {
          return new Keyring(wrong as never)
        } catch (error) {
          return error
        }
      })
      expect(slim).toEqual(main)
      expect(slim).toMatchObject({ name: 'MrkKeyringConfigError' })
    }
  })

  it('tells tools its parts, and asks one region alone', async () => {
    const keyring = new SlimKeyring(options())
    const parts = keyringParts(keyring)
    if (parts?.kind !== 'mrk') throw new Error('no parts')
    expect(parts.replicas.map(({ arn }) => arn)).toEqual(key.arns)
    expect(keyring.routes()[0]!.region).toBe('us-east-1')
    await createFormat({ keyring: parts.alone('us-west-2') }).seal([{ ...place, fields: [plain] }])
    expect(key.cloud.calls({ service: 'kms' }).map(({ region }) => region)).toEqual(['us-west-2'])
  })
})

describe.each([
  ['the slim keyring', SlimKeyring],
  ['the keyring of the main entry', MrkKeyring],
] as const)('of %s', (_, Keyring) => {
  it('data keys are not offered past a subclass that asks otherwise, and are by one that offers others', () => {
    class Guarded extends (Keyring as typeof SlimKeyring) {
      override async onEncrypt(): Promise<never> {
        throw new Error('not now')
      }
    }
    class Late extends (Keyring as typeof SlimKeyring) {
      override onDecrypt = async (): Promise<never> => {
        throw new Error('not now')
      }
    }
    const own = {}
    class Other extends (Keyring as typeof SlimKeyring) {}
    Object.defineProperty(Other.prototype, dataKeySource, { get: () => own })
    expect(new Keyring(options())[dataKeySource]).toBeDefined()
    expect(new Guarded(options())[dataKeySource]).toBeUndefined()
    expect(new Late(options())[dataKeySource]).toBeUndefined()
    expect(new Other(options())[dataKeySource]).toBe(own)
  })

  it('nothing is in what is printed or copied', () => {
    expect(Object.keys(new Keyring(options()))).toEqual([])
  })
})

it('is no KeyringNode, and the one of the main entry is one, the first one as well as the next', async () => {
  expect(new SlimKeyring(options())).not.toBeInstanceOf(KeyringNode)
  const [first, next] = [new MrkKeyring(options()), new MrkKeyring(options())]
  expect(first).toBeInstanceOf(KeyringNode)
  expect(next).toBeInstanceOf(KeyringNode)
  expect(first.withSignal(new AbortController().signal)).toBeInstanceOf(KeyringNode)
  const { result } = await encrypt(first, 'hello')
  expect((await decrypt(next, result)).plaintext.toString()).toBe('hello')
})
