import { type Clock, systemClock } from './clock.js'

/** How much of a second's units may be used at once. */
const BURST_SECONDS = 1
/** Of what was used per second when DynamoDB throttled, so much is used afterwards. */
const BACK = 0.7
/** So much more each second in which it does not throttle. */
const RECOVERY = 1.05
/** Past so many times the rate of the last throttling, there is no limit again, if none was set. */
const FREE = 4
const MIN_RATE = 1
/** In milliseconds: of the first pause after a throttling, and of the longest. */
const PAUSE = { first: 50, longest: 10_000 }
/** Milliseconds over which the rate is observed. */
const WINDOW = 2000

/**
 * A token bucket of capacity units: what DynamoDB says that a call has consumed is taken from it, and a call waits until
 * it is not overdrawn. When DynamoDB throttles, it gives less, and then slowly more again, up to its limit.
 */
export class Pace {
  #rate: number
  #balance: number
  #last: number
  /** Units used lately, fading. */
  #recent = 0
  /** What one call is expected to use: what they have used. */
  #usual = 1
  #pause: number = PAUSE.first
  #free = Number.POSITIVE_INFINITY

  /** @param max units per second; default: no limit until DynamoDB throttles */
  constructor(
    readonly max: number = Number.POSITIVE_INFINITY,
    private readonly clock: Clock = systemClock,
  ) {
    this.#rate = max
    this.#balance = Math.min(max * BURST_SECONDS, Number.MAX_SAFE_INTEGER)
    this.#last = clock.now()
  }

  /** Units per second that are given at the moment. */
  get rate(): number {
    return this.#rate
  }

  /**
   * Waits until there is something to use.
   *
   * @returns to be called once, with the units that were consumed: 0 for a call that was refused
   */
  async take(signal?: AbortSignal): Promise<(consumed: number) => void> {
    for (;;) {
      signal?.throwIfAborted()
      this.#refill()
      if (this.#balance > 0) break
      await this.clock.sleep(Math.min(1000, 1 + (-this.#balance / this.#rate) * 1000), signal)
    }
    const expected = this.#usual
    this.#balance -= expected
    return consumed => {
      this.#balance += expected - consumed
      if (consumed <= 0) return
      this.#recent += consumed
      this.#usual += (consumed - this.#usual) / 8
      this.#pause = PAUSE.first
    }
  }

  /** DynamoDB has refused a call because there were too many. */
  throttled(): void {
    this.#refill()
    const observed = (this.#recent / WINDOW) * 1000
    this.#free = Math.max(
      this.#free === Number.POSITIVE_INFINITY ? 0 : this.#free,
      observed * FREE,
      MIN_RATE * FREE,
    )
    this.#rate = Math.min(this.max, Math.max(MIN_RATE, Math.min(this.#rate, observed) * BACK))
    this.#balance = Math.min(0, this.#balance) - (this.#rate * this.#pause) / 1000
    this.#pause = Math.min(this.#pause * 2, PAUSE.longest)
  }

  #refill(): void {
    const now = this.clock.now()
    const elapsed = now - this.#last
    this.#last = now
    this.#recent *= Math.exp(-elapsed / WINDOW)
    if (this.#rate === Number.POSITIVE_INFINITY) {
      this.#balance = Number.MAX_SAFE_INTEGER
      return
    }
    const room = this.#rate * BURST_SECONDS
    this.#balance = Math.min(room, this.#balance + (this.#rate * elapsed) / 1000)
    this.#rate = Math.min(this.max, this.#rate * RECOVERY ** (elapsed / 1000))
    if (this.max === Number.POSITIVE_INFINITY && this.#rate > this.#free)
      this.#rate = Number.POSITIVE_INFINITY
  }
}
