/** What time it is in each region: this machine's time, unless a region's clock is shifted. */
export class RegionClocks {
  readonly #shifts = new Map<string, number>()

  /** Milliseconds since the epoch. */
  now(region: string): number {
    return Date.now() + this.shiftOf(region)
  }

  /** By how many milliseconds the clock is ahead; below 0, behind. */
  shiftOf(region: string): number {
    return this.#shifts.get(region) ?? 0
  }

  /** Shifts add up. The function that is returned takes this one back. */
  shift(region: string, milliseconds: number): () => void {
    this.#shifts.set(region, this.shiftOf(region) + milliseconds)
    return () => this.#shifts.set(region, this.shiftOf(region) - milliseconds)
  }
}
