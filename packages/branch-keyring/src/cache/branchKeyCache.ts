import { isPermanent } from '../errors.js'
import { publish } from '../events.js'
import type { Lookup, PlainBranchKey } from '../keyStore/lookup.js'
import { BranchKey } from './branchKey.js'
import { Flights } from './flights.js'
import type { ResolvedCacheOptions } from './options.js'
import { Refusals } from './refusals.js'
import type { BranchKeyCacheStatistics, UnwrappingStatistics, UseStatistics } from './statistics.js'

/** Share of its age after which a branch key that is used is fetched again in the background. */
const REFRESH_AHEAD = 0.8
/** After that failed, the wait before the next time, as a share of the maximum age. */
const REFRESH_RETRY = 0.02
/** While none can be had, an expired key is used this long before it is asked for again, in ms. */
const GRACE_RETRY = 5_000

interface Entry {
  readonly key: BranchKey
  /** Not fetched ahead before then. */
  retryAt: number
  /** Used without asking before then, although it has expired. */
  graceUntil: number
  graceError: unknown
}

/** Which version of a branch key is the active one. */
interface Active {
  readonly name: string
  /** When KMS opened the row that says so. */
  readonly since: number
  retryAt: number
}

/**
 * Branch keys in memory, so that calls to KMS and reads of the key store depend on how many branch keys are in play, and
 * not on how many data keys or callers.
 */
