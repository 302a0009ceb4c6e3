import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { KeyringNode, MultiKeyringNode, type NodeEncryptionMaterial } from '@aws-crypto/client-node'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { dataKeySource } from '../src/dataKeySource.js'
import { MrkKeyring } from '../src/index.js'
import { type KeyInRegions, REGIONS, startKeyInRegions } from './cloud.js'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const request = { encryptionContext: { 'dynaseal:table': 'customers' }, length: 32 }

let key: KeyInRegions
beforeAll(async () => {
  key = await startKeyInRegions()
})
afterAll(() => key.stop())
beforeEach(() => {
  key.cloud.heal()
  key.cloud.clearCalls()
})

const keyring = () => new MrkKeyring({ keyArns: key.arns, region: 'us-east-1', client: key.client })

describe('data keys without materials', () => {
  it('are generated, and decrypted elsewhere, with a key id that says which replica', async () => {
    const { dataKey, encryptedDataKeys } = await keyring()[dataKeySource]!.generateDataKey(request)
    expect(dataKey).toHaveLength(32)
    expect(encryptedDataKeys).toMatchObject([{ providerId: 'aws-kms', providerInfo: key.arnIn('us-east-1') }])
    key.cloud.fault({ service: 'kms', region: 'us-east-1', kind: 'refuse' })
    const source = keyring()[dataKeySource]!
    expect(await source.decryptDataKey({ ...request, encryptedDataKeys })).toEqual(dataKey)
    await expect(
      source.decryptDataKey({ ...request, encryptionContext: {}, encryptedDataKeys }),
    ).rejects.toMatchObject({ code: 'MESSAGE_REFUSED' })
  })

  it.each(['of the request', 'of withSignal'])('end when the signal %s fires', async whose => {
    for (const region of REGIONS) key.cloud.fault({ service: 'kms', region, kind: 'hang' })
    const controller = new AbortController()
    const { signal } = controller
    const other = new AbortController().signal
    const ours =
      whose === 'of withSignal' ? (keyring().withSignal(signal) as unknown as MrkKeyring) : keyring()
    const source = ours[dataKeySource]!
    const given = { ...request, signal: whose === 'of withSignal' ? other : signal }
    const encryptedDataKeys = [
      { providerId: 'aws-kms', providerInfo: key.arns[0]!, encryptedDataKey: Buffer.alloc(8) },
    ]
    const calls = [source.generateDataKey(given), source.decryptDataKey({ ...given, encryptedDataKeys })]
    await vi.waitFor(() => expect(key.cloud.calls({ service: 'kms' }).length).toBeGreaterThanOrEqual(2))
    controller.abort(new Error('enough'))
    for (const call of calls)
      await expect(call).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
  })

  it('are not offered where the keyring would otherwise be passed by', () => {
    class Guarded extends MrkKeyring {
      override _onEncrypt(): Promise<never> {
        throw new Error('never')
      }
    }
    expect(new Guarded({ keyArns: key.arns })[dataKeySource]).toBeUndefined()
    for (const name of ['onEncrypt', 'onDecrypt', '_onEncrypt', '_onDecrypt'] as const) {
      const watched = keyring()
      vi.spyOn(watched, name)
      expect(watched[dataKeySource]).toBeUndefined()
    }
  })
})

describe('the AWS Encryption SDK', () => {
  it('is loaded when it is asked for, and then the keyring is one of its own', async () => {
    const typescript = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(
      'package.json',
      '',
    )
    await run(process.execPath, [`${typescript}bin/tsc`, '-b', root])
    await run(process.execPath, [`${root}../../scripts/bundle.mjs`])
    const program = `
      import { createRequire } from 'node:module'
      import { MrkKeyring } from '@dynaseal/mrk-keyring'
      const { cache } = createRequire(import.meta.url)
      const isLoaded = () => Object.keys(cache).some(file => file.includes('@aws-crypto'))
      const keyring = new MrkKeyring({ keyArns: ['${key.arns[0]}'] })
      const before = isLoaded()
      const { KeyringNode } = await import('@aws-crypto/client-node')
      console.log(before, isLoaded(), keyring instanceof KeyringNode, keyring instanceof MrkKeyring)`
    const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: root,
      env,
    })
    expect(stdout.trim()).toBe('false true true true')
  })

  it('takes it, and what withSignal makes of it, into its multi keyrings', () => {
    const children = [keyring().withSignal(new AbortController().signal)]
    expect(() => new MultiKeyringNode({ generator: keyring(), children })).not.toThrow()
    expect(children[0]).toBeInstanceOf(KeyringNode)
    expect(keyring()).not.toBeInstanceOf(Error)
  })

  it('has its own checks made: of what it hands in, and of what comes back', async () => {
    await expect(keyring().onEncrypt({} as NodeEncryptionMaterial)).rejects.toThrow(
      'Unsupported type of material',
    )
    await expect(keyring().onDecrypt({} as never, [])).rejects.toThrow('Unsupported material type')
  })
})
