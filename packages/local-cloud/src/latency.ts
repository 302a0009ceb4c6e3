import { checkDelay } from './delays.js'

/**
 * How far the caller is from each region: milliseconds that its calls take longer. Regions that are not named are
 * near.
 */
export type Latency = Readonly<Record<string, number>>

/** Throws RangeError for a region that is not there, and for what is no time. */
export function checkLatency(latency: Latency, regions: readonly string[]): void {
  for (const [region, delay] of Object.entries(latency)) {
    if (!regions.includes(region))
      throw new RangeError(
        `There is a latency for ${region}, but no such region; there are ${regions.join(', ')}`,
      )
    checkDelay({ delay })
  }
}
