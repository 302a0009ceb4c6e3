import { timingSafeEqual } from 'node:crypto'
import type { AttributeValue } from '../attributeValue.js'
import { Writer } from '../bytes/writer.js'
import type { OpeningStatistics } from '../dataKeyCache/statistics.js'
import { invalidOption, SearchError } from '../errors.js'
import type { CallOptions } from '../format.js'
import { BLOCK_BYTES } from '../hmacSha256.js'
import { SEARCH_KEY } from '../materials/context.js'
import { parseEncryptedDataKeys } from '../materials/encryptedDataKeys.js'
import { type SearchParts, tellParts } from '../parts.js'
import { nextSlice, sliceIsOver } from '../slices.js'
import { type SearchOptions, searchKeysOf } from './options.js'
import type { SearchKey } from './searchKey.js'
import { SearchKeyCache, type TokenLease } from './searchKeyCache.js'
import type { TokenDefinition } from './tokenDefinition.js'
import type {
  TokenClaim,
  TokenFit,
  TokenMaker,
  TokenSubject,
  TokenUse,
  VersionedToken,
} from './tokenMaker.js'
import { writeMessage } from './tokenMessage.js'
import { tokenText, versionOf } from './tokenText.js'

/**
 * Tokens as `docs/format.md` has them, "Search tokens".
 *
 * @throws {ConfigurationError}
 * @throws {SearchError} `malformed-search-key` or `wrong-context`
 */
export function createSearchTokens(options: SearchOptions): SearchTokens {
  return new SearchTokens(options)
}

const LEAST_BITS = 8

/** Made by {@link createSearchTokens}. */
export class SearchTokens implements TokenMaker {
  readonly #cache: SearchKeyCache
  readonly #writeWith: SearchKey
  readonly #all: readonly SearchKey[]
  /** By version. */
  readonly #keys: ReadonlyMap<number, SearchKey>
  readonly #keyring: SearchOptions['keyring']

  constructor(options: SearchOptions) {
    const { writeWith, all, cache, maxKeys } = searchKeysOf(options)
    this.#cache = new SearchKeyCache(options.keyring, cache, maxKeys)
    this.#keyring = options.keyring
    this.#writeWith = writeWith
    this.#all = all
    this.#keys = new Map(all.map(key => [key.version, key]))
    tellParts(this, () => this.#parts())
  }

  #parts(): SearchParts {
    const { [SEARCH_KEY]: _, ...encryptionContext } = this.#writeWith.context.pairs
    const searchKeys = this.#all.map(({ version, commitment, name, bytes }) => ({
      version,
      commitment: commitment.toString('hex'),
      encryptedDataKeys: parseEncryptedDataKeys(name.encryptedDataKeys),
      bytes: Uint8Array.from(bytes),
    }))
    return { keyring: this.#keyring, encryptionContext, searchKeys }
  }

  faultOf({ definition: { bits } }: TokenUse): string | undefined {
    return bits < LEAST_BITS ? TOO_SHORT : undefined
  }

  /** Versions of the search keys: that which is written with first. */
  get versions(): readonly number[] {
    return [...this.#keys.keys()]
  }

  /**
   * @throws {SearchError} and nothing is returned, when any one has none
   * @throws the reason of `options.signal`, when that fires
   */
  write(subjects: readonly TokenSubject[], { signal }: CallOptions = {}): Promise<(readonly string[])[]> {
    return this.#with([this.#writeWith], true, signal, subjects, (subject, leases) => {
      const tokens = normalized(subject).map(values => tokensOf(subject, values, leases)[0]!)
      // Sorted, or their order would tell that of a list.
      return tokens.length > 1 ? [...new Set(tokens)].sort() : tokens
    })
  }

  /**
   * @throws {SearchError} and nothing is returned, when any one has none
   * @throws the reason of `options.signal`, when that fires
   */
  find(subjects: readonly TokenSubject[], { signal }: CallOptions = {}): Promise<VersionedToken[][]> {
    return this.#with(this.#all, false, signal, subjects, foundBy)
  }

  /** @throws {SearchError} and nothing is returned, when any one has none */
  findNow(subjects: readonly TokenSubject[]): VersionedToken[][] | undefined {
    const [key, ...others] = this.#all
    if (others.length > 0) return undefined
    refuseShort(subjects)
    const lease = this.#cache.inMemory(key!, false)
    if (lease === undefined) return undefined
    const results: VersionedToken[][] = []
    try {
      for (let index = 0; index < subjects.length; index++) {
        if (sliceIsOver()) return undefined
        results.push(foundBy(subjects[index]!, [lease]))
      }
    } finally {
      lease.release()
    }
    return results
  }

  /**
   * A single token is compared in constant time; those of members are looked up, under a hash that nobody outside of the
   * process knows.
   *
   * @throws {SearchError} `key-unavailable`, `not-authentic` or `invalid-location`; never for what is stored
   * @throws the reason of `options.signal`, when that fires
   */
  async check(claims: readonly TokenClaim[], { signal }: CallOptions = {}): Promise<TokenFit[]> {
    const found = claims.map(({ definition, stored }) => storedTokens(stored, definition))
    const isHeld = (version: number) => this.#keys.has(version)
    const needed = this.#all.filter(({ version }) => found.some(one => one?.versions.includes(version)))
    return this.#with(needed, false, signal, claims, (claim, leases, index): TokenFit => {
      const stored = found[index]
      if (stored === undefined) return { fits: false, reason: 'malformed' }
      const { versions } = stored
      if (!versions.every(isHeld)) return { fits: false, reason: 'unknown-version' }
      const ofClaim = leases.filter(({ version }) => versions.includes(version))
      if (!fits(claim, stored.tokens, ofClaim)) return { fits: false, reason: 'other-value' }
      return { fits: true, versions, current: versions.every(version => version === this.#writeWith.version) }
    })
  }

  /** Calls into the keyring, and what spared them. */
  statistics(): Readonly<OpeningStatistics> {
    return this.#cache.statistics()
  }

  /**
   * Lets go of all search keys in memory; each is zeroed, with all that was derived of it, once no call uses it any more.
   * Calls that wait for the keyring bring one after that.
   */
  clear(): void {
    this.#cache.clear()
  }

  async #with<T extends TokenSubject, R>(
    keys: readonly SearchKey[],
    forWriting: boolean,
    signal: AbortSignal | undefined,
    list: readonly T[],
    work: (one: T, leases: readonly TokenLease[], index: number) => R,
  ): Promise<R[]> {
    signal?.throwIfAborted()
    refuseShort(list)
    const leases =
      keys.length === 1
        ? [
            this.#cache.inMemory(keys[0]!, forWriting) ??
              (await this.#cache.take(keys[0]!, forWriting, signal)),
          ]
        : await this.#cache.takeAll(keys, forWriting, signal)
    const results: R[] = []
    try {
      for (let index = 0; index < list.length; index++) {
        while (sliceIsOver()) await nextSlice()
        results.push(work(list[index]!, leases, index))
      }
    } finally {
      for (const lease of leases) lease.release()
    }
    return results
  }
}

