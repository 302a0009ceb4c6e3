// Tables whose own key is a search token, in a world that stands for the tests of the file which imports this.
import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { sealDocumentClient, search } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient as sealToolbox, token } from '@dynaseal/toolbox'
import {
  $add,
  DeleteItemCommand,
  Entity,
  item,
  number,
  PutItemCommand,
  set,
  string,
  Table,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { afterAll, afterEach, beforeAll } from 'vitest'
import {
  type JobOptions,
  projectOf,
  RewrapTokens,
  runJob,
  type Target,
  type WireItem,
} from '../../src/api.js'
import { createWorld, type World } from './cloud.js'

export let world: World
let keys: readonly [Uint8Array, Uint8Array]

export const keyring = () =>
  new MrkKeyring({ keyArns: [...world.keyArns], client: region => new KMS(world.config(region)) })

beforeAll(async () => {
  // Transactions are in this engine alone.
  world = await createWorld({ engine: 'dynoxide' })
  for (const TableName of ['declared', 'schema'])
    await world.dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    )
  keys = [await createSearchKey(keyring()), await createSearchKey(keyring(), { version: 2 })]
})
afterAll(() => world.stop())

/** Which search keys a client has: the first one is written with. */
export type Versions = readonly [1 | 2, ...(1 | 2)[]]

function options(versions: Versions) {
  const [writeWith, ...findWith] = versions.map(version => keys[version - 1]!)
  const tokens = createSearchTokens({ keyring: keyring(), writeWith: writeWith!, findWith })
  return { keyring: keyring(), search: tokens }
}

/** What of a user is written in clear by the application. */
export interface Values {
  readonly email: string
  readonly roles: ReadonlySet<string>
  readonly name: string
  readonly visits: number
}

/** An application with a client of its own, as each process has. */
export interface Application {
  readonly client: DynamoDBDocumentClient
  put(values: Values): Promise<unknown>
  update(email: string, name: string): Promise<unknown>
  remove(email: string): Promise<unknown>
  get(email: string): Promise<unknown>
}

export interface KeyedTable {
  readonly name: string
  /** The key that is a token. */
  readonly token: 'pk' | 'sk'
  /** What each item has besides. */
  readonly clear: Readonly<Record<string, string>>
  application(...versions: Versions): Application
}

/** The partition key is the token, in a table that is declared. */
export const declared: KeyedTable = {
  name: 'declared',
  token: 'pk',
  clear: { sk: '1' },
  application(...versions) {
    const TableName = 'declared'
    const client = sealDocumentClient(DynamoDBDocumentClient.from(world.dynamodb), options(versions)).declare(
      {
        table: TableName,
        key: ['pk', 'sk'],
        encrypted: ['email', 'roles', 'name'],
        tokens: { pk: { of: 'email', normalize: 'email' }, rolesToken: { of: 'roles', members: true } },
      },
    )
    const at = (email: string) => ({ TableName, Key: { pk: search(email), sk: '1' } })
    return {
      client,
      put: user => client.send(new PutCommand({ TableName, Item: { sk: '1', ...user } })),
      update: (email, name) =>
        client.send(
          new UpdateCommand({
            ...at(email),
            UpdateExpression: 'SET #name = :name ADD visits :one',
            ExpressionAttributeNames: { '#name': 'name' },
            ExpressionAttributeValues: { ':name': name, ':one': 1 },
          }),
        ),
      remove: email => client.send(new DeleteCommand(at(email))),
      get: async email => (await client.send(new GetCommand({ ...at(email), ConsistentRead: true }))).Item,
    }
  },
}

/** The sort key is, in one with a schema. */
export const schema: KeyedTable = {
  name: 'schema',
  token: 'sk',
  clear: { pk: 'acme', _et: 'User' },
  application(...versions) {
    const client = sealToolbox(DynamoDBDocumentClient.from(world.dynamodb), options(versions))
    const table = new Table({
      documentClient: client,
      name: 'schema',
      partitionKey: { name: 'pk', type: 'string' },
      sortKey: { name: 'sk', type: 'string' },
    })
    const User = new Entity({
      name: 'User',
      table,
      timestamps: false,
      schema: item({
        email: encrypted(string()).key(),
        emailToken: token('email', { savedAs: 'sk', normalize: 'email' }),
        roles: encrypted(set(string())).optional(),
        rolesToken: token('roles'),
        name: encrypted(string()).optional(),
        visits: number().optional(),
      }),
      computeKey: ({ email }: { email: string }) => ({ pk: 'acme', sk: search(email) }),
    })
    client.register(User)
    return {
      client,
      put: ({ roles, ...user }) =>
        User.build(PutItemCommand)
          .item({ ...user, roles: new Set(roles) })
          .send(),
      update: (email, name) =>
        User.build(UpdateItemCommand)
          .item({ email, name, visits: $add(1) })
          .send(),
      remove: email => User.build(DeleteItemCommand).key({ email }).send(),
      get: async email => {
        const Key = { pk: 'acme', sk: search(email) }
        return (await client.send(new GetCommand({ TableName: 'schema', Key, ConsistentRead: true }))).Item
      },
    }
  },
}
export const TABLES = [declared, schema]

afterEach(async () => {
  for (const { name } of TABLES)
    for (const { pk, sk } of await stored(name))
      await world.dynamodb.deleteItem({ TableName: name, Key: { pk: pk!, sk: sk! } })
})

export async function stored(TableName: string): Promise<WireItem[]> {
  const { Items = [] } = await world.dynamodb.scan({ TableName, ConsistentRead: true })
  return Items
}
export const emails = (count: number) => Array.from({ length: count }, (_, i) => `user-${i}@example.com`)
export const values = (email: string): Values => ({
  email,
  roles: new Set(['admin', 'author']),
  name: 'one',
  visits: 1,
})
export async function put({ application }: KeyedTable, ...all: string[]) {
  const old = application(1)
  for (const email of all) await old.put(values(email))
}
/** What one finds with the new search key alone. */
export const found = ({ application }: KeyedTable, email: string) => application(2).get(email)
export const versionsIn = async ({ name, token: key }: KeyedTable) =>
  (await stored(name)).map(one => one[key]!.S!.slice(0, 2)).sort()

/** What a process works on. */
export async function target(
  { name, application }: KeyedTable,
  versions: Versions = [2, 1],
): Promise<Target> {
  return (await projectOf({ clients: application(...versions).client })).target(name)
}
export async function retoken(of: Target, given: JobOptions = { apply: true }) {
  return runJob(of, await RewrapTokens.of(of), given)
}
