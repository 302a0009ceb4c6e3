import {
  type AttributeValue,
  ConfigurationError,
  type DataKeyCacheOptions,
  FieldError,
  SealError,
} from '@dynaseal/core'
import {
  checkOptions,
  DataKeyCache,
  nextSlice,
  type OpeningCall,
  type OpeningLease,
  publishNotOpened,
  publishNotSealed,
  sliceIsOver,
} from '@dynaseal/core/formats'
import { type Attributes, PlainFields } from './fields.js'
import type { AlgorithmSuite } from './header.js'
import { type IntermediateKey, type Keyrings, type KeyringsOfContext, KeyWrapping } from './keyrings.js'
import type { Opening } from './open.js'
import { type Sealed, Sealing } from './seal.js'
import type { Table } from './table.js'

/** How keys are had for items, and how these are signed. */
export interface KeyOptions {
  /**
   * A keyring for each recipient, or a function that gives them for an encryption context. **The context has the values of
   * the item's key.** So a keyring that asks KMS asks it once for each item and recipient, and KMS and CloudTrail see
   * these values; `BranchKeyring` of `@dynaseal/branch-keyring` asks once for thousands of items.
   */
  readonly keyring: Keyrings | KeyringsOfContext
  /**
   * What new items are sealed with: `0x6701` (default), with an ECDSA signature that whoever can only open items cannot
   * make, or `0x6700` without it. Both are always opened.
   */
  readonly algorithmSuite?: AlgorithmSuite
  /** How long keys for opening live in memory, and how many: for items that are read again. Nothing is kept for sealing. */
  readonly cache?: Omit<DataKeyCacheOptions, 'maxMessages'>
}

/**
 * Each item has a key of its own, and a page of 1 MB (2^20 bytes) has fewer items than this: with header and footer, none
 * is shorter than 300 bytes.
 */
const MAX_KEYS_PER_OPEN = 4000

/** The outcome for an item: the values of its encrypted attributes, or why it did not open. */
export type Outcome =
  | { readonly values: ReadonlyMap<string, AttributeValue> }
  | { readonly error: FieldError }

/** Seals and opens items, whatever they are given as. */
export class SdkItems {
  readonly #suite: AlgorithmSuite
  readonly #wrapping: KeyWrapping
  readonly #cache: DataKeyCache
  /** Calls into keyrings that have given a key. */
  #sealingCalls = 0

  /** @throws {ConfigurationError} `invalid-option` */
  constructor({ keyring, algorithmSuite = '0x6701', cache = {} }: KeyOptions) {
    if (algorithmSuite !== '0x6700' && algorithmSuite !== '0x6701')
      throw new ConfigurationError(
        'invalid-option',
        "The option algorithmSuite must be '0x6700' or '0x6701'.",
      )
    this.#suite = algorithmSuite
    this.#wrapping = new KeyWrapping(keyring)
    checkOptions('cache', cache)
    this.#cache = new DataKeyCache(this.#wrapping.opening(), { maxKeysPerOpen: MAX_KEYS_PER_OPEN, ...cache })
  }

  /** @throws {SealError} placed; and the reason of `signal`, when that fires */
  async seal(table: Table, attributes: Attributes, signal: AbortSignal | undefined): Promise<Sealed> {
    try {
      const plain = new PlainFields(table, attributes)
      try {
        while (sliceIsOver()) await nextSlice()
        const sealing = new Sealing(table, this.#suite, plain)
        const keys = await this.#generate(sealing, signal)
        while (sliceIsOver()) await nextSlice()
        return this.#sealWith(sealing, keys)
      } finally {
        plain.zero()
      }
    } catch (error) {
      if (error instanceof SealError) publishNotSealed(error)
      throw error
    }
  }

  /**
   * What is thrown is about the call, and not about a stored item.
   *
   * @returns no promise where nobody has to be waited for: that would take as long as to derive a key
   */
  openOne(item: ItemToTake, signal: AbortSignal | undefined): Outcome | Promise<Outcome> {
    if (sliceIsOver()) return this.#openNextSlice(item, signal)
    const arrival = this.#arrive(item.take, this.#cache.beginOpening(signal))
    if (arrival instanceof Promise) return openOnArrival(item.table, arrival, signal)
    return openArrived(item.table, arrival, signal)
  }

  async #openNextSlice(item: ItemToTake, signal: AbortSignal | undefined): Promise<Outcome> {
    await nextSlice()
    return this.openOne(item, signal)
  }

  /** The same for several, which share what one call may ask the keyrings for. */
  async open(items: readonly ItemToTake[], signal: AbortSignal | undefined): Promise<Outcome[]> {
    const call = this.#cache.beginOpening(signal)
    const coming: (Arrival | Promise<Arrival>)[] = []
    let isWaiting = false
    // By index, as below: what an iterator makes for each item is garbage.
    for (let index = 0; index < items.length; index++) {
      while (sliceIsOver()) await nextSlice()
      const arrival = this.#arrive(items[index]!.take, call)
      isWaiting ||= arrival instanceof Promise
      coming.push(arrival)
    }
    const arrived = isWaiting ? await Promise.all(coming) : (coming as Arrival[])
    try {
      signal?.throwIfAborted()
      const outcomes: Outcome[] = []
      for (let index = 0; index < items.length; index++) {
        while (sliceIsOver()) await nextSlice()
        outcomes.push(outcomeOf(items[index]!.table, arrived[index]!))
      }
      return outcomes
    } finally {
      for (let index = 0; index < arrived.length; index++) release(arrived[index]!)
    }
  }

