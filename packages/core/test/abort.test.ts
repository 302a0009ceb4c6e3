import { describe, expect, it, vi } from 'vitest'
import { DataKey } from '../src/dataKeyCache/dataKey.js'
import { DataKeyCache } from '../src/dataKeyCache/dataKeyCache.js'
import { dataKeyName } from '../src/dataKeyCache/dataKeyName.js'
import { Flight } from '../src/dataKeyCache/flight.js'
import { dataKeySource, type EncryptedDataKeyEntry, type Keyring } from '../src/index.js'
import { encryptionContext } from '../src/materials/context.js'
import { context, setUp } from './support/dataKeyCache.js'
import { openOne, sealItem } from './support/fields.js'
import { FORMS } from './support/forms.js'
import { countingKeyring } from './support/keyrings.js'

interface Call {
  signal: AbortSignal | undefined
  answer(): void
  fail(error: unknown): void
}

/** A keyring that answers when the test says so, and ends a call whose signal fires. */
function keyringOnDemand() {
  const calls: Call[] = []
  const ask = <T>(signal: AbortSignal | undefined, value: T): Promise<T> =>
    new Promise((resolve, reject) => {
      calls.push({ signal, answer: () => resolve(value), fail: reject })
      signal?.addEventListener('abort', () => reject(new Error('aborted')))
    })
  const encryptedDataKeys: EncryptedDataKeyEntry[] = [
    { providerId: 'test', providerInfo: 'key', encryptedDataKey: Buffer.from('wrapped') },
  ]
  const never = () => Promise.reject(new Error('asked with materials'))
  const keyring: Keyring = {
    onEncrypt: never,
    onDecrypt: never,
    [dataKeySource]: {
      generateDataKey: ({ signal }) =>
        ask(signal, { dataKey: new Uint8Array(32).fill(7), encryptedDataKeys }),
      decryptDataKey: ({ signal }) => ask(signal, new Uint8Array(32).fill(7)),
    },
  }
  const asked = (count: number) => vi.waitUntil(() => calls.length === count, { timeout: 30_000 })
  return { keyring, calls, asked }
}

const stored = Buffer.from('a data key')
const NAME = dataKeyName(
  context,
  Buffer.concat([Buffer.of(0, 1, 0, 4), Buffer.from('test'), Buffer.of(0, 0, 0, 1, 9)]),
)

describe.each(['sealing', 'opening'] as const)('a caller of %s that gives up', operation => {
  function world() {
    const { keyring, calls, asked } = keyringOnDemand()
    const clock = { now: 1_000_000 }
    const cache = new DataKeyCache(keyring, { maxAge: 1000, now: () => clock.now })
    const take = async (signal?: AbortSignal) => {
      if (operation === 'sealing') return (await cache.sealingKey(context, 1, 1, signal)).key.release()
      const lease = await cache.beginOpening(signal).take(NAME, [stored])
      lease.prove()
      lease.release()
    }
    return { cache, clock, calls, asked, take }
  }

  it('is let go with its reason, and ends the call when it was alone', async () => {
    const { cache, calls, asked, take } = world()
    const controller = new AbortController()
    const call = take(controller.signal)
    await asked(1)
    const reason = new Error('the request is gone')
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    expect(calls[0]!.signal?.aborted).toBe(true)
    expect(cache.statistics()[operation]).toMatchObject({ calls: 1, failures: 0 })
  })

  it('does not end what others wait for, with or without a signal of their own', async () => {
    const { calls, asked, take } = world()
    const controllers = [new AbortController(), new AbortController()]
    const [first, second] = controllers.map(({ signal }) => take(signal))
    const third = take()
    await asked(1)
    controllers[0]!.abort()
    await expect(first).rejects.toBe(controllers[0]!.signal.reason)
    expect(calls[0]!.signal?.aborted).toBe(false)
    calls[0]!.answer()
    await Promise.all([second, third])
    expect(calls).toHaveLength(1)
  })

  it('leaves nothing behind for who comes next: that asks anew', async () => {
    const { calls, asked, take } = world()
    const controller = new AbortController()
    const gone = take(controller.signal)
    await asked(1)
    controller.abort()
    const next = take()
    await expect(gone).rejects.toBe(controller.signal.reason)
    await asked(2)
    // The end of the first call is not the end of the second, which others join.
    const another = take()
    calls[1]!.answer()
    await Promise.all([next, another])
    expect(calls).toHaveLength(2)
  })

  it('asks for nothing when it had given up before', async () => {
    const { calls, take } = world()
    await expect(take(AbortSignal.abort('too late'))).rejects.toBe('too late')
    expect(calls).toHaveLength(0)
  })

  it('hears the failure of the keyring while it waits', async () => {
    const { calls, asked, take } = world()
    const call = take(new AbortController().signal)
    await asked(1)
    const failure = new Error('denied')
    calls[0]!.fail(failure)
    await expect(call).rejects.toBe(failure)
  })
})

