import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DataKeyCache } from '../src/dataKeyCache/dataKeyCache.js'
import type { DataKeyCacheOptions } from '../src/dataKeyCache/options.js'
import { SealError } from '../src/errors.js'
import { channelNames } from '../src/events.js'
import type { FormatParts } from '../src/formatParts.js'
import { type Codec, codecNamed } from '../src/message/codec.js'
import { messageContext } from '../src/message/context.js'
import { openItems } from '../src/openItems.js'
import { sealItems } from '../src/sealItems.js'
import { codecOfRun } from './support/codec.js'
import { item } from './support/fields.js'
import { type CountingKeyring, countingKeyring, rawKeyring } from './support/keyrings.js'

const context = messageContext('Customers', {})

class PermanentError extends Error {
  readonly permanent = true
}

function setUp(options: DataKeyCacheOptions = {}, keyring: CountingKeyring = countingKeyring()) {
  const clock = { now: 1_000_000 }
  const cache = new DataKeyCache(keyring, { now: () => clock.now, maxAge: 1000, ...options })
  /** Seals one message and returns its encrypted data keys. */
  const seal = async (in_ = context): Promise<Buffer> => {
    const { key } = await cache.sealingKey(in_, 1)
    key.release()
    return key.encryptedDataKeys
  }
  const open = async (encryptedDataKeys: Buffer, in_ = context): Promise<void> => {
    const key = await cache.openingKey(in_, encryptedDataKeys)
    key.release()
  }
  return { cache, clock, keyring, seal, open }
}

function gate(): { promise: Promise<void>; open: () => void } {
  let open = () => {}
  const promise = new Promise<void>(resolve => {
    open = resolve
  })
  return { promise, open }
}

/** What seals and opens with a cache. */
function parts(cache: DataKeyCache): FormatParts {
  const orders = messageContext('Orders', {})
  return {
    cache,
    codec: codecNamed(codecOfRun),
    allowSigned: false,
    contextOf: table => (table === 'Orders' ? orders : context),
  }
}

/** A data key of another process. */
async function foreignKey(): Promise<Buffer> {
  return setUp({}, countingKeyring(rawKeyring())).seal()
}

describe('a sealing key', () => {
  it('is used until it is too old', async () => {
    const { clock, keyring, seal } = setUp()
    const first = await seal()
    clock.now += 799
    expect(await seal()).toBe(first)
    clock.now += 201
    expect(await seal()).not.toBe(first)
    expect(keyring.encrypts).toBe(2)
  })

  it('is replaced ahead of its expiry while callers go on with it', async () => {
    const { clock, keyring, seal } = setUp()
    const first = await seal()
    clock.now += 800
    const held = gate()
    keyring.gate = held.promise
    expect(await seal()).toBe(first)
    expect(await seal()).toBe(first)
    expect(keyring.encrypts).toBe(2)
    held.open()
    await keyring.idle()
    const second = await seal()
    expect(second).not.toBe(first)
    clock.now += 700
    expect(await seal()).toBe(second)
    expect(keyring.encrypts).toBe(2)
  })

  it('is joined, not asked for again, by those who come after it expired', async () => {
    const { clock, keyring, seal } = setUp()
    await seal()
    clock.now += 900
    const held = gate()
    keyring.gate = held.promise
    await seal()
    clock.now += 200
    const waiting = [seal(), seal(), seal()]
    held.open()
    await Promise.all(waiting)
    expect(keyring.encrypts).toBe(2)
  })

  it('outlives a failed refresh, which nobody notices and which is not repeated at once', async () => {
    const { clock, keyring, seal } = setUp()
    const first = await seal()
    clock.now += 800
    keyring.failure = new Error('KMS is down')
    for (let call = 0; call < 10; call++) {
      expect(await seal()).toBe(first)
      await keyring.idle()
    }
    expect(keyring.encrypts).toBe(2)
    clock.now += 20
    await seal()
    await keyring.idle()
    expect(keyring.encrypts).toBe(3)
    clock.now += 180
    await expect(seal()).rejects.toThrow('KMS is down')
    keyring.failure = undefined
    expect(await seal()).not.toBe(first)
  })

  it('seals no more messages than allowed', async () => {
    const { cache, keyring } = setUp({ maxMessages: 10 })
    const used = new Map<string, number>()
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        const { key, granted } = await cache.sealingKey(context, 1)
        const id = key.encryptedDataKeys.toString('hex')
        used.set(id, (used.get(id) ?? 0) + granted)
        key.release()
      }),
    )
    expect([...used.values()].reduce((sum, count) => sum + count)).toBe(100)
    expect(Math.max(...used.values())).toBe(10)
    expect(keyring.encrypts).toBeLessThanOrEqual(12)
  })

  it('grants fewer messages than asked for when fewer are left', async () => {
    const { cache } = setUp({ maxMessages: 10 })
    const first = await cache.sealingKey(context, 7)
    const second = await cache.sealingKey(context, 7)
    expect([first.granted, second.granted]).toEqual([7, 3])
  })

  it('belongs to one context', async () => {
    const { keyring, seal } = setUp()
    await Promise.all([
      seal(),
      seal(messageContext('Orders', {})),
      seal(messageContext('Customers', { tenant: 'a' })),
    ])
    expect(keyring.encrypts).toBe(3)
  })

  it('is as good as expired when the clock goes back', async () => {
    const { clock, keyring, seal } = setUp()
    await seal()
    clock.now -= 1
    await seal()
    expect(keyring.encrypts).toBe(2)
  })

  it('that could not be had is asked for again when the failure may pass', async () => {
    const { keyring, seal } = setUp()
    keyring.failure = new Error('timeout')
    await expect(Promise.all([seal(), seal()])).rejects.toThrow('timeout')
    await expect(seal()).rejects.toThrow('timeout')
    expect(keyring.encrypts).toBe(2)
  })

  it('that was refused for good is not asked for again for a while', async () => {
    const { clock, keyring, seal } = setUp({ refusalAge: 100 })
    keyring.failure = new PermanentError('denied')
    await expect(seal()).rejects.toThrow('denied')
    await expect(seal()).rejects.toThrow('denied')
    expect(keyring.encrypts).toBe(1)
    clock.now += 100
    keyring.failure = undefined
    await seal()
    expect(keyring.encrypts).toBe(2)
  })
})

