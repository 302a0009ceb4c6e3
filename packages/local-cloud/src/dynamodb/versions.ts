import type { RegionClocks } from '../clocks.js'

/** When and where an item was last written. DynamoDB keeps one too, and shows it nowhere. */
export interface Version {
  /** Microseconds since the epoch, by the region's clock. */
  readonly stamp: number
  readonly region: string
}

/** The last writer wins. Every version is newer than none. */
export function isNewer(version: Version, than: Version | undefined): boolean {
  if (than === undefined) return true
  return version.stamp === than.stamp ? version.region > than.region : version.stamp > than.stamp
}

/** As long as no region's clock is shifted, no two stamps are the same, and they rise even when the machine's clock does not. */
export class VersionClock {
  readonly #clocks: RegionClocks
  #last = 0

  constructor(clocks: RegionClocks) {
    this.#clocks = clocks
  }

  /** Stamps from now on are later than this one. */
  advance({ stamp }: Version): void {
    this.#last = Math.max(this.#last, stamp)
  }

  /**
   * For a write to an item whose version in the region is `current`. It is newer than that even when the region's
   * clock is behind: else the other replicas would not take what the client was told is written.
   */
  next(region: string, current: Version | undefined): Version {
    this.#last = Math.max(Date.now() * 1000, this.#last + 1)
    const stamp = this.#last + this.#clocks.shiftOf(region) * 1000
    return { stamp: current === undefined ? stamp : Math.max(stamp, current.stamp + 1), region }
  }
}
