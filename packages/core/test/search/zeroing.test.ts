import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import {
  createSearchKey,
  createSearchTokens,
  dataKeySource,
  type EncryptedDataKeyEntry,
  type Keyring,
  type SearchTokens,
} from '../../src/index.js'
import { rootOf } from '../../src/search/searchKey.js'
import { define, subject } from '../support/searching.js'
import { endlessSlices } from '../support/slices.js'

/** What passed through node:crypto while a test ran. */
const seen = vi.hoisted(() => ({ bytes: [] as Uint8Array[], failing: 0, derivations: 0 }))

vi.mock('node:crypto', async importOriginal => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  const note = <T>(value: T): T => {
    if (ArrayBuffer.isView(value)) seen.bytes.push(value as unknown as Uint8Array)
    if (value instanceof ArrayBuffer) seen.bytes.push(new Uint8Array(value))
    return value
  }
  return {
    ...crypto,
    hash: (...args: Parameters<typeof crypto.hash>) => {
      note(args[1])
      if (seen.failing > 0 && --seen.failing === 0) throw new Error('out of memory')
      return crypto.hash(...args)
    },
    hkdfSync: (...args: Parameters<typeof crypto.hkdfSync>) => note(crypto.hkdfSync(...args)),
    createHmac: (...args: Parameters<typeof crypto.createHmac>) => {
      note(args[1])
      seen.derivations++
      const hmac = crypto.createHmac(...args)
      const digest = hmac.digest.bind(hmac) as () => Buffer
      hmac.digest = (() => note(digest())) as typeof hmac.digest
      return hmac
    },
  }
})

// Not written out: whatever reads this file, for the stack of an error for instance, has its text in memory.
const bytes = (length: number, factor: number) =>
  Buffer.from(Array.from({ length }, (_, i) => 33 + ((i * factor) % 89)))
const SECRET = bytes(40, 7).toString()
const dataKey = () => bytes(32, 5)
const encryptedDataKeys: EncryptedDataKeyEntry[] = [
  { providerId: 'a', providerInfo: 'b', encryptedDataKey: Buffer.from('c') },
]
const refuse = () => Promise.reject(new Error('asked with materials'))
const keyring: Keyring = {
  onEncrypt: refuse,
  onDecrypt: refuse,
  [dataKeySource]: {
    generateDataKey: async () => ({ dataKey: kept(dataKey()), encryptedDataKeys }),
    decryptDataKey: async () => kept(dataKey()),
  },
}

const kept = (bytes: Buffer) => {
  seen.bytes.push(bytes)
  return bytes
}
const u32 = (value: number) => Buffer.of(0, 0, value >>> 8, value)
const root = rootOf(dataKey(), 1)
/** By name, what a search key of version 1 has in memory. */
const SECRETS = {
  'data key': dataKey(),
  root,
  'token key': tokenKeyOf('email'),
  'token key of another attribute': tokenKeyOf('other'),
  value: Buffer.from(SECRET),
}

function tokenKeyOf(name: string): Buffer {
  const scope = [u32(5), Buffer.from('Users\0'), u32(1), u32(1), Buffer.of(0), u32(5), Buffer.from(name)]
  return createHmac('sha256', root)
    .update(Buffer.concat([u32(1), Buffer.from('dynaseal:search:v1:token\0'), ...scope, u32(256)]))
    .digest()
}

const of = (name: string) => subject({ S: SECRET }, { definition: define({ of: [{ path: [name] }] }) })

/** The memory that is made, but for these lines' own. */
function recordMade() {
  const made: Uint8Array[] = []
  const spies = (['allocUnsafeSlow', 'alloc', 'concat', 'from'] as const).map(name => {
    const make = Buffer[name as 'from'] as (...args: unknown[]) => Buffer
    return vi.spyOn(Buffer, name as 'from').mockImplementation(function (this: unknown, ...args: unknown[]) {
      const bytes = make.apply(this, args)
      // Such memory begins with what was in it before, which may be garbage of these lines.
      if (name === 'allocUnsafeSlow') bytes.fill(0)
      made.push(bytes)
      return bytes as never
    })
  })
  return {
    /** The secrets that some memory still holds, plain or padded for HMAC. */
    held(): string[] {
      for (const spy of spies) spy.mockRestore()
      const memory = [...made, ...seen.bytes].map(({ buffer, byteOffset, length }) =>
        Buffer.from(buffer, byteOffset, length),
      )
      const holds = (secret: Buffer) =>
        [0, 0x36, 0x5c].some(pad =>
          memory.some(bytes => bytes.includes(Buffer.from(secret.map(byte => byte ^ pad)))),
        )
      return Object.entries(SECRETS).flatMap(([name, secret]) => (holds(secret) ? [name] : []))
    },
  }
}