describe('an opening key', () => {
  it('is asked for once, however many wait', async () => {
    const { keyring, open } = setUp()
    const foreign = await foreignKey()
    await Promise.all(Array.from({ length: 100 }, () => open(foreign)))
    await open(foreign)
    expect(keyring.decrypts).toBe(1)
  })

  it('is at once there when it was generated here', async () => {
    const { keyring, seal, open } = setUp()
    await open(await seal())
    expect(keyring.decrypts).toBe(0)
  })

  it('belongs to one context', async () => {
    const { keyring, seal, open } = setUp()
    const encryptedDataKeys = await seal()
    await expect(open(encryptedDataKeys, messageContext('Orders', {}))).rejects.toThrow()
    expect(keyring.decrypts).toBe(1)
  })

  it('is used until it is too old', async () => {
    const { clock, keyring, open } = setUp()
    const foreign = await foreignKey()
    await open(foreign)
    clock.now += 999
    await open(foreign)
    expect(keyring.decrypts).toBe(1)
    clock.now += 1
    await open(foreign)
    expect(keyring.decrypts).toBe(2)
  })

  it('keeps nothing of the memory of the message that it came with', async () => {
    const { cache } = setUp()
    const foreign = await foreignKey()
    const message = Buffer.alloc(100_000)
    foreign.copy(message)
    const key = await cache.openingKey(context, message.subarray(0, foreign.length))
    expect(key.encryptedDataKeys).toEqual(foreign)
    expect(key.encryptedDataKeys.buffer.byteLength).toBeLessThan(message.length)
  })

  it('leaves when it is the least recently used of too many', async () => {
    const { keyring, open } = setUp({ maxKeys: 2 })
    const [a, b, c] = await Promise.all([foreignKey(), foreignKey(), foreignKey()])
    await open(a)
    await open(b)
    await open(a)
    await open(c)
    expect(keyring.decrypts).toBe(3)
    await open(a)
    await open(c)
    expect(keyring.decrypts).toBe(3)
    await open(b)
    expect(keyring.decrypts).toBe(4)
  })

  it('that was refused for good is remembered briefly, also by those who share the call', async () => {
    const { clock, keyring, open } = setUp({ refusalAge: 100 })
    const foreign = await foreignKey()
    keyring.failure = new PermanentError('InvalidCiphertext')
    const outcomes = await Promise.allSettled([open(foreign), open(foreign)])
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    await expect(open(foreign)).rejects.toThrow('InvalidCiphertext')
    expect(keyring.decrypts).toBe(1)
    keyring.failure = undefined
    await expect(open(foreign)).rejects.toThrow('InvalidCiphertext')
    clock.now += 100
    await open(foreign)
    expect(keyring.decrypts).toBe(2)
  })

  it('that failed for now is asked for again', async () => {
    const { keyring, open } = setUp()
    const foreign = await foreignKey()
    keyring.failure = Object.assign(new Error('timeout'), { permanent: false })
    await expect(open(foreign)).rejects.toThrow('timeout')
    keyring.failure = undefined
    await open(foreign)
    expect(keyring.decrypts).toBe(2)
  })

  it('is one of at most 32 that are asked for at once', async () => {
    const { cache, keyring } = setUp()
    const foreign = await Promise.all(Array.from({ length: 100 }, foreignKey))
    let underWay = 0
    let most = 0
    const inner = keyring.onDecrypt
    keyring.onDecrypt = async (material, encryptedDataKeys) => {
      most = Math.max(most, ++underWay)
      try {
        const answer = await inner(material, encryptedDataKeys)
        if (keyring.decrypts % 10 === 0) throw new Error('timeout')
        return answer
      } finally {
        underWay--
      }
    }
    const outcomes = await Promise.allSettled(foreign.map(one => cache.openingKey(context, one)))
    expect(most).toBe(32)
    expect(outcomes).toHaveLength(100)
    expect(cache.statistics().opening.calls).toBe(100)
  })

  it('of any number of refused messages takes bounded memory', async () => {
    const { keyring, open } = setUp()
    keyring.failure = new PermanentError('corrupt')
    const foreign = await foreignKey()
    const variant = (index: number) => {
      const bytes = Buffer.from(foreign)
      bytes.writeUInt16BE(index, bytes.length - 2)
      return bytes
    }
    for (let index = 0; index < 1001; index++) await open(variant(index)).catch(() => {})
    await open(variant(1000)).catch(() => {})
    expect(keyring.decrypts).toBe(1001)
    await open(variant(0)).catch(() => {})
    expect(keyring.decrypts).toBe(1002)
  })
})

