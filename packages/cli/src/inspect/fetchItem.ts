import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { explained } from '../awsErrors.js'
import type { Target } from '../config/project.js'
import { unlessThrottled } from '../engine/persistently.js'
import { CliError } from '../errors.js'
import { answered, type WireItem } from '../stored/wireItem.js'

/**
 * Reads an item as it is stored, consistently.
 *
 * @throws {CliError} `failed` when there is none, `usage` for a key of another type, and for what AWS refuses
 */
export async function fetchItem({ dynamodb, tableName, region }: Target, key: WireItem): Promise<WireItem> {
  const get = new GetItemCommand({ TableName: tableName, Key: key, ConsistentRead: true })
  const { Item } = await unlessThrottled(() => dynamodb.send(get)).catch((error: unknown) => {
    if ((error as Error).name !== 'ValidationException') throw explained(error, { table: tableName, region })
    throw new CliError('usage', wrongType(tableName, Object.keys(key)), error)
  })
  if (Item === undefined)
    throw new CliError(
      'failed',
      `Table ${tableName} has no such item in ${region}. Is it in another region (--region), or deleted?`,
    )
  return answered(Item)
}

function wrongType(table: string, names: readonly string[]): string {
  const example = (type: string) =>
    JSON.stringify(Object.fromEntries(names.map(name => [name, { [type]: '…' }])))
  return `The key of table ${table} is of another type. Say of which: ${example('N')} with numbers, ${example('B')} with base64.`
}
