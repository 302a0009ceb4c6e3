import type { Place } from './errors.js'
import type { AttributePath, ItemFields } from './format.js'

/** What an error may say of where it happened: names, never the values of key attributes. */
export function placeOf(item: ItemFields<unknown>, path: AttributePath): Place {
  return { table: item.table, keyNames: Object.keys(item.key), path }
}
