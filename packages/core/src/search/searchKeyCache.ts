import { timingSafeEqual } from 'node:crypto'
import type { DataKey } from '../dataKeyCache/dataKey.js'
import { DataKeyCache } from '../dataKeyCache/dataKeyCache.js'
import type { Keyring } from '../dataKeyCache/keyring.js'
import { type KeyringOfContext, keyringOf } from '../dataKeyCache/keyringOf.js'
import type { OpeningLease } from '../dataKeyCache/openingLease.js'
import { type DataKeyCacheOptions, resolveOptions } from '../dataKeyCache/options.js'
import type { OpeningStatistics } from '../dataKeyCache/statistics.js'
import { FieldError, SearchError } from '../errors.js'
import { commitmentOf, rootOf, type SearchKey } from './searchKey.js'
import { TokenKeys } from './tokenKeys.js'

/** What a search key makes tokens with, held for the caller, who releases it. */
export interface TokenLease {
  readonly version: number
  readonly keys: TokenKeys
  release(): void
}

/** Search keys in memory: each is unwrapped once, whoever waits for it, and leaves as data keys do. */
export class SearchKeyCache {
  readonly #cache: DataKeyCache
  readonly #maxAge: number
  readonly #now: () => number
  readonly #maxTokenKeys: number

  /** @throws {ConfigurationError} `invalid-option` */
  constructor(
    keyring: Keyring | KeyringOfContext,
    options: Pick<DataKeyCacheOptions, 'maxAge' | 'refusalAge' | 'openingGrace' | 'now'>,
    maxTokenKeys: number,
  ) {
    // All search keys of one cache have one context.
    this.#cache = new DataKeyCache(keyringOf(keyring, 1), options)
    const { maxAge, now } = resolveOptions(options)
    this.#maxAge = maxAge
    this.#now = now
    this.#maxTokenKeys = maxTokenKeys
  }

  /**
   * @param forWriting refuses a search key that has expired, and would only be used since the keyring cannot be reached
   * @throws {SearchError} `key-unavailable` or `not-authentic`
   * @throws the reason of `signal`
   */
  async take(key: SearchKey, forWriting: boolean, signal: AbortSignal | undefined): Promise<TokenLease> {
    let lease: OpeningLease
    try {
      lease = await this.#cache.beginOpening(signal).take(key.name, [key.bytes])
    } catch (cause) {
      signal?.throwIfAborted()
      // The cache has errors of its own, for what it does not ask the keyring.
      throw cause instanceof FieldError && cause.code === 'not-authentic' ? changed() : unavailable(cause)
    }
    return this.#tokenLease(key, forWriting, lease)
  }

  /**
   * As {@link take}, if nobody has to be asked or waited for.
   *
   * @throws {SearchError} `key-unavailable` or `not-authentic`
   */
  inMemory(key: SearchKey, forWriting: boolean): TokenLease | undefined {
    const lease = this.#cache.beginOpening().inMemory(key.name)
    return lease === undefined ? undefined : this.#tokenLease(key, forWriting, lease)
  }

  /** Takes over the lease. */
  #tokenLease(key: SearchKey, forWriting: boolean, lease: OpeningLease): TokenLease {
    try {
      if (forWriting && this.#isExpired(lease.key)) throw unavailable(undefined)
      return { version: key.version, keys: this.#tokenKeys(key, lease), release: () => lease.release() }
    } catch (error) {
      lease.release()
      throw error
    }
  }

  /** As {@link take}, of several: all or none. */
  async takeAll(
    keys: readonly SearchKey[],
    forWriting: boolean,
    signal: AbortSignal | undefined,
  ): Promise<TokenLease[]> {
    const outcomes = await Promise.allSettled(keys.map(key => this.take(key, forWriting, signal)))
    const leases = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? outcome.value : []))
    const failure = outcomes.find(outcome => outcome.status === 'rejected')
    if (failure === undefined) return leases
    for (const lease of leases) lease.release()
    throw failure.reason
  }

  statistics(): OpeningStatistics {
    return this.#cache.statistics().opening
  }

  clear(): void {
    this.#cache.clear()
  }

  #tokenKeys(key: SearchKey, lease: OpeningLease): TokenKeys {
    const known = lease.key.derived
    // Of another search key, the data key is known, and not yet that it commits to it.
    if (known instanceof Derived && known.of === key) return known.keys
    const { version, context, name, commitment, bytes } = key
    const { secret } = lease.key
    if (!timingSafeEqual(commitment, commitmentOf(secret, version, context, name.encryptedDataKeys))) {
      lease.refute(bytes)
      throw changed()
    }
    lease.prove()
    const derived = new Derived(key, new TokenKeys(rootOf(secret, version), this.#maxTokenKeys))
    return lease.key.keep(derived, ({ keys }) => keys.zero()).keys
  }

  #isExpired({ createdAt }: DataKey): boolean {
    return this.#now() - createdAt >= this.#maxAge
  }
}

/** What is kept with a data key. */
class Derived {
  constructor(
    readonly of: SearchKey,
    readonly keys: TokenKeys,
  ) {}
}

function changed(): SearchError {
  return new SearchError(
    'not-authentic',
    'the search key was changed after it was made: its data key is not the one that it commits to. Take it from where it is kept again, or from a backup.',
  )
}

function unavailable(cause: unknown): SearchError {
  return new SearchError(
    'key-unavailable',
    'the keyring gave no data key for a search key. Its error is the cause; check that a replica of the key can be reached and that this process may decrypt with it.',
    { cause },
  )
}
