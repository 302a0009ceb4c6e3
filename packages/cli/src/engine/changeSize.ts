import { itemBytes, valueBytes } from '../stored/itemBytes.js'
import type { WireItem } from '../stored/wireItem.js'
import { writeUnits } from './estimate.js'
import type { Change } from './task.js'

/** Of an item: 400 KB ("Quotas in Amazon DynamoDB" in its guide). */
const MAX_ITEM_BYTES = 400 * 1024

/** About what DynamoDB will count. A move is a put and a delete, and each costs twice in a transaction. */
export function unitsOf(item: WireItem | undefined, change: Change): number {
  const before = itemBytes(item ?? {})
  if (change.moved !== undefined) return 2 * (writeUnits(itemBytes(change.moved)) + writeUnits(before))
  // DynamoDB counts the larger one of what was there and what is there now.
  return writeUnits(Math.max(before, before + growth(change)))
}

/** Whether DynamoDB will refuse a change, as far as it can be told: to a few bytes. */
export function isTooLarge(item: WireItem | undefined, change: Change): boolean {
  return itemBytes(change.moved ?? item ?? {}) + growth(change) > MAX_ITEM_BYTES
}

/** Bytes that an item has more, or below 0, less. */
function growth({ values, attributes, tokens }: Change): number {
  const size = (value: Parameters<typeof valueBytes>[0] | undefined) =>
    value === undefined ? 0 : valueBytes(value)
  return (
    values.reduce((sum, { from, to }) => sum + size(to) - size(from), 0) +
    [...attributes, ...tokens].reduce((sum, { path, from, to }) => {
      const name = Buffer.byteLength(String(path.at(-1)))
      const named = (to === undefined ? 0 : name) - (from === undefined ? 0 : name)
      return sum + named + size(to) - size(from)
    }, 0)
  )
}
