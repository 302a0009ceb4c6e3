import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ada, define, setUp, subject } from '../support/searching.js'
import { endlessSlices, shortSlices } from '../support/slices.js'

beforeEach(endlessSlices)
afterEach(() => vi.restoreAllMocks())

const alone = async () => setUp({ findWith: [] })
const grace = subject({ S: 'grace@example.com' }, { definition: define({ bits: 40 }) })

it('finds what is found otherwise, once the search key is in memory', async () => {
  const { tokens, keyring } = await alone()
  expect(tokens.findNow([ada])).toBeUndefined()
  expect(keyring.decrypts).toBe(0)
  const found = await tokens.find([ada, grace])
  expect(tokens.findNow([ada, grace])).toEqual(found)
  expect(tokens.findNow([])).toEqual([])
  expect(keyring.decrypts).toBe(1)
})

it('leaves several search keys, and one that has expired or was let go, to who waits', async () => {
  const { create, clock, keyring } = await setUp()
  const several = create()
  await several.find([ada])
  expect(several.findNow([ada])).toBeUndefined()
  const tokens = create({ findWith: [] })
  await tokens.find([ada])
  clock.now += 1000
  expect(tokens.findNow([ada])).toBeUndefined()
  await tokens.find([ada])
  expect(tokens.findNow([ada])).toBeDefined()
  tokens.clear()
  const { decrypts } = keyring
  expect(tokens.findNow([ada])).toBeUndefined()
  expect(keyring.decrypts).toBe(decrypts)
})

it('leaves it to who waits, too, when others want their turn', async () => {
  const { tokens } = await alone()
  await tokens.find([ada])
  await shortSlices()
  expect(tokens.findNow(Array.from({ length: 50 }, () => ada))).toBeUndefined()
  await new Promise(resolve => setImmediate(resolve))
  expect(tokens.findNow([ada])).toBeDefined()
})

it('refuses what has no token', async () => {
  const { tokens } = await alone()
  await tokens.find([ada])
  const values = [{ NULL: true }, { S: '\ud800' }, { M: {} }]
  for (const value of values)
    expect(() => tokens.findNow([ada, subject(value as never)])).toThrow(
      expect.objectContaining({ code: 'invalid-value', keyNames: [] }),
    )
  expect(() => tokens.findNow([subject({ S: 'x' }, { definition: define({ bits: 7 }) })])).toThrow(
    expect.objectContaining({ code: 'invalid-option' }),
  )
  expect(tokens.findNow([ada])).toBeDefined()
})
