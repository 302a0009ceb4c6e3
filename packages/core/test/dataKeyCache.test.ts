import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DataKeyCache } from '../src/dataKeyCache/dataKeyCache.js'
import { SealError } from '../src/errors.js'
import type { FormatParts } from '../src/formatParts.js'
import { encryptionContext } from '../src/materials/context.js'
import { type Codec, codecNamed } from '../src/message/codec.js'
import { openItems } from '../src/openItems.js'
import { sealItems } from '../src/sealItems.js'
import { codecOfRun } from './support/codec.js'
import { context, foreignKey, isZero, PermanentError, setUp } from './support/dataKeyCache.js'
import { item } from './support/fields.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'

/** What seals and opens with a cache. */
function parts(cache: DataKeyCache): FormatParts {
  const orders = encryptionContext('message', 'Orders', {})
  return {
    cache,
    codec: codecNamed(codecOfRun),
    allowSigned: false,
    contextOf: table => (table === 'Orders' ? orders : context),
  }
}

describe('the bytes of a data key', () => {
  it('are zeroed when the key leaves the cache', async () => {
    const { cache, clock } = setUp()
    const { key } = await cache.sealingKey(context, 1)
    const { secret } = key
    key.release()
    expect(isZero(secret)).toBe(false)
    clock.now += 1000
    cache.sweep()
    expect(isZero(secret)).toBe(true)
    expect(() => key.secret).toThrow()
    expect(() => key.hold()).toThrow()
    expect(() => key.release()).toThrow()
  })

  it('stay while a caller holds them', async () => {
    const { cache, clock, lease } = setUp()
    const { key } = await cache.sealingKey(context, 1)
    const other = await lease(key.encryptedDataKeys)
    const { secret } = key
    cache.clear()
    clock.now += 5000
    cache.sweep()
    other.release()
    expect(isZero(secret)).toBe(false)
    key.release()
    expect(isZero(secret)).toBe(true)
  })

  it('stay for all who waited when the cache is too small for them', async () => {
    const { cache, lease } = setUp({ maxKeys: 1 })
    const foreign = await Promise.all([foreignKey(), foreignKey(), foreignKey()])
    const leases = await Promise.all(foreign.flatMap(one => [lease(one), lease(one)]))
    const secrets = leases.map(({ key }) => key.secret)
    for (const one of leases) one.prove()
    expect(secrets.map(isZero)).toEqual([false, false, false, false, false, false])
    for (const one of leases) one.release()
    cache.clear()
    expect(secrets.every(isZero)).toBe(true)
  })

  it.each([
    ['ahead of its expiry', 800],
    ['after its expiry', 1000],
  ])('are zeroed when a successor takes over %s', async (_when, age) => {
    // The opening side has room for one of them only: it is the sealing side that lets go of the first.
    const { cache, clock, keyring, seal } = setUp({ maxKeys: 1 })
    const first = await cache.sealingKey(context, 1)
    const { secret } = first.key
    first.key.release()
    clock.now += age
    await seal()
    await keyring.idle()
    const second = await cache.sealingKey(context, 1)
    second.key.release()
    expect(isZero(secret)).toBe(true)
    expect(isZero(second.key.secret)).toBe(false)
  })

  it.each<[string, (cache: DataKeyCache) => Promise<unknown>]>([
    ['sealing', cache => sealItems([item({ S: 'a' })], parts(cache))],
    ['sealing that fails', cache => sealItems([item({ S: 'a' }), item({ N: 'x' })], parts(cache))],
    [
      'opening',
      async cache => {
        const sealed = await sealItems([item({ S: 'a' }), item({ S: 'b' })], parts(cache))
        const [opened] = await openItems([item(sealed[0]![0]!)], parts(cache))
        expect(opened).toEqual([{ value: { S: 'a' } }])
      },
    ],
  ])('are not kept by %s', async (_name, work) => {
    const { cache } = setUp()
    const { key } = await cache.sealingKey(context, 1)
    const { secret } = key
    key.release()
    await work(cache).catch(error => expect(error).toBeInstanceOf(SealError))
    expect(isZero(secret)).toBe(false)
    cache.clear()
    expect(isZero(secret)).toBe(true)
  })

  it.each([['right'], ['wrong']])('leave no plaintext behind in the %s place', async where => {
    const { cache } = setUp()
    const [sealed] = await sealItems([item({ S: 'a' })], parts(cache))
    const contents: Buffer[] = []
    const inner = codecNamed(codecOfRun)
    const codec: Codec = {
      write: inner.write,
      async read(header, dataKey) {
        const content = await inner.read(header, dataKey)
        contents.push(content)
        return content
      },
    }
    await openItems([item(sealed![0]!, { path: [where === 'right' ? 'ssn' : 'other'] })], {
      ...parts(cache),
      codec,
    })
    expect(contents).toHaveLength(1)
    expect(contents.every(isZero)).toBe(true)
  })

  it('are not kept for one table when the key of another cannot be had', async () => {
    const { cache, keyring } = setUp()
    const { key } = await cache.sealingKey(context, 1)
    const { secret } = key
    key.release()
    keyring.failure = new Error('denied')
    const items = [item({ S: 'a' }), item({ S: 'b' }, { table: 'Orders' })]
    const sealing = sealItems(items, parts(cache))
    await expect(sealing).rejects.toThrow(SealError)
    cache.clear()
    expect(isZero(secret)).toBe(true)
  })

  it('lie in memory that is shared with nothing', async () => {
    const { cache } = setUp()
    const { key } = await cache.sealingKey(context, 1)
    expect(key.secret.buffer.byteLength).toBe(32)
  })

  it('are not left in the material that the keyring filled', async () => {
    const materials: { hasUnencryptedDataKey: boolean }[] = []
    const inner = rawKeyring()
    const keyring = countingKeyring()
    keyring.onEncrypt = async material => {
      materials.push(material)
      return inner.onEncrypt(material)
    }
    keyring.onDecrypt = async (material, encryptedDataKeys) => {
      materials.push(material)
      return inner.onDecrypt(material, encryptedDataKeys)
    }
    const { seal, open } = setUp({}, keyring)
    await seal()
    await open(await foreignKey())
    expect(materials.map(({ hasUnencryptedDataKey }) => hasUnencryptedDataKey)).toEqual([false, false])
  })
})

