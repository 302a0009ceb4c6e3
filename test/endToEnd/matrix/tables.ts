import { CreateTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { BatchWriteCommand, DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { EAST, WEST, type World } from '../../support/world.js'

/** A global table as the matrix's entities want it, in both regions. */
export async function createMatrixTable(world: World, TableName: string): Promise<void> {
  const dynamodb = new DynamoDBClient(world.config(EAST))
  const hash = (AttributeName: string) => ({ AttributeName, KeyType: 'HASH' as const })
  const range = (AttributeName: string) => ({ AttributeName, KeyType: 'RANGE' as const })
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        ...['pk', 'sk', 'gsi', 'plain'].map(AttributeName => ({
          AttributeName,
          AttributeType: 'S' as const,
        })),
        { AttributeName: 'lsi', AttributeType: 'N' },
      ],
      KeySchema: [hash('pk'), range('sk')],
      LocalSecondaryIndexes: [
        { IndexName: 'byLsi', KeySchema: [hash('pk'), range('lsi')], Projection: { ProjectionType: 'ALL' } },
      ],
      GlobalSecondaryIndexes: [
        { IndexName: 'byGsi', KeySchema: [hash('gsi')], Projection: { ProjectionType: 'ALL' } },
        {
          IndexName: 'keysOnly',
          KeySchema: [hash('plain')],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['_et'] },
        },
      ],
    }),
  )
  await dynamodb.send(
    new UpdateTableCommand({ TableName, ReplicaUpdates: [{ Create: { RegionName: WEST } }] }),
  )
  dynamodb.destroy()
}

/** Big integers keep their digits, and other numbers are numbers, as an application with `number().big()` has it. */
export const NUMBERS = {
  unmarshallOptions: {
    wrapNumbers: (text: string) =>
      /^-?\d{16,}$/.test(text) && !text.endsWith('0') ? BigInt(text) : Number(text),
  },
}

/** A client as the plain twin has it; what it sends is not recorded, unless it is sent to the proxy. */
export function plainClient(
  world: World,
  region: string,
  endpoint = world.cloud.endpoint,
): DynamoDBDocumentClient {
  const config = { ...world.config(region), endpoint }
  return DynamoDBDocumentClient.from(new DynamoDBClient(config), NUMBERS)
}

/** The items of a partition as they are stored. */
export async function stored(
  client: DynamoDBDocumentClient,
  TableName: string,
  pk: string,
): Promise<Record<string, unknown>[]> {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': pk },
      ConsistentRead: true,
    }),
  )
  return Items
}

export async function clear(client: DynamoDBDocumentClient, TableName: string, pk: string): Promise<void> {
  const items = await stored(client, TableName, pk)
  if (items.length === 0) return
  await client.send(
    new BatchWriteCommand({
      RequestItems: { [TableName]: items.map(({ sk }) => ({ DeleteRequest: { Key: { pk, sk } } })) },
    }),
  )
}
