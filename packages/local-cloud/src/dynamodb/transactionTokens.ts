/** More than are sent in the minutes for which an engine remembers them, and little memory. */
const LIMIT = 10_000

/** The ClientRequestTokens of transactions that were done; the oldest are forgotten. */
export class TransactionTokens {
  readonly #done = new Set<string>()

  has(token: string): boolean {
    return this.#done.has(token)
  }

  add(token: string): void {
    this.#done.add(token)
    if (this.#done.size <= LIMIT) return
    const [oldest] = this.#done
    this.#done.delete(oldest!)
  }
}
