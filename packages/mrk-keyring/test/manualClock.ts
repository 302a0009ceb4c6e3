import type { Clock } from '../src/clock.js'

interface Timer {
  at: number
  run: () => void
  background: boolean
}

/** Time that passes when a test says so. */
export class ManualClock implements Clock {
  #now = 0
  #timers: Timer[] = []

  now(): number {
    return this.#now
  }

  after(ms: number, run: () => void, background = false): () => void {
    const timer = { at: this.#now + Math.max(0, ms), run, background }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }

  get pending(): number {
    return this.#timers.length
  }

  /** Timers that keep the process alive. */
  get holding(): number {
    return this.#timers.filter(({ background }) => !background).length
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
    return this.#timers.reduce<Timer | undefined>(
      (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
      undefined,
    )
  }

  #fire(timer: Timer): void {
    this.#timers = this.#timers.filter(other => other !== timer)
    this.#now = Math.max(this.#now, timer.at)
    timer.run()
  }
}

/** All promises that can settle without time passing have. */
function settled(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
