// RFC 6298 section 2: the gains of TCP's round-trip estimator, and "mean plus four deviations" as the time
// after which an answer is late.
const MEAN_GAIN = 1 / 8
const DEVIATION_GAIN = 1 / 4
const LATE_DEVIATIONS = 4

/**
 * Milliseconds over which answers are averaged for the order of regions, and for which a deviation is remembered. A
 * burst of slow answers, which this process may have caused itself, must not send the traffic to a region farther
 * away; and the next burst is as slow, so that hedging it all would make it slower still.
 */
const SPAN = 5_000

/** After this long without an answer an average says nothing about today: 5 minutes, in ms. */
const STALE_AFTER = 300_000

/** Moving averages of how long a region's answers take. */
export class Latency {
  #mean = 0
  #typical = 0
  #deviation = 0
  #observedAt = Number.NEGATIVE_INFINITY

  add(ms: number, now: number): void {
    if (now - this.#observedAt > STALE_AFTER) {
      this.#mean = ms
      this.#typical = ms
      this.#deviation = ms / 2
    } else {
      const lasting = 1 - Math.exp((this.#observedAt - now) / SPAN)
      const deviation = Math.abs(ms - this.#mean)
      const gain = deviation > this.#deviation ? DEVIATION_GAIN : Math.min(DEVIATION_GAIN, lasting)
      this.#deviation += gain * (deviation - this.#deviation)
      this.#mean += MEAN_GAIN * (ms - this.#mean)
      this.#typical += Math.min(MEAN_GAIN, lasting) * (ms - this.#typical)
    }
    this.#observedAt = now
  }

  /** What answers take in the average of some seconds, in milliseconds, or undefined when nothing was observed of late. */
  typical(now: number): number | undefined {
    return now - this.#observedAt > STALE_AFTER ? undefined : this.#typical
  }

  /** Milliseconds after which an answer is late, or undefined when nothing was observed of late. */
  late(now: number): number | undefined {
    return now - this.#observedAt > STALE_AFTER ? undefined : this.#mean + LATE_DEVIATIONS * this.#deviation
  }
}
