import { type Clock, systemClock } from '../engine/clock.js'

/** How many items were seen after so many seconds. */
export interface Point {
  readonly seconds: number
  readonly items: number
}

/** More would not be seen in a plot. */
const MAX_POINTS = 240
const FIRST_SECONDS = 0.1

/** What a plot of progress needs, in memory that does not grow with the work. */
export class Timeline {
  readonly #start: number
  #points: Point[] = [{ seconds: 0, items: 0 }]
  #every = FIRST_SECONDS
  #last: Point = { seconds: 0, items: 0 }

  constructor(private readonly clock: Clock = systemClock) {
    this.#start = clock.now()
  }

  at(items: number): void {
    const seconds = (this.clock.now() - this.#start) / 1000
    this.#last = { seconds, items }
    if (seconds - this.#points.at(-1)!.seconds < this.#every) return
    this.#points.push(this.#last)
    if (this.#points.length <= MAX_POINTS) return
    this.#points = this.#points.filter((_, i) => i % 2 === 0)
    this.#every *= 2
  }

  get points(): readonly Point[] {
    return this.#points.at(-1) === this.#last ? this.#points : [...this.#points, this.#last]
  }
}