describe('grace for opening during an outage', () => {
  it('is off by default', async () => {
    const { clock, keyring, open } = setUp()
    const foreign = await foreignKey()
    await open(foreign)
    clock.now += 1000
    keyring.failure = new Error('KMS is down')
    await expect(open(foreign)).rejects.toThrow('KMS is down')
  })

  it('goes on with the expired key until it ends, asking now and then', async () => {
    const { cache, clock, keyring, open } = setUp({ openingGrace: 60_000 })
    const foreign = await foreignKey()
    await open(foreign)
    clock.now += 1000
    keyring.failure = new Error('KMS is down')
    await Promise.all([open(foreign), open(foreign)])
    await open(foreign)
    expect(keyring.decrypts).toBe(2)
    expect(cache.statistics().opening.graced).toBe(3)
    clock.now += 5000
    await open(foreign)
    expect(keyring.decrypts).toBe(3)
    clock.now += 55_000
    await expect(open(foreign)).rejects.toThrow('KMS is down')
  })

  it('is published each time, on a channel', async () => {
    const { clock, keyring, open } = setUp({ openingGrace: 60_000 })
    const foreign = await foreignKey()
    const events: unknown[] = []
    const listen = (event: unknown) => events.push(event)
    subscribe(channelNames.grace, listen)
    try {
      await open(foreign)
      clock.now += 1000
      const error = new Error('KMS is down')
      keyring.failure = error
      expect(events).toEqual([])
      await open(foreign)
      clock.now += 10
      await open(foreign)
      const pairs = { 'dynaseal:table': 'Customers' }
      expect(events).toEqual([
        { context: pairs, age: 1000, left: 60_000, error },
        { context: pairs, age: 1010, left: 59_990, error },
      ])
      keyring.failure = undefined
      clock.now += 5000
      await open(foreign)
      expect(events).toHaveLength(2)
    } finally {
      unsubscribe(channelNames.grace, listen)
    }
  })

  it('ends when the keyring answers again', async () => {
    const { cache, clock, keyring, open } = setUp({ openingGrace: 60_000 })
    const foreign = await foreignKey()
    await open(foreign)
    clock.now += 1000
    await open(foreign)
    await open(foreign)
    expect(keyring.decrypts).toBe(2)
    expect(cache.statistics().opening.graced).toBe(0)
  })

  it('is not given after a permanent refusal', async () => {
    const { clock, keyring, open } = setUp({ openingGrace: 60_000 })
    const foreign = await foreignKey()
    await open(foreign)
    clock.now += 1000
    keyring.failure = new PermanentError('denied')
    await expect(open(foreign)).rejects.toThrow('denied')
    await expect(open(foreign)).rejects.toThrow('denied')
    expect(keyring.decrypts).toBe(2)
  })

  it.each([
    ['succeeds', undefined],
    ['is refused for good', new PermanentError('denied')],
    ['fails for now', new Error('KMS is down')],
  ])('keeps no expired key when the call for its successor %s', async (_name, failure) => {
    const { cache, clock, keyring, open } = setUp({ openingGrace: 60_000 })
    const foreign = await foreignKey()
    const key = await cache.openingKey(context, foreign)
    const { secret } = key
    key.release()
    clock.now += 1000
    keyring.failure = failure
    await open(foreign).catch(() => {})
    cache.clear()
    expect(secret.every(byte => byte === 0)).toBe(true)
  })

  it('is never given for sealing', async () => {
    const { clock, keyring, seal } = setUp({ openingGrace: 60_000 })
    await seal()
    clock.now += 1000
    keyring.failure = new Error('KMS is down')
    await expect(seal()).rejects.toThrow('KMS is down')
  })
})

