import { isAt } from '../bytes/equal.js'
import { publishGrace } from '../events.js'
import type { DataKeyContext, EncryptionContext } from '../materials/context.js'
import type { DataKey } from './dataKey.js'
import { type DataKeyName, dataKeyName } from './dataKeyName.js'
import { Flight } from './flight.js'
import { decryptDataKey, decryptDataKeyNow, honoursSignals, type Keyring } from './keyring.js'
import { Limiter } from './limiter.js'
import { OpeningCall } from './openingCall.js'
import { type Fate, OpeningLease, Unproven } from './openingLease.js'
import type { ResolvedOptions } from './options.js'
import { isPermanent, Refusals } from './refusals.js'
import { Refutations } from './refutations.js'
import type { KeyInMemory, OpeningStatistics } from './statistics.js'

/** While the keyring cannot be reached, an expired key is used this long before it is asked again, in ms. */
const GRACE_RETRY = 5000

/**
 * Calls into the keyring at once. A page may have a thousand data keys; more calls than there are
 * connections would only wait inside the keyring, where its deadlines already run.
 */
const MAX_CALLS = 32

interface Entry extends KeyInMemory<DataKeyContext> {
  /** During an outage: use the expired key without asking until then. */
  graceUntil: number
  /** What the keyring failed with when it was last asked. */
  graceError: unknown
}

/** A call into the keyring that is under way, or waits for its turn. */
class OpeningFlight extends Flight<Unproven> {
  started = false
}

