import { describe, expect, it } from 'vitest'
import { dataKeyName } from '../src/dataKeyCache/dataKeyName.js'
import { encryptionContext } from '../src/materials/context.js'
import { context, foreignKey, isZero, setUp } from './support/dataKeyCache.js'

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
    await expect(open(encryptedDataKeys, encryptionContext('message', 'Orders', {}))).rejects.toThrow()
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

  it('is as good as expired when the clock goes back', async () => {
    const { clock, keyring, open } = setUp()
    const foreign = await foreignKey()
    await open(foreign)
    clock.now -= 1
    await open(foreign)
    expect(keyring.decrypts).toBe(2)
  })

  it('keeps nothing of the memory of the message that it came with', async () => {
    const { lease } = setUp()
    const foreign = await foreignKey()
    const message = Buffer.alloc(100_000)
    foreign.copy(message)
    const { key } = await lease(message.subarray(0, foreign.length))
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

  it('leaves in the order of use, whatever that is', async () => {
    const { keyring, open } = setUp({ maxKeys: 3 })
    const keys = await Promise.all(Array.from({ length: 6 }, foreignKey))
    const used: number[] = []
    let asked = 0
    for (let step = 0; step < 200; step++) {
      const index = (step * step + (step >> 3)) % keys.length
      if (!used.slice(0, 3).includes(index)) asked++
      used.splice(0, used.length, index, ...used.filter(other => other !== index))
      await open(keys[index]!)
      expect(keyring.decrypts).toBe(asked)
    }
    expect(asked).toBeGreaterThan(20)
    expect(asked).toBeLessThan(180)
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
    const { cache, keyring, lease } = setUp()
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
    const outcomes = await Promise.allSettled(foreign.map(one => lease(one)))
    expect(most).toBe(32)
    expect(outcomes).toHaveLength(100)
    expect(cache.statistics().opening.calls).toBe(100)
  })
})

describe('an opening key under which nothing has authenticated', () => {
  it('is shared by all who come while it is leased, and zeroed with the last of them', async () => {
    const { cache, keyring, lease } = setUp()
    const foreign = await foreignKey()
    const [first, second] = await Promise.all([lease(foreign), lease(foreign)])
    const { secret } = first.key
    first.release()
    const third = await lease(foreign)
    second.release()
    expect(third.key.secret).toBe(secret)
    expect(isZero(secret)).toBe(false)
    third.release()
    expect(isZero(secret)).toBe(true)
    expect([keyring.decrypts, cache.statistics().opening.hits]).toEqual([1, 1])
    expect(cache.statistics().keys).toEqual([])
    ;(await lease(foreign)).release()
    expect(keyring.decrypts).toBe(2)
  })

  it('is not shared beyond its age', async () => {
    const { clock, keyring, lease } = setUp()
    const foreign = await foreignKey()
    const first = await lease(foreign)
    clock.now += 1000
    const second = await lease(foreign)
    expect(keyring.decrypts).toBe(2)
    first.release()
    // The first takes nothing of the second along.
    const third = await lease(foreign)
    expect(keyring.decrypts).toBe(2)
    const { secret } = second.key
    second.release()
    expect(isZero(secret)).toBe(false)
    third.release()
    expect(isZero(secret)).toBe(true)
  })

  it('is kept once something has, by whomever', async () => {
    const { cache, keyring, lease } = setUp()
    const foreign = await foreignKey()
    const [first, second] = await Promise.all([lease(foreign), lease(foreign)])
    const { secret } = first.key
    second.prove()
    second.prove()
    second.release()
    first.release()
    ;(await lease(foreign)).release()
    expect(keyring.decrypts).toBe(1)
    expect(isZero(secret)).toBe(false)
    cache.clear()
    expect(isZero(secret)).toBe(true)
  })

  it('does not come into a cache that was cleared in the meantime', async () => {
    const { cache, keyring, lease } = setUp()
    const foreign = await foreignKey()
    const first = await lease(foreign)
    const { secret } = first.key
    cache.clear()
    const second = await lease(foreign)
    expect(keyring.decrypts).toBe(2)
    first.prove()
    first.release()
    expect(isZero(secret)).toBe(true)
    expect(cache.statistics().keys).toEqual([])
    second.prove()
    second.release()
    expect(cache.statistics().keys).toHaveLength(1)
  })

  it('is asked for, whatever is known of the same bytes under another', async () => {
    const { cache, keyring } = setUp()
    const claim = Buffer.from('claim')
    const take = async (encryptedDataKeys: Buffer) =>
      cache.beginOpening().take(dataKeyName(context, encryptedDataKeys), [claim])
    const first = await take(await foreignKey())
    first.refute(claim)
    first.release()
    await expect(take(await foreignKey())).resolves.toBeDefined()
    expect(keyring.decrypts).toBe(2)
  })

  it('is asked for again for what is not known to be forged', async () => {
    const { cache, keyring, lease } = setUp()
    const foreign = await foreignKey()
    const first = await lease(foreign)
    first.refute(foreign)
    first.release()
    await expect(lease(foreign)).rejects.toMatchObject({ name: 'FieldError', code: 'not-authentic' })
    const other = Buffer.from('other')
    const take = (...claims: Uint8Array[]) => cache.beginOpening().take(dataKeyName(context, foreign), claims)
    const second = await take(foreign, other)
    // A data key that is proven opens, whatever else is known of it.
    second.prove()
    second.refute(other)
    second.release()
    expect(keyring.decrypts).toBe(2)
    await expect(lease(foreign)).resolves.toBeDefined()
  })
})

it('the same encrypted data keys under another context have another name', async () => {
  const { cache, seal } = setUp()
  const encryptedDataKeys = Buffer.from(await seal())
  const call = cache.beginOpening()
  const nameOf = (of: typeof context) => call.nameOf(of, encryptedDataKeys, 0, encryptedDataKeys.length)
  const known = call.inMemory(nameOf(context))
  expect(known).toBeDefined()
  known?.release()
  const other = encryptionContext('message', 'Orders', {})
  expect(nameOf(other)).toEqual(dataKeyName(other, encryptedDataKeys))
  expect(call.inMemory(nameOf(other))).toBeUndefined()
})
