import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { KeyringNode, type NodeEncryptionMaterial } from '@aws-crypto/client-node'
import { dataKeySource } from '@dynaseal/mrk-keyring/regional'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { describeDynoxide } from '../../local-cloud/test/eachEngine.js'
import { BranchKeyring } from '../src/index.js'
import { CONTEXT, decrypt, EAST, hex, rejection, startWorld, TENANT, WEST, type World } from './world.js'

const run = promisify(execFile)
const request = { encryptionContext: CONTEXT, length: 32 }

describeDynoxide('data keys without materials', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld([EAST, WEST])
  })
  afterAll(() => world.stop())
  beforeEach(() => {
    world.cloud.heal()
    world.cloud.clearCalls()
  })

  it('are wrapped here, and unwrapped elsewhere', async () => {
    const { dataKey, encryptedDataKeys } = await world.keyring(EAST)[dataKeySource]!.generateDataKey(request)
    expect(dataKey).toHaveLength(32)
    expect(encryptedDataKeys).toMatchObject([{ providerId: 'aws-kms-hierarchy', providerInfo: TENANT }])
    const source = world.keyring(WEST)[dataKeySource]!
    expect(await source.decryptDataKey({ ...request, encryptedDataKeys })).toEqual(dataKey)
    const { EncryptedDataKey } = await import('@aws-crypto/material-management')
    const entries = encryptedDataKeys.map(entry => new EncryptedDataKey(entry))
    expect(await decrypt(world.stock(WEST), entries)).toBe(hex(dataKey))
  })

  it('are unwrapped at once while the branch key is in memory, and not before or after', async () => {
    let now = 1_000_000
    const keyring = world.keyring(WEST, { cache: { maxAge: 1_000, now: () => now } })
    const source = keyring[dataKeySource]!
    const { dataKey, encryptedDataKeys } = await world.keyring(EAST)[dataKeySource]!.generateDataKey(request)
    const wrapped = { ...request, encryptedDataKeys }
    expect(source.decryptDataKeyNow!(wrapped)).toBeUndefined()
    expect(world.calls().filter(call => call.endsWith(WEST))).toEqual([])
    await source.decryptDataKey(wrapped)
    world.cloud.clearCalls()
    expect(source.decryptDataKeyNow!(wrapped)).toEqual(dataKey)
    expect(keyring.statistics()).toMatchObject({
      unwrapping: { hits: 1, misses: 1 },
      keys: [{ unwrapped: 2 }],
    })
    now += 1_000
    expect(source.decryptDataKeyNow!(wrapped)).toBeUndefined()
    now -= 2_000
    expect(source.decryptDataKeyNow!(wrapped)).toBeUndefined()
    expect(world.calls()).toEqual([])
  })

  it('are refused at once as they are where somebody waits', async () => {
    const keyring = world.keyring(EAST)
    const source = keyring[dataKeySource]!
    const { encryptedDataKeys } = await source.generateDataKey(request)
    const [entry] = encryptedDataKeys
    const changed = (bytes: Uint8Array) => bytes.map((byte, index) => (index === 50 ? byte ^ 1 : byte))
    const refused = [
      { ...request, encryptedDataKeys: [{ ...entry!, encryptedDataKey: changed(entry!.encryptedDataKey) }] },
      { ...request, encryptedDataKeys, encryptionContext: { ...CONTEXT, tenant: '2' } },
      { ...request, encryptedDataKeys: [{ ...entry!, providerInfo: 'another' }] },
      { ...request, encryptedDataKeys: [{ ...entry!, providerId: 'another' }] },
      { ...request, encryptedDataKeys, length: 16 },
    ]
    const codes = ['DATA_KEY_REFUSED', 'DATA_KEY_REFUSED', ...Array(3).fill('NO_MATCHING_DATA_KEY')]
    for (const [index, wrapped] of refused.entries()) {
      const error = await rejection(source.decryptDataKey(wrapped))
      expect(error).toMatchObject({ code: codes[index] })
      expect(() => source.decryptDataKeyNow!(wrapped)).toThrow(expect.objectContaining({ ...error }))
    }
    // Nobody holds the branch key after a refusal: it is zeroed as it leaves.
    keyring.clear()
    expect(source.decryptDataKeyNow!({ ...request, encryptedDataKeys })).toBeUndefined()
  })

  it('end when the signal of the request fires, and others who wait for the same branch key go on', async () => {
    world.cloud.fault({ region: EAST, service: 'kms', kind: 'hang' })
    const controller = new AbortController()
    const keyring = world.keyring(EAST, { attemptTimeout: 2_000 })
    const source = keyring[dataKeySource]!
    const { signal } = controller
    const ended = [
      rejection(source.generateDataKey({ ...request, signal })),
      rejection(source.generateDataKey({ ...request, signal: AbortSignal.abort(new Error('before')) })),
    ]
    const other = source.generateDataKey(request)
    await vi.waitUntil(() => world.calls('kms').length > 0, { timeout: 30_000 })
    controller.abort(new Error('enough'))
    expect(await ended[0]).toMatchObject({ code: 'ABORTED', permanent: false, cause: { message: 'enough' } })
    expect(await ended[1]).toMatchObject({ code: 'ABORTED', cause: { message: 'before' } })
    expect((await other).dataKey).toHaveLength(32)
    // Nobody who gave up still holds the branch key.
    keyring.clear()
    await source.generateDataKey({ ...request, signal: new AbortController().signal })
  })

  it('are not offered where the keyring would otherwise be passed by', () => {
    class Guarded extends BranchKeyring {
      override _onEncrypt(): Promise<NodeEncryptionMaterial> {
        return Promise.reject(new Error('not today'))
      }
    }
    const location = { keyArns: world.arns, keyStore: { tableName: 'a' }, branchKeyId: 'a' }
    expect(new Guarded(location)[dataKeySource]).toBeUndefined()
    expect(new BranchKeyring(location)[dataKeySource]).toBeDefined()
  })

  it('is a KeyringNode all the same', () => {
    expect(world.keyring(EAST)).toBeInstanceOf(KeyringNode)
  })

  it('loads nothing of the AWS Encryption SDK for them', async () => {
    const program = `
      import { BranchKeyring } from '@dynaseal/branch-keyring'
      const arn = '${world.arnIn(EAST)}'
      const keyring = new BranchKeyring({ keyArns: [arn], keyStore: { tableName: 'a' }, branchKeyId: 'a' })
      await keyring[Symbol.for('dynaseal:data-key-source')].decryptDataKey({
        encryptionContext: {}, length: 32, encryptedDataKeys: [],
      }).catch(error => console.log(error.code))
      const { createRequire } = await import('node:module')
      const loaded = Object.keys(createRequire(import.meta.url).cache)
      console.log(loaded.filter(path => path.includes('@aws-crypto')).length)`
    const cwd = fileURLToPath(new URL('../../../test', import.meta.url))
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd })
    expect(stdout.trim().split('\n')).toEqual(['NO_MATCHING_DATA_KEY', '0'])
  })
})