const TOO_SHORT = `bits must be an integer from ${LEAST_BITS} to 256`

/** @throws {ConfigurationError} `invalid-option` */
function refuseShort(subjects: readonly TokenSubject[]): void {
  for (let index = 0; index < subjects.length; index++)
    if (subjects[index]!.definition.bits < LEAST_BITS)
      throw invalidOption(`A token cannot be made so: ${TOO_SHORT}.`)
}

/** What tokens are made of, with room for a key before it. Empty between two tokens. */
const scratch = new Writer(512)
const ROOM = Buffer.alloc(BLOCK_BYTES)

/** What one value is found by: for each lease a token. */
function foundBy(subject: TokenSubject, leases: readonly TokenLease[]): VersionedToken[] {
  const tokens = tokensOf(subject, searched(subject), leases)
  const found: VersionedToken[] = []
  for (let index = 0; index < tokens.length; index++)
    found.push({ token: tokens[index]!, version: leases[index]!.version })
  return found
}

/** For each lease the token of what is made of one value, or of several together. */
function tokensOf(
  subject: TokenSubject,
  normalized: readonly AttributeValue[],
  leases: readonly TokenLease[],
): string[] {
  const { bits, paths } = subject.definition
  const tokens: string[] = []
  try {
    scratch.bytes(ROOM)
    writeMessage(scratch, normalized, paths)
    const block = scratch.written()
    for (let index = 0; index < leases.length; index++) {
      const { version, keys } = leases[index]!
      tokens.push(tokenText(version, keys.of(subject).digest(block, 'base64url'), bits))
    }
    return tokens
  } catch (error) {
    throw placed(error, subject)
  } finally {
    scratch.clear()
  }
}

/** Whether each stored token is one of the value's, and none of the value's is missing. */
function fits(claim: TokenClaim, stored: readonly string[], leases: readonly TokenLease[]): boolean {
  const { definition } = claim
  /** For each member those of all leases. */
  let expected: string[][]
  try {
    expected = definition.normalize(claim.values).map(values => tokensOf(claim, values, leases))
  } catch (error) {
    // What has no token has none that fits.
    if (error instanceof SearchError && error.code === 'invalid-value') return false
    throw error
  }
  if (!definition.members) return isSame(stored[0]!, expected[0]![0]!)
  const ofValue = new Set(expected.flat())
  const found = new Set(stored)
  return (
    stored.every(token => ofValue.has(token)) &&
    expected.every(ofMember => ofMember.some(token => found.has(token)))
  )
}

function isSame(stored: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(stored, 'latin1'), Buffer.from(expected, 'latin1'))
}

interface StoredTokens {
  readonly tokens: readonly string[]
  /** Ascending. */
  readonly versions: readonly number[]
}

/** A copy; undefined where one is no token, or where there are not as many as there can be. */
function storedTokens(stored: unknown, { bits, members }: TokenDefinition): StoredTokens | undefined {
  if (!Array.isArray(stored) || (!members && stored.length !== 1)) return undefined
  const tokens = [...stored]
  const versions = tokens.map(token => versionOf(token, bits))
  if (!versions.every(version => version !== undefined)) return undefined
  return { tokens, versions: [...new Set(versions)].sort((a, b) => a - b) }
}

/** For each token what it is made of. */
function normalized(subject: TokenSubject): AttributeValue[][] {
  try {
    return subject.definition.normalize(subject.values)
  } catch (error) {
    throw placed(error, subject)
  }
}

function searched(subject: TokenSubject): AttributeValue[] {
  try {
    return subject.definition.normalizeOne(subject.values)
  } catch (error) {
    throw placed(error, subject)
  }
}

/** Errors that are not ours may quote what they tripped over, so nothing of them is passed on. */
function placed(error: unknown, { definition, table, keyNames = [] }: TokenSubject): unknown {
  const place = { table: String(table), keyNames, path: definition.paths[0]! }
  if (error instanceof SearchError) return error.at(place)
  return new SearchError('invalid-value', 'the value could not be read. Is it a plain attribute value?').at(
    place,
  )
}
