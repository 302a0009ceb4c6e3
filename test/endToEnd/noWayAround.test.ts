import {
  DynamoDB,
  DynamoDBClient,
  type PutItemCommandInput,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocument,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  paginateQuery,
  paginateScan,
} from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import * as declared from '@dynaseal/document-client'
import {
  encrypted,
  type SealedDocumentClient,
  type SealOptions,
  sealDocumentClient,
  ToolboxError,
} from '@dynaseal/toolbox'
import { Entity, GetItemCommand, item, PutItemCommand, string } from 'dynamodb-toolbox'
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { leaks } from '../support/recordingProxy.js'
import { toolboxTable } from '../support/toolboxTable.js'
import { createWorld, EAST, type World } from '../support/world.js'

const SECRET = 'the secret plaintext'
const TableName = 'users'
const Key = { pk: 'a', sk: '1' }

let world: World
let client: SealedDocumentClient<never, DynamoDBDocument>
let User: ReturnType<typeof userOf>

function userOf(documentClient: SealedDocumentClient) {
  const table = toolboxTable(documentClient, TableName)
  const schema = item({ pk: string().key(), sk: string().key(), ssn: encrypted(string()) })
  const entity = new Entity({ name: 'User', table, schema })
  documentClient.register(entity)
  return entity
}

beforeAll(async () => {
  world = await createWorld()
  await world.createTable(TableName)
})
afterAll(() => world.stop())
beforeEach(async () => {
  const document = DynamoDBDocument.from(new DynamoDBClient(world.config(EAST)))
  client = sealDocumentClient(document, { keyring: world.keyring(EAST) })
  User = userOf(client)
  await User.build(PutItemCommand)
    .item({ ...Key, ssn: SECRET })
    .send()
  world.proxy.sent.length = 0
})

/** What an item of a user looks like when it is sent by hand, in clear. */
const Item = { ...Key, _et: 'User', ssn: SECRET }

describe('another document client cannot be made from a sealed one', () => {
  test.each<[string, () => DynamoDBDocumentClient]>([
    ['DynamoDBDocument.from', () => DynamoDBDocument.from(client)],
    ['DynamoDBDocumentClient.from', () => DynamoDBDocumentClient.from(client)],
    ['with options', () => DynamoDBDocument.from(client, { marshallOptions: {} })],
    [
      'a class of its own',
      () => new (DynamoDBDocumentClient as never as new (from: object) => DynamoDBDocumentClient)(client),
    ],
    ['from one that inherits from it', () => DynamoDBDocument.from(Object.create(client))],
  ])('%s', async (_, make) => {
    expect(make).toThrow(ToolboxError)
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-client' }))
    expect(make).toThrow(/sealDocumentClient\(DynamoDBDocument\.from/)
    expect((await User.build(GetItemCommand).key(Key).send()).Item).toMatchObject({ ssn: SECRET })
  })
})

describe('its middleware sends nothing past the encryption', () => {
  test.each<[string, () => Promise<unknown>]>([
    [
      'the send of its class',
      () =>
        (DynamoDBDocumentClient.prototype.send as (command: object) => Promise<unknown>).call(
          client,
          new PutCommand({ TableName, Item }),
        ),
    ],
    [
      'another client with its middleware',
      () => {
        const other = new DynamoDBClient(world.config(EAST))
        other.middlewareStack = client.middlewareStack
        return DynamoDBDocumentClient.from(other).send(new PutCommand({ TableName, Item }))
      },
    ],
    [
      'another client that uses its middleware',
      () => {
        const other = new DynamoDBClient(world.config(EAST))
        for (const name of other.middlewareStack.identify())
          other.middlewareStack.remove(name.split(' ')[0] as string)
        other.middlewareStack.use(client.middlewareStack)
        return DynamoDBDocumentClient.from(other).send(new GetCommand({ TableName, Key }))
      },
    ],
    [
      'a clone of it',
      () => {
        const other = new DynamoDBClient(world.config(EAST))
        other.middlewareStack = client.middlewareStack.clone()
        return DynamoDBDocumentClient.from(other).send(new GetCommand({ TableName, Key }))
      },
    ],
    [
      'a command that is resolved with it',
      () => {
        const command = new PutCommand({ TableName, Item })
        return command.resolveMiddleware(client.middlewareStack, client.config, {})(command as never)
      },
    ],
  ])('%s', async (_, send) => {
    await expect(async () => send()).rejects.toMatchObject({
      name: 'ToolboxError',
      code: 'client-not-sealed',
    })
    expect(world.proxy.sent).toEqual([])
  })

  test('what is added to it runs, on sealed commands', async () => {
    const seen: unknown[] = []
    client.middlewareStack.add(
      next => args => {
        seen.push(args.input)
        return next(args)
      },
      { step: 'initialize', name: 'looking' },
    )
    expect(client.middlewareStack.identify().join()).toContain('looking')
    await User.build(PutItemCommand)
      .item({ ...Key, ssn: SECRET })
      .send()
    expect(seen).toMatchObject([{ Item: { ssn: expect.any(Uint8Array) } }])
    expect(client.middlewareStack.remove('looking')).toBe(true)
  })
})

describe('what goes through its send is sealed', () => {
  test('the methods of a DynamoDBDocument', async () => {
    expect((await client.get({ TableName, Key })).Item).toMatchObject({ ssn: SECRET })
    const queried = await client.query({
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 'a' },
    })
    expect(queried.Items).toMatchObject([{ ssn: SECRET }])
    await expect(client.put({ TableName, Item })).rejects.toMatchObject({ code: 'plaintext-refused' })
    const error = await new Promise(resolve => client.put({ TableName, Item }, resolve))
    expect(error).toMatchObject({ code: 'plaintext-refused' })
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test('paginators and waiters', async () => {
    const pages = paginateQuery(
      { client },
      { TableName, KeyConditionExpression: 'pk = :pk', ExpressionAttributeValues: { ':pk': 'a' } },
    )
    for await (const { Items } of pages) expect(Items).toMatchObject([{ ssn: SECRET }])
    for await (const { Items } of paginateScan({ client, pageSize: 1 }, { TableName }))
      for (const found of Items ?? []) expect(found).toMatchObject({ ssn: SECRET })
    await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName })
  })

  test('a client that inherits from it', async () => {
    const derived = Object.create(client) as typeof client
    expect((await derived.send(new GetCommand({ TableName, Key }))).Item).toMatchObject({ ssn: SECRET })
    expect((await derived.get({ TableName, Key })).Item).toMatchObject({ ssn: SECRET })
    expect(() => sealDocumentClient(derived, { keyring: world.keyring(EAST) })).toThrow(/sealed already/)
  })
})

