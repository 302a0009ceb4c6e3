import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KMS } from '@aws-sdk/client-kms'
import { combineKeyrings, createSearchKey, createSearchTokens, TokenDefinition } from '@dynaseal/core'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  CliError,
  checkSearchKeys,
  newSearchKey,
  nextSearchKey,
  projectOf,
  searchPartsOf,
} from '../src/api.js'
import { configText, createWorld, EAST, WEST, type World } from './support/cloud.js'
import { dynaseal, folder, unfit } from './support/command.js'

let world: World
let keyring: MrkKeyring
let without: ReturnType<typeof folder>

beforeAll(async () => {
  world = await createWorld()
  keyring = keyringOf(world.keyArns)
  without = folder({ 'dynaseal.config.ts': configText(world) })
})
afterAll(async () => {
  without.remove()
  await world.stop()
})
afterEach(() => world.cloud.heal())

const keyringOf = (keyArns: readonly string[]) =>
  new MrkKeyring({
    keyArns: [...keyArns],
    client: region => new KMS({ ...world.config(region), maxAttempts: 1 }),
  })

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** A folder whose configuration has search keys, that which is written with first. */
function given(...keys: Uint8Array[]) {
  const [writeWith, ...findWith] = keys.map(key => `Buffer.from('${base64(key)}', 'base64')`)
  const search = `search: createSearchTokens({ keyring, writeWith: ${writeWith}, findWith: [${findWith}] })`
  return folder({ 'dynaseal.config.ts': configText(world, search) })
}

const kmsCalls = () =>
  world.cloud.calls({ service: 'kms' }).map(({ operation, region, encryptionContext }) => ({
    operation,
    region,
    encryptionContext,
  }))

describe('search-key create', () => {
  it('prints a key that makes tokens, and says on the side what it is', async () => {
    world.cloud.clearCalls()
    const { code, out, note } = await dynaseal(['search-key', 'create'], { cwd: without.path })
    expect(code).toBe(0)
    expect(out).toMatch(/^[A-Za-z0-9+/]+=*\n$/)
    expect(note).toContain('Search key 1, written and found with')
    expect(note).toContain(world.keyArns.find(arn => arn.includes(EAST)))
    expect(unfit(note)).toEqual([])
    expect(kmsCalls()[0]).toEqual({
      operation: 'GenerateDataKey',
      region: EAST,
      encryptionContext: { 'dynaseal:search': '1' },
    })
    const tokens = createSearchTokens({ keyring, writeWith: Buffer.from(out, 'base64') })
    const definition = new TokenDefinition({ of: [{ path: ['email'] }] })
    const [[token] = []] = await tokens.write([{ definition, table: 'users', values: [{ S: 'a' }] }])
    expect(token).toMatch(/^1\./)
  })

  it('writes it to a file, and never over one', async () => {
    const args = [
      'search-key',
      'create',
      '--key-version',
      '7',
      '--context',
      'tenant=acme',
      'a=b=c',
      '--out',
      'key',
    ]
    const { code, out, note } = await dynaseal(args, { cwd: without.path })
    expect([code, out]).toEqual([0, ''])
    expect(note).toContain('It is in key.')
    const text = readFileSync(join(without.path, 'key'), 'utf8')
    const encryptionContext = { tenant: 'acme', a: 'b=c' }
    const tokens = createSearchTokens({ keyring, writeWith: Buffer.from(text, 'base64'), encryptionContext })
    expect(tokens.versions).toEqual([7])
    const again = await dynaseal(args, { cwd: without.path })
    expect([again.code, again.note]).toEqual([2, 'dynaseal: key is there already, and stays as it is.\n'])
    expect(readFileSync(join(without.path, 'key'), 'utf8')).toBe(text)
  })

  it('--json has key, context, wrapping key and replicas', async () => {
    const { out, note } = await dynaseal(['search-key', 'create', '--json'], { cwd: without.path })
    expect(note).toBe('')
    expect(JSON.parse(out)).toEqual({
      searchKey: expect.stringMatching(/^2l4w/),
      version: 1,
      id: expect.stringMatching(/^[0-9a-f]{12}$/),
      bytes: expect.any(Number),
      writes: true,
      encryptionContext: {},
      wrappingKeys: [
        { provider: 'aws-kms', region: EAST, name: world.keyArns.find(arn => arn.includes(EAST)) },
      ],
      replicas: [EAST, WEST].map(region => ({ region, opens: true, milliseconds: expect.any(Number) })),
    })
  })

  it('makes none of a version that the configuration has', async () => {
    const { path: cwd, remove } = given(await createSearchKey(keyring))
    const { code, note } = await dynaseal(['search-key', 'create'], { cwd })
    expect([code, note.replaceAll('\n', ' ')]).toEqual([2, expect.stringContaining('search-key rotate')])
    // Of another context, a version is free.
    const tenant = await dynaseal(['search-key', 'create', '--context', 'tenant=acme'], { cwd })
    expect(tenant.code).toBe(0)
    remove()
  })

  it('that KMS refuses says what it is about', async () => {
    world.cloud.fault({ region: EAST, service: 'kms', kind: 'deny' })
    world.cloud.fault({ region: WEST, service: 'kms', kind: 'deny' })
    const { code, out, note } = await dynaseal(['search-key', 'create'], { cwd: without.path })
    expect([code, out]).toEqual([1, ''])
    expect(note.replaceAll('\n', ' ')).toMatch(
      /No search key can be made: .*AccessDeniedException.*It takes kms:GenerateDataKey/,
    )
    expect(unfit(note)).toEqual([])
  })
})

