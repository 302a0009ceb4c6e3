import { type AttributeValue, SealError } from '@dynaseal/core'
import { type Writer, writeValue } from '@dynaseal/core/formats'
import type { Letter, Table } from './table.js'
import { borrowWriter, returnWriter } from './writers.js'

/** A signed attribute. */
export interface SignedField {
  readonly name: string
  readonly letter: 'e' | 's' | 'c'
  readonly path: Buffer
  /** Type id and value; of an attribute that is stored encrypted, what is stored. */
  readonly bytes: Buffer
}

/** The attributes of an item, in three lists that are as long: what each is called and has, and what is to be done with it. */
export interface Attributes {
  readonly names: readonly string[]
  readonly values: readonly AttributeValue[]
  readonly letters: readonly Letter[]
}

/**
 * How many levels of maps and lists there may be: one less than in DynamoDB, since the item itself counts
 * (ddb-attribute-serialization.md, "Value Depth": 32).
 */
export const LEVELS_OF_ITEM = 1

/** The signed attributes of an item that is to be sealed, in the order of their paths. */
export class PlainFields {
  readonly fields: readonly SignedField[]
  /** What the fields are views of: what the caller does to the item later has no part in it. */
  readonly #writer = borrowWriter()
  #isZeroed = false

  /** @throws {SealError} for what cannot be written; placed */
  constructor(table: Table, attributes: Attributes) {
    try {
      this.fields = writeFields(this.#writer, table, attributes)
    } catch (error) {
      this.zero()
      throw error
    }
  }

  /** Nothing can be read of the fields after that. */
  zero(): void {
    if (this.#isZeroed) return
    this.#isZeroed = true
    returnWriter(this.#writer)
  }
}

function writeFields(writer: Writer, table: Table, { names, values, letters }: Attributes): SignedField[] {
  const signed = table.paths.inOrder(names).filter(({ index }) => letters[index] !== undefined)
  const ends = signed.map(({ name, index }) => {
    writeAttribute(writer, table, name, values[index]!)
    return writer.length
  })
  const bytes = writer.written()
  return signed.map(({ name, path, index }, position) => ({
    name,
    letter: letters[index]!,
    path,
    bytes: bytes.subarray(position === 0 ? 0 : ends[position - 1], ends[position]),
  }))
}

/** @throws {SealError} placed */
function writeAttribute(writer: Writer, table: Table, name: string, value: AttributeValue): void {
  try {
    writeValue(writer, value, LEVELS_OF_ITEM)
  } catch (error) {
    throw error instanceof SealError ? table.placed(error, name) : error
  }
}
