import { describe, expect, it } from 'vitest'
import { encryptionContext } from '../src/materials/context.js'
import { context, setUp } from './support/dataKeyCache.js'

function gate(): { promise: Promise<void>; open: () => void } {
  let open = () => {}
  const promise = new Promise<void>(resolve => {
    open = resolve
  })
  return { promise, open }
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

  it('is replaced ahead of its last message, too', async () => {
    const { keyring, seal } = setUp({ maxMessages: 10 })
    const first = await seal()
    for (let message = 2; message < 8; message++) expect(await seal()).toBe(first)
    expect(keyring.encrypts).toBe(1)
    expect(await seal()).toBe(first)
    expect(keyring.encrypts).toBe(2)
    await keyring.idle()
    expect(await seal()).not.toBe(first)
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
      seal(encryptionContext('message', 'Orders', {})),
      seal(encryptionContext('message', 'Customers', { tenant: 'a' })),
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
})
