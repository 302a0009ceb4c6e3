import type { AttributeValue } from '@dynaseal/core'
import { DocumentClientError } from '../errors.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Values } from './values.js'

/** An item, a key or a part of one as the document client has it: native values by attribute name. */
export type Item = Record<string, unknown>

/** The item that a value belongs to: what a ciphertext is bound to, and which rules hold for it. */
export interface Place {
  readonly table: KnownTable
  /** Has at least the key attributes. */
  readonly key: Item
  /** The name of its kind, where it is known. */
  readonly kind: unknown
}

/**
 * The primary key as attribute values, or `undefined` when the item does not have all of it.
 *
 * @throws {DocumentClientError} `invalid-value`
 */
export function primaryKey(
  { name: tableName, keyNames }: KnownTable,
  item: Item,
  values: Values,
): Record<string, AttributeValue> | undefined {
  const key: Record<string, AttributeValue> = {}
  // By index, as wherever something is done for each item: an iterator makes garbage for each step.
  for (let index = 0; index < keyNames.length; index++) {
    const name = keyNames[index]!
    const value = item[name]
    if (value === undefined) return undefined
    try {
      key[name] = values.attribute(value)
    } catch (error) {
      if (error instanceof DocumentClientError) throw error
      // The AWS SDK's own error quotes the value.
      throw new DocumentClientError(
        'invalid-value',
        `The key attribute '${name}' of an item for table ${tableName} cannot be stored: it has no DynamoDB type. Give a text, a finite number below 2^53 or a bigint, or bytes; await what is a promise.`,
      )
    }
  }
  return key
}

/** What an item has of its primary key. */
export function keyPart({ keyNames }: KnownTable, item: Item): Item {
  return Object.fromEntries(
    keyNames.filter(name => Object.hasOwn(item, name)).map(name => [name, item[name]]),
  )
}
