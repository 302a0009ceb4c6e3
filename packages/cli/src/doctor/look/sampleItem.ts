import { ScanCommand, type ScanCommandOutput } from '@aws-sdk/client-dynamodb'
import type { WireItem } from '../../stored/wireItem.js'
import { ask, type Limits, type Sender } from '../wire.js'

/** Some attributes of some item of a table, for one read unit; undefined where there is none, or it may not be read. */
export async function sampleItem(
  client: Sender,
  TableName: string,
  attributes: readonly string[],
  limits: Limits,
): Promise<WireItem | undefined> {
  const names = Object.fromEntries(attributes.map((name, i) => [`#name${i}`, name]))
  const input = {
    TableName,
    Limit: 1,
    ProjectionExpression: Object.keys(names).join(', '),
    ExpressionAttributeNames: names,
  }
  const { output } = await ask<ScanCommandOutput>(
    client,
    'dynamodb:Scan',
    () => new ScanCommand(input),
    limits,
  )
  return output?.Items?.[0]
}
