import type { EncryptionContext } from '../materials/context.js'
import type { Keyring } from './keyring.js'
import type { OpeningCall } from './openingCall.js'
import { OpeningKeys } from './openingKeys.js'
import { type DataKeyCacheOptions, type ResolvedOptions, resolveOptions } from './options.js'
import { SealingKeys, type SealingLease } from './sealingKeys.js'
import { type CacheStatistics, describeKeys } from './statistics.js'

/**
 * Data keys in memory, so that calls into the keyring depend on how many keys are in play and not on
 * how many messages, items or callers. Parallel callers share one call.
 */
export class DataKeyCache {
  readonly #options: ResolvedOptions
  readonly #sealing: SealingKeys
  readonly #opening: OpeningKeys
  #sweeper: NodeJS.Timeout | undefined

  /** @throws {ConfigurationError} `invalid-option` */
  constructor(keyring: Keyring, options: DataKeyCacheOptions = {}) {
    this.#options = resolveOptions(options)
    this.#opening = new OpeningKeys(keyring, this.#options, () => this.#armSweeper())
    this.#sealing = new SealingKeys(keyring, this.#options, (context, key) => this.#opening.add(context, key))
  }

  /**
   * A data key to seal up to `wanted` fields with, and at least `least` unless `maxMessages` is less. The caller
   * releases it. Rejects with the keyring's error, or with the reason of `signal`.
   */
  sealingKey(
    context: EncryptionContext,
    wanted: number,
    least = 1,
    signal?: AbortSignal,
  ): Promise<SealingLease> {
    return this.#sealing.take(context, wanted, least, signal)
  }

  /** One for each call of `open`, for all of its items. */
  beginOpening(signal?: AbortSignal): OpeningCall {
    return this.#opening.beginCall(signal)
  }

  /** Lets go of every data key that has expired; each is zeroed once nobody uses it any more. */
  sweep(): void {
    this.#sealing.sweep()
    this.#opening.sweep()
  }

  /** Lets go of every data key, and forgets refusals. */
  clear(): void {
    this.#sealing.clear()
    this.#opening.clear()
  }

  statistics(): CacheStatistics {
    return {
      sealing: { ...this.#sealing.statistics },
      opening: { ...this.#opening.statistics },
      keys: describeKeys([...this.#sealing.keys(), ...this.#opening.keys()], this.#options.now()),
    }
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
      if (this.#sealing.keys().length + this.#opening.keys().length > 0) this.#armSweeper()
    }, delay)
    this.#sweeper.unref()
  }
}
