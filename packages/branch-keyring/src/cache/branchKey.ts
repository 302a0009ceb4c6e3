import { BEACON } from '../keyStore/row.js'
import { uuidBytes } from '../wrapping.js'

const NO_BYTES = Buffer.alloc(0)

/** A branch key in memory, zeroed when its last holder lets go of it: the cache, and everyone who waits for it. */
export class BranchKey {
  readonly branchKeyId: string
  /** The UUID of its version, and its 16 bytes; of a beacon key, which has none, the type of its row. */
  readonly version: string
  readonly versionBytes: Buffer
  /** When it arrived, on the cache's clock. */
  readonly arrivedAt: number
  /** Data keys that this process wrapped and unwrapped with it. */
  wrapped = 0
  unwrapped = 0
  readonly #secret: Uint8Array
  #holders = 1
  #derived: unknown
  #zeroDerived: (() => void) | undefined

  /** Takes over `secret`: nobody else may hold it. The maker is the first holder. */
  constructor(branchKeyId: string, version: string, secret: Uint8Array, arrivedAt: number) {
    this.branchKeyId = branchKeyId
    this.version = version
    this.versionBytes = version === BEACON ? NO_BYTES : uuidBytes(version)
    this.arrivedAt = arrivedAt
    this.#secret = secret
  }

  /** The key itself, for as long as the caller is a holder. */
  get secret(): Uint8Array {
    if (this.#holders === 0) throw new Error('A branch key was used after it had been zeroed.')
    return this.#secret
  }

  /** What was derived of the key, by whoever has a use for it. */
  get derived(): unknown {
    return this.#derived
  }

  /**
   * Keeps what was derived for as long as the key lives.
   *
   * @param zero takes secrets out of it, when the key itself is zeroed
   */
  keep<T>(derived: T, zero: (derived: T) => void): T {
    if (this.#holders === 0) throw new Error('A branch key was used after it had been zeroed.')
    this.#zeroDerived?.()
    this.#derived = derived
    this.#zeroDerived = () => zero(derived)
    return derived
  }

  hold(): this {
    if (this.#holders === 0) throw new Error('A branch key was held after it had been zeroed.')
    this.#holders++
    return this
  }

  /** Each holder calls it once. */
  release(): void {
    if (this.#holders === 0) throw new Error('A branch key was released more often than it was held.')
    this.#holders--
    if (this.#holders > 0) return
    this.#secret.fill(0)
    this.#zeroDerived?.()
    this.#derived = undefined
  }
}
