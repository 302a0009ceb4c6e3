import type { AttributePath, AttributeValue } from '@dynaseal/core'
import type { ClientSettings } from '../client/settings.js'
import type { Attributes } from '../evaluation/types.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import type { WireItem } from '../values/wireItems.js'
import type { SearchedCondition } from './searched.js'

/** A write that is evaluated on the plaintext of its item, which is read first. */
export interface ReadFirst {
  readonly table: KnownTable
  readonly key: Record<string, AttributeValue>
  /** The caller's, on the item in clear. */
  readonly searched: SearchedCondition
  /** Of the placeholders in it. */
  readonly values: Attributes
  /** As the caller has it: what it asks to be returned, and how the table is called. */
  readonly params: Item
  /** What an update writes. */
  readonly updatedPaths?: readonly AttributePath[]
  /**
   * Refuses what DynamoDB refuses before it looks at the item, and so before the condition.
   *
   * @throws {EvaluationError}
   */
  check?(): void
  /**
   * What is to be sent for an item that the condition holds for.
   *
   * @throws {EvaluationError} for what DynamoDB would refuse
   */
  decide(item: ReadItem, settings: ClientSettings): Promise<Decision>
}

/** What is written in the place of the caller's write, on the condition that the item is as it was read. */
export interface Decision {
  readonly kind: 'Put' | 'Delete' | 'ConditionCheck'
  /** `Item` or `Key`. */
  readonly members: { readonly [NAME in 'Item' | 'Key']?: WireItem }
  /** The item after an update, in clear. */
  readonly updated?: Attributes
}

/** An item as it was read, and what is in it; neither, where there is none. */
export interface ReadItem {
  readonly stored: WireItem | undefined
  readonly opened: Record<string, AttributeValue> | undefined
}

/** Sends another operation than the caller's, with attribute values. */
export type SendOperation = (
  name: 'GetItem' | 'PutItem' | 'DeleteItem' | 'TransactWriteItems',
  input: Item,
) => Promise<Item>

/** What it takes to send a write that reads first. */
export interface Sending {
  readonly settings: ClientSettings
  readonly sendOperation: SendOperation
}
