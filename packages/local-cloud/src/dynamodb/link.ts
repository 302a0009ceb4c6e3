import { evenly } from '../spread.js'

/** How late messages are: `delay`, plus up to `jitter`, milliseconds, so that they may overtake each other. */
export interface Lag {
  readonly delay: number
  readonly jitter: number
}

/** What is on its way to a region. */
interface Waiting<T> {
  readonly message: T
  /** When it was pushed, in milliseconds since the epoch. */
  readonly since: number
  /** When to deliver it, in milliseconds since the epoch. */
  due: number
  attempts: number
}

/** What a link has not delivered yet. */
export interface Backlog {
  readonly count: number
  /** Milliseconds since the epoch; undefined when nothing waits. */
  readonly since: number | undefined
}

/** How many messages of one link are delivered at the same time. */
const PARALLEL = 32

/** How long after a failed attempt the next is made, in milliseconds: 20, doubled up to a second. */
export const retryDelay = (attempts: number) => Math.min(1000, 10 * 2 ** attempts)

/** Replication in one direction between two regions: late, and held back while it is cut. Loses nothing. */
export class Link<T> {
  readonly #deliver: (message: T) => Promise<void>
  readonly #lag: Lag
  readonly #onQuiet: () => void
  #waiting: Waiting<T>[] = []
  #pushed = 0
  #cuts = 0
  #delivering = false
  #stopped = false
  #timer: NodeJS.Timeout | undefined

  /** `deliver` is repeated until it succeeds, so it fails only for what may pass; `onQuiet` is called each time that `quiet` may have become true. */
  constructor(options: { lag: Lag; deliver: (message: T) => Promise<void>; onQuiet: () => void }) {
    this.#lag = options.lag
    this.#deliver = options.deliver
    this.#onQuiet = options.onQuiet
  }

  /** Nothing is being delivered, and nothing waits, or nothing can go because it is cut. */
  get quiet(): boolean {
    return !this.#delivering && (this.#cuts > 0 || this.#waiting.length === 0)
  }

  /** Not delivered yet. */
  get messages(): T[] {
    return this.#waiting.map(({ message }) => message)
  }

  /** How many of the messages that are not delivered yet pass, and since when the oldest of them waits. */
  backlog(passes: (message: T) => boolean): Backlog {
    const waiting = this.#waiting.filter(({ message }) => passes(message))
    const oldest = waiting.reduce((least, { since }) => Math.min(least, since), Number.POSITIVE_INFINITY)
    return { count: waiting.length, since: waiting.length === 0 ? undefined : oldest }
  }

  push(message: T): void {
    const { delay, jitter } = this.#lag
    const since = Date.now()
    const due = since + delay + jitter * evenly(this.#pushed++)
    this.#waiting.push({ message, since, due, attempts: 0 })
    this.#schedule()
  }

  /** Holds messages back until as many heals. */
  cut(): void {
    this.#cuts++
    this.#onQuiet()
  }

  heal(): void {
    this.#cuts--
    this.#schedule()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#stopped || this.#delivering || this.#cuts > 0 || this.#waiting.length === 0) return
    const next = this.#waiting.reduce((least, { due }) => Math.min(least, due), Number.POSITIVE_INFINITY)
    this.#timer = setTimeout(() => void this.#run(), Math.max(0, next - Date.now()))
  }

  async #run(): Promise<void> {
    const now = Date.now()
    const overdue = this.#waiting.filter(({ due }) => due <= now).sort((a, b) => a.due - b.due)
    const batch = overdue.slice(0, PARALLEL)
    this.#delivering = true
    const delivered = new Set<Waiting<T>>()
    await Promise.all(
      batch.map(async waiting => {
        try {
          await this.#deliver(waiting.message)
          delivered.add(waiting)
        } catch {
          // Kept: it is tried again, and `quiet` stays false until it went through.
          waiting.due = Date.now() + retryDelay(++waiting.attempts)
        }
      }),
    )
    this.#delivering = false
    this.#waiting = this.#waiting.filter(waiting => !delivered.has(waiting))
    this.#schedule()
    if (this.quiet) this.#onQuiet()
  }
}
