import { hash } from 'node:crypto'
import { RecentDigests } from './recentDigests.js'

/** Most errors kept at once; the oldest goes first. Refusals whose error is gone are still remembered. */
const MAX_ERRORS = 1000
/** A failure that may pass is remembered when it took this long, in ms: what is quick may be tried again. */
const SLOW = 1000
/** Longest memory for one, in ms, which is how much longer an outage can seem to last than it does. */
const MAX_LAPSE = 5000

interface Refusal {
  readonly error: unknown
}

interface Lapse extends Refusal {
  readonly from: number
  readonly until: number
}

/** Stands for the error of a refusal, when there have been more than are kept. */
class RefusedBefore extends Error {
  override readonly name = 'RefusedBefore'
  readonly permanent = true
  constructor() {
    super(
      'The keyring refused this data key for good a moment ago, among so many that its error was not kept.',
    )
  }
}

/**
 * A brief memory for what the keyring did not give, so that a page full of fields which cannot be opened does not
 * ask again with every reader.
 *
 * A permanent refusal is remembered for `age`. A failure that may pass is remembered only if it was slow, and then
 * for as long as it took: whoever reads it again and again waits half of the time at most. Any success of the
 * keyring makes an end of that, since the outage has one.
 */
export class Refusals {
  readonly #age: number
  readonly #refused: RecentDigests
  readonly #errors = new Map<string, Refusal>()
  readonly #lapses = new Map<string, Lapse>()

  /** @param age milliseconds; 0 remembers nothing */
  constructor(age: number) {
    this.#age = age
    this.#refused = new RecentDigests(age)
  }

  /** @param took milliseconds until the keyring failed; 0 for a failure that is not to be remembered unless permanent */
  note(id: string, error: unknown, now: number, took = 0): void {
    if (isPermanent(error)) {
      const digest = digestOf(id)
      this.#refused.add(digest, now)
      keep(this.#errors, digest, { error })
    } else if (took >= SLOW) {
      const until = now + Math.min(took, MAX_LAPSE, this.#age)
      keep(this.#lapses, digestOf(id), { error, from: now, until })
    }
  }

  /** The permanent refusal that answers in place of the keyring. */
  find(id: string, now: number): Refusal | undefined {
    if (this.#refused.isEmpty) return undefined
    const digest = digestOf(id)
    if (!this.#refused.has(digest, now)) return undefined
    return this.#errors.get(digest) ?? { error: new RefusedBefore() }
  }

  /** The passing failure that answers in place of the keyring. */
  findLapse(id: string, now: number): Refusal | undefined {
    if (this.#lapses.size === 0) return undefined
    const digest = digestOf(id)
    const lapse = this.#lapses.get(digest)
    if (lapse === undefined || (now < lapse.until && now >= lapse.from)) return lapse
    this.#lapses.delete(digest)
    return undefined
  }

  /** The keyring answers again. */
  recover(): void {
    this.#lapses.clear()
  }

  clear(): void {
    this.#refused.clear()
    this.#errors.clear()
    this.#lapses.clear()
  }
}

function keep<T>(entries: Map<string, T>, digest: string, entry: T): void {
  entries.delete(digest)
  entries.set(digest, entry)
  if (entries.size > MAX_ERRORS) entries.delete(entries.keys().next().value!)
}

/** What is refused is written by whoever writes the table, and as long as they like. */
function digestOf(id: string): string {
  return hash('sha256', Buffer.from(id, 'latin1'), 'binary')
}

/** Keyrings say so with a property, so that no class needs to be shared with them. */
export function isPermanent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'permanent' in error && error.permanent === true
}
