/** Finds any of many byte strings in one pass (Aho and Corasick, 1975). */
export class Searcher {
  /** For each state, the next one by byte. */
  readonly #next: Int32Array
  /** For each state, a needle that ends there, or -1. */
  readonly #found: Int32Array

  constructor(needles: readonly Uint8Array[]) {
    const states = 1 + needles.reduce((sum, { length }) => sum + length, 0)
    const next = new Int32Array(states * 256)
    const found = new Int32Array(states).fill(-1)
    let used = 1
    for (const [index, needle] of needles.entries()) {
      let state = 0
      for (const byte of needle) {
        const at = state * 256 + byte
        if (next[at] === 0) next[at] = used++
        state = next[at]!
      }
      found[state] = index
    }
    // Breadth first, each state gets the moves of the longest proper suffix that is a state as well.
    const suffix = new Int32Array(states)
    const queue: number[] = []
    for (let byte = 0; byte < 256; byte++) if (next[byte] !== 0) queue.push(next[byte]!)
    for (const state of queue) {
      const shorter = suffix[state]!
      if (found[state] === -1) found[state] = found[shorter]!
      for (let byte = 0; byte < 256; byte++) {
        const at = state * 256 + byte
        if (next[at] === 0) next[at] = next[shorter * 256 + byte]!
        else {
          suffix[next[at]!] = next[shorter * 256 + byte]!
          queue.push(next[at]!)
        }
      }
    }
    this.#next = next
    this.#found = found
  }

  /** The needles that occur, by index, each with the position after its first occurrence. */
  search(content: Uint8Array): Map<number, number> {
    const next = this.#next
    const found = this.#found
    const occurring = new Map<number, number>()
    let state = 0
    for (let i = 0; i < content.length; i++) {
      state = next[state * 256 + content[i]!]!
      const needle = found[state]!
      if (needle !== -1 && !occurring.has(needle)) occurring.set(needle, i + 1)
    }
    return occurring
  }
}
