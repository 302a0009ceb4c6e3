import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb'

/** A local cloud, in this process or not. */
type Endpoint = { readonly endpoint: string }

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/** Real clients, told nothing but where to go. `maxAttempts` 1: a test sees each answer. */
export function kmsClient(cloud: Endpoint, region: string): KMS {
  return new KMS({ endpoint: cloud.endpoint, region, credentials, maxAttempts: 1 })
}

export function dynamoClient(cloud: Endpoint, region: string): DynamoDB {
  return new DynamoDB({ endpoint: cloud.endpoint, region, credentials, maxAttempts: 1 })
}

export function documentClient(cloud: Endpoint, region: string): DynamoDBDocument {
  return DynamoDBDocument.from(dynamoClient(cloud, region))
}

/** A multi-Region key in the first of these regions with replicas in the others; its id. */
export async function createMultiRegionKey(cloud: Endpoint, regions: readonly string[]): Promise<string> {
  const [home = '', ...others] = regions
  const kms = kmsClient(cloud, home)
  const { KeyMetadata } = await kms.createKey({ MultiRegion: true })
  const keyId = KeyMetadata?.KeyId ?? ''
  for (const ReplicaRegion of others) await kms.replicateKey({ KeyId: keyId, ReplicaRegion })
  return keyId
}

/** A global table with string key `id`, first created in the first of these regions. */
export async function createGlobalTable(
  cloud: Endpoint,
  TableName: string,
  regions: readonly string[],
): Promise<void> {
  const [home = '', ...others] = regions
  const dynamo = dynamoClient(cloud, home)
  await dynamo.createTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  })
  for (const RegionName of others)
    await dynamo.updateTable({ TableName, ReplicaUpdates: [{ Create: { RegionName } }] })
}