it('the keyring is given a signal where it could fire: not where somebody waits who cannot go', async () => {
  const { keyring, calls, asked } = keyringOnDemand()
  const cache = new DataKeyCache(keyring)
  const take = (call = cache.beginOpening()) => call.take(NAME, [stored])
  const first = take()
  await asked(1)
  const controller = new AbortController()
  const second = take(cache.beginOpening(controller.signal))
  controller.abort()
  await expect(second).rejects.toBe(controller.signal.reason)
  calls[0]!.answer()
  ;(await first).release()
  const third = take(cache.beginOpening(new AbortController().signal))
  await asked(2)
  calls[1]!.answer()
  ;(await third).release()
  expect(calls.map(({ signal }) => signal?.aborted)).toEqual([undefined, false])
})

it('who gives up in the moment in which the key comes gets it: it was counted out already', async () => {
  const deserted = vi.fn()
  const flight = new Flight<string>(deserted)
  const controller = new AbortController()
  const waiting = flight.wait(controller.signal)
  flight.land('key')
  controller.abort()
  expect(await waiting).toBe('key')
  expect(flight.waiters).toBe(1)
  expect(deserted).not.toHaveBeenCalled()
})

it('a keyring that cannot be told goes on, and who comes next waits for the same answer', async () => {
  const keyring = countingKeyring()
  let open = () => {}
  keyring.gate = new Promise(resolve => {
    open = resolve
  })
  const { cache } = setUp({}, keyring)
  const controller = new AbortController()
  const gone = cache.sealingKey(context, 1, 1, controller.signal)
  await vi.waitUntil(() => keyring.encrypts === 1, { timeout: 30_000 })
  controller.abort()
  await expect(gone).rejects.toBe(controller.signal.reason)
  const next = cache.sealingKey(context, 1)
  open()
  ;(await next).key.release()
  expect(keyring.encrypts).toBe(1)
})

it('so it is for opening: one call for who gave up and who comes next', async () => {
  const encryptedDataKeys = await setUp().seal()
  const keyring = countingKeyring()
  let open = () => {}
  keyring.gate = new Promise(resolve => {
    open = resolve
  })
  const { cache, lease } = setUp({}, keyring)
  const controller = new AbortController()
  const name = dataKeyName(context, encryptedDataKeys)
  const gone = cache.beginOpening(controller.signal).take(name, [encryptedDataKeys])
  await vi.waitUntil(() => keyring.decrypts === 1, { timeout: 30_000 })
  controller.abort()
  await expect(gone).rejects.toBe(controller.signal.reason)
  const next = lease(encryptedDataKeys)
  open()
  ;(await next).release()
  expect(keyring.decrypts).toBe(1)
})

it('who gives up while an expired key has its grace is let go, and holds that key no longer', async () => {
  const encryptedDataKeys = await setUp().seal()
  const { cache, clock, keyring, lease } = setUp({ openingGrace: 10_000 })
  const first = await lease(encryptedDataKeys)
  const { secret } = first.key
  first.prove()
  first.release()
  clock.now += 2000
  let open = () => {}
  keyring.gate = new Promise(resolve => {
    open = resolve
  })
  const controller = new AbortController()
  const name = dataKeyName(context, encryptedDataKeys)
  const gone = cache.beginOpening(controller.signal).take(name, [encryptedDataKeys])
  await vi.waitUntil(() => keyring.decrypts === 2, { timeout: 30_000 })
  controller.abort()
  await expect(gone).rejects.toBe(controller.signal.reason)
  expect(cache.statistics().opening.graced).toBe(0)
  cache.clear()
  expect(secret).toEqual(Buffer.alloc(32))
  open()
  await keyring.idle()
})

