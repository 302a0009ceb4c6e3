/**
 * A data key in memory, zeroed when its last holder lets go of it. The cache is a holder, and so is
 * everyone who seals or opens with it.
 */
export class DataKey {
  readonly #secret: Buffer
  #holders = 1
  #derived: unknown
  #zeroDerived: (() => void) | undefined
  /** Serialized, with their count. */
  readonly encryptedDataKeys: Buffer
  /** When it arrived, on the cache's clock. */
  readonly createdAt: number
  /** Messages sealed and opened with it by this process. */
  sealed = 0
  opened = 0

  /** Takes over `secret`: nobody else may hold it. The maker is the first holder. */
  constructor(secret: Buffer, encryptedDataKeys: Buffer, createdAt: number) {
    this.#secret = secret
    this.encryptedDataKeys = encryptedDataKeys
    this.createdAt = createdAt
  }

  /** The key itself, for as long as the caller is a holder. */
  get secret(): Buffer {
    if (this.#holders === 0) throw new Error('A data key was used after it had been zeroed.')
    return this.#secret
  }

  /** What a format has derived of the key: a data key serves one format, so there is one such thing at most. */
  get derived(): unknown {
    return this.#derived
  }

  /**
   * Keeps what was derived for as long as the key lives.
   *
   * @param zero takes secrets out of it, when the key itself is zeroed
   */
  keep<T>(derived: T, zero?: (derived: T) => void): T {
    if (this.#holders === 0) throw new Error('A data key was used after it had been zeroed.')
    this.#derived = derived
    if (zero !== undefined) this.#zeroDerived = () => zero(derived)
    return derived
  }

  hold(): this {
    if (this.#holders === 0) throw new Error('A data key was held after it had been zeroed.')
    this.#holders++
    return this
  }

  /** Each holder calls it once. */
  release(): void {
    if (this.#holders === 0) throw new Error('A data key was released more often than it was held.')
    this.#holders--
    if (this.#holders > 0) return
    this.#secret.fill(0)
    this.#zeroDerived?.()
    this.#derived = undefined
  }
}
