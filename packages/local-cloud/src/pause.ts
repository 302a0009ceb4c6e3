/**
 * Something that happens once: a fault is healed, a client goes away. Each call has one, so that it has to cost
 * nothing until somebody waits for it, where an `AbortController` costs more than answering; and any number of calls
 * may wait, where Node takes many listeners of an `AbortSignal` for a leak.
 */
export class Happening {
  happened = false
  #waiting: Set<() => void> | undefined

  happen(): void {
    this.happened = true
    for (const done of [...(this.#waiting ?? [])]) done()
  }

  wait(done: () => void): void {
    this.#waiting ??= new Set()
    this.#waiting.add(done)
  }

  forget(done: () => void): void {
    this.#waiting?.delete(done)
  }
}

/** Waits so many milliseconds (undefined: for ever), or until one of these happens. */
export function pause(delay: number | undefined, ...ends: readonly Happening[]): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      clearTimeout(timer)
      for (const end of ends) end.forget(done)
      resolve()
    }
    const timer = delay === undefined ? undefined : setTimeout(done, delay)
    for (const end of ends) end.wait(done)
    if (ends.some(({ happened }) => happened)) done()
  })
}
