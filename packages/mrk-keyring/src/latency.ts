// RFC 6298 section 2: the gains of TCP's round-trip estimator, and "mean plus four deviations" as the time
// after which an answer is late.
const MEAN_GAIN = 1 / 8
const DEVIATION_GAIN = 1 / 4
const LATE_DEVIATIONS = 4

/** After this long without an answer an average says nothing about today: 5 minutes, in ms. */
const STALE_AFTER = 300_000

/** Moving averages of how long a region's answers take. */
export class Latency {
  #mean = 0
  #deviation = 0
  #observedAt = Number.NEGATIVE_INFINITY

  add(ms: number, now: number): void {
    if (now - this.#observedAt > STALE_AFTER) {
      this.#mean = ms
      this.#deviation = ms / 2
    } else {
      this.#deviation += DEVIATION_GAIN * (Math.abs(ms - this.#mean) - this.#deviation)
      this.#mean += MEAN_GAIN * (ms - this.#mean)
    }
    this.#observedAt = now
  }

  /** Average in milliseconds, or undefined when nothing was observed of late. */
  mean(now: number): number | undefined {
    return now - this.#observedAt > STALE_AFTER ? undefined : this.#mean
  }

  /** Milliseconds after which an answer is late, or undefined when nothing was observed of late. */
  late(now: number): number | undefined {
    return now - this.#observedAt > STALE_AFTER ? undefined : this.#mean + LATE_DEVIATIONS * this.#deviation
  }
}