describe('the bytes of a data key', () => {
  const isZero = (bytes: Buffer) => bytes.every(byte => byte === 0)

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
    const { cache, clock } = setUp()
    const { key } = await cache.sealingKey(context, 1)
    const other = await cache.openingKey(context, key.encryptedDataKeys)
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
    const { cache } = setUp({ maxKeys: 1 })
    const foreign = await Promise.all([foreignKey(), foreignKey(), foreignKey()])
    const keys = await Promise.all(
      foreign.flatMap(one => [cache.openingKey(context, one), cache.openingKey(context, one)]),
    )
    expect(keys.map(({ secret }) => isZero(secret))).toEqual([false, false, false, false, false, false])
    const secrets = keys.map(({ secret }) => secret)
    for (const key of keys) key.release()
    cache.clear()
    expect(secrets.every(isZero)).toBe(true)
  })

  it('are zeroed when a successor takes over', async () => {
    const { cache, clock } = setUp({ maxKeys: 1 })
    const first = await cache.sealingKey(context, 1)
    const { secret } = first.key
    first.key.release()
    clock.now += 1000
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
  const isZero = (bytes: Buffer) => bytes.every(byte => byte === 0)

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
    const { cache, clock } = setUp({ maxKeys: 1 })
    const { key } = await cache.sealingKey(context, 1)
    const { secret } = key
    key.release()
    ;(await cache.openingKey(context, await foreignKey())).release()
    pass(clock, 999)
    expect(isZero(secret)).toBe(false)
    pass(clock, 1)
    expect(isZero(secret)).toBe(true)
  })

  it('lets go of a data key that opened, and of one that arrived later, in time', async () => {
    const { cache, clock } = setUp()
    const foreign = await Promise.all([foreignKey(), foreignKey()])
    vi.clearAllTimers()
    const secrets: Buffer[] = []
    for (const one of foreign) {
      if (secrets.length > 0) pass(clock, 500)
      const key = await cache.openingKey(context, one)
      secrets.push(key.secret)
      key.release()
    }
    pass(clock, 500)
    expect(secrets.map(isZero)).toEqual([true, false])
    pass(clock, 1000)
    expect(secrets.map(isZero)).toEqual([true, true])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('keeps a data key for its grace', async () => {
    const { cache, clock } = setUp({ openingGrace: 2000 })
    const key = await cache.openingKey(context, await foreignKey())
    const { secret } = key
    key.release()
    pass(clock, 2999)
    expect(isZero(secret)).toBe(false)
    pass(clock, 1)
    expect(isZero(secret)).toBe(true)
  })

  it('has one timer, however much it sealed and opened, none if nothing', async () => {
    const { cache, open, seal } = setUp()
    expect(vi.getTimerCount()).toBe(0)
    await seal()
    await open(await seal())
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
})
