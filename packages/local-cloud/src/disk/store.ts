import type { ClassicLevel } from 'classic-level'

/** One entry that is set or removed; values are JSON. */
export type StoreChange =
  | { readonly type: 'put'; readonly key: string; readonly value: unknown }
  | { readonly type: 'del'; readonly key: string }

/**
 * What the local cloud keeps beside its engines: an ordered map in LevelDB. What a method has resolved for survives
 * the death of the process, since the operating system has it. It is not waited for that the disk has it, too: the
 * last moments before a power failure may be lost.
 */
export class Store {
  readonly #level: ClassicLevel<string, unknown>
  /** Resolves when all that was asked for is done. */
  #tail: Promise<unknown> = Promise.resolve()
  /** The batch that has not started yet. */
  #open: { readonly changes: StoreChange[]; readonly done: Promise<void> } | undefined

  constructor(level: ClassicLevel<string, unknown>) {
    this.#level = level
  }

  /**
   * Makes all of the changes or none. LevelDB's own order is that of threads that overtake each other: here, one
   * batch is written at a time, and what arrives meanwhile goes into the next one.
   */
  write(changes: readonly StoreChange[]): Promise<void> {
    if (changes.length === 0) return Promise.resolve()
    this.#open ??= this.#newBatch()
    this.#open.changes.push(...changes)
    return this.#open.done
  }

  #newBatch() {
    const changes: StoreChange[] = []
    const done = this.#inOrder(() => {
      this.#open = undefined
      return this.#level.batch(changes)
    })
    return { changes, done }
  }

  get(key: string): Promise<unknown> {
    return this.#level.get(key)
  }

  /** The entries whose keys start with `prefix`, which ends with a slash: the rest of the key, and the value. */
  async *entries(prefix: string): AsyncGenerator<[string, unknown]> {
    for await (const [key, value] of this.#level.iterator(within(prefix)))
      yield [key.slice(prefix.length), value]
  }

  /** Removes the entries whose keys start with `prefix`, which ends with a slash. */
  clear(prefix: string): Promise<void> {
    const cleared = this.#inOrder(() => this.#level.clear(within(prefix)))
    // What is written from now on comes after.
    this.#open = undefined
    return cleared
  }

  async close(): Promise<void> {
    await this.#tail
    await this.#level.close()
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(work)
    this.#tail = done.catch(() => {})
    return done
  }
}

/** `0` is the character after the slash. */
function within(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: `${prefix.slice(0, -1)}0` }
}
