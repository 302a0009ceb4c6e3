// A client of attribute values that is sealed: its methods, and that nothing gets past it.
import { createRequire } from 'node:module'
import {
  type AttributeValue,
  BatchExecuteStatementCommand,
  BatchWriteItemCommand,
  DescribeTableCommand,
  DynamoDB,
  DynamoDBClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  type GetItemCommandOutput,
  ListTablesCommand,
  PutItemCommand,
  paginateScan,
  QueryCommand,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocument, DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import {
  type DeclaredClient,
  DocumentClientError,
  sealDocumentClient,
  sealDynamoDBClient,
} from '@dynaseal/document-client'
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { store, storedItem } from '../../support/attacker.js'
import { optionsOfRun } from '../../support/formatOfRun.js'
import { leaks } from '../../support/recordingProxy.js'
import { createWorld, EAST, type World } from '../../support/world.js'

const TableName = 'people'
const SECRET = 'ada@example.com'
const Key = { pk: { S: 'a' }, sk: { S: '1' } }
const Item = { ...Key, email: { S: SECRET }, name: { S: 'Ada' }, exact: { N: '1.5' } }

let world: World
let client: ReturnType<typeof seal>
function seal(of = world) {
  const sealed = sealDynamoDBClient(new DynamoDB(of.config(EAST)), {
    keyring: of.keyring(EAST),
    ...optionsOfRun,
  })
  return sealed.declare({ table: TableName, key: ['pk', 'sk'], encrypted: ['email', 'balance'] })
}

beforeAll(async () => {
  world = await createWorld()
  await world.createTable(TableName)
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  client = seal()
  world.proxy.sent.length = 0
})
const error = (code: string, message: RegExp) => ({
  name: 'DocumentClientError',
  code,
  message: expect.stringMatching(message),
})

describe('what goes through its send is sealed', () => {
  test('the methods of a DynamoDB, and their callbacks', async () => {
    await client.putItem({ TableName, Item })
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
    expect((await client.getItem({ TableName, Key, ConsistentRead: true })).Item).toEqual(Item)
    const called = await new Promise((resolve, reject) =>
      client.getItem(
        { TableName, Key, ConsistentRead: true },
        (failed: unknown, output?: GetItemCommandOutput) => (failed ? reject(failed) : resolve(output?.Item)),
      ),
    )
    expect(called).toEqual(Item)
    const { Attributes } = await client.updateItem({
      TableName,
      Key,
      UpdateExpression: 'SET email = :e, exact = exact + :one',
      ExpressionAttributeValues: { ':e': { S: 'new' }, ':one': { N: '1' } },
      ReturnValues: 'ALL_OLD',
    })
    expect(Attributes).toEqual(Item)
  })

  test('paginators and waiters', async () => {
    await client.putItem({ TableName, Item })
    for await (const { Items } of paginateScan({ client, pageSize: 1 }, { TableName }))
      for (const found of Items ?? []) expect(found).toEqual(Item)
    await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName })
  })

  test('with every digit and every type as it was', async () => {
    const exact = {
      ...Key,
      balance: {
        M: {
          a: { N: '12345678901234567890123456789012345678' },
          b: { NS: ['1', '2'] },
          c: { L: [{ NULL: true }, { BOOL: false }, { B: Uint8Array.from([1, 2]) }] },
        },
      },
      clear: { M: { n: { N: '0.1234567890123456789' }, s: { SS: ['x'] }, l: { L: [] } } },
    }
    await client.putItem({ TableName, Item: exact })
    expect((await client.getItem({ TableName, Key, ConsistentRead: true })).Item).toEqual(exact)
  })

  test('whatever copy of the SDK its commands are of', async () => {
    const base = anotherCopy<typeof import('@aws-sdk/client-dynamodb')>('@aws-sdk/client-dynamodb')
    expect(base.PutItemCommand).not.toBe(PutItemCommand)
    await client.send(new base.PutItemCommand({ TableName, Item }))
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
    const read = await client.send(new base.GetItemCommand({ TableName, Key, ConsistentRead: true }))
    expect(read.Item).toEqual(Item)
    const lib = anotherCopy<typeof import('@aws-sdk/lib-dynamodb')>('@aws-sdk/lib-dynamodb')
    expect(lib.PutCommand).not.toBe(PutCommand)
    const document = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
      keyring: world.keyring(EAST),
    }).declare({ table: TableName, key: ['pk', 'sk'], encrypted: ['email'] })
    await document.send(new lib.PutCommand({ TableName, Item: { pk: 'a', sk: '1', email: SECRET } }))
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
    await expect(document.send(new base.GetItemCommand({ TableName, Key }) as never)).rejects.toMatchObject(
      error('command-unsupported', /GetItemCommand/),
    )
  })
})

