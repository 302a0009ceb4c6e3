/**
 * A data key in memory, zeroed when its last holder lets go of it. The cache is a holder, and so is
 * everyone who seals or opens with it.
 */
export class DataKey {
  readonly #secret: Buffer
  #holders = 1
  /** Encrypted data keys as they stand in message headers. */
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

  hold(): this {
    if (this.#holders === 0) throw new Error('A data key was held after it had been zeroed.')
    this.#holders++
    return this
  }

  /** Each holder calls it once. */
  release(): void {
    if (this.#holders === 0) throw new Error('A data key was released more often than it was held.')
    this.#holders--
    if (this.#holders === 0) this.#secret.fill(0)
  }
}
