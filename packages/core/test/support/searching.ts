import {
  type AttributeValue,
  createSearchKey,
  createSearchTokens,
  type SearchOptions,
  TokenDefinition,
  type TokenOptions,
  type TokenSubject,
} from '../../src/index.js'
import { type CountingKeyring, countingKeyring, rawKeyring } from './keyrings.js'

/** Tokens of one attribute. */
export const define = (options: Partial<TokenOptions> = {}) =>
  new TokenDefinition({ of: [{ path: ['email'] }], ...options })

const email = define()

export function subject(value: AttributeValue, of: Partial<TokenSubject> = {}): TokenSubject {
  return { definition: email, table: 'Users', values: [value], ...of }
}

export const ada = subject({ S: 'ada@example.com' })

/** Search keys of versions 1 and 2; a clock that stands still, and data keys that last 1,000 ms. */
export async function setUp(
  { cache, ...options }: Partial<SearchOptions> = {},
  keyring: CountingKeyring = countingKeyring(),
) {
  const clock = { now: 1_000_000 }
  const [first, second] = await Promise.all([1, 2].map(version => createSearchKey(rawKeyring(), { version })))
  const create = (more: Partial<SearchOptions> = {}) =>
    createSearchTokens({
      keyring,
      writeWith: first!,
      findWith: [second!],
      cache: { now: () => clock.now, maxAge: 1000, ...cache },
      ...options,
      ...more,
    })
  return { first: first!, second: second!, clock, keyring, create, tokens: create() }
}

/** Of the members of a set or a list. */
export const tagsOf = define({ of: [{ path: ['tags'] }], members: true })

export async function errorOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('It worked.')
    },
    error => error,
  )
}
