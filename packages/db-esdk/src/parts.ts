import { FieldError } from '@dynaseal/core'
import type { TableContext } from '@dynaseal/core/parts'
import { ATTRIBUTE, LEGEND, namePairs, PUBLIC_KEY, TABLE_NAME } from './context.js'
import { type Attributes, PlainFields } from './fields.js'
import type { AlgorithmSuite } from './header.js'
import { Sealing } from './seal.js'
import type { Table, UnsignedOptions } from './table.js'

export const PAIR_NAMES = { table: TABLE_NAME, types: LEGEND, signature: PUBLIC_KEY } as const

/** What all items of a table have in common. */
export function tableContext(table: Table, unsigned: UnsignedOptions): TableContext {
  return {
    version: table.version,
    pairs: namePairs(table),
    ofAttributes: new Map(table.required.map(name => [name, ATTRIBUTE + name])),
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