/** As two versions in one application are: what is loaded already is not shared. */
function anotherCopy<T>(name: string): T {
  const require = createRequire(import.meta.url)
  const before = { ...require.cache }
  for (const path of Object.keys(require.cache)) delete require.cache[path]
  try {
    return require(name)
  } finally {
    Object.assign(require.cache, before)
  }
}

describe('is refused', () => {
  const statement = { Statement: `INSERT INTO "${TableName}" VALUE {'pk': 'a'}` }
  test.each<[string, object, RegExp]>([
    ['a statement of PartiQL', new ExecuteStatementCommand(statement), /^ExecuteStatementCommand/],
    [
      'several',
      new BatchExecuteStatementCommand({ Statements: [statement] }),
      /^BatchExecuteStatementCommand/,
    ],
    [
      'as a transaction',
      new ExecuteTransactionCommand({ TransactStatements: [statement] }),
      /^ExecuteTransactionCommand/,
    ],
    [
      'a command of the document client',
      new PutCommand({ TableName, Item: {} }),
      /^PutCommand.*sealDocumentClient/,
    ],
    ['an operation that is newer than this', newerCommand('SearchVectors'), /past the encryption/],
    [
      'one of document clients',
      { input: {}, clientCommand: newerCommand('ListVectors') },
      /past the encryption/,
    ],
    ['another one', newerCommand('StartBulkPutItems'), /past the encryption/],
  ])('%s', async (_, command, message) => {
    await expect(client.send(command as GetItemCommand)).rejects.toMatchObject(
      error('command-unsupported', message),
    )
    expect(world.proxy.sent).toEqual([])
  })

  test('of a document client, too', async () => {
    const document = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
      keyring: world.keyring(EAST),
    })
    await expect(document.send(newerCommand('SearchVectors') as never)).rejects.toMatchObject(
      error('command-unsupported', /./),
    )
    await expect(document.send(new ListTablesCommand({}) as never)).resolves.toMatchObject({
      TableNames: [TableName],
    })
  })

  test('a value that is no attribute value, without quoting it', async () => {
    const plain = { ...Key, email: SECRET } as never
    const refused = client.putItem({ TableName, Item: plain })
    await expect(refused).rejects.toMatchObject(
      error('invalid-value', /'email'.*plain values want a document client/),
    )
    await expect(refused).rejects.not.toThrow(SECRET)
    expect(world.proxy.sent).toEqual([])
  })

  test.each<[string, new (input: never) => PutItemCommand, object]>([
    ['PutItem', PutItemCommand, { Item }],
    ['UpdateItem', UpdateItemCommand as never, { Key, UpdateExpression: 'SET email = :e' }],
    ['BatchWriteItem', BatchWriteItemCommand as never, { RequestItems: { [TableName]: [] } }],
    ['TransactWriteItems', TransactWriteItemsCommand as never, { TransactItems: [] }],
    ['ExecuteStatement', ExecuteStatementCommand as never, { Statement: `SELECT * FROM "${TableName}"` }],
    ['Query', QueryCommand as never, { KeyConditionExpression: 'pk = :a' }],
    ['Scan', ScanCommand as never, { ConsistentRead: true }],
  ])('nor %s of another copy of an older SDK whose names a bundler has taken', async (_, type, input) => {
    const documentClient = sealDocumentClient(
      DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))),
      { keyring: world.keyring(EAST) },
    ).declare({ table: TableName, key: ['pk', 'sk'], encrypted: ['email'] })
    for (const sealed of [client, documentClient as never as typeof client])
      await expect(sealed.send(nameless(type, { TableName, ...input }))).rejects.toMatchObject(
        error('command-unsupported', /past the encryption/),
      )
    expect(world.proxy.sent).toEqual([])
  })

  test('but table administration passes, by whatever name', async () => {
    expect((await client.listTables({})).TableNames).toEqual([TableName])
    expect((await client.describeTable({ TableName })).Table?.TableName).toBe(TableName)
    const command = nameless(DescribeTableCommand as never, { TableName })
    expect(await client.send(command)).toMatchObject({ Table: { TableName } })
  })
})

