import { areSame, RESERVED_PREFIX } from './names.js'
import type { CanonicalPaths, NameInOrder } from './path.js'

/** The names of all attributes that a stored item has. */
export interface ItemNames {
  readonly all: readonly string[]
  /** Without those of the format's own. */
  readonly own: readonly string[]
  /** Those that must be signed, in the order of their paths. */
  readonly signed: readonly NameInOrder[]
  readonly areWellFormed: boolean
}

/** Sorts out names; those that came last are sorted already, and most items of a table have the same. */
export class KnownNames {
  readonly #isSigned: (name: string) => boolean
  readonly #paths: CanonicalPaths
  #last: ItemNames = { all: [], own: [], signed: [], areWellFormed: true }

  constructor(isSigned: (name: string) => boolean, paths: CanonicalPaths) {
    this.#isSigned = isSigned
    this.#paths = paths
  }

  of(item: Readonly<Record<string, unknown>>): ItemNames {
    const all = Object.keys(item)
    if (!areSame(all, this.#last.all)) {
      const signed = all.filter(this.#isSigned)
      this.#last = {
        all,
        own: all.filter(name => !name.startsWith(RESERVED_PREFIX)),
        signed: this.#paths.inOrder(signed),
        areWellFormed: signed.every(name => name.isWellFormed()),
      }
    }
    return this.#last
  }
}