let writeWith: Uint8Array
beforeEach(async () => {
  await endlessSlices()
  writeWith = await createSearchKey(keyring)
  seen.bytes = []
  seen.failing = 0
})
afterEach(() => vi.restoreAllMocks())

const works: [string, (tokens: SearchTokens) => Promise<unknown>][] = [
  ['write', tokens => tokens.write([of('email'), of('other')])],
  ['find', tokens => tokens.find([of('email'), of('other')])],
  [
    'findNow',
    async tokens => {
      await tokens.find([of('email')])
      expect(tokens.findNow([of('email'), of('other')])).toHaveLength(2)
    },
  ],
  ['check', tokens => tokens.check([{ ...of('email'), stored: ['1.AAAAAAAAAAAAAAAAAAAAAA'] }])],
]

it('to make a search key leaves nothing behind', async () => {
  const record = recordMade()
  await createSearchKey(keyring)
  expect(record.held()).toEqual([])
})

it.each(works)('the value is gone after %s, and all keys once they are let go', async (name, work) => {
  const tokens = createSearchTokens({ keyring, writeWith })
  const record = recordMade()
  await work(tokens)
  const kept = record.held()
  expect(kept).toEqual([
    'data key',
    'root',
    'token key',
    ...(name === 'check' ? [] : ['token key of another attribute']),
  ])
  tokens.clear()
  expect(record.held()).toEqual([])
})

it('no key leaves while a call uses it', async () => {
  const [expected] = await createSearchTokens({ keyring, writeWith }).write([of('email')])
  seen.bytes = []
  const tokens = createSearchTokens({ keyring, writeWith })
  const letGo = (text: string) => {
    tokens.clear()
    return text
  }
  const definition = define({ of: [{ path: ['email'], normalize: letGo }] })
  const record = recordMade()
  const made = await tokens.write([of('email'), { ...of('email'), definition }, of('email')])
  expect(made).toEqual([expected, expected, expected])
  expect(record.held()).toEqual([])
})

it('a key of tokens is gone when another takes its place', async () => {
  const tokens = createSearchTokens({ keyring, writeWith, cache: { maxKeys: 1 } })
  const record = recordMade()
  await tokens.write([of('email'), of('other')])
  expect(record.held()).toEqual(['data key', 'root', 'token key of another attribute'])
})

it('the key of tokens that was used last stays longest', async () => {
  const tokens = createSearchTokens({ keyring, writeWith, cache: { maxKeys: 2 } })
  seen.derivations = 0
  for (const name of ['email', 'other', 'email', 'third', 'email', 'third']) await tokens.write([of(name)])
  expect(seen.derivations).toBe(3)
})

it('nothing is left where one of several search keys is refused', async () => {
  const changed = Uint8Array.from(await createSearchKey(keyring, { version: 2 }))
  changed[changed.length - 1]! ^= 1
  seen.bytes = []
  const tokens = createSearchTokens({ keyring, writeWith, findWith: [changed] })
  const record = recordMade()
  await expect(tokens.find([of('email')])).rejects.toMatchObject({ code: 'not-authentic' })
  tokens.clear()
  expect(record.held()).toEqual([])
})

it('nothing is left of what was compared after opening', () => {
  const { definition, values } = of('email')
  const record = recordMade()
  expect(definition.matches(values, values)).toBe(true)
  expect(record.held()).toEqual([])
})

it('nothing is left where a search key is refused', async () => {
  const changed = Uint8Array.from(writeWith)
  changed[changed.length - 1]! ^= 1
  const record = recordMade()
  await expect(createSearchTokens({ keyring, writeWith: changed }).write([of('email')])).rejects.toThrow()
  expect(record.held()).toEqual([])
})

it('neither value nor key is left where node:crypto fails', async () => {
  for (const count of [1, 2, 3, 4, 5, 6]) {
    for (const [, work] of works) {
      const tokens = createSearchTokens({ keyring, writeWith })
      const record = recordMade()
      seen.failing = count
      await work(tokens).catch(() => {})
      seen.failing = 0
      tokens.clear()
      expect(record.held()).toEqual([])
    }
  }
})
