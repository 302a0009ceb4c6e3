import { type AttributeValue, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { AbsentError, type AnySignal } from '@dynaseal/mrk-keyring/regional'
import type { DynamoDBSender } from './options.js'
import { BRANCH_KEY_ID, type Item, TYPE, VERSION_PREFIX } from './row.js'

/** Asks a region's replica for one row, which it may not have yet. */
export function getRow(branchKeyId: string, type: string) {
  return {
    operation: 'GetItem' as const,
    // Consistent: a region that wrote a row has it, so that what no region has does not exist.
    async send(client: DynamoDBSender, TableName: string, abortSignal: AnySignal): Promise<Item> {
      const Key = { [BRANCH_KEY_ID]: { S: branchKeyId }, [TYPE]: { S: type } }
      const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }), {
        abortSignal,
      })
      if (Item === undefined) throw new AbsentError(`no row of type ${JSON.stringify(type)}`)
      return Item
    },
    discard: () => {},
  }
}

/** What one page of a query has: 1 MB, some two thousand rows. */
export interface Rows {
  readonly items: readonly Item[]
  /** Whether there are more rows than that. */
  readonly cut: boolean
}

/** Asks a region's replica for all versions of a branch key. */
export function queryVersions(branchKeyId: string) {
  return {
    operation: 'Query' as const,
    async send(client: DynamoDBSender, TableName: string, abortSignal: AnySignal): Promise<Rows> {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand(versionsOf(TableName, branchKeyId)),
        { abortSignal },
      )
      return { items: Items, cut: LastEvaluatedKey !== undefined }
    },
    discard: () => {},
  }
}

/** The rows of a branch key whose type begins so: of its versions, or with an empty one all. */
export function versionsOf(TableName: string, branchKeyId: string, prefix = VERSION_PREFIX) {
  const values: Record<string, AttributeValue> = { ':id': { S: branchKeyId } }
  if (prefix !== '') values[':prefix'] = { S: prefix }
  return {
    TableName,
    KeyConditionExpression: prefix === '' ? '#id = :id' : '#id = :id AND begins_with(#type, :prefix)',
    ExpressionAttributeNames: { '#id': BRANCH_KEY_ID, ...(prefix === '' ? {} : { '#type': TYPE }) },
    ExpressionAttributeValues: values,
    ConsistentRead: true,
  }
}