/** A command without the name of its operation: SDKs of the lower end of the range have none but that of the class. */
function nameless(type: new (input: never) => PutItemCommand, input: object): PutItemCommand {
  const command = new type(input as never)
  const a = class {
    input = command.input
    middlewareStack = command.middlewareStack
    resolveMiddleware = command.resolveMiddleware.bind(command)
  }
  return new a() as never
}

/** A command as the SDK of the day makes it, of an operation that this package does not know. */
function newerCommand(operation: string): object {
  const command = new GetItemCommand({ TableName, Key })
  const schema = [9, 'com.amazonaws.dynamodb', operation, 0, () => [], () => []]
  return Object.assign(Object.create(Object.getPrototypeOf(Object.getPrototypeOf(command))), {
    input: command.input,
    schema,
  })
}

describe('no other client is made from it, and it is not sealed twice', () => {
  test.each<[string, () => unknown]>([
    ['DynamoDBDocumentClient.from', () => DynamoDBDocumentClient.from(client)],
    ['DynamoDBDocument.from', () => DynamoDBDocument.from(client, { marshallOptions: {} })],
    ['of what inherits from it', () => DynamoDBDocumentClient.from(Object.create(client))],
    ['sealDynamoDBClient', () => sealDynamoDBClient(client, { keyring: world.keyring(EAST) })],
    ['sealDocumentClient', () => sealDocumentClient(client as never, { keyring: world.keyring(EAST) })],
    [
      'sealDynamoDBClient of a document client',
      () =>
        sealDynamoDBClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))) as never, {
          keyring: world.keyring(EAST),
        }),
    ],
  ])('%s', (_, make) => {
    expect(make).toThrow(DocumentClientError)
    expect(make).toThrow(expect.objectContaining({ code: 'invalid-client' }))
  })

  test.each<[string, () => Promise<unknown>]>([
    [
      'the send of its class',
      () =>
        (DynamoDBClient.prototype.send as (command: object) => Promise<unknown>).call(
          client,
          new PutItemCommand({ TableName, Item }),
        ),
    ],
    [
      'another client with its middleware',
      () => {
        const other = new DynamoDBClient(world.config(EAST))
        other.middlewareStack = client.middlewareStack
        return other.send(new PutItemCommand({ TableName, Item }))
      },
    ],
    [
      'a document command that is resolved with it',
      async () =>
        new GetCommand({ TableName, Key: {} }).resolveMiddleware(
          client.middlewareStack,
          client.config as never,
          {},
        )({} as never),
    ],
  ])('nothing is sent past it by %s', async (_, send) => {
    await expect(async () => send()).rejects.toMatchObject({ code: 'client-not-sealed' })
    expect(world.proxy.sent).toEqual([])
  })

  test('the client that was sealed stays as it was', async () => {
    const base = new DynamoDBClient(world.config(EAST))
    const { config, middlewareStack, send } = base
    sealDynamoDBClient(base, { keyring: world.keyring(EAST) })
    expect(base).toMatchObject({ config, middlewareStack, send })
    expect(DynamoDBDocument.from(base).config).toBe(config)
  })
})

