import type { AttributeValue, FieldError, ItemToOpen } from '@dynaseal/core'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import type { Values } from '../values/values.js'
import { failure } from './failure.js'
import { NUMBER } from './reasons.js'

interface Opened {
  readonly table: KnownTable
  readonly item: Item
  readonly toOpen: ItemToOpen | undefined
  readonly failures: FieldError[]
}

/**
 * Puts what has no mark in its place, as the format opened it.
 *
 * @param take takes an attribute away that is none of the application's
 */
export function replaceOthers(
  { table, item, toOpen, failures }: Opened,
  others: Item,
  values: Values,
  take: (name: string) => void,
): void {
  for (const [name, given] of Object.entries(toOpen?.others ?? {})) {
    const value = others[name]
    if (value === given) continue
    if (value === undefined) take(name)
    else {
      try {
        item[name] = values.native(value as AttributeValue)
      } catch {
        failures.push(failure(table, [name], 'malformed-value', NUMBER))
      }
    }
  }
}
