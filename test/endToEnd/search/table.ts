import { CreateTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { EAST, WEST, type World } from '../../support/world.js'

export const TABLE = 'people'

/** A global table with keys `pk` and `sk`, a global index by `gsi` and `at`, and a local one by `lsi`. */
export async function createSearchTable(world: World, TableName = TABLE): Promise<void> {
  const dynamodb = new DynamoDBClient({ ...world.config(EAST), endpoint: world.cloud.endpoint })
  const key = (HASH: string, RANGE: string) => [
    { AttributeName: HASH, KeyType: 'HASH' as const },
    { AttributeName: RANGE, KeyType: 'RANGE' as const },
  ]
  const all = { ProjectionType: 'ALL' as const }
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        ...['pk', 'sk', 'gsi', 'lsi'].map(AttributeName => ({ AttributeName, AttributeType: 'S' as const })),
        { AttributeName: 'at', AttributeType: 'N' },
      ],
      KeySchema: key('pk', 'sk'),
      GlobalSecondaryIndexes: [
        { IndexName: 'byEmail', KeySchema: key('gsi', 'at'), Projection: all },
        {
          IndexName: 'keysOnly',
          KeySchema: key('gsi', 'at'),
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['_et', '_ct', '_md'] },
        },
      ],
      LocalSecondaryIndexes: [{ IndexName: 'byCity', KeySchema: key('pk', 'lsi'), Projection: all }],
    }),
  )
  await dynamodb.send(
    new UpdateTableCommand({ TableName, ReplicaUpdates: [{ Create: { RegionName: WEST } }] }),
  )
  dynamodb.destroy()
}
