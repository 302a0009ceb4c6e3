import { CreateTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb'
import type { SealedDocumentClient } from '@dynaseal/toolbox'
import { Entity, item, list, map, number, record, string, Table } from 'dynamodb-toolbox'
import { EAST, WEST, type World } from '../../support/world.js'
import type { Attributes } from '../matrix/loose.js'
import type { Seal } from '../matrix/placement.js'

export const ENVELOPE = 'dynaseal'

/** An entity with encrypted leaves, containers, and parts of containers; `seal` is the identity for its plain twin. */
export function people(
  documentClient: DynamoDBDocumentClient | SealedDocumentClient,
  tableName: string,
  seal: Seal,
) {
  const table = new Table({
    documentClient,
    name: tableName,
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
    indexes: {
      byGsi: { type: 'global', partitionKey: { name: 'gsi', type: 'string' } },
      some: { type: 'global', partitionKey: { name: 'gsi', type: 'string' } },
    },
  })
  const Person = new Entity({
    name: 'Person',
    table,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      gsi: string().optional(),
      plain: string().optional(),
      text: seal(string()).optional(),
      amount: seal(number()).optional(),
      address: seal(map({ city: string(), zip: string().optional() })).optional(),
      notes: seal(list(string())).optional(),
      nested: map({ open: string().optional(), shut: seal(string()).optional() }).optional(),
      codes: list(seal(string())).optional(),
      byName: record(string(), seal(string())).optional(),
    }),
  })
  if ('register' in documentClient) documentClient.register(Person)
  return { table, Person } as { table: Table; Person: Entity }
}

/** A client for the plain twin, whose requests are not recorded. */
export const twinClient = (world: World) =>
  DynamoDBDocumentClient.from(new DynamoDBClient({ ...world.config(EAST), endpoint: world.cloud.endpoint }))

/** The attributes of a person, with all that is encrypted. */
export const person = (n: number | string): Attributes => ({
  gsi: 'g',
  plain: `plain ${n}`,
  text: `secret text ${n}`,
  amount: 4711,
  address: { city: `secret city ${n}` },
  notes: [`secret note ${n}`],
  nested: { open: 'open', shut: `secret shut ${n}` },
  codes: [`secret code ${n}`, `secret second ${n}`],
  byName: { a: `secret name ${n}` },
})

/** A global table with an index `byGsi` of all attributes, and one, `some`, that lacks the envelope. */
export async function createTable(world: World, TableName: string): Promise<void> {
  const dynamodb = new DynamoDBClient({ ...world.config(EAST), endpoint: world.cloud.endpoint })
  const gsi = [{ AttributeName: 'gsi', KeyType: 'HASH' as const }]
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'gsi'].map(AttributeName => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        { IndexName: 'byGsi', KeySchema: gsi, Projection: { ProjectionType: 'ALL' } },
        {
          IndexName: 'some',
          KeySchema: gsi,
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['_et', '_ct', '_md', 'text'] },
        },
      ],
    }),
  )
  await dynamodb.send(
    new UpdateTableCommand({ TableName, ReplicaUpdates: [{ Create: { RegionName: WEST } }] }),
  )
  dynamodb.destroy()
}

/** An item as it is stored, past the sealed clients. */
export async function storedIn(
  world: World,
  TableName: string,
  Key: Attributes,
  region = EAST,
): Promise<Attributes> {
  const { Item } = await world
    .rawClient(region)
    .send(new GetCommand({ TableName, Key, ConsistentRead: true }))
  return Item ?? {}
}

export type Form = 'envelope' | 'short' | 'full' | 'message' | 'bytes'

const FORMS: Readonly<Record<string, Form>> = { da5e20: 'envelope', da5e21: 'short', da5e22: 'full' }

export function formOf(value: Uint8Array): Form {
  const start = Buffer.from(value.subarray(0, 3)).toString('hex')
  return FORMS[start] ?? (start === '020478' ? 'message' : 'bytes')
}

/** The form of every sealed value in an item, by path. */
export function formsIn(value: unknown, path = ''): Record<string, Form> {
  if (value instanceof Uint8Array) return { [path]: formOf(value) }
  if (typeof value !== 'object' || value === null || value instanceof Set) return {}
  return Object.fromEntries(
    Object.entries(value).flatMap(([step, child]) =>
      Object.entries(formsIn(child, path === '' ? step : `${path}.${step}`)),
    ),
  )
}

/** The form of every field of a person that was put. */
export const PUT: Readonly<Record<string, Form>> = {
  [ENVELOPE]: 'envelope',
  text: 'short',
  amount: 'short',
  address: 'short',
  notes: 'short',
  'nested.shut': 'short',
  'codes.0': 'short',
  'codes.1': 'short',
  'byName.a': 'short',
}
