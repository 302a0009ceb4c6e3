import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, DescribeKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import type { Aws } from './aws.js'

export const TABLE = 'customers'

export interface Infrastructure {
  /** One ARN per region, the primary first. */
  readonly keyArns: string[]
}

/** The calls one would make on AWS, once: a multi-Region key, its replica, a global table. */
export async function createInfrastructure(aws: Aws, home: string, other: string): Promise<Infrastructure> {
  const kms = new KMSClient(aws.config(home))
  const created = await kms.send(new CreateKeyCommand({ MultiRegion: true, Description: 'customer data' }))
  const primary = created.KeyMetadata?.Arn as string
  const replicated = await kms.send(new ReplicateKeyCommand({ KeyId: primary, ReplicaRegion: other }))
  const replica = replicated.ReplicaKeyMetadata?.Arn as string
  await replicaEnabled(aws, other, replica)

  const dynamodb = new DynamoDBClient(aws.config(home))
  await dynamodb.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'shop', AttributeType: 'S' },
        { AttributeName: 'id', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'shop', KeyType: 'HASH' },
        { AttributeName: 'id', KeyType: 'RANGE' },
      ],
    }),
  )
  await waitUntilTableExists(
    { client: dynamodb, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
    { TableName: TABLE },
  )
  await dynamodb.send(
    new UpdateTableCommand({ TableName: TABLE, ReplicaUpdates: [{ Create: { RegionName: other } }] }),
  )
  await replicaActive(dynamodb, other)

  kms.destroy()
  dynamodb.destroy()
  return { keyArns: [primary, replica] }
}

async function replicaEnabled(aws: Aws, region: string, arn: string): Promise<void> {
  const kms = new KMSClient(aws.config(region))
  await until(async () => {
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: arn }))
    return KeyMetadata?.KeyState === 'Enabled'
  })
  kms.destroy()
}

async function replicaActive(dynamodb: DynamoDBClient, region: string): Promise<void> {
  await until(async () => {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: TABLE }))
    return (
      Table?.Replicas?.some(
        ({ RegionName, ReplicaStatus }) => RegionName === region && ReplicaStatus === 'ACTIVE',
      ) === true
    )
  })
}

/** There is no event to wait for on AWS either: DescribeKey and DescribeTable are asked again. */
async function until(done: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await done()) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('The infrastructure was not ready in time.')
}