/** Data keys for opening, by context and encrypted data keys. */
export class OpeningKeys {
  readonly #keyring: Keyring
  readonly #options: ResolvedOptions
  /** In order of use: the least recently used stands first. */
  readonly #entries = new Map<string, Entry>()
  /** Goes through them as they leave: a new iterator would pass all places of those that have left. */
  #oldest = this.#entries.keys()
  /** The name of the last of the entries: most fields that are opened share the data key of those before. */
  #lastUsed: DataKeyName | undefined
  readonly #flights = new Map<string, OpeningFlight>()
  /** Leased, and not in the entries: else what anybody can store would push out what is in use. */
  readonly #unproven = new Map<string, Unproven>()
  readonly #refusals: Refusals
  readonly #refutations: Refutations
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
    this.#refutations = new Refutations(options.refusalAge)
    this.#onInserted = onInserted
  }

  beginCall(signal: AbortSignal | undefined): OpeningCall {
    return new OpeningCall(this, this.#options.maxKeysPerOpen, signal)
  }

  /** For {@link OpeningCall.nameOf}. */
  nameOf(context: EncryptionContext, bytes: Buffer, start: number, end: number): DataKeyName {
    const last = this.#lastUsed
    if (last !== undefined && last.context === context && isAt(bytes, start, end, last.encryptedDataKeys)) {
      return last
    }
    // A copy: keyrings may keep what they are given, and the bytes are the caller's, who may overwrite them at any time.
    return dataKeyName(context, Buffer.from(bytes.subarray(start, end)))
  }

  /** For {@link OpeningCall.isInMemory}. */
  isInMemory({ id }: DataKeyName): boolean {
    const now = this.#options.now()
    const known = [this.#entries.get(id), this.#unproven.get(id)]
    return known.some(each => each !== undefined && this.#isFresh(each, now))
  }

  /** For {@link OpeningCall.inMemory}. */
  inMemory(name: DataKeyName): OpeningLease | undefined {
    const { id } = name
    const now = this.#options.now()
    const entry = this.#entries.get(id)
    if (entry !== undefined && this.#isFresh(entry, now)) {
      this.statistics.hits++
      this.#touch(name, entry)
      return new OpeningLease(entry.key.hold())
    }
    const unproven = this.#unproven.get(id)
    if (unproven === undefined || !this.#isFresh(unproven, now)) return undefined
    this.statistics.hits++
    return unproven.join()
  }

  /** For {@link OpeningCall.take}. */
  take(
    name: DataKeyName,
    claims: Iterable<Uint8Array>,
    call: OpeningCall,
  ): OpeningLease | Promise<OpeningLease> {
    call.signal?.throwIfAborted()
    const known = this.inMemory(name)
    if (known !== undefined) return known
    const { id } = name
    const now = this.#options.now()
    const entry = this.#entries.get(id)
    this.#throwIf(this.#refusals.find(id, now))
    if (entry !== undefined && this.#isInGrace(entry, now)) return this.#takeOrGrace(name, entry, call)
    this.#throwIf(this.#refusals.findLapse(id, now) ?? this.#refutations.find(id, claims, now))
    this.#remove(id)
    call.spend()
    this.statistics.misses++
    return this.#takeNow(name) ?? this.#joinFlight(name, call)
  }

  /** A key that was just generated here opens here at once. Becomes a holder. */
  add(context: EncryptionContext, key: DataKey): void {
    this.#refusals.recover()
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
    this.#unproven.clear()
    this.#refusals.clear()
    this.#refutations.clear()
  }

  keys(): KeyInMemory<DataKeyContext>[] {
    return [...this.#entries.values()]
  }

  /** A clock that went backwards makes a key as good as expired. */
  #isFresh({ key }: { readonly key: DataKey }, now: number): boolean {
    const age = now - key.createdAt
    return age >= 0 && age < this.#options.maxAge
  }

  #isInGrace({ key }: Entry, now: number): boolean {
    const age = now - key.createdAt
    return age >= 0 && age < this.#options.maxAge + this.#options.openingGrace
  }

  /** Asks the keyring, and falls back to the expired key if the failure may pass. */
  async #takeOrGrace(name: DataKeyName, entry: Entry, call: OpeningCall): Promise<OpeningLease> {
    const asks = this.#options.now() >= entry.graceUntil
    if (asks) call.spend()
    const expired = entry.key.hold()
    if (asks) {
      this.statistics.misses++
      try {
        const lease = await this.#joinFlight(name, call)
        expired.release()
        return lease
      } catch (error) {
        if (call.signal?.aborted) {
          expired.release()
          throw error
        }
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
    return new OpeningLease(expired)
  }

  #throwIf(refusal: { readonly error: unknown } | undefined): void {
    if (refusal === undefined) return
    this.statistics.refusals++
    throw refusal.error
  }

  /** Asks a keyring that can tell at once, unless a call for the same is under way. */
  #takeNow(name: DataKeyName): OpeningLease | undefined {
    const { id, context, encryptedDataKeys } = name
    const { now } = this.#options
    if (this.#flights.size > 0 && this.#flights.has(id)) return undefined
    try {
      const key = decryptDataKeyNow(this.#keyring, context, encryptedDataKeys, now)
      if (key === undefined) return undefined
      this.statistics.calls++
      this.#refusals.recover()
      return this.#introduce(name, key, 1).lease()
    } catch (error) {
      this.statistics.calls++
      this.statistics.failures++
      this.#refusals.note(id, error, now())
      throw error
    }
  }

  async #joinFlight(name: DataKeyName, call: OpeningCall): Promise<OpeningLease> {
    const flight = this.#flights.get(name.id) ?? this.#newFlight(name)
    const landed = flight.wait(call.signal)
    // In the queue of each call that waits for it, since the first of these may have thousands before it.
    if (!flight.started) {
      const isDone = () => flight.started || flight.waiters === 0
      this.#limiter.add(call, () => (isDone() ? undefined : this.#start(name, flight)))
    }
    return (await landed).lease()
  }

  #newFlight({ id }: DataKeyName): OpeningFlight {
    const flight = new OpeningFlight(() => {
      // A keyring that cannot be told goes on, for whoever comes next.
      if (flight.started && !honoursSignals(this.#keyring)) return
      this.#flights.delete(id)
      flight.abort()
    })
    this.#flights.set(id, flight)
    return flight
  }

  async #start(name: DataKeyName, flight: OpeningFlight): Promise<void> {
    const { id, context, encryptedDataKeys } = name
    const { now } = this.#options
    flight.started = true
    this.statistics.calls++
    const askedAt = now()
    try {
      const key = await decryptDataKey(this.#keyring, context, encryptedDataKeys, now, flight.signal)
      this.#refusals.recover()
      if (flight.waiters > 0) flight.land(this.#introduce(name, key, flight.waiters))
      else key.release()
    } catch (error) {
      // What was aborted says nothing of the keyring.
      if (flight.isAborted) return
      this.statistics.failures++
      this.#refusals.note(id, error, now(), now() - askedAt)
      flight.fail(error)
    } finally {
      if (this.#flights.get(id) === flight) this.#flights.delete(id)
    }
  }

  /** Makes it known to all who come while anybody has a lease, and forgets it then, unless it is proven. */
  #introduce(name: DataKeyName, key: DataKey, leases: number): Unproven {
    const unproven = new Unproven(name, key, leases, this.#fate)
    this.#unproven.set(name.id, unproven)
    return unproven
  }

  readonly #fate: Fate = {
    proven: unproven => {
      if (this.#forget(unproven)) this.#insert(unproven.name, unproven.key.hold())
    },
    refuted: ({ name }, claim) => this.#refutations.note(name.id, claim, this.#options.now()),
    left: unproven => this.#forget(unproven),
  }

  /** @returns false when another has taken its place, or the cache was cleared */
  #forget(unproven: Unproven): boolean {
    const { id } = unproven.name
    return this.#unproven.get(id) === unproven && this.#unproven.delete(id)
  }

  #insert(name: DataKeyName, key: DataKey): void {
    const { id, context } = name
    this.#remove(id)
    this.#lastUsed = name
    this.#entries.set(id, { key, context, graceUntil: 0, graceError: undefined })
    if (this.#entries.size > this.#options.maxKeys) this.#removeOldest()
    this.#onInserted()
  }

  #touch(name: DataKeyName, entry: Entry): void {
    if (name === this.#lastUsed) return
    this.#lastUsed = name
    this.#entries.delete(name.id)
    this.#entries.set(name.id, entry)
  }

  /** What it has passed is gone, or stands behind it again. */
  #removeOldest(): void {
    let next = this.#oldest.next()
    if (next.done) {
      this.#oldest = this.#entries.keys()
      next = this.#oldest.next()
    }
    this.#remove(next.value!)
  }

  #remove(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#entries.delete(id)
    entry.key.release()
  }
}
