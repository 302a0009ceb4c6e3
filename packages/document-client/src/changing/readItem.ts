import type { AttributeValue } from '@dynaseal/core'
import { FieldsNotOpenedError } from '../errors.js'
import { Opening } from '../opening/opening.js'
import type { Item } from '../values/place.js'
import { fromWire, toWire, WIRE_VALUES, type WireItem } from '../values/wireItems.js'
import type { Capacity } from './capacity.js'
import type { ReadFirst, ReadItem, Sending } from './readFirst.js'

/** An item as it was read, and the metadata of the answer. */
export interface AnsweredItem extends ReadItem {
  readonly metadata: Item
}

/**
 * Reads an item, opens it and verifies it. With attribute values, whatever the client has: a number that JavaScript cannot
 * hold goes back as it was.
 *
 * @throws {FieldsNotOpenedError} also inside of `openPartially`: what cannot be read cannot be changed
 */
export async function readItem(
  { table, key, params }: ReadFirst,
  { settings, sendOperation }: Sending,
  capacity: Capacity,
): Promise<AnsweredItem> {
  const output = await sendOperation('GetItem', {
    TableName: params.TableName,
    Key: key,
    ConsistentRead: true,
    ...(capacity.asked === undefined ? {} : { ReturnConsumedCapacity: capacity.asked }),
  })
  capacity.add(output.ConsumedCapacity)
  const metadata = output.$metadata as Item
  const stored = output.Item as WireItem | undefined
  if (stored === undefined) return { stored, opened: undefined, metadata }
  const item = fromWire(stored)
  const opening = new Opening({ ...settings, values: WIRE_VALUES })
  opening.collect(table, item, table.kindOf(item), fromWire(key))
  const unopened = await opening.outcome()
  if (unopened.length > 0) throw new FieldsNotOpenedError(unopened.flatMap(({ failures }) => failures))
  return { stored, opened: toWire(item) as Record<string, AttributeValue>, metadata }
}
