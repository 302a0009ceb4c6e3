/** Calls at once. */
const AT_ONCE = 10

/**
 * Lets calls through while not too many of them were refused. A few at a time, so that those which are under way cannot
 * all turn out to be.
 */
export class Budget {
  readonly since: number
  #left: number
  #free = AT_ONCE
  readonly #waiting: (() => void)[] = []

  /** @param refusals how many may be refused */
  constructor(since: number, refusals: number) {
    this.since = since
    this.#left = refusals
  }

  /**
   * @param isRefusal whether an error counts
   * @param spent what to throw once there is nothing left
   */
  async run<T>(
    call: () => Promise<T>,
    isRefusal: (error: unknown) => boolean,
    spent: () => Error,
  ): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>(resolve => this.#waiting.push(resolve))
    try {
      if (this.#left <= 0) throw spent()
      return await call()
    } catch (error) {
      if (isRefusal(error)) this.#left--
      throw error
    } finally {
      // A place is handed on without becoming free in between.
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
