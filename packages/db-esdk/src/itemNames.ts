import { refuseReserved } from './attributes.js'
import { areSame, RESERVED_PREFIX } from './names.js'
import type { NameInOrder } from './path.js'
import type { Letter, Table } from './table.js'

/** The names of all attributes that a stored item has. */
export interface StoredNames {
  readonly all: readonly string[]
  /** Without those of the format's own. */
  readonly own: readonly string[]
  /** Those that must be signed, in the order of their paths. */
  readonly signed: readonly NameInOrder[]
  readonly areWellFormed: boolean
}

/** The names of all attributes of an item that is to be sealed, and what is to be done with each. */
export interface NamesToWrite {
  readonly all: readonly string[]
  readonly letters: readonly Letter[]
}

/** What a table knows of items' names. Those that came last are known already, and most items of a table have the same. */
export class KnownNames {
  readonly #table: Table
  #stored: StoredNames = { all: [], own: [], signed: [], areWellFormed: true }
  #toWrite: NamesToWrite = { all: [], letters: [] }

  constructor(table: Table) {
    this.#table = table
  }

  stored(item: Readonly<Record<string, unknown>>): StoredNames {
    const all = Object.keys(item)
    if (!areSame(all, this.#stored.all)) {
      const signed = all.filter(this.#table.isSigned)
      this.#stored = {
        all,
        own: all.filter(name => !name.startsWith(RESERVED_PREFIX)),
        signed: this.#table.paths.inOrder(signed),
        areWellFormed: signed.every(name => name.isWellFormed()),
      }
    }
    return this.#stored
  }

  /** @throws {SealError} `invalid-value`, placed, for one that the format has for its own */
  toWrite(item: Readonly<Record<string, unknown>>): NamesToWrite {
    const all = Object.keys(item)
    if (!areSame(all, this.#toWrite.all)) {
      refuseReserved(this.#table, all)
      this.#toWrite = { all, letters: all.map(name => this.#table.letterOf(name)) }
    }
    return this.#toWrite
  }
}