describe('search-key list', () => {
  it('has each key and each replica of its KMS key', async () => {
    const [one, two] = [await createSearchKey(keyring), await createSearchKey(keyring, { version: 2 })]
    const { path: cwd, remove } = given(two, one)
    world.cloud.clearCalls()
    const { code, out, note } = await dynaseal(['search-key', 'list'], { cwd })
    remove()
    expect([code, note]).toEqual([0, ''])
    expect(unfit(out)).toEqual([])
    expect(out).toMatch(/Search key 2, written and found with\n.+Search key 1, found with\n/s)
    expect(out.match(/us-(east-1|west-2) +unwraps it +\d+ ms/g)).toHaveLength(4)
    expect(kmsCalls()).toHaveLength(4)
    expect(kmsCalls()).toContainEqual({
      operation: 'Decrypt',
      region: WEST,
      encryptionContext: { 'dynaseal:search': '1' },
    })
  })

  it.each(['deny', 'refuse'] as const)('says which replica does not unwrap them: %s', async kind => {
    const { path: cwd, remove } = given(await createSearchKey(keyring))
    world.cloud.fault({ region: WEST, service: 'kms', kind })
    const { code, out } = await dynaseal(['search-key', 'list'], { cwd })
    const { out: document } = await dynaseal(['search-key', 'list', '--json'], { cwd })
    remove()
    expect(code).toBe(3)
    expect(out).toMatch(/us-east-1 +unwraps it/)
    expect(out).toMatch(/us-west-2 +does not: /)
    expect(unfit(out)).toEqual([])
    const [{ replicas }] = JSON.parse(document).searchKeys
    expect(replicas[1]).toMatchObject({ region: WEST, opens: false, reason: expect.any(String) })
  })

  it('finds a key whose bytes were changed', async () => {
    const changed = Uint8Array.from(await createSearchKey(keyring))
    changed[changed.length - 1]! ^= 1
    const search = createSearchTokens({ keyring, writeWith: changed })
    const project = await projectOf({ clients: world.client(EAST, { search }) })
    const [key] = await checkSearchKeys(searchPartsOf(project))
    expect(key?.replicas.map(({ opens, reason }) => [opens, reason])).toEqual(
      Array(2).fill([false, expect.stringContaining('changed after it was made')]),
    )
  })

  it('goes through all that keyrings are made of', async () => {
    const key = await createSearchKey(keyring)
    const nowhere = keyringOf(world.keyArns.slice(0, 1))
    const search = createSearchTokens({
      keyring: context => combineKeyrings({ sealWith: nowhere, openWith: context.tenant ? [] : [keyring] }),
      writeWith: key,
    })
    const project = await projectOf({ clients: world.client(EAST, { search }) })
    const [checked] = await checkSearchKeys(searchPartsOf(project))
    expect(checked?.replicas.map(({ region, opens }) => [region, opens])).toEqual([
      [EAST, true],
      [WEST, true],
    ])
  })

  it('of a client without any, and with a keyring that tells nothing, is refused', async () => {
    const { code, note } = await dynaseal(['search-key', 'list'], { cwd: without.path })
    expect([code, note.replaceAll('\n', ' ')]).toEqual([2, expect.stringContaining('has no search keys')])
    const mute = { onEncrypt: keyring.onEncrypt.bind(keyring), onDecrypt: keyring.onDecrypt.bind(keyring) }
    const search = createSearchTokens({ keyring: mute, writeWith: await createSearchKey(mute) })
    const project = await projectOf({ clients: world.client(EAST, { search }) })
    const error = await checkSearchKeys(searchPartsOf(project)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CliError)
    expect(error).toMatchObject({ code: 'unsupported' })
  })

  it('ends when it is told to', async () => {
    const search = createSearchTokens({ keyring, writeWith: await createSearchKey(keyring) })
    const project = await projectOf({ clients: world.client(EAST, { search }) })
    world.cloud.fault({ region: WEST, service: 'kms', kind: 'hang' })
    world.cloud.clearCalls()
    const controller = new AbortController()
    const checking = checkSearchKeys(searchPartsOf(project), { signal: controller.signal })
    while (kmsCalls().length < 2) await new Promise(setImmediate)
    controller.abort('enough')
    await expect(checking).rejects.toBe('enough')
  })
})

