import { beforeAll, describe, expect, it } from 'vitest'
import { createSearchTokens, type SearchTokens } from '../../src/index.js'
import { define, subject } from '../support/searching.js'
import { loadVectors, vectorKeyring, type WrappingKey } from '../support/vectors.js'

const VALUES = 4096
let tokens: SearchTokens
// A search key of the vectors: the same tokens each time.
beforeAll(() => {
  const { wrappingKeys, searchKeys } = loadVectors<{
    wrappingKeys: WrappingKey[]
    searchKeys: { bytes: string }[]
  }>('search/positive.json')
  const writeWith = Buffer.from(searchKeys[0]!.bytes, 'hex')
  tokens = createSearchTokens({ keyring: vectorKeyring(wrappingKeys[0]!), writeWith })
})

/** How many of the values have each token. */
async function sizes(bits: number): Promise<number[]> {
  const definition = define({ bits })
  const subjects = Array.from({ length: VALUES }, (_, index) =>
    subject({ S: `person${index}@example.com` }, { definition }),
  )
  const counts = new Map<string, number>()
  for (const [token] of await tokens.write(subjects)) counts.set(token!, (counts.get(token!) ?? 0) + 1)
  return [...counts.values()]
}

describe.each([8, 9, 10, 11, 12, 13, 16, 20])('of %i bits', bits => {
  it('a search finds as many others as the formula says, and no token is preferred', async () => {
    const found = await sizes(bits)
    expect(found.reduce((sum, size) => sum + size)).toBe(VALUES)
    // All searches together find each pair that shares a token twice.
    const pairs = found.reduce((sum, size) => sum + (size * (size - 1)) / 2, 0)
    const all = (VALUES * (VALUES - 1)) / 2
    const [expected, deviation] = [all / 2 ** bits, Math.sqrt(all * 2 ** -bits * (1 - 2 ** -bits))]
    expect(Math.abs(pairs - expected)).toBeLessThan(3 * deviation)
    // As many different tokens as there are when each value picks one at random.
    const different = 2 ** bits * -Math.expm1(VALUES * Math.log1p(-(2 ** -bits)))
    expect(Math.abs(found.length - different)).toBeLessThan(3 * Math.sqrt(VALUES))
  })
})

it('of 64 bits, no two values have one', async () => {
  expect(await sizes(64)).toHaveLength(VALUES)
})
