import { CreateTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { EAST, WEST, type World } from '../../support/world.js'
import type { Place } from './places.js'

/** A global table, with the index of the place. */
export async function createTable(
  world: World,
  TableName: string,
  { index }: Place,
  token: string,
): Promise<void> {
  const dynamodb = new DynamoDBClient({ ...world.config(EAST), endpoint: world.cloud.endpoint })
  const keys = (partition: string, sort?: string) => [
    { AttributeName: partition, KeyType: 'HASH' as const },
    ...(sort === undefined ? [] : [{ AttributeName: sort, KeyType: 'RANGE' as const }]),
  ]
  const [IndexName, KeySchema] = {
    byToken: ['byToken', keys(token)] as const,
    inTeam: ['inTeam', keys('team', token)] as const,
    inPartition: ['inPartition', keys('pk', token)] as const,
    none: [],
  }[index ?? 'none']
  const indexes = IndexName && [{ IndexName, KeySchema, Projection: { ProjectionType: 'ALL' as const } }]
  const names = new Set(['pk', 'sk', ...(KeySchema ?? []).map(({ AttributeName }) => AttributeName)])
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...names].map(AttributeName => ({ AttributeName, AttributeType: 'S' as const })),
      KeySchema: keys('pk', 'sk'),
      ...(indexes && { [`${index === 'inPartition' ? 'Local' : 'Global'}SecondaryIndexes`]: indexes }),
    }),
  )
  await dynamodb.send(
    new UpdateTableCommand({ TableName, ReplicaUpdates: [{ Create: { RegionName: WEST } }] }),
  )
  dynamodb.destroy()
}