test('an entry named __proto__ that somebody planted is no member of what is read', async () => {
  // dynalite stores no such names.
  const other = await createWorld({ engine: 'dynoxide' })
  try {
    await other.createTable(TableName)
    const sealed = seal(other)
    await sealed.putItem({ TableName, Item })
    const key = { pk: 'a', sk: '1' }
    const { email: _, ...stored } = await storedItem(other, TableName, key)
    const text = JSON.stringify({ ...stored, data: { M: {} } }).replace(
      '"data":{"M":{}}',
      `"data":{"M":{"__proto__":{"M":{"email":{"S":"planted"}}}}},"__proto__":{"M":{"email":{"S":"planted"}}}`,
    )
    await store(other, TableName, JSON.parse(text))
    expect(Object.keys(await storedItem(other, TableName, key))).toContain('__proto__')
    const read = await sealed.getItem({ TableName, Key, ConsistentRead: true }).catch(error => error)
    expect((read.Item as typeof Item | undefined)?.email).toBeUndefined()
    expect(read.Item?.data?.M?.M).toBeUndefined()
  } finally {
    await other.stop()
  }
})

test('its type is that of the client that was sealed', () => {
  expectTypeOf(client.getItem).toEqualTypeOf<DynamoDB['getItem']>()
  expectTypeOf(client.declare()).toEqualTypeOf<typeof client>()
})

test('its items are attribute values to TypeScript, too, and those of a document client are native', () => {
  const options = { keyring: world.keyring(EAST) }
  const single = sealDynamoDBClient(new DynamoDBClient(world.config(EAST)), options)
  expectTypeOf(single.openItem).parameter(1).toEqualTypeOf<Record<string, AttributeValue>>()
  expectTypeOf(client.sealItem).parameter(1).toEqualTypeOf<Record<string, AttributeValue>>()
  expectTypeOf(client.moveItem).parameter(1).toEqualTypeOf<Record<string, AttributeValue>>()
  expectTypeOf<DeclaredClient<DynamoDB>>().toEqualTypeOf<typeof client>()
  const document = sealDocumentClient(DynamoDBDocument.from(new DynamoDB(world.config(EAST))), options)
  expectTypeOf(document.openItem).parameter(1).toEqualTypeOf<Record<string, unknown>>()
  expectTypeOf<DeclaredClient<DynamoDBDocument>>().toEqualTypeOf<typeof document>()
})

// Nothing tells TypeScript the two apart, and the AWS SDK sends document commands with either.
describe('a base client that is sealed as a document client', () => {
  const sealAsDocument = () =>
    sealDocumentClient(new DynamoDB(world.config(EAST)), {
      keyring: world.keyring(EAST),
      ...optionsOfRun,
    }).declare({ table: TableName, key: ['pk', 'sk'], encrypted: ['email'] })
  const key = { pk: 'a', sk: '1' }

  test('is one: with native values, in commands and without', async () => {
    const document = sealAsDocument()
    await document.send(new PutCommand({ TableName, Item: { ...key, email: SECRET, name: 'Ada' } }))
    const { Item: read } = await document.send(new GetCommand({ TableName, Key: key, ConsistentRead: true }))
    expect(read).toEqual({ ...key, email: SECRET, name: 'Ada' })
    expectTypeOf(document.openItem).parameter(1).toEqualTypeOf<Record<string, unknown>>()
    const sealed = await document.sealItem(TableName, { ...key, email: SECRET })
    expect(sealed.email).toBeInstanceOf(Uint8Array)
    expect(await document.openItem(TableName, sealed)).toEqual({ ...key, email: SECRET })
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test('and says how to seal it for its own methods', async () => {
    await expect(sealAsDocument().getItem({ TableName, Key })).rejects.toMatchObject(
      error('command-unsupported', /GetItemCommand.*sealDynamoDBClient\(client, options\)/),
    )
    expect(world.proxy.sent).toEqual([])
  })
})
