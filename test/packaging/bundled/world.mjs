// A local cloud with a key and a table, for programs that are run with WORLD in their environment.
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { startLocalCloud } from '@dynaseal/local-cloud'

const region = 'eu-west-1'
const { endpoint } = await startLocalCloud({ regions: [region] })
const config = { endpoint, region, credentials: { accessKeyId: 'x', secretAccessKey: 'x' } }
const { KeyMetadata } = await new KMSClient(config).send(new CreateKeyCommand({ MultiRegion: true }))
await new DynamoDBClient(config).send(
  new CreateTableCommand({
    TableName: 'users',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  }),
)
console.log(JSON.stringify({ endpoint, region, keyArn: KeyMetadata.Arn }))