describe('an idle process', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** As the time passes, for the cache's clock and for its timer. */
  function pass(clock: { now: number }, milliseconds: number): void {
    clock.now += milliseconds
    vi.advanceTimersByTime(milliseconds)
  }

  it('lets go of a data key that sealed', async () => {
    // The opening side has no room for it: it is let go of by the sealing side alone.
    const { cache, clock, open } = setUp({ maxKeys: 1 })
    const { key } = await cache.sealingKey(context, 1)
    const { secret } = key
    key.release()
    await open(await foreignKey())
    pass(clock, 999)
    expect(isZero(secret)).toBe(false)
    pass(clock, 1)
    expect(isZero(secret)).toBe(true)
  })

  it('lets go of a data key that opened, and of one that arrived later, in time', async () => {
    const { clock, lease } = setUp()
    const foreign = await Promise.all([foreignKey(), foreignKey()])
    vi.clearAllTimers()
    const secrets: Buffer[] = []
    for (const one of foreign) {
      if (secrets.length > 0) pass(clock, 500)
      const opening = await lease(one)
      secrets.push(opening.key.secret)
      opening.prove()
      opening.release()
    }
    pass(clock, 500)
    expect(secrets.map(isZero)).toEqual([true, false])
    pass(clock, 1000)
    expect(secrets.map(isZero)).toEqual([true, true])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('keeps a data key for its grace', async () => {
    const { clock, lease } = setUp({ openingGrace: 2000 })
    const opening = await lease(await foreignKey())
    const { secret } = opening.key
    opening.prove()
    opening.release()
    pass(clock, 2999)
    expect(isZero(secret)).toBe(false)
    pass(clock, 1)
    expect(isZero(secret)).toBe(true)
  })

  it('has one timer, however much it sealed and opened, none if nothing', async () => {
    const { cache, open, seal } = setUp()
    expect(vi.getTimerCount()).toBe(0)
    const foreign = await Promise.all([foreignKey(), foreignKey()])
    vi.clearAllTimers()
    await seal()
    await open(await seal())
    for (const one of foreign) await open(one)
    expect(cache.statistics().keys.length).toBeGreaterThan(2)
    expect(vi.getTimerCount()).toBe(1)
    cache.clear()
    vi.advanceTimersByTime(1000)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('may end, and takes any maximum age', async () => {
    vi.useRealTimers()
    const timer = vi.spyOn(globalThis, 'setTimeout')
    try {
      const { seal } = setUp({ maxAge: 2 ** 40 })
      await seal()
      const calls = timer.mock.calls.map(([, delay], index) => ({
        delay,
        timeout: timer.mock.results[index]!.value,
      }))
      const sweeper = calls.find(({ delay }) => delay === 2 ** 31 - 1)!
      expect(sweeper.timeout.hasRef()).toBe(false)
      clearTimeout(sweeper.timeout)
    } finally {
      timer.mockRestore()
    }
  })
})

describe('a keyring that gives no key', () => {
  it('without an error is an error', async () => {
    const keyring = countingKeyring()
    keyring.onEncrypt = async material => material
    keyring.onDecrypt = async material => material
    const { seal, open } = setUp({}, keyring)
    await expect(seal()).rejects.toThrow()
    await expect(open(await foreignKey())).rejects.toThrow('The keyring returned no data key.')
  })

  it('and throws at once is treated as one that rejects', async () => {
    const keyring = countingKeyring()
    keyring.onDecrypt = () => {
      throw new Error('malformed provider information')
    }
    const { open } = setUp({}, keyring)
    await expect(open(await foreignKey())).rejects.toThrow('malformed provider information')
  })
})

describe('statistics', () => {
  it('count hits, misses, calls and failures, and messages per key', async () => {
    const { cache, clock, keyring, seal, open } = setUp({ refusalAge: 100 })
    const foreign = await foreignKey()
    await seal()
    await seal()
    await open(foreign)
    await open(foreign)
    keyring.failure = new PermanentError('denied')
    const denied = await foreignKey()
    await open(denied).catch(() => {})
    await open(denied).catch(() => {})
    clock.now += 10
    const { sealing, opening, keys } = cache.statistics()
    expect(sealing).toEqual({ hits: 1, misses: 1, calls: 1, failures: 0 })
    expect(opening).toEqual({ hits: 1, misses: 2, calls: 2, failures: 1, refusals: 1, graced: 0 })
    expect(keys).toEqual([
      { context: { 'dynaseal:table': 'Customers' }, age: 10, sealed: 2, opened: 0 },
      { context: { 'dynaseal:table': 'Customers' }, age: 10, sealed: 0, opened: 0 },
    ])
    await seal()
    await open(foreign)
    // What was asked for stays as it was.
    expect([sealing.hits, opening.hits]).toEqual([1, 1])
  })

  it('count failures to get a key for sealing', async () => {
    const { cache, keyring, seal } = setUp()
    keyring.failure = new Error('timeout')
    await seal().catch(() => {})
    await seal().catch(() => {})
    expect(cache.statistics().sealing).toEqual({ hits: 0, misses: 2, calls: 2, failures: 2 })
  })

  it('count messages that opened, and not those that did not', async () => {
    const { cache } = setUp()
    const items = [item({ S: 'a' }), item({ S: 'b' }), item({ S: 'c' })]
    const sealed = await sealItems(items, parts(cache))
    const stored = sealed.map(([message]) => item(message!))
    stored[2] = item(sealed[2]![0]!, { path: ['other'] })
    await openItems(stored, parts(cache))
    expect(cache.statistics().keys).toMatchObject([{ sealed: 3, opened: 2 }])
  })
})