export class BranchKeyCache {
  readonly #lookup: Pick<Lookup, 'active' | 'version'>
  readonly #options: ResolvedCacheOptions
  /** By version and branch key id, in order of use: the least recently used stands first. */
  readonly #entries = new Map<string, Entry>()
  /** The name of the entry that stands last: most data keys are wrapped under the branch key of the one before. */
  #lastUsed: string | undefined
  /** By branch key id; each has its entry. */
  readonly #actives = new Map<string, Active>()
  readonly #flights = new Flights()
  readonly #refusals: Refusals
  readonly #wrapping: UseStatistics = { hits: 0, misses: 0, fetches: 0, failures: 0, refusals: 0 }
  readonly #unwrapping: UnwrappingStatistics = {
    hits: 0,
    misses: 0,
    fetches: 0,
    failures: 0,
    refusals: 0,
    graced: 0,
  }
  #sweeper: NodeJS.Timeout | undefined

  constructor(lookup: Pick<Lookup, 'active' | 'version'>, options: ResolvedCacheOptions) {
    this.#lookup = lookup
    this.#options = options
    this.#refusals = new Refusals(options.refusalAge)
  }

  /** The active version, to wrap with. Held for the caller, who releases it. */
  async active(branchKeyId: string): Promise<BranchKey> {
    const now = this.#options.now()
    const flight = `active ${branchKeyId}`
    const fetch = () => this.#fetchActive(branchKeyId, flight)
    const land = (key: BranchKey) => this.#landActive(key)
    const active = this.#actives.get(branchKeyId)
    if (active !== undefined && this.#isFresh(active.since, now)) {
      this.#wrapping.hits++
      const key = this.#use(active.name)
      if (this.#isDue(active.since, now) && now >= active.retryAt) this.#flights.ahead(flight, fetch, land)
      return key
    }
    const refusal = this.#refusals.find(flight, now)
    if (refusal !== undefined) {
      this.#wrapping.refusals++
      throw refusal.error
    }
    this.#wrapping.misses++
    return this.#flights.join(flight, fetch, land)
  }

  /**
   * A version, to unwrap with. Held for the caller, who releases it.
   *
   * @param graced whether one that has expired does while none can be had
   */
  async version(branchKeyId: string, version: string, graced = true): Promise<BranchKey> {
    const known = this.inMemory(branchKeyId, version)
    if (known !== undefined) return known
    const now = this.#options.now()
    const name = nameOf(branchKeyId, version)
    const entry = this.#entries.get(name)
    const refusal = this.#refusals.find(name, now)
    if (refusal !== undefined) {
      this.#unwrapping.refusals++
      throw refusal.error
    }
    const isInGrace = entry !== undefined && this.#isInGrace(entry, now)
    if (isInGrace && graced) return this.#fetchOrGrace(name, entry)
    if (!isInGrace) this.#remove(name)
    this.#unwrapping.misses++
    return this.#flights.join(name, () => this.#fetchVersion(branchKeyId, version, name), this.#land)
  }

  /** A version, to unwrap with, if it is there and has not expired. Held for the caller, who releases it. */
  inMemory(branchKeyId: string, version: string): BranchKey | undefined {
    const now = this.#options.now()
    const name = nameOf(branchKeyId, version)
    const entry = this.#entries.get(name)
    if (entry === undefined || !this.#isFresh(entry.key.arrivedAt, now)) return undefined
    this.#unwrapping.hits++
    const key = this.#use(name)
    if (this.#isDue(entry.key.arrivedAt, now) && now >= entry.retryAt)
      this.#flights.ahead(name, () => this.#fetchVersion(branchKeyId, version, name), this.#land)
    return key
  }

  /** Lets go of what has expired; each key is zeroed once nobody uses it any more. */
  sweep(): void {
    const now = this.#options.now()
    for (const [name, entry] of this.#entries)
      if (!this.#isFresh(entry.key.arrivedAt, now) && !this.#isInGrace(entry, now)) this.#remove(name)
  }

  /** Lets go of every key, and forgets refusals. What is on its way arrives all the same. */
  clear(): void {
    for (const name of [...this.#entries.keys()]) this.#remove(name)
    this.#refusals.clear()
  }

  statistics(): BranchKeyCacheStatistics {
    const now = this.#options.now()
    return {
      wrapping: { ...this.#wrapping },
      unwrapping: { ...this.#unwrapping },
      keys: [...this.#entries].map(([name, { key }]) => ({
        branchKeyId: key.branchKeyId,
        version: key.version,
        active: this.#actives.get(key.branchKeyId)?.name === name,
        age: now - key.arrivedAt,
        wrapped: key.wrapped,
        unwrapped: key.unwrapped,
      })),
    }
  }

  /** A clock that went backwards makes a key as good as expired. */
  #isFresh(since: number, now: number): boolean {
    return now >= since && now - since < this.#options.maxAge
  }

  #isDue(since: number, now: number): boolean {
    return now - since >= this.#options.maxAge * REFRESH_AHEAD
  }

  #isInGrace({ key }: Entry, now: number): boolean {
    const age = now - key.arrivedAt
    return age >= 0 && age < this.#options.maxAge + this.#options.openingGrace
  }

  async #fetchActive(branchKeyId: string, flight: string): Promise<BranchKey> {
    try {
      const fetch = () => this.#lookup.active(branchKeyId)
      return await this.#fetch(branchKeyId, undefined, flight, this.#wrapping, fetch)
    } catch (error) {
      const active = this.#actives.get(branchKeyId)
      if (active !== undefined) active.retryAt = this.#retryTime()
      throw error
    }
  }

  async #fetchVersion(branchKeyId: string, version: string, name: string): Promise<BranchKey> {
    try {
      const fetch = () => this.#lookup.version(branchKeyId, version)
      return await this.#fetch(branchKeyId, version, name, this.#unwrapping, fetch)
    } catch (error) {
      const entry = this.#entries.get(name)
      if (entry !== undefined) entry.retryAt = this.#retryTime()
      throw error
    }
  }

  #retryTime(): number {
    return this.#options.now() + this.#options.maxAge * REFRESH_RETRY
  }

  async #fetch(
    branchKeyId: string,
    version: string | undefined,
    flight: string,
    statistics: UseStatistics,
    fetch: () => Promise<PlainBranchKey>,
  ): Promise<BranchKey> {
    statistics.fetches++
    const began = performance.now()
    try {
      const found = await fetch()
      const key = new BranchKey(branchKeyId, found.version, found.secret, this.#options.now())
      publish('arrival', () => ({
        branchKeyId,
        version: key.version,
        active: version === undefined,
        durationMs: performance.now() - began,
      }))
      return key
    } catch (error) {
      statistics.failures++
      this.#refusals.note(flight, error, this.#options.now())
      const awaited = this.#flights.isAwaited(flight)
      publish('failure', () => ({
        branchKeyId,
        version,
        durationMs: performance.now() - began,
        error,
        awaited,
      }))
      throw error
    }
  }

  /** Asks for it, and falls back to the expired key if the failure may pass. */
  async #fetchOrGrace(name: string, entry: Entry): Promise<BranchKey> {
    const { branchKeyId, version } = entry.key
    const expired = entry.key.hold()
    if (this.#options.now() >= entry.graceUntil) {
      this.#unwrapping.misses++
      try {
        const fetch = () => this.#fetchVersion(branchKeyId, version, name)
        const key = await this.#flights.join(name, fetch, this.#land)
        expired.release()
        return key
      } catch (error) {
        // That took its time: the grace may be over, or the cache cleared.
        const isInGrace = this.#entries.get(name) === entry && this.#isInGrace(entry, this.#options.now())
        if (isPermanent(error) || !isInGrace) {
          this.#remove(name)
          expired.release()
          throw error
        }
        entry.graceUntil = this.#options.now() + GRACE_RETRY
        entry.graceError = error
      }
    }
    this.#unwrapping.graced++
    publish('grace', () => {
      const age = this.#options.now() - expired.arrivedAt
      const { maxAge, openingGrace } = this.#options
      return { branchKeyId, version, age, left: maxAge + openingGrace - age, error: entry.graceError }
    })
    return expired
  }

  #landActive(key: BranchKey): void {
    const { branchKeyId, version, arrivedAt } = key
    this.#land(key)
    this.#actives.set(branchKeyId, { name: nameOf(branchKeyId, version), since: arrivedAt, retryAt: 0 })
  }

  /** Takes over the key. */
  readonly #land = (key: BranchKey): void => {
    const { branchKeyId, version } = key
    const name = nameOf(branchKeyId, version)
    const active = this.#actives.get(branchKeyId)
    this.#remove(name)
    this.#entries.set(name, { key, retryAt: 0, graceUntil: 0, graceError: undefined })
    this.#lastUsed = name
    // The same version came again: it still is the active one for as long as it was.
    if (active?.name === name) this.#actives.set(branchKeyId, active)
    if (this.#entries.size > this.#options.maxKeys) this.#remove(this.#entries.keys().next().value!)
    this.#armSweeper()
  }

  #use(name: string): BranchKey {
    const entry = this.#entries.get(name)!
    if (name !== this.#lastUsed) {
      this.#entries.delete(name)
      this.#entries.set(name, entry)
      this.#lastUsed = name
    }
    return entry.key.hold()
  }

  #remove(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    this.#entries.delete(name)
    const { branchKeyId } = entry.key
    if (this.#actives.get(branchKeyId)?.name === name) this.#actives.delete(branchKeyId)
    entry.key.release()
  }

  /** Keys of an idle process must go too, though nobody asks for them. The timer keeps no process alive. */
  #armSweeper(): void {
    if (this.#sweeper !== undefined) return
    const { maxAge, openingGrace } = this.#options
    // setTimeout takes 31 bits; keys that live longer than that are swept more often than needed.
    const delay = Math.min(maxAge + openingGrace, 2 ** 31 - 1)
    this.#sweeper = setTimeout(() => {
      this.#sweeper = undefined
      this.sweep()
      if (this.#entries.size > 0) this.#armSweeper()
    }, delay)
    this.#sweeper.unref()
  }
}

/** A UUID always has 36 characters, so that no two pairs share a name. */
function nameOf(branchKeyId: string, version: string): string {
  if (branchKeyId !== lastNamed.branchKeyId || version !== lastNamed.version)
    lastNamed = { branchKeyId, version, name: version + branchKeyId }
  return lastNamed.name
}

/** What was named last: a text put together anew is hashed anew to be looked up, which takes longer than all the rest. */
let lastNamed = { branchKeyId: '', version: '', name: '' }
