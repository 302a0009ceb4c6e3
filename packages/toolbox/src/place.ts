import type { marshallOptions, NativeAttributeValue } from '@aws-sdk/util-dynamodb'
import type { AttributeValue } from '@dynaseal/core'
import { marshallNative } from './nativeValues.js'
import type { RegisteredTable } from './registry.js'

/** An item, a key or a part of one as the document client has it: native values by attribute name. */
export type Item = Record<string, unknown>

/** The item that a value belongs to: what a ciphertext is bound to, and which rules hold for it. */
export interface Place {
  readonly table: RegisteredTable
  /** Has at least the key attributes. */
  readonly key: Item
  /** The entity's name, where it is known. */
  readonly entity: unknown
}

/** The primary key as attribute values, or `undefined` when the item does not have all of it. */
export function primaryKey(
  { keyNames }: RegisteredTable,
  item: Item,
  options: marshallOptions | undefined,
): Record<string, AttributeValue> | undefined {
  const key: Record<string, AttributeValue> = {}
  for (const name of keyNames) {
    const value = item[name]
    if (value === undefined) return undefined
    key[name] = marshallNative(value as NativeAttributeValue, options)
  }
  return key
}
