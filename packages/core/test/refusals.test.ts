import { describe, expect, it } from 'vitest'
import type { DataKeyCacheOptions } from '../src/dataKeyCache/options.js'
import { RecentDigests } from '../src/dataKeyCache/recentDigests.js'
import { Refusals } from '../src/dataKeyCache/refusals.js'
import { foreignKey, PermanentError, setUp } from './support/dataKeyCache.js'

interface Refused extends ReturnType<typeof setUp> {
  ask(): Promise<unknown>
  /** How often the keyring was asked. */
  calls(): number
}

async function whenSealing(options?: DataKeyCacheOptions): Promise<Refused> {
  const set = setUp(options)
  return { ...set, ask: () => set.seal(), calls: () => set.keyring.encrypts }
}

async function whenOpening(options?: DataKeyCacheOptions): Promise<Refused> {
  const set = setUp(options)
  const foreign = await foreignKey()
  return { ...set, ask: () => set.open(foreign), calls: () => set.keyring.decrypts }
}

describe.each([
  ['sealing', whenSealing],
  ['opening', whenOpening],
])('a refusal for good, when %s,', (_name, when) => {
  it('is remembered briefly, also by those who share the call', async () => {
    const { ask, calls, clock, keyring } = await when({ refusalAge: 100 })
    keyring.failure = new PermanentError('denied')
    const outcomes = await Promise.allSettled([ask(), ask()])
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    keyring.failure = undefined
    clock.now += 99
    await expect(ask()).rejects.toThrow('denied')
    expect(calls()).toBe(1)
    clock.now += 1
    await ask()
    expect(calls()).toBe(2)
  })

  it.each<[string, (refused: Refused) => void]>([
    ['the cache is cleared', ({ cache }) => cache.clear()],
    ['the clock goes back', ({ clock }) => void clock.now--],
  ])('is forgotten when %s', async (_event, happen) => {
    const refused = await when()
    const { ask, calls, keyring } = refused
    keyring.failure = new PermanentError('denied')
    await expect(ask()).rejects.toThrow('denied')
    keyring.failure = undefined
    await expect(ask()).rejects.toThrow('denied')
    happen(refused)
    await ask()
    expect(calls()).toBe(2)
  })
})

describe('what a hostile table can fill the memory with', () => {
  const variants = async (count: number) => {
    const foreign = await foreignKey()
    return Array.from({ length: count }, (_, index) => {
      const bytes = Buffer.from(foreign)
      bytes.writeUInt16BE(index, bytes.length - 2)
      return bytes
    })
  }

  it('is remembered beyond the errors that are kept', async () => {
    const { cache, keyring, open } = setUp()
    const error = new PermanentError('corrupt')
    keyring.failure = error
    const refused = await variants(1002)
    for (const one of refused) await open(one).catch(() => {})
    const again = await Promise.allSettled(refused.map(one => open(one)))
    expect(keyring.decrypts).toBe(1002)
    expect(cache.statistics().opening.refusals).toBe(1002)
    const reasons = again.map(outcome => (outcome as PromiseRejectedResult).reason)
    expect(reasons.slice(0, 2)).toEqual([
      expect.objectContaining({ name: 'RefusedBefore', permanent: true }),
      expect.objectContaining({ name: 'RefusedBefore', permanent: true }),
    ])
    expect(reasons.slice(2).every(reason => reason === error)).toBe(true)
  })

  it('is bounded: what was first stays, and more is not remembered', () => {
    const digests = new RecentDigests(100)
    for (let index = 0; index < 2 ** 16 + 1; index++) digests.add(String(index), index < 2 ? 0 : 50)
    expect(digests.has('0', 99)).toBe(true)
    expect(digests.has(String(2 ** 16 - 1), 99)).toBe(true)
    expect(digests.has(String(2 ** 16), 99)).toBe(false)
    // There is room again for each that ended.
    for (const digest of ['x', 'y', 'z']) digests.add(digest, 100)
    expect(['0', '1', '2', 'x', 'y', 'z'].map(digest => digests.has(digest, 100))).toEqual([
      ...[false, false, true],
      ...[true, true, false],
    ])
  })

  it('is forgotten one by one, in time', () => {
    const digests = new RecentDigests(100)
    digests.add('a', 0)
    digests.add('b', 50)
    digests.add('a', 60)
    expect([digests.has('a', 149), digests.has('b', 149), digests.has('b', 150)]).toEqual([true, true, false])
    expect([digests.has('a', 159), digests.has('a', 160)]).toEqual([true, false])
    expect(digests.isEmpty).toBe(true)
  })
})

