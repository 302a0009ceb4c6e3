import { ScanCommand, type ScanCommandOutput } from '@aws-sdk/client-dynamodb'
import type { KnownTable } from '@dynaseal/document-client/mapper'
import { keyOf } from '../../stored/tableItem.js'
import type { WireItem } from '../../stored/wireItem.js'
import { ask, type Limits, type Sender } from '../wire.js'

/** The key of some item of a table, for one read unit; undefined where there is none, or it may not be read. */
export async function sampleKey(
  client: Sender,
  TableName: string,
  known: KnownTable,
  limits: Limits,
): Promise<WireItem | undefined> {
  const names = Object.fromEntries(known.keyNames.map((name, i) => [`#key${i}`, name]))
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
  const [item] = output?.Items ?? []
  return item === undefined ? undefined : keyOf(known, item)
}