describe('a client whose methods go past its own send is not sealed: they would write in clear', () => {
  /** As the clients of DAX are, of which TypeScript hears that they extend those of the SDK. */
  class Cluster {
    readonly config = {}
    readonly middlewareStack = { clone: refuse, add: refuse, use: refuse }
    constructor(private readonly base: DynamoDB) {}
    put(params: { TableName: string; Item: object }) {
      return this.putItem({ ...params, Item: marshall(params.Item) })
    }
    putItem(params: PutItemCommandInput) {
      return this.base.putItem(params)
    }
    send() {
      throw new Error('send operation is not supported.')
    }
  }
  function refuse() {
    throw new Error('Custom middleware is not supported.')
  }

  test.each<[string, (client: never, options: SealOptions) => DynamoDBDocument & DynamoDB, object]>([
    ['as a document client', declared.sealDocumentClient, { ...Key, ssn: SECRET }],
    ['as a base client', declared.sealDynamoDBClient, marshall({ ...Key, ssn: SECRET })],
    ['for entities', sealDocumentClient, { ...Key, ssn: SECRET }],
  ])('%s', async (name, seal, Item) => {
    const cluster = new Cluster(new DynamoDB(world.config(EAST)))
    const attempt = async () => {
      const sealed = seal(cluster as never, { keyring: world.keyring(EAST) })
      await (name === 'as a base client'
        ? sealed.putItem({ TableName, Item: Item as never })
        : sealed.put({ TableName, Item }))
    }
    await expect(attempt()).rejects.toMatchObject({
      code: 'invalid-client',
      message: expect.stringMatching(/AWS SDK.*DAX.*sealItem\(\).*openItem\(\)/),
    })
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test('but with items that another client sealed and opens', async () => {
    const cluster = new Cluster(new DynamoDB(world.config(EAST)))
    const sealing = declared
      .sealDocumentClient(DynamoDBDocument.from(new DynamoDB(world.config(EAST))), {
        keyring: world.keyring(EAST),
      })
      .declare({ table: TableName, key: ['pk', 'sk'], encrypted: ['ssn'] })
    await cluster.put({ TableName, Item: await sealing.sealItem(TableName, { ...Key, ssn: SECRET }) })
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
    expect((await sealing.get({ TableName, Key, ConsistentRead: true })).Item).toMatchObject({ ssn: SECRET })
  })
})

test('the client that was sealed stays as it was', async () => {
  const document = DynamoDBDocument.from(new DynamoDBClient(world.config(EAST)), {
    marshallOptions: { removeUndefinedValues: true },
  })
  const { config, middlewareStack, send } = document
  sealDocumentClient(document, { keyring: world.keyring(EAST) })
  expect(document).toMatchObject({ config, middlewareStack, send })
  expect(DynamoDBDocument.from(document).config).toBe(config)
})

test('its type is that of the client that was sealed', () => {
  expectTypeOf(client.get).toEqualTypeOf<DynamoDBDocument['get']>()
  expectTypeOf<SealedDocumentClient>().not.toHaveProperty('get')
  expectTypeOf(client.register()).toEqualTypeOf<typeof client>()
  expectTypeOf<typeof client>().toExtend<SealedDocumentClient>()
})
