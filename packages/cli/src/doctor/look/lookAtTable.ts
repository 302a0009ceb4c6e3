import {
  DescribeContinuousBackupsCommand,
  type DescribeContinuousBackupsCommandOutput,
  DescribeTableCommand,
  type DescribeTableCommandOutput,
  DescribeTimeToLiveCommand,
  type DescribeTimeToLiveCommandOutput,
} from '@aws-sdk/client-dynamodb'
import type { ClientTable, SeenTable } from '../seen.js'
import { ask, type Limits, type Sender } from '../wire.js'

/** A table in the region of a client. */
export async function lookAtTable(
  client: Sender,
  region: string,
  name: string,
  of: ClientTable,
  limits: Limits,
): Promise<SeenTable> {
  const input = { TableName: name }
  const table = await ask<DescribeTableCommandOutput>(
    client,
    'dynamodb:DescribeTable',
    () => new DescribeTableCommand(input),
    limits,
  )
  const isDenied = table.failure?.kind === 'denied'
  const seen = {
    region,
    name,
    of,
    description: table.output?.Table,
    failure: isDenied ? undefined : table.failure,
    skewMs: table.skewMs,
    timeToLive: undefined,
    pointInTimeRecovery: undefined,
    notDescribed: isDenied ? [table.failure!] : [],
  }
  // What cannot be reached, or is not there, answers the others no better.
  if (table.failure !== undefined && !isDenied) return seen
  const ttl = await ask<DescribeTimeToLiveCommandOutput>(
    client,
    'dynamodb:DescribeTimeToLive',
    () => new DescribeTimeToLiveCommand(input),
    limits,
  )
  const backups = await ask<DescribeContinuousBackupsCommandOutput>(
    client,
    'dynamodb:DescribeContinuousBackups',
    () => new DescribeContinuousBackupsCommand(input),
    limits,
  )
  const { AttributeName, TimeToLiveStatus = '' } = ttl.output?.TimeToLiveDescription ?? {}
  const recovery = backups.output?.ContinuousBackupsDescription?.PointInTimeRecoveryDescription
  return {
    ...seen,
    timeToLive: TimeToLiveStatus.startsWith('ENABL') ? AttributeName : undefined,
    pointInTimeRecovery: recovery && recovery.PointInTimeRecoveryStatus === 'ENABLED',
    notDescribed: [table, ttl, backups].flatMap(({ failure }) => failure ?? []),
  }
}
