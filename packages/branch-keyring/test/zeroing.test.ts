import { randomBytes, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BranchKeyCache } from '../src/cache/branchKeyCache.js'
import { type BranchKeyCacheOptions, resolveCacheOptions } from '../src/cache/options.js'

/** A cache whose branch keys the test can look at in memory. */
function setUp(options: BranchKeyCacheOptions = {}) {
  const secrets: Uint8Array[] = []
  const landings: (() => void)[] = []
  const find = async (version: string = randomUUID()) => {
    const secret = new Uint8Array(randomBytes(32))
    secrets.push(secret)
    await new Promise<void>(resolve => landings.push(resolve))
    return { secret, version }
  }
  const cache = new BranchKeyCache(
    { active: () => find(), version: (_, version) => find(version) },
    resolveCacheOptions(options),
  )
  const land = () => landings.shift()!()
  const fetch = async (id: string) => {
    const key = cache.active(id)
    land()
    return key
  }
  return { cache, secrets, land, fetch }
}

const isZero = (secret: Uint8Array) => secret.every(byte => byte === 0)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a branch key in memory is zeroed', () => {
  it('when it leaves the cache, and not while somebody holds it', async () => {
    const { cache, secrets, fetch } = setUp()
    const key = await fetch('a')
    cache.clear()
    expect(isZero(key.secret)).toBe(false)
    key.release()
    expect(isZero(secrets[0]!)).toBe(true)
    expect(() => key.secret).toThrow('after it had been zeroed')
    expect(() => key.hold()).toThrow('after it had been zeroed')
    expect(() => key.release()).toThrow('more often than it was held')
  })

  it('when another one takes its place', async () => {
    const { secrets, fetch } = setUp({ maxKeys: 1 })
    const first = await fetch('a')
    first.release()
    const second = await fetch('b')
    expect(secrets.map(isZero)).toEqual([true, false])
    second.release()
    expect(isZero(secrets[1]!)).toBe(false)
  })

  it('when the same version arrives again', async () => {
    const { cache, secrets, land } = setUp({ maxAge: 10 })
    const version = randomUUID()
    for (let round = 0; round < 2; round++) {
      const key = cache.version('a', version)
      land()
      ;(await key).release()
      vi.advanceTimersByTime(10)
    }
    expect(isZero(secrets[0]!)).toBe(true)
  })

  it('when it has expired, though nobody asks for it', async () => {
    const { secrets, fetch } = setUp({ maxAge: 1_000, openingGrace: 500 })
    const key = await fetch('a')
    key.release()
    vi.advanceTimersByTime(1_499)
    expect(isZero(secrets[0]!)).toBe(false)
    vi.advanceTimersByTime(1)
    expect(isZero(secrets[0]!)).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('for none of those who waited for it together before each has let go', async () => {
    const { cache, secrets, land } = setUp({ maxKeys: 1 })
    const waiting = Array.from({ length: 3 }, () => cache.active('a'))
    land()
    const other = cache.active('b')
    land()
    const held = await Promise.all(waiting)
    ;(await other).release()
    for (const key of held) {
      expect(isZero(secrets[0]!)).toBe(false)
      expect(key.secret).toBe(secrets[0])
      key.release()
    }
    expect(isZero(secrets[0]!)).toBe(true)
  })

  it('when the cache was cleared while it was on its way, with its successor', async () => {
    const { cache, secrets, land } = setUp()
    const key = cache.active('a')
    cache.clear()
    land()
    ;(await key).release()
    expect(cache.statistics().keys).toHaveLength(1)
    cache.clear()
    expect(isZero(secrets[0]!)).toBe(true)
  })
})

describe('the timer that sees to it', () => {
  it('takes ages that setTimeout does not', async () => {
    const { fetch, secrets } = setUp({ maxAge: 2 ** 40 })
    ;(await fetch('a')).release()
    vi.advanceTimersByTime(2 ** 31)
    expect(isZero(secrets[0]!)).toBe(false)
    expect(vi.getTimerCount()).toBe(1)
  })
})
