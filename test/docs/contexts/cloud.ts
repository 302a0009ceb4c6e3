import { CreateTableCommand, DynamoDBClient, type Projection } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { startLocalCloud } from '@dynaseal/local-cloud'

export const regions = ['us-east-1', 'us-west-2'] as const
export const cloud = await startLocalCloud({
  regions,
  engine: (process.env.DOCS_ENGINE ?? 'dynalite') as 'dynalite' | 'dynoxide',
})
// What the SDK's clients of a page are made with, as on AWS: by the environment. Vitest gives each test file its own.
Object.assign(process.env, {
  AWS_ENDPOINT_URL: cloud.endpoint,
  AWS_REGION: regions[0],
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
})

const kms = new KMSClient()

/** A multi-Region key with a replica in each region. */
export async function createKey(): Promise<string[]> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
  const KeyId = KeyMetadata?.Arn as string
  const replica = await kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: regions[1] }))
  return [KeyId, replica.ReplicaKeyMetadata?.Arn as string]
}

export const keyArns = await createKey()

export async function createTable(
  TableName: string,
  { pk, sk }: { pk: string; sk?: string },
  indexes: Record<string, string> = {},
  Projection: Projection = { ProjectionType: 'ALL' },
) {
  const names = [pk, ...(sk === undefined ? [] : [sk]), ...Object.values(indexes)]
  const keySchema = (hash: string, range?: string) => [
    { AttributeName: hash, KeyType: 'HASH' as const },
    ...(range === undefined ? [] : [{ AttributeName: range, KeyType: 'RANGE' as const }]),
  ]
  await new DynamoDBClient().send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: names.map(AttributeName => ({
        AttributeName,
        AttributeType: 'S' as const,
      })),
      KeySchema: keySchema(pk, sk),
      ...(Object.keys(indexes).length > 0 && {
        GlobalSecondaryIndexes: Object.entries(indexes).map(([IndexName, key]) => ({
          IndexName,
          KeySchema: keySchema(key),
          Projection,
        })),
      }),
    }),
  )
}