describe('search-key rotate', () => {
  it('makes the next version, and says the steps, which work', async () => {
    const encryptionContext = { tenant: 'acme' }
    const old = await createSearchKey(keyring, { version: 4, encryptionContext })
    const before = createSearchTokens({ keyring, writeWith: old, encryptionContext })
    const project = await projectOf({ clients: world.client(EAST, { search: before }) })
    const { searchKey, version } = await nextSearchKey(project)
    expect(version).toBe(5)
    const next = Buffer.from(searchKey, 'base64')
    const options = { keyring, encryptionContext }
    expect(createSearchTokens({ ...options, writeWith: old, findWith: [next] }).versions).toEqual([4, 5])
    expect(createSearchTokens({ ...options, writeWith: next, findWith: [old] }).versions).toEqual([5, 4])
  })

  it('prints the key, and the steps beside it', async () => {
    const keys = [await createSearchKey(keyring, { version: 3 }), await createSearchKey(keyring)]
    const { path: cwd, remove } = given(...keys)
    const { code, out, note } = await dynaseal(['search-key', 'rotate'], { cwd })
    remove()
    expect(code).toBe(0)
    expect(Buffer.from(out, 'base64')[3]).toBe(4)
    expect(note).toContain('1. Let all processes find with it: findWith: [key 4]')
    expect(note.replaceAll(/\n +/g, ' ')).toContain(
      '2. Write with it: writeWith: key 4, findWith: [key 3, 1].',
    )
    expect(unfit(note)).toEqual([])
  })

  it('ends with the last version', async () => {
    const last = await createSearchKey(keyring, { version: 255 })
    const search = createSearchTokens({ keyring, writeWith: last })
    const project = await projectOf({ clients: world.client(EAST, { search }) })
    await expect(async () => nextSearchKey(project)).rejects.toMatchObject({ code: 'unsupported' })
    await expect(newSearchKey(project, { version: 255 })).rejects.toMatchObject({ code: 'usage' })
  })
})

it.each([
  [['list', '--out', 'x'], 'takes none of'],
  [['rotate', '--key-version', '3'], 'takes none of'],
  [['create', '--context', 'tenant'], 'It takes pairs'],
  [['make'], 'Allowed choices are create, list, rotate'],
  [['list', '--region', 'eu-west-1'], 'no client for region eu-west-1'],
])('search-key %j is refused', async (args, message) => {
  const { code, note } = await dynaseal(['search-key', ...args], { cwd: without.path })
  expect([code, note.replaceAll('\n', ' ')]).toEqual([2, expect.stringContaining(message)])
})
