export interface HedgeOptions {
  /** Least milliseconds before a second region is asked; 30 by default. */
  min?: number
  /** Most milliseconds before a second region is asked, and the delay before anything was observed; 300 by default. */
  max?: number
  /** Share of calls that may be hedged, from 0 to 1; 0.1 by default. */
  budget?: number
}

const HEDGE_MIN = 30
const HEDGE_MAX = 300
const HEDGE_BUDGET = 0.1
/**
 * Hedges that may be made in a row, saved up while all went well: as many as the retries after timeouts that the
 * standard retry mode of the AWS SDKs saves up (500 tokens, 10 for each; `@smithy/core`, submodule retry).
 */
const BURST = 50

/**
 * Delays are multiples of this, in ms: timers of one duration share a list in Node.js, and a list made and dropped for
 * each call costs more than the timer.
 */
const STEP = 10

/** Milliseconds to wait for a region before the next one is asked too, given when its answers are late. */
export function hedgeDelay(
  late: number | undefined,
  { min = HEDGE_MIN, max = HEDGE_MAX }: HedgeOptions,
): number {
  return late === undefined ? max : Math.min(max, Math.max(min, STEP * Math.ceil(late / STEP)))
}

/** A share of all calls may be hedged, so that a slow day does not double the load that made it slow. */
export class HedgeBudget {
  readonly #share: number
  #tokens = BURST

  constructor({ budget = HEDGE_BUDGET }: HedgeOptions) {
    this.#share = budget
    if (budget === 0) this.#tokens = 0
  }

  earn(): void {
    this.#tokens = Math.min(BURST, this.#tokens + this.#share)
  }

  spend(): boolean {
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