  statistics() {
    const { opening, keys } = this.#cache.statistics()
    return { sealing: { calls: this.#sealingCalls }, opening, keys }
  }

  clear(): void {
    this.#cache.clear()
  }

  /**
   * A key that the keyring gives at once is used at once, and not kept: it opens this item only.
   *
   * @returns what never rejects, so that all can be waited for
   */
  #arrive(take: () => Opening, call: OpeningCall): Arrival | Promise<Arrival> {
    let opening: Opening
    try {
      opening = take()
    } catch (error) {
      return { error: notOpened(error) }
    }
    let key: Uint8Array | undefined
    try {
      key = this.#wrapping.unwrapNow(opening.pairs, opening.wrappedKeys)
      if (key === undefined) {
        const lease = call.take(opening.name, opening.claims())
        return lease instanceof Promise ? arrivalOf(opening, lease) : { opening, lease }
      }
    } catch (refusal) {
      return { opening, refusal }
    }
    return openNow(opening, key)
  }

  async #generate({ table, pairs }: Sealing, signal: AbortSignal | undefined): Promise<IntermediateKey[]> {
    try {
      const coming = this.#wrapping.generate(pairs, signal)
      const keys = await (signal === undefined ? coming : unlessAborted(coming, signal))
      this.#sealingCalls += keys.length
      return keys
    } catch (cause) {
      signal?.throwIfAborted()
      const reason =
        'a keyring gave no key for it. Its error is the cause; check that a replica of the key can be reached and that this process may use it.'
      throw table.sealError('key-unavailable', reason, undefined, cause)
    }
  }

  #sealWith(sealing: Sealing, keys: readonly IntermediateKey[]): Sealed {
    const { table } = sealing
    try {
      return sealing.seal(keys)
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause
      throw table.sealError(
        'sealing-failed',
        'what the keyring wrapped does not fit into a header.',
        undefined,
        cause,
      )
    } finally {
      for (const { key } of keys) key.fill(0)
    }
  }
}

/** A stored item, and what takes it apart; that throws {@link FieldError}, placed. */
interface ItemToTake {
  readonly table: Table
  readonly take: () => Opening
}

/** An item that was taken apart, and its key, or why there is none; or the outcome, where that is known already. */
type Arrival =
  | { readonly opening: Opening; readonly lease?: OpeningLease; readonly refusal?: unknown }
  | Outcome

async function arrivalOf(opening: Opening, coming: Promise<OpeningLease>): Promise<Arrival> {
  try {
    return { opening, lease: await coming }
  } catch (refusal) {
    return { opening, refusal }
  }
}

async function openOnArrival(
  table: Table,
  coming: Promise<Arrival>,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  const arrival = await coming
  while (sliceIsOver()) await nextSlice()
  return openArrived(table, arrival, signal)
}

function openArrived(table: Table, arrival: Arrival, signal: AbortSignal | undefined): Outcome {
  try {
    signal?.throwIfAborted()
    return outcomeOf(table, arrival)
  } finally {
    release(arrival)
  }
}

function release(arrival: Arrival): void {
  if ('opening' in arrival) arrival.lease?.release()
}

/** Zeroes the key. */
function openNow(opening: Opening, key: Uint8Array): Outcome {
  try {
    return { values: opening.open(key) }
  } catch (error) {
    return { error: notOpened(error) }
  } finally {
    key.fill(0)
  }
}

function outcomeOf(table: Table, arrival: Arrival): Outcome {
  if (!('opening' in arrival)) return arrival
  const { opening, lease, refusal } = arrival
  try {
    if (lease === undefined) throw keyUnavailable(table, refusal)
    return { values: openWith(opening, lease) }
  } catch (error) {
    return { error: notOpened(error) }
  }
}

/** What is no error of ours is thrown again: it is about the call, or a defect. */
function notOpened(error: unknown): FieldError {
  if (!(error instanceof FieldError)) throw error
  publishNotOpened(error)
  return error
}

/** What the keyrings give, unless the signal fires first: not all of them can be told. */
function unlessAborted(coming: Promise<IntermediateKey[]>, signal: AbortSignal): Promise<IntermediateKey[]> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    coming
      .then(keys => {
        // Nobody is left to zero them.
        if (signal.aborted) for (const { key } of keys) key.fill(0)
        resolve(keys)
      }, reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}

function openWith(opening: Opening, lease: OpeningLease): ReadonlyMap<string, AttributeValue> {
  try {
    const values = opening.open(lease.key.secret)
    lease.prove()
    lease.key.opened++
    return values
  } catch (error) {
    if (error instanceof FieldError && error.code === 'not-authentic') lease.refute(opening.claim)
    throw error
  }
}

function keyUnavailable(table: Table, cause: unknown): FieldError {
  // The cache has errors of its own, for what it does not ask the keyring.
  if (cause instanceof FieldError) return table.placed(cause)
  const reason =
    'no keyring gave the key for it. The error of the last is the cause. If it is not about access or a region that is down, the item was sealed for another key or table, under another primary key or other key names, or was changed.'
  return table.fieldError('key-unavailable', reason, undefined, cause)
}
