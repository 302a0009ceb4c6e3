/** When and where an item was last written. DynamoDB keeps one too, and shows it nowhere. */
export interface Version {
  /** Microseconds since the epoch; no two are the same. */
  readonly stamp: number
  readonly region: string
}

/** The last writer wins. Every version is newer than none. */
export function isNewer(version: Version, than: Version | undefined): boolean {
  if (than === undefined) return true
  return version.stamp === than.stamp ? version.region > than.region : version.stamp > than.stamp
}

/** Stamps rise even when the machine's clock stands still or goes back. */
export class VersionClock {
  #last = 0

  next(region: string): Version {
    this.#last = Math.max(Date.now() * 1000, this.#last + 1)
    return { stamp: this.#last, region }
  }
}
