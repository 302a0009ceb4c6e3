/** Starts a call and resolves when it has ended, never rejects; undefined when somebody else has started it. */
type Start = () => Promise<void> | undefined

/**
 * Runs a bounded number of calls at once. Those that wait take turns by whom they are for: everyone's first goes
 * before anyone's second, so that who wants one does not wait behind who wants thousands.
 */
export class Limiter {
  #free: number
  /** Whose turn is next stands first. */
  readonly #waiting = new Map<object, Start[]>()

  constructor(limit: number) {
    this.#free = limit
  }

  add(caller: object, start: Start): void {
    const queue = this.#waiting.get(caller)
    if (queue === undefined) this.#waiting.set(caller, [start])
    else queue.push(start)
    this.#fill()
  }

  #fill(): void {
    while (this.#free > 0) {
      const start = this.#next()
      if (start === undefined) return
      const running = start()
      if (running === undefined) continue
      this.#free--
      void running.then(() => {
        this.#free++
        this.#fill()
      })
    }
  }

  #next(): Start | undefined {
    for (const [caller, queue] of this.#waiting) {
      this.#waiting.delete(caller)
      const start = queue.shift()
      if (queue.length > 0) this.#waiting.set(caller, queue)
      return start
    }
    return undefined
  }
}
