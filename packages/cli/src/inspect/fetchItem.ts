import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { explained } from '../awsErrors.js'
import type { Target } from '../config/project.js'
import { CliError } from '../errors.js'
import type { WireItem } from '../stored/wireItem.js'

/**
 * Reads an item as it is stored, consistently.
 *
 * @throws {CliError} `failed` when there is none, and for what AWS refuses
 */
export async function fetchItem({ dynamodb, tableName, region }: Target, key: WireItem): Promise<WireItem> {
  const get = new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true })
  const { Item } = await dynamodb.send(get).catch((error: unknown) => {
    throw explained(error, { table: tableName, region })
  })
  if (Item === undefined)
    throw new CliError(
      'failed',
      `Table ${tableName} has no such item in ${region}. Which type does the key have?`,
    )
  return Item
}
