import { publishGrace } from '../events.js'
import type { EncryptionContext } from '../materials/context.js'
import type { DataKey } from './dataKey.js'
import { decryptDataKey, type Keyring } from './keyring.js'
import { Limiter } from './limiter.js'
import type { ResolvedOptions } from './options.js'
import { isPermanent, Refusals } from './refusals.js'
import type { KeyInMemory, OpeningStatistics } from './statistics.js'

/** While the keyring cannot be reached, an expired key is used this long before it is asked again, in ms. */
const GRACE_RETRY = 5000

/**
 * Calls into the keyring at once. A page may have a thousand data keys; more calls than there are
 * connections would only wait inside the keyring, where its deadlines already run.
 */
const MAX_CALLS = 32

interface Entry extends KeyInMemory {
  /** During an outage: use the expired key without asking until then. */
  graceUntil: number
  /** What the keyring failed with when it was last asked. */
  graceError: unknown
}

interface Flight {
  readonly promise: Promise<DataKey>
  waiters: number
}

/** What a stored message says of its data key. */
export interface DataKeyName {
  readonly id: string
  readonly context: EncryptionContext
  /** In memory that nobody changes: the keyring is given views of it. */
  readonly encryptedDataKeys: Buffer
}

export function dataKeyName(context: EncryptionContext, encryptedDataKeys: Buffer): DataKeyName {
  // Both parts say how long they are, so that no two pairs share an id.
  return { id: context.id + encryptedDataKeys.toString('latin1'), context, encryptedDataKeys }
}

/** Data keys for opening, by context and encrypted data keys. */
export class OpeningKeys {
  readonly #keyring: Keyring
  readonly #options: ResolvedOptions
  /** In order of use: the least recently used stands first. */
  readonly #entries = new Map<string, Entry>()
  readonly #flights = new Map<string, Flight>()
  readonly #refusals: Refusals
  readonly #limiter = new Limiter(MAX_CALLS)
  readonly #onInserted: () => void
  readonly statistics: OpeningStatistics = {
    hits: 0,
    misses: 0,
    calls: 0,
    failures: 0,
    refusals: 0,
    graced: 0,
  }

  constructor(keyring: Keyring, options: ResolvedOptions, onInserted: () => void) {
    this.#keyring = keyring
    this.#options = options
    this.#refusals = new Refusals(options.refusalAge)
    this.#onInserted = onInserted
  }

  /** Held for the caller, who releases it. Rejects with the keyring's error. */
  async take(name: DataKeyName): Promise<DataKey> {
    const { id } = name
    const now = this.#options.now()
    const entry = this.#entries.get(id)
    if (entry !== undefined && this.#isFresh(entry, now)) {
      this.statistics.hits++
      this.#touch(id, entry)
      return entry.key.hold()
    }
    const refusal = this.#refusals.find(id, now)
    if (refusal !== undefined) {
      this.statistics.refusals++
      throw refusal.error
    }
    if (entry !== undefined && this.#isInGrace(entry, now)) return this.#takeOrGrace(name, entry)
    this.#remove(id)
    this.statistics.misses++
    return this.#joinFlight(name)
  }

  /** A key that was just generated here opens here at once. Becomes a holder. */
  add(context: EncryptionContext, key: DataKey): void {
    this.#insert(dataKeyName(context, key.encryptedDataKeys), key.hold())
  }

  /** Lets go of what has expired. */
  sweep(): void {
    const now = this.#options.now()
    for (const [id, entry] of this.#entries) {
      if (!this.#isFresh(entry, now) && !this.#isInGrace(entry, now)) this.#remove(id)
    }
  }

  clear(): void {
    for (const id of [...this.#entries.keys()]) this.#remove(id)
    this.#refusals.clear()
  }

  keys(): KeyInMemory[] {
    return [...this.#entries.values()]
  }

  /** A clock that went backwards makes a key as good as expired. */
  #isFresh({ key }: Entry, now: number): boolean {
    const age = now - key.createdAt
    return age >= 0 && age < this.#options.maxAge
  }

  #isInGrace({ key }: Entry, now: number): boolean {
    const age = now - key.createdAt
    return age >= 0 && age < this.#options.maxAge + this.#options.openingGrace
  }

  /** Asks the keyring, and falls back to the expired key if the failure may pass. */
  async #takeOrGrace(name: DataKeyName, entry: Entry): Promise<DataKey> {
    const expired = entry.key.hold()
    if (this.#options.now() >= entry.graceUntil) {
      this.statistics.misses++
      try {
        const key = await this.#joinFlight(name)
        expired.release()
        return key
      } catch (error) {
        // The call took its time: the grace may be over, or the cache cleared.
        const isInGrace = this.#entries.get(name.id) === entry && this.#isInGrace(entry, this.#options.now())
        if (isPermanent(error) || !isInGrace) {
          this.#remove(name.id)
          expired.release()
          throw error
        }
        entry.graceUntil = this.#options.now() + GRACE_RETRY
        entry.graceError = error
      }
    }
    this.statistics.graced++
    publishGrace(() => {
      const age = this.#options.now() - expired.createdAt
      const { maxAge, openingGrace } = this.#options
      return { context: entry.context.pairs, age, left: maxAge + openingGrace - age, error: entry.graceError }
    })
    return expired
  }

  #joinFlight(name: DataKeyName): Promise<DataKey> {
    let flight = this.#flights.get(name.id)
    if (flight === undefined) {
      flight = { promise: this.#decrypt(name), waiters: 0 }
      this.#flights.set(name.id, flight)
    }
    flight.waiters++
    return flight.promise
  }

  async #decrypt(name: DataKeyName): Promise<DataKey> {
    const { id, context, encryptedDataKeys } = name
    try {
      const key = await this.#limiter.run(() => {
        this.statistics.calls++
        return decryptDataKey(this.#keyring, context, encryptedDataKeys, this.#options.now)
      })
      // Held for each waiter before anything can evict the key: none has resumed yet.
      for (let waiter = 0; waiter < this.#flights.get(id)!.waiters; waiter++) key.hold()
      this.#insert(name, key)
      return key
    } catch (error) {
      this.statistics.failures++
      this.#refusals.note(id, error, this.#options.now())
      throw error
    } finally {
      this.#flights.delete(id)
    }
  }

  #insert({ id, context }: DataKeyName, key: DataKey): void {
    this.#remove(id)
    this.#entries.set(id, { key, context, graceUntil: 0, graceError: undefined })
    if (this.#entries.size > this.#options.maxKeys) this.#remove(this.#entries.keys().next().value!)
    this.#onInserted()
  }

  #touch(id: string, entry: Entry): void {
    this.#entries.delete(id)
    this.#entries.set(id, entry)
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#entries.delete(id)
    entry.key.release()
  }
}