it('what waits for its turn behind others is never asked for when its caller gives up', async () => {
  const { keyring, calls, asked } = keyringOnDemand()
  const cache = new DataKeyCache(keyring)
  const opening = cache.beginOpening()
  const name = (i: number) => ({ ...NAME, id: `${NAME.id}${i}` })
  const busy = Array.from({ length: 32 }, (_, i) => opening.take(name(i), [stored]))
  await asked(32)
  const controller = new AbortController()
  const gone = cache.beginOpening(controller.signal).take(name(32), [stored])
  controller.abort()
  await expect(gone).rejects.toBe(controller.signal.reason)
  for (const call of calls) call.answer()
  for (const lease of await Promise.all(busy)) lease.release()
  expect(calls).toHaveLength(32)
})

it('the background refresh of a data key is nobody’s to end', async () => {
  const { keyring, calls, asked } = keyringOnDemand()
  const clock = { now: 1_000_000 }
  const cache = new DataKeyCache(keyring, { maxAge: 1000, now: () => clock.now })
  const first = cache.sealingKey(context, 1)
  await asked(1)
  calls[0]!.answer()
  ;(await first).key.release()
  clock.now += 900
  ;(await cache.sealingKey(context, 1)).key.release()
  await asked(2)
  clock.now += 200
  const controller = new AbortController()
  const waiting = cache.sealingKey(context, 1, 1, controller.signal)
  controller.abort()
  await expect(waiting).rejects.toBe(controller.signal.reason)
  expect(calls[1]!.signal?.aborted).toBe(false)
})

it.each(FORMS)('a format of $name rejects with the reason, and not with an error of a field', async form => {
  const { keyring, calls, asked } = keyringOnDemand()
  const sealing = sealItem(form.create({ keyring }), form.item({ S: 'a' }))
  await asked(1)
  calls[0]!.answer()
  const one = await sealing
  const format = form.create({ keyring })
  const controller = new AbortController()
  const { signal } = controller
  const reads = format.open([one], { signal })
  const writes = form.create({ keyring }).seal([form.item({ S: 'b' })], { signal })
  await asked(3)
  controller.abort()
  await expect(reads).rejects.toBe(signal.reason)
  await expect(writes).rejects.toBe(signal.reason)
  const again = openOne(format, one)
  await asked(4)
  calls[3]!.answer()
  expect(await again).toEqual({ S: 'a' })
  // Also when the data key is there.
  await expect(format.open([one], { signal })).rejects.toBe(signal.reason)
})

it('a data key that comes after all is let go when its context has left the cache', async () => {
  const { keyring, calls, asked } = keyringOnDemand()
  // It goes on, and answers late.
  const source = keyring[dataKeySource]!
  const deaf = {
    ...source,
    generateDataKey: (request =>
      source.generateDataKey({
        ...request,
        signal: new AbortController().signal,
      })) as typeof source.generateDataKey,
  }
  const cache = new DataKeyCache({ ...keyring, [dataKeySource]: deaf }, { maxKeys: 1, now: () => 77 })
  const release = vi.spyOn(DataKey.prototype, 'release')
  const controller = new AbortController()
  const gone = cache.sealingKey(context, 1, 1, controller.signal)
  await asked(1)
  controller.abort()
  await expect(gone).rejects.toBe(controller.signal.reason)
  const other = cache.sealingKey(encryptionContext('message', 'Orders', {}), 1)
  await asked(2)
  for (const call of calls) call.answer()
  ;(await other).key.release()
  // Those of this test.
  const released = () => new Set((release.mock.contexts as DataKey[]).filter(key => key.createdAt === 77))
  await vi.waitUntil(() => released().size === 2, { timeout: 30_000 })
  cache.clear()
  for (const key of released()) expect(() => key.secret).toThrow('after it had been zeroed')
  release.mockRestore()
})
