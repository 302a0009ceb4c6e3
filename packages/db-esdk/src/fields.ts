import { type AttributeValue, SealError } from '@dynaseal/core'
import { Writer, writeValue } from '@dynaseal/core/formats'
import { comparePaths } from './names.js'
import type { Letter, Table } from './table.js'

/** A signed attribute. */
export interface SignedField {
  readonly name: string
  readonly letter: 'e' | 's' | 'c'
  readonly path: Buffer
  /** Type id and value; of an attribute that is stored encrypted, what is stored. */
  readonly bytes: Buffer
}

/** An item, attribute by attribute, with what is to be done with each. */
export type Attributes = Iterable<readonly [name: string, value: AttributeValue, letter: Letter]>

/**
 * How many levels of maps and lists there may be: one less than in DynamoDB, since the item itself counts
 * (ddb-attribute-serialization.md, "Value Depth": 32).
 */
export const LEVELS_OF_ITEM = 1

/** Plaintext on its way into fields. Empty between two calls. */
const scratch = new Writer(4096)

/** The signed attributes of an item that is to be sealed, in the order of their paths. */
export class PlainFields {
  readonly fields: readonly SignedField[]
  /** Of all fields, in memory of its own: what the caller does to the item later has no part in it. */
  readonly #plaintext: Buffer

  /** @throws {SealError} for what cannot be written; placed */
  constructor(table: Table, attributes: Attributes) {
    // A getter in the caller's item may come back here in the middle, when the scratch is in use.
    const writer = scratch.length === 0 ? scratch : new Writer(4096)
    try {
      const written: { name: string; letter: 'e' | 's' | 'c'; start: number; end: number }[] = []
      for (const [name, value, letter] of attributes) {
        if (letter === undefined) continue
        const start = writer.length
        writeAttribute(writer, table, name, value)
        written.push({ name, letter, start, end: writer.length })
      }
      const plaintext = Buffer.allocUnsafeSlow(writer.length)
      plaintext.set(writer.written())
      this.#plaintext = plaintext
      written.sort((a, b) => comparePaths(a.name, b.name))
      this.fields = written.map(({ name, letter, start, end }) => ({
        name,
        letter,
        path: table.paths.of(name),
        bytes: plaintext.subarray(start, end),
      }))
    } finally {
      writer.clear()
    }
  }

  zero(): void {
    this.#plaintext.fill(0)
  }
}

/** @throws {SealError} placed */
function writeAttribute(writer: Writer, table: Table, name: string, value: AttributeValue): void {
  try {
    writeValue(writer, value, LEVELS_OF_ITEM)
  } catch (error) {
    throw error instanceof SealError ? table.placed(error, name) : error
  }
}
