import { randomUUID } from 'node:crypto'
import {
  DeleteItemCommand,
  GetItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type Put as TransactPut,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { versionsOf } from '../keyStore/requests.js'
import {
  ACTIVE,
  BRANCH_KEY_ID,
  ENCRYPTED_KEY,
  type Item,
  parseRow,
  type Row,
  TYPE,
  toItem,
} from '../keyStore/row.js'
import type { Clients } from './clients.js'

/** A row that is to be written, unless the one that is there is another than expected. */
export interface Put {
  readonly context: Readonly<Record<string, string>>
  readonly encryptedKey: Uint8Array
  /** The encrypted key that the row has before; undefined if there must be no such row. */
  readonly replaces?: Uint8Array | undefined
}

/** The row of the active version in the home region, as it stands. */
export async function readActiveRow(clients: Clients, branchKeyId: string): Promise<Row | undefined> {
  const { Item } = await clients.dynamodb(clients.home).send(
    new GetItemCommand({
      TableName: clients.tableName,
      Key: keyOf(branchKeyId, ACTIVE),
      ConsistentRead: true,
    }),
  )
  return Item === undefined ? undefined : parseRow(Item, clients.logicalName)
}

/** All rows of a branch key that a region has, or those whose type begins so. */
export async function readRows(
  clients: Clients,
  region: string,
  branchKeyId: string,
  prefix = '',
): Promise<Item[]> {
  const items: Item[] = []
  let ExclusiveStartKey: Item | undefined
  do {
    const query = versionsOf(clients.tableName, branchKeyId, prefix)
    const page = await clients
      .dynamodb(region)
      .send(new QueryCommand(ExclusiveStartKey === undefined ? query : { ...query, ExclusiveStartKey }))
    items.push(...(page.Items ?? []))
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  return items
}

/** Writes all of them or none. @returns whether it did; not where a row was another than expected */
export async function writeRows(clients: Clients, puts: readonly Put[]): Promise<boolean> {
  try {
    await clients.dynamodb(clients.home).send(
      new TransactWriteItemsCommand({
        TransactItems: puts.map(put => ({
          Put: {
            TableName: clients.tableName,
            Item: toItem(put.context, put.encryptedKey),
            ...condition(put.replaces),
          },
        })),
        // So that a retry of the SDK after a lost answer finds its own rows, and not somebody else's.
        ClientRequestToken: randomUUID(),
      }),
    )
    return true
  } catch (error) {
    if (isConflict(error)) return false
    throw error
  }
}

type Condition = Pick<
  TransactPut,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
>

function condition(replaces: Uint8Array | undefined): Condition {
  if (replaces === undefined)
    return {
      ConditionExpression: 'attribute_not_exists(#id)',
      ExpressionAttributeNames: { '#id': BRANCH_KEY_ID },
    }
  return {
    ConditionExpression: '#key = :before',
    ExpressionAttributeNames: { '#key': ENCRYPTED_KEY },
    ExpressionAttributeValues: { ':before': { B: replaces } },
  }
}

/** Somebody else was faster, or is at it. */
function isConflict(error: unknown): boolean {
  if (!(error instanceof TransactionCanceledException)) return false
  const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code)
  return codes.some(code => code === 'ConditionalCheckFailed' || code === 'TransactionConflict')
}

/** @returns whether it was there */
export async function deleteRow(clients: Clients, branchKeyId: string, type: string): Promise<boolean> {
  const { Attributes } = await clients.dynamodb(clients.home).send(
    new DeleteItemCommand({
      TableName: clients.tableName,
      Key: keyOf(branchKeyId, type),
      ReturnValues: 'ALL_OLD',
    }),
  )
  return Attributes !== undefined
}

function keyOf(branchKeyId: string, type: string): Item {
  return { [BRANCH_KEY_ID]: { S: branchKeyId }, [TYPE]: { S: type } }
}
