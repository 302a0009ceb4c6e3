import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import type { DataKeyCacheOptions } from '../src/dataKeyCache/options.js'
import { channelNames } from '../src/events.js'
import { foreignKey, isZero, PermanentError, setUp } from './support/dataKeyCache.js'

/** A data key that was opened before it expired, in a cache that grants a minute of grace. */
async function expired(options: DataKeyCacheOptions = {}) {
  const { open, ...cache } = setUp({ openingGrace: 60_000, ...options })
  const foreign = await foreignKey()
  await open(foreign)
  cache.clock.now += 1000
  return { ...cache, open: () => open(foreign) }
}

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
    const { cache, clock, keyring, open } = await expired()
    keyring.failure = new Error('KMS is down')
    await Promise.all([open(), open()])
    await open()
    expect(keyring.decrypts).toBe(2)
    expect(cache.statistics().opening.graced).toBe(3)
    clock.now += 5000
    await open()
    expect(keyring.decrypts).toBe(3)
    clock.now += 55_000
    await expect(open()).rejects.toThrow('KMS is down')
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
    const { cache, keyring, open } = await expired()
    await open()
    await open()
    expect(keyring.decrypts).toBe(2)
    expect(cache.statistics().opening.graced).toBe(0)
  })

  it('is not given after a permanent refusal', async () => {
    const { keyring, open } = await expired()
    keyring.failure = new PermanentError('denied')
    await expect(open()).rejects.toThrow('denied')
    await expect(open()).rejects.toThrow('denied')
    expect(keyring.decrypts).toBe(2)
  })

  it('is not given once a permanent refusal is forgotten, either', async () => {
    const { clock, keyring, open } = await expired({ refusalAge: 100 })
    keyring.failure = new PermanentError('denied')
    await expect(open()).rejects.toThrow('denied')
    clock.now += 100
    keyring.failure = new Error('KMS is down')
    await expect(open()).rejects.toThrow('KMS is down')
  })

  it('is not given when it ends while the keyring is asked', async () => {
    const { cache, clock, keyring, open } = await expired()
    keyring.failure = new Error('KMS is down')
    const opening = open()
    clock.now += 60_000
    await expect(opening).rejects.toThrow('KMS is down')
    expect(cache.statistics()).toMatchObject({ opening: { graced: 0 }, keys: [] })
  })

  it('is not given when the cache is cleared while the keyring is asked', async () => {
    const { cache, keyring, open } = await expired()
    keyring.failure = new Error('KMS is down')
    const opening = open()
    cache.clear()
    await expect(opening).rejects.toThrow('KMS is down')
    expect(cache.statistics()).toMatchObject({ opening: { graced: 0 }, keys: [] })
  })

  it('is not given when the clock went back', async () => {
    const { clock, keyring, open } = setUp({ openingGrace: 60_000 })
    const foreign = await foreignKey()
    await open(foreign)
    clock.now -= 1
    keyring.failure = new Error('KMS is down')
    await expect(open(foreign)).rejects.toThrow('KMS is down')
  })

  it('is not cut short by a sweep, but ends with one', async () => {
    const { cache, clock, keyring, open } = await expired()
    cache.sweep()
    keyring.failure = new Error('KMS is down')
    await open()
    clock.now += 60_000
    cache.sweep()
    expect(cache.statistics().keys).toEqual([])
  })

  it.each([
    ['succeeds', undefined],
    ['is refused for good', new PermanentError('denied')],
    ['fails for now', new Error('KMS is down')],
  ])('keeps no expired key when the call for its successor %s', async (_name, failure) => {
    const { cache, clock, keyring, lease, open } = setUp({ openingGrace: 60_000 })
    const foreign = await foreignKey()
    const first = await lease(foreign)
    const { secret } = first.key
    first.prove()
    first.release()
    clock.now += 1000
    keyring.failure = failure
    await open(foreign).catch(() => {})
    cache.clear()
    expect(isZero(secret)).toBe(true)
  })

  it('is never given for sealing', async () => {
    const { clock, keyring, seal } = setUp({ openingGrace: 60_000 })
    await seal()
    clock.now += 1000
    keyring.failure = new Error('KMS is down')
    await expect(seal()).rejects.toThrow('KMS is down')
  })
})
