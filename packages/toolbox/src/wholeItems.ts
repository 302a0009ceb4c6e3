import type { marshallOptions, NativeAttributeValue } from '@aws-sdk/util-dynamodb'
import type { AttributeValue } from '@dynaseal/core'
import { ToolboxError } from './errors.js'
import { marshallAt } from './nativeValues.js'
import { findPending, PendingSeal } from './pendingSeal.js'
import type { Item } from './place.js'
import type { RegisteredTable } from './registry.js'

/** What stands in an item, and the means to replace it. */
interface Marked {
  replace(value: unknown): void
}

export function sealsWholeItems({ formatAttributes }: RegisteredTable): boolean {
  return formatAttributes.length > 0
}

/** Whether all of an item that is to be written is sealed already. */
export function isSealedItem({ formatAttributes }: RegisteredTable, item: Item): boolean {
  return formatAttributes.every(name => item[name] instanceof Uint8Array) && findPending(item) === undefined
}

/** The format's attributes that an item which was read does not have as ciphertext. */
export function missingFormatAttributes({ formatAttributes }: RegisteredTable, item: Item): string[] {
  return formatAttributes.filter(name => !(item[name] instanceof Uint8Array))
}

/** The item with the format's attributes, which wait to be sealed as the encrypted ones do. */
export function withFormatAttributes({ formatAttributes }: RegisteredTable, item: Item): Item {
  return { ...Object.fromEntries(formatAttributes.map(name => [name, new PendingSeal(null)])), ...item }
}

/** The item as such a format wants it, `NULL` in place of each marked value; in `item` itself they are replaced. */
export function wholeItem(
  item: Item,
  marked: readonly Marked[],
  options: marshallOptions | undefined,
): Record<string, AttributeValue> {
  for (const each of marked) each.replace(null)
  const attributes = Object.entries(item).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    attributes.map(([name, value]) => [name, marshallAt([name], value as NativeAttributeValue, options)]),
  )
}

/** @throws {ToolboxError} `update-refused` */
export function refuseUpdate(table: RegisteredTable): void {
  if (!sealsWholeItems(table)) return
  throw new ToolboxError(
    'update-refused',
    `Items of table ${table.name} are sealed as wholes, and an update changes a part of one: it would not open any more. Load the item, change it, and put it back, with a condition on a version attribute.`,
  )
}

/** @throws {ToolboxError} `projection-refused` */
export function refuseProjection(table: RegisteredTable): void {
  if (!sealsWholeItems(table)) return
  throw new ToolboxError(
    'projection-refused',
    `Items of table ${table.name} are sealed as wholes, and a part of one cannot be authenticated. Read the whole item.`,
  )
}
