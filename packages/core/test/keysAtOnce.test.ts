import { describe, expect, it } from 'vitest'
import { DataKeyCache } from '../src/dataKeyCache/dataKeyCache.js'
import { dataKeyName } from '../src/dataKeyCache/dataKeyName.js'
import { type DataKeySource, dataKeySource, type Keyring } from '../src/dataKeyCache/keyring.js'
import type { OpeningLease } from '../src/dataKeyCache/openingLease.js'
import { serializeEncryptedDataKeys } from '../src/materials/encryptedDataKeys.js'
import { context, isZero, PermanentError } from './support/dataKeyCache.js'

// Keyrings that decrypt without anybody having to wait, as those of branch keys do while these are in memory.

const KEY = Buffer.alloc(32, 7)

const named = (name: string) => {
  const entry = { providerId: 'test', providerInfo: 'a key', encryptedDataKey: Buffer.from(name) }
  return dataKeyName(context, serializeEncryptedDataKeys([entry]))
}

/** @param now what the keyring says at once */
function setUp(now: NonNullable<DataKeySource['decryptDataKeyNow']>) {
  const handedOut: Uint8Array[] = []
  const asked = { atOnce: 0, waiting: 0 }
  const never = () => Promise.reject(new Error('asked in its other way'))
  const give = () => {
    const key = Uint8Array.from(KEY)
    handedOut.push(key)
    return key
  }
  const keyring: Keyring = {
    onEncrypt: never,
    onDecrypt: never,
    [dataKeySource]: {
      generateDataKey: never,
      async decryptDataKey() {
        asked.waiting++
        await new Promise(resolve => setImmediate(resolve))
        return give()
      },
      decryptDataKeyNow(request) {
        asked.atOnce++
        return now(request)
      },
    },
  }
  const clock = { now: 1_000_000 }
  const cache = new DataKeyCache(keyring, { now: () => clock.now, maxAge: 1000, maxKeysPerOpen: 2 })
  const take = (name = 'a', call = cache.beginOpening(), claims = [KEY]) => call.take(named(name), claims)
  return { cache, clock, take, handedOut, give, asked }
}

function lease(taken: OpeningLease | Promise<OpeningLease>): OpeningLease {
  expect(taken).not.toBeInstanceOf(Promise)
  return taken as OpeningLease
}

describe('a keyring that decrypts at once', () => {
  it('gives a key that nobody waits for, and what it hands out is zeroed', () => {
    const world = setUp(() => world.give())
    const { key } = lease(world.take())
    expect(key.secret).toEqual(KEY)
    expect(world.handedOut).toEqual([new Uint8Array(32)])
    expect(world.cache.statistics().opening).toMatchObject({ misses: 1, calls: 1, failures: 0 })
  })

  it('is asked once for what was proven, and for each that was not', () => {
    const world = setUp(() => world.give())
    const first = lease(world.take())
    const { secret } = first.key
    first.release()
    expect(isZero(secret)).toBe(true)
    const second = lease(world.take())
    second.prove()
    second.release()
    lease(world.take()).release()
    expect(world.asked).toEqual({ atOnce: 2, waiting: 0 })
    expect(world.cache.statistics().opening).toMatchObject({ hits: 1, misses: 2 })
  })

  it('is asked for no more than a call may ask for', () => {
    const world = setUp(() => world.give())
    const call = world.cache.beginOpening()
    for (const name of ['a', 'b']) lease(world.take(name, call)).release()
    expect(() => world.take('c', call)).toThrow(expect.objectContaining({ code: 'too-many-data-keys' }))
    expect(world.asked.atOnce).toBe(2)
  })

  it('is not asked again for a while for what it refused for good, or what did not authenticate', () => {
    const refusing = setUp(() => {
      throw new PermanentError('not yours')
    })
    for (let time = 0; time < 2; time++) expect(() => refusing.take()).toThrow('not yours')
    expect(refusing.asked.atOnce).toBe(1)
    expect(refusing.cache.statistics().opening).toMatchObject({ calls: 1, failures: 1, refusals: 1 })

    const world = setUp(() => world.give())
    const forged = lease(world.take())
    forged.refute(KEY)
    forged.release()
    expect(() => world.take()).toThrow(expect.objectContaining({ code: 'not-authentic' }))
    expect(world.asked.atOnce).toBe(1)
    lease(world.take('a', world.cache.beginOpening(), [Buffer.from('another')])).release()
  })

  it('is asked again for what it failed at for now', () => {
    let fails = true
    const world = setUp(() => {
      if (fails) throw new Error('out of memory')
      return world.give()
    })
    expect(() => world.take()).toThrow('out of memory')
    fails = false
    lease(world.take()).release()
  })

  it('has what is no data key refused, and zeroed', () => {
    const short = new Uint8Array(16).fill(7)
    const { take } = setUp(() => short)
    expect(() => take()).toThrow('a data key of 16 bytes')
    expect(short).toEqual(new Uint8Array(16))
  })

  it('is not asked where the call was aborted', () => {
    const world = setUp(() => world.give())
    const call = world.cache.beginOpening(AbortSignal.abort(new Error('enough')))
    expect(() => world.take('a', call)).toThrow('enough')
    expect(world.asked.atOnce).toBe(0)
  })
})

describe('a keyring that cannot at once', () => {
  it('is asked in the way that waits, once for all who come meanwhile', async () => {
    const world = setUp(() => undefined)
    const [first, second] = [world.take(), world.take()]
    expect(first).toBeInstanceOf(Promise)
    for (const each of await Promise.all([first, second])) {
      expect(each.key.secret).toEqual(KEY)
      each.release()
    }
    expect(world.asked).toEqual({ atOnce: 1, waiting: 1 })
    expect(world.cache.statistics().opening).toMatchObject({ misses: 2, calls: 1 })
  })
})
