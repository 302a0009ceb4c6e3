import { FieldError } from '../errors.js'
import type { EncryptionContext } from '../materials/context.js'
import type { DataKeyName } from './dataKeyName.js'
import type { OpeningKeys } from './openingKeys.js'
import type { OpeningLease } from './openingLease.js'

/**
 * One call of `open`, whatever the formats of what it opens: its share of the calls into the keyring, and its turn
 * among those that wait for one.
 *
 * Whoever writes the table decides what is asked for. So a format takes keys only after it has parsed what stands
 * under them to the last byte, and each of them once.
 */
export class OpeningCall {
  readonly #keys: OpeningKeys
  readonly #budget: number
  /** Ends it: who waits for a data key rejects with its reason. */
  readonly signal: AbortSignal | undefined
  #spent = 0

  constructor(keys: OpeningKeys, budget: number, signal: AbortSignal | undefined) {
    this.#keys = keys
    this.signal = signal
    this.#budget = budget
  }

  /** The name of the data key whose serialized encrypted data keys are `bytes` from `start` to `end`, of which it keeps a copy. */
  nameOf(context: EncryptionContext, bytes: Buffer, start: number, end: number): DataKeyName {
    return this.#keys.nameOf(context, bytes, start, end)
  }

  /** The data key of `name`, if no one has to be asked or waited for. */
  inMemory(name: DataKeyName): OpeningLease | undefined {
    return this.#keys.inMemory(name)
  }

  isInMemory(name: DataKeyName): boolean {
    return this.#keys.isInMemory(name)
  }

  /**
   * The data key of `name`.
   *
   * @param claims what is stored under it, each in bytes that include all it is authenticated with. When each of
   * them is known not to authenticate, nothing is asked for.
   * @returns no promise where nobody has to be waited for; then it throws what the promise would reject with
   * @throws {FieldError} `too-many-data-keys` or `not-authentic`; and whatever the keyring throws
   */
  take(name: DataKeyName, claims: Iterable<Uint8Array>): OpeningLease | Promise<OpeningLease> {
    return this.#keys.take(name, claims, this)
  }

  /**
   * One more data key that is not in memory.
   * @throws {FieldError} `too-many-data-keys`
   */
  spend(): void {
    if (this.#spent === this.#budget) {
      throw new FieldError(
        'too-many-data-keys',
        `the keyring was asked for ${this.#budget} data keys for this call, and is asked for no more. Read fewer items at once, or raise the cache option maxKeysPerOpen. If you do not expect so many, somebody may have written them to make calls into KMS.`,
      )
    }
    this.#spent++
  }
}
