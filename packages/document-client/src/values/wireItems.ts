import type { AttributeValue as WireValue } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { copyContainers } from './copyContainers.js'
import { nativeValues } from './nativeValues.js'
import type { Item } from './place.js'

/** An item as attribute values. */
export type WireItem = Record<string, WireValue>

/** Those of {@link fromWire}: numbers are wrapped, so that none loses digits on its way through. */
export const WIRE_VALUES = nativeValues({ unmarshallOptions: { wrapNumbers: true } })

/** An item of attribute values as everything here takes it. */
export function fromWire(item: WireItem): Item {
  return copyContainers(unmarshall(item, { wrapNumbers: true })) as Item
}

export function toWire(item: Item): WireItem {
  return marshall(item)
}
