import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AnyFieldReader } from '../src/anyFieldReader.js'
import { Contexts } from '../src/contexts.js'
import type { DataKeyCache } from '../src/dataKeyCache/dataKeyCache.js'
import { EnvelopeWriter } from '../src/envelope/envelopeWriter.js'
import { envelopeOptions } from '../src/envelope/options.js'
import { SealError } from '../src/errors.js'
import type { FieldWriter } from '../src/fieldWriter.js'
import type { ItemToOpen, ItemToSeal, SealedItem } from '../src/index.js'
import { encryptionContext } from '../src/materials/context.js'
import { codecNamed } from '../src/message/codec.js'
import { MessageWriter } from '../src/message/messageWriter.js'
import { StoredMessage } from '../src/message/storedMessage.js'
import { openItems } from '../src/openItems.js'
import { sealItems } from '../src/sealItems.js'
import type { FieldReader } from '../src/storedField.js'
import { codecOfRun } from './support/codec.js'
import { context, foreignKey, isZero, PermanentError, setUp } from './support/dataKeyCache.js'
import { FORMS, type Form, message, movedTo } from './support/forms.js'
import { countingKeyring, rawKeyring } from './support/keyrings.js'

/** What seals and opens fields of a form. */
function partsOf(
  { shape }: Form,
  codec = codecNamed(codecOfRun),
): { writer: FieldWriter; reader: FieldReader } {
  const contexts = new Contexts({}, 10)
  return {
    writer:
      shape === 'message'
        ? new MessageWriter(contexts, codec)
        : new EnvelopeWriter(contexts, envelopeOptions('dynaseal', 'short')),
    reader: new AnyFieldReader({
      contexts,
      messages: {
        writer: () => new MessageWriter(contexts, codec),
        read: (field, expected) => new StoredMessage(field, expected, codec, false),
      },
      envelopeAttribute: 'dynaseal',
    }),
  }
}

function readAs({ fields, ...place }: ItemToSeal, { values, attributes }: SealedItem): ItemToOpen {
  return { ...place, attributes, fields: fields.map(({ path }, at) => ({ path, value: values[at]! })) }
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
})

describe.each(FORMS)('a data key of $name', form => {
  const context = encryptionContext(form.purpose, 'Customers', {})
  const { writer, reader } = partsOf(form)
  const two = [form.item({ S: 'a' }), form.item({ S: 'b' })]

  it.each<[string, (cache: DataKeyCache) => Promise<unknown>]>([
    ['sealing', cache => sealItems(two, cache, writer)],
    ['sealing that fails', cache => sealItems([form.item({ S: 'a' }), form.item({ N: 'x' })], cache, writer)],
    [
      'opening',
      async cache => {
        const [sealed] = await sealItems(two, cache, writer)
        const opened = await openItems([readAs(two[0]!, sealed!)], cache, reader)
        expect(opened).toEqual([{ fields: [{ value: { S: 'a' } }] }])
      },
    ],
  ])('is not kept by %s', async (_name, work) => {
    const { cache } = setUp()
    const { key } = await cache.sealingKey(context, 1)
    const { secret } = key
    key.release()
    await work(cache).catch(error => expect(error).toBeInstanceOf(SealError))
    expect(isZero(secret)).toBe(false)
    cache.clear()
    expect(isZero(secret)).toBe(true)
  })

  it('is not kept for one table when the key of another cannot be had', async () => {
    const { cache, keyring } = setUp()
    const { key } = await cache.sealingKey(context, 1)
    const { secret } = key
    key.release()
    keyring.failure = new Error('denied')
    const items = [form.item({ S: 'a' }), form.item({ S: 'b' }, { table: 'Orders' })]
    await expect(sealItems(items, cache, writer)).rejects.toThrow(SealError)
    cache.clear()
    expect(isZero(secret)).toBe(true)
  })

  it('counts fields that opened, and not those that did not', async () => {
    const { cache } = setUp()
    const items = ['a', 'b', 'c'].map(S => form.item({ S }))
    const sealed = await sealItems(items, cache, writer)
    const stored = items.map((one, index) => readAs(one, sealed[index]!))
    stored[2] = movedTo(stored[2]!, { path: ['other'] })
    await openItems(stored, cache, reader)
    expect(cache.statistics().keys).toMatchObject([{ sealed: 3, opened: 2 }])
  })
})

it.each([['right'], ['wrong']])('a message leaves no content behind in the %s place', async where => {
  const { cache } = setUp()
  const contents: Buffer[] = []
  const inner = codecNamed(codecOfRun)
  const { writer, reader } = partsOf(message, {
    write: inner.write,
    async read(header, dataKey) {
      const content = await inner.read(header, dataKey)
      contents.push(content)
      return content
    },
  })
  const [sealed] = await sealItems([message.item({ S: 'a' })], cache, writer)
  const stored = readAs(message.item({ S: 'a' }), sealed!)
  await openItems([movedTo(stored, { path: [where === 'right' ? 'ssn' : 'other'] })], cache, reader)
  expect(contents).toHaveLength(1)
  expect(contents.every(isZero)).toBe(true)
})
