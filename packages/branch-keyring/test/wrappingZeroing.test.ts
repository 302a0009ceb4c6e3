import { afterEach, describe, expect, it, vi } from 'vitest'
import { fillRandom } from '../src/randomness.js'
import { unwrap, type Wrapping, wrap } from '../src/wrapping.js'

// What a data key is wrapped under is zeroed, whatever goes wrong.

const seen = vi.hoisted(() => ({
  keys: [] as Uint8Array[],
  hashed: [] as Uint8Array[],
  decrypted: [] as Uint8Array[],
  pools: [] as Uint8Array[],
}))
/** How many calls from now on fail. */
const failing = vi.hoisted(() => ({ hash: 0, cipher: 0 }))

vi.mock('node:crypto', async importOriginal => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  const fails = (what: keyof typeof failing) => {
    if (failing[what] > 0 && --failing[what] === 0) throw new Error('out of memory')
  }
  return {
    ...crypto,
    hash: (...args: Parameters<typeof crypto.hash>) => {
      fails('hash')
      seen.hashed.push(args[1] as Uint8Array)
      return crypto.hash(...args)
    },
    randomFillSync: (bytes: Uint8Array) => {
      seen.pools.push(bytes)
      return crypto.randomFillSync(bytes)
    },
    createCipheriv: (algorithm: 'aes-256-gcm', key: Buffer, iv: Buffer) => {
      seen.keys.push(key)
      fails('cipher')
      return crypto.createCipheriv(algorithm, key, iv)
    },
    createDecipheriv: (algorithm: 'aes-256-gcm', key: Buffer, iv: Buffer) => {
      seen.keys.push(key)
      fails('cipher')
      const decipher = crypto.createDecipheriv(algorithm, key, iv)
      const update = decipher.update.bind(decipher) as (content: Uint8Array) => Buffer
      decipher.update = ((content: Uint8Array) => {
        const output = update(content)
        seen.decrypted.push(output)
        return output
      }) as typeof decipher.update
      return decipher
    },
  }
})

const under: Wrapping = {
  secret: Buffer.alloc(32, 7),
  branchKeyId: 'tenant-1',
  version: Buffer.alloc(16, 1),
  context: Buffer.alloc(8, 2),
}
const dataKey = Buffer.alloc(32, 9)
const isZero = (bytes: Uint8Array) => bytes.every(byte => byte === 0)

afterEach(() => {
  seen.keys.length = seen.hashed.length = seen.decrypted.length = 0
  failing.hash = failing.cipher = 0
})

/** The derived key, what HMAC had in its block for a key, and what was decrypted. */
function expectZeroed(keys: number, hashed: number): void {
  expect([seen.keys.length, seen.hashed.length]).toEqual([keys, hashed])
  expect(seen.keys.every(isZero)).toBe(true)
  expect(seen.hashed.every(bytes => isZero(bytes.subarray(0, 64)))).toBe(true)
  expect(seen.decrypted.every(isZero)).toBe(true)
}

describe.each(['wrapping', 'unwrapping'] as const)('%s zeroes', operation => {
  function world() {
    const wrapped = wrap(dataKey, under)
    seen.keys.length = seen.hashed.length = 0
    return () => (operation === 'wrapping' ? wrap(dataKey, under) : unwrap(wrapped, under))
  }

  it('what it derived', () => {
    world()()
    expectZeroed(1, 2)
    expect(seen.decrypted).toHaveLength(operation === 'wrapping' ? 0 : 1)
  })

  it('that where the cipher fails', () => {
    const run = world()
    failing.cipher = 1
    expect(run).toThrow('out of memory')
    expectZeroed(1, 2)
  })

  it.each([1, 2])('that where hash %i fails', count => {
    const run = world()
    failing.hash = count
    expect(run).toThrow('out of memory')
    expectZeroed(0, count - 1)
  })
})

it('unwrapping zeroes what a changed one made', () => {
  const wrapped = wrap(dataKey, under)
  seen.keys.length = seen.hashed.length = 0
  wrapped[50]! ^= 1
  expect(() => unwrap(wrapped, under)).toThrow(expect.objectContaining({ code: 'DATA_KEY_REFUSED' }))
  expectZeroed(1, 2)
  expect(seen.decrypted).toHaveLength(1)
})

describe('random bytes', () => {
  it('are given out once, and zeroed where they came from', () => {
    const one = new Uint8Array(32)
    fillRandom(one)
    const pool = seen.pools.at(-1)!
    expect(isZero(one)).toBe(false)
    expect(Buffer.from(pool).includes(Buffer.from(one))).toBe(false)
    const all = Array.from({ length: 600 }, () => {
      const bytes = new Uint8Array(32)
      fillRandom(bytes, 4, 28)
      return Buffer.from(bytes)
    })
    expect(new Set(all.map(bytes => bytes.toString('hex')))).toHaveProperty('size', 600)
    expect(all.every(bytes => isZero(bytes.subarray(0, 4)) && isZero(bytes.subarray(28)))).toBe(true)
    expect(all.every(bytes => !isZero(bytes.subarray(4, 28)))).toBe(true)
  })

  it('are random to the last, also of more than come at once', () => {
    const bytes = new Uint8Array(3 * 8192 + 100)
    fillRandom(bytes)
    for (let start = 0; start < bytes.length; start += 50)
      expect(isZero(bytes.subarray(start, start + 50))).toBe(false)
  })
})