describe('a failure that may pass', () => {
  /** The keyring fails after so many milliseconds by the clock of the cache. */
  async function failingAfter(milliseconds: number, options?: DataKeyCacheOptions) {
    const set = setUp({ maxAge: 60_000, ...options })
    const { clock, keyring } = set
    const { onDecrypt } = keyring
    const outage = { isOver: false }
    keyring.onDecrypt = async (material, encryptedDataKeys) => {
      if (outage.isOver) return onDecrypt(material, encryptedDataKeys)
      keyring.decrypts++
      clock.now += milliseconds
      throw new Error('timeout')
    }
    const foreign = await foreignKey()
    return { ...set, outage, ask: () => set.open(foreign) }
  }

  it.each([
    [1000, 1000],
    [4000, 4000],
    [20_000, 5000],
  ])('after %i ms is remembered for %i', async (took, remembered) => {
    const { ask, cache, clock, keyring, outage } = await failingAfter(took)
    await expect(ask()).rejects.toThrow('timeout')
    outage.isOver = true
    clock.now += remembered - 1
    await expect(ask()).rejects.toThrow('timeout')
    expect([keyring.decrypts, cache.statistics().opening.refusals]).toEqual([1, 1])
    clock.now += 1
    await ask()
    expect(keyring.decrypts).toBe(2)
  })

  it.each<[string, number, DataKeyCacheOptions]>([
    ['that is quick', 999, {}],
    ['where refusals are not', 5000, { refusalAge: 0 }],
  ])('%s is not remembered', async (_name, took, options) => {
    const { ask, keyring, outage } = await failingAfter(took, options)
    await expect(ask()).rejects.toThrow('timeout')
    outage.isOver = true
    await ask()
    expect(keyring.decrypts).toBe(2)
  })

  it('is remembered no longer than a refusal', async () => {
    const { ask, clock, outage } = await failingAfter(5000, { refusalAge: 100 })
    await expect(ask()).rejects.toThrow('timeout')
    outage.isOver = true
    clock.now += 99
    await expect(ask()).rejects.toThrow('timeout')
    clock.now += 1
    await ask()
  })

  it.each<[string, (failing: Awaited<ReturnType<typeof failingAfter>>) => unknown]>([
    ['another data key comes', async ({ open }) => open(await foreignKey())],
    ['one is generated', ({ seal }) => seal()],
    ['the cache is cleared', ({ cache }) => cache.clear()],
    ['the clock goes back', ({ clock }) => Object.assign(clock, { now: 0 })],
  ])('is forgotten when %s', async (_event, happen) => {
    const failing = await failingAfter(5000)
    const { ask, outage } = failing
    await expect(ask()).rejects.toThrow('timeout')
    outage.isOver = true
    await expect(ask()).rejects.toThrow('timeout')
    await happen(failing)
    await ask()
  })

  it('keeps nobody from a data key in its grace', async () => {
    const { ask, clock, outage } = await failingAfter(5000, { openingGrace: 60_000 })
    outage.isOver = true
    await ask()
    outage.isOver = false
    clock.now += 60_000
    await ask()
    await ask()
  })

  it('takes bounded memory', () => {
    const refusals = new Refusals(10_000)
    for (let index = 0; index < 1001; index++) refusals.note(String(index), new Error('timeout'), 0, 5000)
    expect(refusals.findLapse('0', 1)).toBeUndefined()
    expect(refusals.findLapse('1', 1)).toBeDefined()
  })
})
