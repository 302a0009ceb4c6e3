import type { EncryptionContext } from '../materials/context.js'
import type { DataKey } from './dataKey.js'
import { Flight } from './flight.js'
import { generateDataKey, honoursSignals, type Keyring } from './keyring.js'
import type { ResolvedOptions } from './options.js'
import { Refusals } from './refusals.js'
import type { KeyInMemory, SealingStatistics } from './statistics.js'

/** Share of its age or of its messages after which a key's successor is fetched in the background. */
const REFRESH_AHEAD = 0.8
/** After a failed refresh, the wait before the next, as a share of the maximum age. */
const REFRESH_RETRY = 0.02

interface Slot {
  current?: KeyInMemory | undefined
  flight?: Flight<void> | undefined
  retryAt: number
}

/** A data key to seal with, held for the caller, who releases it. */
export interface SealingLease extends KeyInMemory {
  /** Messages that may be sealed with it; at least 1, at most what was asked for. */
  readonly granted: number
}

/** One current data key per context; of the contexts that were used, the last ones. */
export class SealingKeys {
  readonly #keyring: Keyring
  readonly #options: ResolvedOptions
  readonly #slots = new Map<string, Slot>()
  readonly #refusals: Refusals
  readonly #onGenerated: (context: EncryptionContext, key: DataKey) => void
  readonly statistics: SealingStatistics = { hits: 0, misses: 0, calls: 0, failures: 0 }

  constructor(
    keyring: Keyring,
    options: ResolvedOptions,
    onGenerated: (context: EncryptionContext, key: DataKey) => void,
  ) {
    this.#keyring = keyring
    this.#options = options
    this.#refusals = new Refusals(options.refusalAge)
    this.#onGenerated = onGenerated
  }

  /**
   * @param least what has to be sealed with one key, at most `wanted`; a fresh key grants less only if `maxMessages` does
   *
   * Rejects with the keyring's error, or with the reason of `signal`.
   */
  async take(
    context: EncryptionContext,
    wanted: number,
    least: number,
    signal: AbortSignal | undefined,
  ): Promise<SealingLease> {
    let waited = false
    for (;;) {
      signal?.throwIfAborted()
      // Each time: while it waited, its slot may have left for others.
      const slot = this.#slot(context)
      const now = this.#options.now()
      const current = this.#usable(slot, now, least)
      if (current !== undefined) {
        if (!waited) this.statistics.hits++
        const lease = this.#lease(current, wanted)
        if (this.#isDue(current, now) && slot.flight === undefined && now >= slot.retryAt) {
          // The cache itself waits for it, whoever else goes: while the current key lasts, its failure is nobody's.
          this.#startFlight(slot, context)
            .wait(undefined)
            .catch(() => {})
        }
        return lease
      }
      const refusal = this.#refusals.find(context.id, now)
      if (refusal !== undefined && slot.flight === undefined) throw refusal.error
      if (!waited) this.statistics.misses++
      waited = true
      // Others who waited may use up the new key first; then it is another round.
      await (slot.flight ?? this.#startFlight(slot, context)).wait(signal)
    }
  }

  sweep(): void {
    const now = this.#options.now()
    for (const slot of this.#slots.values()) this.#usable(slot, now)
  }

  clear(): void {
    for (const slot of this.#slots.values()) this.#drop(slot)
    this.#refusals.clear()
  }

  keys(): KeyInMemory[] {
    return [...this.#slots.values()].flatMap(({ current }) => current ?? [])
  }

  #slot({ id }: EncryptionContext): Slot {
    const slot = this.#slots.get(id) ?? { retryAt: 0 }
    // In order of use, as Map keeps them.
    this.#slots.delete(id)
    this.#slots.set(id, slot)
    if (this.#slots.size > this.#options.maxKeys) this.#evict(slot)
    return slot
  }

  /** Lets go of the least recently used context; not of one whose key is on its way, which would be nobody's. */
  #evict(used: Slot): void {
    for (const [id, slot] of this.#slots) {
      if (slot === used || slot.flight !== undefined) continue
      this.#slots.delete(id)
      this.#drop(slot)
      return
    }
  }

  /** The current key, unless it is spent or expired: then the slot lets go of it. */
  #usable(slot: Slot, now: number, least = 1): KeyInMemory | undefined {
    const { current } = slot
    if (current === undefined) return undefined
    const age = now - current.key.createdAt
    const left = this.#options.maxMessages - current.key.sealed
    // A clock that went backwards makes a key as good as expired.
    if (age >= 0 && age < this.#options.maxAge && left >= Math.min(least, this.#options.maxMessages))
      return current
    this.#drop(slot)
    return undefined
  }

  #isDue({ key }: KeyInMemory, now: number): boolean {
    const { maxAge, maxMessages } = this.#options
    return now - key.createdAt >= maxAge * REFRESH_AHEAD || key.sealed >= maxMessages * REFRESH_AHEAD
  }

  #lease({ key, context }: KeyInMemory, wanted: number): SealingLease {
    const granted = Math.min(wanted, this.#options.maxMessages - key.sealed)
    key.sealed += granted
    return { key: key.hold(), context, granted }
  }

  #startFlight(slot: Slot, context: EncryptionContext): Flight<void> {
    const flight = new Flight<void>(() => {
      // A keyring that cannot be told goes on, for whoever comes next.
      if (!honoursSignals(this.#keyring)) return
      slot.flight = undefined
      flight.abort()
    })
    slot.flight = flight
    void this.#generate(slot, context, flight)
    return flight
  }

  async #generate(slot: Slot, context: EncryptionContext, flight: Flight<void>): Promise<void> {
    this.statistics.calls++
    try {
      const key = await generateDataKey(this.#keyring, context, this.#options.now, flight.signal)
      if (flight.isAborted) {
        // Its slot may have left for others since, and who came next has asked anew.
        key.release()
        return
      }
      this.#drop(slot)
      slot.current = { key, context }
      this.#onGenerated(context, key)
      if (slot.flight === flight) slot.flight = undefined
      flight.land()
    } catch (error) {
      // What was aborted says nothing of the keyring.
      if (flight.isAborted) return
      this.statistics.failures++
      const now = this.#options.now()
      slot.retryAt = now + this.#options.maxAge * REFRESH_RETRY
      this.#refusals.note(context.id, error, now)
      slot.flight = undefined
      flight.fail(error)
    }
  }

  #drop(slot: Slot): void {
    const { current } = slot
    slot.current = undefined
    current?.key.release()
  }
}
