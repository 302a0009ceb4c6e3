import type { BranchKey } from './branchKey.js'

interface Flight {
  readonly promise: Promise<BranchKey>
  waiters: number
}

/** Branch keys on their way: whoever wants one that is, waits for the same. */
export class Flights {
  readonly #flights = new Map<string, Flight>()

  /** Whether somebody waits for it. */
  isAwaited(name: string): boolean {
    return (this.#flights.get(name)?.waiters ?? 0) > 0
  }

  /**
   * Held for the caller, who releases it.
   *
   * @param land takes over the key, once it is held for everyone who waits
   */
  join(name: string, fetch: () => Promise<BranchKey>, land: (key: BranchKey) => void): Promise<BranchKey> {
    const flight = this.#start(name, fetch, land)
    flight.waiters++
    return flight.promise
  }

  /** Nobody waits for it, and its failure is nobody's. */
  ahead(name: string, fetch: () => Promise<BranchKey>, land: (key: BranchKey) => void): void {
    this.#start(name, fetch, land).promise.catch(() => {})
  }

  #start(name: string, fetch: () => Promise<BranchKey>, land: (key: BranchKey) => void): Flight {
    let flight = this.#flights.get(name)
    if (flight === undefined) {
      flight = { promise: this.#fly(name, fetch, land), waiters: 0 }
      this.#flights.set(name, flight)
    }
    return flight
  }

  async #fly(
    name: string,
    fetch: () => Promise<BranchKey>,
    land: (key: BranchKey) => void,
  ): Promise<BranchKey> {
    try {
      const key = await fetch()
      // Held for each waiter before anything can evict the key: none has resumed yet.
      for (let waiter = 0; waiter < this.#flights.get(name)!.waiters; waiter++) key.hold()
      land(key)
      return key
    } finally {
      this.#flights.delete(name)
    }
  }
}
