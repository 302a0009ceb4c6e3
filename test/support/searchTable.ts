import { CreateTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { createSearchKey } from '@dynaseal/core'
import { afterAll, beforeAll } from 'vitest'
import { createWorld, EAST, WEST, type World } from './world.js'

export const TABLE = 'people'

/**
 * For the tests of a file: two regions with the table in them, and search keys of the versions 1, 2 and 3.
 *
 * @param ready is given them before the first test
 */
export function withSearchTable(
  ready: (world: World, keys: readonly [Uint8Array, Uint8Array, Uint8Array]) => unknown,
): void {
  let world: World
  beforeAll(async () => {
    world = await createWorld({ engine: 'dynoxide' })
    await createSearchTable(world)
    const key = (version: number) => createSearchKey(world.keyring(EAST), { version })
    await ready(world, [await key(1), await key(2), await key(3)])
  }, 60_000)
  afterAll(() => world.stop())
}

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
