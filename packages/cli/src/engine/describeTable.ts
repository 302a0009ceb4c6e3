import { DescribeTableCommand, type DynamoDBClient, type TableDescription } from '@aws-sdk/client-dynamodb'
import { unlessThrottled } from './persistently.js'

/**
 * What DynamoDB says of a table. There are few such calls a second for the whole account, so that throttling only makes it slower.
 *
 * @throws what DynamoDB answers otherwise, at once: it is the first that is asked of a region, which may be the wrong one
 */
export async function describeTable(
  dynamodb: Pick<DynamoDBClient, 'send'>,
  tableName: string,
  signal?: AbortSignal,
): Promise<TableDescription | undefined> {
  const describe = () => dynamodb.send(new DescribeTableCommand({ TableName: tableName }))
  const { Table } = await unlessThrottled(describe, signal)
  return Table
}
