import type { Clock } from '../src/clock.js'

/** Time that passes when a test says so. */
export class ManualClock implements Clock {
  #now = 0
  #timers: { at: number; run: () => void }[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), run }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }

  get pending(): number {
    return this.#timers.length
  }

  /** Runs what is due within `ms`, in order, letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await settled()
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#fire(next)
      await settled()
    }
    this.#now = end
  }

  /** Lets time pass until `promise` is settled. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let pending = true
    promise.then(
      () => {
        pending = false
      },
      () => {
        pending = false
      },
    )
    await settled()
    while (pending) {
      const next = this.#next()
      if (next === undefined) throw new Error('nothing is due, and still it is pending')
      this.#fire(next)
      await settled()
    }
    return promise
  }

  #next() {
    return this.#timers.reduce<{ at: number; run: () => void } | undefined>(
      (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
      undefined,
    )
  }

  #fire(timer: { at: number; run: () => void }): void {
    this.#timers = this.#timers.filter(other => other !== timer)
    this.#now = Math.max(this.#now, timer.at)
    timer.run()
  }
}

/** All promises that can settle without time passing have. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
