/** One holder at a time for each name; in the order of asking. */
export class KeyLocks {
  readonly #tails = new Map<string, Promise<void>>()

  /** Holds all names while `work` runs. Names are taken in one order everywhere, so that nobody deadlocks. */
  async hold<T>(names: Iterable<string>, work: () => Promise<T>): Promise<T> {
    const releases: (() => void)[] = []
    try {
      for (const name of [...new Set(names)].sort()) releases.push(await this.#take(name))
      return await work()
    } finally {
      for (const release of releases) release()
    }
  }

  async #take(name: string): Promise<() => void> {
    const before = this.#tails.get(name)
    let release = () => {}
    const tail = new Promise<void>(resolve => {
      release = () => {
        if (this.#tails.get(name) === tail) this.#tails.delete(name)
        resolve()
      }
    })
    this.#tails.set(name, tail)
    await before
    return release
  }
}
