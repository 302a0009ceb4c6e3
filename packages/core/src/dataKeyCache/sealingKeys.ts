import type { WritingKey } from '../message/codec.js'
import type { MessageContext } from '../message/context.js'
import { headerTemplate } from '../message/write.js'
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

interface Current extends KeyInMemory {
  readonly template: Buffer
}

interface Slot {
  current?: Current | undefined
  flight?: Flight<void> | undefined
  retryAt: number
}

/** A data key to seal with, held for the caller, who releases it. */
export interface SealingLease extends WritingKey {
  readonly key: DataKey
  /** Messages that may be sealed with it; at least 1, at most what was asked for. */
  readonly granted: number
}

/** One current data key per context. */
export class SealingKeys {
  readonly #keyring: Keyring
  readonly #options: ResolvedOptions
  readonly #slots = new Map<string, Slot>()
  readonly #refusals: Refusals
  readonly #onGenerated: (context: MessageContext, key: DataKey) => void
  readonly statistics: SealingStatistics = { hits: 0, misses: 0, calls: 0, failures: 0 }

  constructor(
    keyring: Keyring,
    options: ResolvedOptions,
    onGenerated: (context: MessageContext, key: DataKey) => void,
  ) {
    this.#keyring = keyring
    this.#options = options
    this.#refusals = new Refusals(options.refusalAge)
    this.#onGenerated = onGenerated
  }

  /** Rejects with the keyring's error, or with the reason of `signal`. */
  async take(
    context: MessageContext,
    wanted: number,
    signal: AbortSignal | undefined,
  ): Promise<SealingLease> {
    const slot = this.#slot(context)
    let waited = false
    for (;;) {
      signal?.throwIfAborted()
      const now = this.#options.now()
      const current = this.#usable(slot, now)
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

  #slot({ id }: MessageContext): Slot {
    let slot = this.#slots.get(id)
    if (slot === undefined) {
      slot = { retryAt: 0 }
      this.#slots.set(id, slot)
    }
    return slot
  }

  /** The current key, unless it is spent or expired: then the slot lets go of it. */
  #usable(slot: Slot, now: number): Current | undefined {
    const { current } = slot
    if (current === undefined) return undefined
    const age = now - current.key.createdAt
    // A clock that went backwards makes a key as good as expired.
    if (age >= 0 && age < this.#options.maxAge && current.key.sealed < this.#options.maxMessages)
      return current
    this.#drop(slot)
    return undefined
  }

  #isDue({ key }: Current, now: number): boolean {
    const { maxAge, maxMessages } = this.#options
    return now - key.createdAt >= maxAge * REFRESH_AHEAD || key.sealed >= maxMessages * REFRESH_AHEAD
  }

  #lease({ key, context, template }: Current, wanted: number): SealingLease {
    const granted = Math.min(wanted, this.#options.maxMessages - key.sealed)
    key.sealed += granted
    key.hold()
    const { encryptedDataKeys, secret } = key
    return { key, context: context.pairs, encryptedDataKeys, secret, template, granted }
  }

  #startFlight(slot: Slot, context: MessageContext): Flight<void> {
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

  async #generate(slot: Slot, context: MessageContext, flight: Flight<void>): Promise<void> {
    this.statistics.calls++
    try {
      const key = await generateDataKey(this.#keyring, context, this.#options.now, flight.signal)
      this.#drop(slot)
      slot.current = { key, context, template: headerTemplate(context.bytes, key.encryptedDataKeys) }
      this.#onGenerated(context, key)
      if (slot.flight === flight) slot.flight = undefined
      flight.land()
    } catch (error) {
      // What was aborted says nothing of the keyring.
      if (flight.signal.aborted) return
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
