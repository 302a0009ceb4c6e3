import { FieldError } from '@dynaseal/core'
import type { TableContext } from '@dynaseal/core/parts'
import { ATTRIBUTE, namePairs, PUBLIC_KEY } from './context.js'
import { type Attributes, PlainFields } from './fields.js'
import type { AlgorithmSuite } from './header.js'
import { Sealing } from './seal.js'
import type { Table, UnsignedOptions } from './table.js'

/** What all items of a table have in common. */
export function tableContext(table: Table, unsigned: UnsignedOptions): TableContext {
  return {
    pairs: namePairs(table),
    ofAttributes: new Map(table.required.map(name => [name, ATTRIBUTE + name])),
    signature: PUBLIC_KEY,
    unsigned,
  }
}

/** What keyrings would be asked with for an item, which is not sealed. @throws {SealError} placed */
export function contextOf(
  table: Table,
  suite: AlgorithmSuite,
  attributes: Attributes,
): Readonly<Record<string, string>> {
  const plain = new PlainFields(table, attributes)
  try {
    return new Sealing(table, suite, plain).pairs
  } finally {
    plain.zero()
  }
}

/** What taking apart a stored item says of it. */
export function faultOf(takeApart: () => unknown): FieldError | undefined {
  try {
    takeApart()
    return undefined
  } catch (error) {
    if (error instanceof FieldError) return error
    throw error
  }
}
