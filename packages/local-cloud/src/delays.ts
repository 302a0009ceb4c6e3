import { evenly } from './spread.js'

/** How many milliseconds later calls are answered. */
export type Delay =
  /** `delay`, plus up to `jitter`. */
  | { readonly delay: number; readonly jitter?: number }
  /**
   * For example `{ 50: 20, 90: 80, 99: 900 }`: half of the calls within 20 ms, nine out of ten within 80, and so on.
   * Evenly in between, from 0 unless a percentile 0 says otherwise; none longer than the highest.
   */
  | { readonly percentiles: Readonly<Record<number, number>> }

/** The longest that a timer of Node takes: 24 days. */
const MAX_DELAY = 2 ** 31 - 1

/** Throws RangeError, naming what is wrong. */
export function checkDelay(delay: Delay): void {
  if ('percentiles' in delay) {
    checkPercentiles(delay.percentiles)
    return
  }
  checkRange('delay', delay.delay, MAX_DELAY)
  checkRange('jitter', delay.jitter ?? 0, MAX_DELAY - delay.delay)
}

/** The n-th call's. Spread so evenly that any few calls in a row are nearly distributed as all are. */
export function delayOf(delay: Delay, n: number): number {
  if ('percentiles' in delay) return quantile(delay.percentiles, 100 * evenly(n))
  return delay.delay + (delay.jitter ?? 0) * evenly(n)
}

function quantile(percentiles: Readonly<Record<number, number>>, percent: number): number {
  let below = { percent: 0, value: 0 }
  for (const above of points(percentiles)) {
    if (above.percent > percent) {
      const share = (percent - below.percent) / (above.percent - below.percent)
      return below.value + share * (above.value - below.value)
    }
    below = above
  }
  return below.value
}

function points(percentiles: Readonly<Record<number, number>>): { percent: number; value: number }[] {
  return Object.entries(percentiles)
    .map(([percent, value]) => ({ percent: Number(percent), value }))
    .sort((a, b) => a.percent - b.percent)
}

function checkPercentiles(percentiles: Readonly<Record<number, number>>): void {
  if (
    typeof percentiles !== 'object' ||
    percentiles === null ||
    Array.isArray(percentiles) ||
    Object.keys(percentiles).length === 0
  )
    throw new RangeError('percentiles are milliseconds by percentile, for example { 50: 20, 99: 900 }')
  let least = 0
  for (const { percent, value } of points(percentiles)) {
    checkRange('a percentile', percent, 100)
    checkRange(`percentile ${percent}`, value, MAX_DELAY)
    if (value < least)
      throw new RangeError(`percentile ${percent} is less than one below it: ${value} < ${least}`)
    least = value
  }
}

export function checkRange(name: string, value: number, max: number): void {
  if (!(typeof value === 'number' && value >= 0 && value <= max))
    throw new RangeError(`${name} must be between 0 and ${max}, not ${shown(value)}`)
}

/** A value for a message: what arrives as JSON need not be what its type says, nor have a `toString` that works. */
export function shown(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
