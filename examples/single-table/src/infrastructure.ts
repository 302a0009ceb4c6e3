import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, DescribeKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { TABLE } from './entities.js'

/** What AWS SDK clients are made with. On AWS it is `{ region }`. */
export type Config = (region: string) => {
  region: string
  endpoint?: string
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

/**
 * What one sets up once: a multi-Region key with a replica, and a global table with an index.
 *
 * @returns the ARNs of the key's replicas
 */
export async function createInfrastructure(config: Config, home: string, away: string): Promise<string[]> {
  const kms = new KMSClient(config(home))
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
  const KeyId = KeyMetadata?.Arn as string
  const { ReplicaKeyMetadata } = await kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: away }))
  const replica = ReplicaKeyMetadata?.Arn as string
  const kmsAway = new KMSClient(config(away))
  await until(async () => {
    const { KeyMetadata } = await kmsAway.send(new DescribeKeyCommand({ KeyId: replica }))
    return KeyMetadata?.KeyState === 'Enabled'
  })

  const dynamodb = new DynamoDBClient(config(home))
  const { name: TableName, partitionKey, sortKey, indexes } = TABLE
  const { byStatus } = indexes
  const keys = [partitionKey, sortKey, byStatus.partitionKey, byStatus.sortKey]
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map(({ name }) => ({ AttributeName: name, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: partitionKey.name, KeyType: 'HASH' },
        { AttributeName: sortKey.name, KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byStatus',
          KeySchema: [
            { AttributeName: byStatus.partitionKey.name, KeyType: 'HASH' },
            { AttributeName: byStatus.sortKey.name, KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  )
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { TableName })
  const ReplicaUpdates = [{ Create: { RegionName: away } }]
  await dynamodb.send(new UpdateTableCommand({ TableName, ReplicaUpdates }))
  await until(async () => {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }))
    return Table?.Replicas?.every(({ ReplicaStatus }) => ReplicaStatus === 'ACTIVE') === true
  })
  for (const client of [kms, kmsAway, dynamodb]) client.destroy()
  return [KeyId, replica]
}

/** There is no event to wait for on AWS either. */
async function until(done: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await done()) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('The infrastructure was not ready in time.')
}
