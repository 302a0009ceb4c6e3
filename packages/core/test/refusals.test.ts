import { describe, expect, it } from 'vitest'
import type { DataKeyCacheOptions } from '../src/dataKeyCache/options.js'
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

it('any number of refused messages take bounded memory', async () => {
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
