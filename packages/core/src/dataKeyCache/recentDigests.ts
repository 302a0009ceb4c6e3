/**
 * Most digests remembered at once, some 100 bytes each. 32 calls into a keyring at once, of 5 ms each, are 64,000 in
 * 10 seconds: with the default age, KMS would have to answer faster than that for there to be more.
 */
const MAX_DIGESTS = 2 ** 16

/**
 * A memory for what need not be asked again for a while, however much it is. When it is full, what is in it stays
 * and more is not remembered: forgetting the oldest instead would forget all of a page that is larger than the
 * memory, each time it is read.
 */
export class RecentDigests {
  readonly #age: number
  /** In the order of their end, since all last equally long. */
  readonly #until = new Map<string, number>()

  /** @param age milliseconds for which each is remembered; 0 remembers none */
  constructor(age: number) {
    this.#age = age
  }

  get isEmpty(): boolean {
    return this.#until.size === 0
  }

  add(digest: string, now: number): void {
    for (const [oldest, until] of this.#until) {
      if (this.#isValid(until, now)) break
      this.#until.delete(oldest)
    }
    this.#until.delete(digest)
    if (this.#until.size < MAX_DIGESTS) this.#until.set(digest, now + this.#age)
  }

  has(digest: string, now: number): boolean {
    const until = this.#until.get(digest)
    if (until === undefined) return false
    if (this.#isValid(until, now)) return true
    this.#until.delete(digest)
    return false
  }

  clear(): void {
    this.#until.clear()
  }

  /** A clock that went backwards makes a memory as good as expired. */
  #isValid(until: number, now: number): boolean {
    return now < until && now >= until - this.#age
  }
}
