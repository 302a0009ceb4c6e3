import type { AttributePath, AttributeValue } from '@dynaseal/core'
import { DocumentClientError } from '../errors.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import type { Values } from '../values/values.js'

/** What stands in an item, and the means to replace it. */
interface Marked {
  readonly path: AttributePath
  replace(value: unknown): void
}

/**
 * All but what is marked, as a format that seals items as wholes wants it: `NULL` in place of what is marked inside of
 * maps and lists; in `item` itself it is replaced.
 */
export function otherAttributes(
  item: Item,
  marked: readonly Marked[],
  values: Values,
): Record<string, AttributeValue> {
  for (const each of marked) each.replace(null)
  const names = new Set(marked.filter(({ path }) => path.length === 1).map(({ path: [name] }) => name))
  const others = Object.entries(item).filter(([name, value]) => value !== undefined && !names.has(name))
  return Object.fromEntries(others.map(([name, value]) => [name, values.attributeAt([name], value)]))
}

/** @throws {DocumentClientError} `update-refused` */
export function refuseUpdate({ name }: KnownTable): never {
  throw new DocumentClientError(
    'update-refused',
    `Items of table ${name} are sealed as wholes, and an update changes a part of one: it would not open any more. Have the client read each item that it updates, with the option updates: 'read-change-write'; or load the item, change it, and put it back, with a condition on a version attribute.`,
  )
}
