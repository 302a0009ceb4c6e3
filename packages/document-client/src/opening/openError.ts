import type { ClientSettings } from '../client/settings.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { fromWire, toWire, WIRE_VALUES, type WireItem } from '../values/wireItems.js'
import { Opening } from './opening.js'

/** An item in an error, with what it belongs to. The document client leaves it as attribute values. */
export interface ErrorItem {
  readonly table: KnownTable
  readonly key: Item
  readonly holder: { Item?: WireItem }
}

/**
 * What to throw for an error of DynamoDB: itself, or, if it carries items because a condition failed, another one of
 * its class that has them opened. The error of the AWS SDK stays as it is: middleware and loggers were given it, and
 * may print it later.
 *
 * @throws {FieldsNotOpenedError} with DynamoDB's error, without its items, as its cause
 */
export async function openError(
  settings: ClientSettings,
  { errorItems }: { errorItems?(error: Item): ErrorItem[] },
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof Error) || errorItems === undefined) return error
  const copy = copyError(error)
  const items = errorItems(copy as unknown as Item).filter(({ holder }) => holder.Item !== undefined)
  if (items.length === 0) return error
  const opening = new Opening({ ...settings, values: WIRE_VALUES })
  const opened = items.flatMap(({ table, key, holder }) => {
    const item = fromWire(holder.Item ?? {})
    delete holder.Item
    if (settings.role === 'seal') return []
    opening.collect(table, item, table.kindOf(item), key)
    return [{ holder, item }]
  })
  await opening.open(copy)
  for (const { holder, item } of opened) hide(holder, toWire(item))
  return copy
}

/** An error is what is logged: who asks it for the item gets it, and who prints it does not. */
function hide(holder: object, Item: unknown): void {
  Object.defineProperty(holder, 'Item', { configurable: true, enumerable: false, get: () => Item })
}

/** A true error, of the same class and with the same members; those that can hold items are its own. */
function copyError(error: Error): Error {
  const copy = Object.setPrototypeOf(new Error(error.message), Object.getPrototypeOf(error)) as Error
  Object.defineProperties(copy, {
    ...Object.getOwnPropertyDescriptors(error),
    // An accessor in newer versions of Node.js, which would tell where the copy was made.
    stack: { configurable: true, enumerable: false, writable: true, value: error.stack },
  })
  const { CancellationReasons } = error as { CancellationReasons?: object[] }
  if (Array.isArray(CancellationReasons)) {
    Object.defineProperty(copy, 'CancellationReasons', {
      configurable: true,
      enumerable: true,
      writable: true,
      value: CancellationReasons.map(reason => ({ ...reason })),
    })
  }
  return copy
}
