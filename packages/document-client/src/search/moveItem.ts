import { randomUUID } from 'node:crypto'
import {
  type DynamoDBClient,
  GetItemCommand,
  type PutItemCommandInput,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { sealItem } from '../changing/sealItem.js'
import type { ClientSettings } from '../client/settings.js'
import { DocumentClientError, FieldsNotOpenedError } from '../errors.js'
import type { Attributes } from '../evaluation/types.js'
import { Opening } from '../opening/opening.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Tables } from '../tables/tables.js'
import type { Item } from '../values/place.js'
import { fromWire, toWire, WIRE_VALUES, type WireItem } from '../values/wireItems.js'
import { keyName } from './mergedPages.js'

/** The client that was sealed, as it takes commands of attribute values. */
export type RawClient = Pick<DynamoDBClient, 'send'>

/** Expressions may have 4 KB and 300 operators ("Constraints in Amazon DynamoDB", expression parameters). */
const MAX_ATTRIBUTES = 100

/**
 * Moves an item to the key that its value has under the search key which is written with: one transaction puts it there,
 * where nothing may be, and deletes it where it was, if it is what was read.
 *
 * @param key as stored, as attribute values
 * @returns whether it was moved: not, where there is none, or where it has that key already
 * @throws {FieldsNotOpenedError}
 * @throws {DocumentClientError} `invalid-schema` for a table whose key is no search token; `update-refused` for an item that another
 *   application finds by what is not written here
 * @throws {TransactionCanceledException} where the item was changed meanwhile, or is under both keys
 */
export async function moveItem(
  tables: Tables,
  settings: ClientSettings,
  client: RawClient,
  tableName: string,
  key: WireItem,
): Promise<boolean> {
  const table = keyedTable(tables, tableName)
  const counted = { TableName: tableName, ReturnConsumedCapacity: 'TOTAL' } as const
  const { Item: stored } = await client.send(
    new GetItemCommand({ ...counted, Key: key, ConsistentRead: true }),
  )
  if (stored === undefined) return false
  const item = await underNewKey(table, settings, stored)
  if (item === undefined) return false
  const condition = asRead(table, settings, stored)
  const put: PutItemCommandInput = {
    TableName: tableName,
    Item: item,
    ConditionExpression: 'attribute_not_exists(#k)',
    ExpressionAttributeNames: { '#k': table.keyNames[0]! },
  }
  await client.send(
    new TransactWriteItemsCommand({
      // Sent again after its answer was lost, it is the same move.
      ClientRequestToken: randomUUID(),
      ReturnConsumedCapacity: 'TOTAL',
      TransactItems: [{ Put: put }, { Delete: { TableName: tableName, Key: key, ...condition } }],
    }),
  )
  return true
}

/**
 * What {@link moveItem} would put for an item that was read.
 *
 * @returns undefined where the item has its key already
 * @throws as {@link moveItem}, but for what DynamoDB says
 */
export async function movedItem(
  tables: Tables,
  settings: ClientSettings,
  tableName: string,
  stored: WireItem,
): Promise<WireItem | undefined> {
  const table = keyedTable(tables, tableName)
  const item = await underNewKey(table, settings, stored)
  if (item !== undefined) asRead(table, settings, stored)
  return item
}

function keyedTable(tables: Tables, tableName: string): KnownTable {
  const table = tables.table(tableName)
  if (table.keyTokens.size > 0) return table
  throw new DocumentClientError(
    'invalid-schema',
    `The key of table ${table.name} is no search token, so that its items stay where they are.`,
  )
}

async function underNewKey(
  table: KnownTable,
  settings: ClientSettings,
  stored: WireItem,
): Promise<WireItem | undefined> {
  const { keyNames } = table
  const key = fromWire(Object.fromEntries(keyNames.map(name => [name, stored[name]])))
  const item = await sealedAnew(table, settings, stored, key)
  return keyName(fromWire(item), keyNames) === keyName(key, keyNames) ? undefined : item
}

async function sealedAnew(
  table: KnownTable,
  settings: ClientSettings,
  stored: WireItem,
  key: Item,
): Promise<WireItem> {
  const item = fromWire(stored)
  const opening = new Opening({ ...settings, values: WIRE_VALUES })
  opening.collect(table, item, table.kindOf(item), key)
  const unopened = await opening.outcome()
  if (unopened.length > 0) throw new FieldsNotOpenedError(unopened.flatMap(({ failures }) => failures))
  const opened = toWire(item) as Attributes
  return sealItem(table, opened, { stored, opened }, settings)
}

/** The condition that an item is what was read; what is encrypted and was not there is not there. */
function asRead(table: KnownTable, { format }: ClientSettings, stored: WireItem) {
  const known = table.encrypted(undefined).flatMap(([name]) => (typeof name === 'string' ? [name] : []))
  const others = format.uncovered?.(table.name) ?? []
  const attributes = [...new Set([...Object.keys(stored), ...known, ...others, ...table.formatAttributes])]
  if (attributes.length > MAX_ATTRIBUTES) {
    throw new DocumentClientError(
      'command-unsupported',
      `An item of table ${table.name} has ${attributes.length} attributes, and a condition that says what they were read as can have ${MAX_ATTRIBUTES}. Move it by hand, while nobody writes it.`,
    )
  }
  const given: WireItem = {}
  const conditions = attributes.map((name, index) => {
    const value = stored[name]
    if (value === undefined) return `attribute_not_exists(#${index})`
    given[`:${index}`] = value
    return `#${index} = :${index}`
  })
  return {
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name, index) => [`#${index}`, name])),
    ExpressionAttributeValues: given,
  }
}
