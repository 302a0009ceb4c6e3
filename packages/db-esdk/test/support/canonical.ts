import { serializeValue } from '@dynaseal/core'
import type { Item } from '../../src/index.js'

/** A form in which equal items are equal: numbers in one spelling, sets in one order. */
export function canonical(item: Item): Record<string, string> {
  const names = Object.keys(item).sort()
  return Object.fromEntries(
    names.map(name => [name, Buffer.from(serializeValue(item[name]!)).toString('hex')]),
  )
}
