/** Whether a region is asked: yes, no, or once to see whether it has recovered. */
export type BreakerState = 'closed' | 'open' | 'probe'

export interface BreakerOptions {
  /** Consecutive transient failures that open it; 5 by default. */
  failures?: number
  /** Milliseconds between two probes of an open one; 5,000 by default. */
  probeInterval?: number
}

const BREAKER_FAILURES = 5
const BREAKER_PROBE_INTERVAL = 5_000

/** Stops asking a region that keeps failing, and finds out with one call at a time when it is back. */
export class Breaker {
  readonly #threshold: number
  readonly #probeInterval: number
  #failures = 0
  #open = false
  #probing = false
  #nextProbe = 0

  constructor({ failures = BREAKER_FAILURES, probeInterval = BREAKER_PROBE_INTERVAL }: BreakerOptions = {}) {
    this.#threshold = failures
    this.#probeInterval = probeInterval
  }

  state(now: number): BreakerState {
    if (!this.#open) return 'closed'
    return !this.#probing && now >= this.#nextProbe ? 'probe' : 'open'
  }

  /** Milliseconds until the next probe is due. */
  probeIn(now: number): number {
    return Math.max(0, this.#nextProbe - now)
  }

  startProbe(now: number): void {
    this.#probing = true
    this.#nextProbe = now + this.#probeInterval
  }

  /** The probe ended, whatever it found. */
  endProbe(): void {
    this.#probing = false
  }

  /** @returns whether this closed it */
  succeed(): boolean {
    this.#failures = 0
    const closed = this.#open
    this.#open = false
    return closed
  }

  /** @returns whether this opened it */
  fail(now: number): boolean {
    this.#failures++
    if (this.#open || this.#failures < this.#threshold) return false
    this.#open = true
    this.#nextProbe = now + this.#probeInterval
    return true
  }
}
