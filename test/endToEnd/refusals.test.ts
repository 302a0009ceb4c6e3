import { inspect } from 'node:util'
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  ExecuteStatementCommand,
  ListTablesCommand,
  GetItemCommand as WireGetItemCommand,
} from '@aws-sdk/client-dynamodb'
import {
  QueryCommand as DocumentQueryCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { encrypted, sealDocumentClient, ToolboxError } from '@dynaseal/toolbox'
import {
  $add,
  $append,
  $get,
  $subtract,
  $sum,
  any,
  DeleteItemCommand,
  Entity,
  EntityParser,
  GetItemCommand,
  item,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  string,
  Table,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { leaks } from '../support/recordingProxy.js'
import { userEntity } from '../support/user.js'
import { createWorld, EAST, type World } from '../support/world.js'

let world: World
let client: ReturnType<World['sealedClient']>
let User: ReturnType<typeof userEntity>['User']
let Users: ReturnType<typeof userEntity>['Users']

const TABLE = 'users'
const SECRET = 'the secret plaintext'
const NUMBER = 48151623.42
const key = { pk: 'a', sk: '1' }

beforeAll(async () => {
  world = await createWorld()
  await world.createTable(TABLE)
  client = world.sealedClient(EAST)
  ;({ User, Users } = userEntity(client, TABLE))
  await User.build(PutItemCommand)
    .item({
      ...key,
      text: 'x',
      amount: 1,
      tags: new Set(['x']),
      names: ['x'],
      nested: { open: 'o', shut: 's' },
    })
    .send()
})
afterAll(() => world.stop())
afterEach(() => {
  world.proxy.sent.length = 0
})

/** Refused by the code, with nothing sent to DynamoDB and no secret in anything that was thrown. */
async function refused(action: () => unknown, code: string): Promise<Error> {
  const before = world.cloud.calls({ service: 'dynamodb' }).length
  let error: unknown
  try {
    await action()
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(ToolboxError)
  expect(error).toMatchObject({ code })
  expect(world.cloud.calls({ service: 'dynamodb' }).length).toBe(before)
  const everything = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)
  expect(leaks([Buffer.from(everything), ...world.proxy.sent], [SECRET, String(NUMBER)])).toEqual([])
  return error as Error
}

describe('conditions and filters on encrypted attributes', () => {
  const condition = (given: object) => given as never
  test.each([
    ['equality', { attr: 'text', eq: SECRET }],
    ['a range', { attr: 'amount', gt: NUMBER }],
    ['between', { attr: 'amount', between: [1, NUMBER] }],
    ['beginsWith', { attr: 'text', beginsWith: SECRET }],
    ['contains', { attr: 'text', contains: SECRET }],
    ['in', { attr: 'text', in: [SECRET] }],
    ['size', { size: 'text', gt: 3 }],
    ['type', { attr: 'text', type: 'S' }],
    ['inside a container', { attr: 'nested.shut', eq: SECRET }],
    [
      'negated and nested',
      {
        not: {
          or: [
            { attr: 'plain', eq: 'x' },
            {
              and: [
                { attr: 'text', eq: SECRET },
                { attr: 'plain', exists: true },
              ],
            },
          ],
        },
      },
    ],
    ['past the transformer', { attr: 'text', eq: SECRET, transform: false }],
    ['against another attribute', { attr: 'plain', eq: { attr: 'text' } }],
  ])('%s is refused before it is sent', async (_, given) => {
    await refused(
      () =>
        User.build(PutItemCommand)
          .item({ ...key, text: SECRET })
          .options({ condition: condition(given) })
          .send(),
      'condition-refused',
    )
    await refused(
      () =>
        User.build(UpdateItemCommand)
          .item({ ...key, text: SECRET })
          .options({ condition: condition(given) })
          .send(),
      'condition-refused',
    )
    await refused(
      () =>
        User.build(DeleteItemCommand)
          .key(key)
          .options({ condition: condition(given) })
          .send(),
      'condition-refused',
    )
    await refused(
      () =>
        Users.build(ScanCommand)
          .entities(User)
          .options({ filters: { User: condition(given) } })
          .send(),
      'condition-refused',
    )
    await refused(
      () =>
        Users.build(QueryCommand)
          .entities(User)
          .query({ partition: 'a' })
          .options({ filters: { User: condition(given) } })
          .send(),
      'condition-refused',
    )
  })

  test('a raw filter is refused as well', async () => {
    const error = await refused(
      () =>
        client.send(
          new DocumentQueryCommand({
            TableName: TABLE,
            KeyConditionExpression: 'pk = :pk',
            FilterExpression: 'NOT (amount < :secret)',
            ExpressionAttributeValues: { ':pk': 'a', ':secret': NUMBER },
          }),
        ),
      'condition-refused',
    )
    expect(error.message).toMatch(/'amount' is encrypted.*<.*attribute_exists/)
  })

  test('existence is allowed, and so is any condition on what is in clear', async () => {
    await User.build(UpdateItemCommand)
      .item({ ...key, plain: 'p' })
      .options({
        condition: {
          and: [
            { attr: 'text', exists: true },
            { attr: 'flag', exists: false },
            { attr: 'nested.open', eq: 'o' },
          ],
        },
      })
      .send()
    const { Items } = await Users.build(ScanCommand)
      .entities(User)
      .options({ filters: { User: { attr: 'plain', eq: 'p' } } })
      .send()
    expect(Items).toHaveLength(1)
  })

  test('an expression that cannot be read is refused, with the position', async () => {
    const error = await refused(
      () => client.send(new GetCommand({ TableName: TABLE, Key: key, ProjectionExpression: 'pk, sk[' })),
      'expression-syntax',
    )
    expect(error.message).toContain('position 6')
  })

  test('legacy parameters are refused', async () => {
    await refused(
      () =>
        client.send(
          new DocumentQueryCommand({
            TableName: TABLE,
            KeyConditions: { pk: { ComparisonOperator: 'EQ', AttributeValueList: ['a'] } },
          }),
        ),
      'command-unsupported',
    )
  })
})

describe('updates that would compute with ciphertext, or copy it', () => {
  const update = (given: object) => User.build(UpdateItemCommand).item({ ...key, ...given } as never)
  test.each([
    ['$add on a number', () => ({ amount: $add(NUMBER) })],
    ['$sum on a number', () => ({ amount: $sum(NUMBER, 1) })],
    ['$subtract on a number', () => ({ amount: $subtract($get('amount') as never, NUMBER) })],
    ['$add on a set', () => ({ tags: $add(new Set([SECRET])) })],
    ['$append to an encrypted list', () => ({ names: $append([SECRET]) })],
    ['a bare map, which would be a partial update', () => ({ address: { city: SECRET } })],
    ['a bare list, which would be an update by index', () => ({ names: [SECRET] })],
    ['$get of an encrypted attribute into a clear one', () => ({ plain: $get('text') })],
    ['$get of a clear attribute into an encrypted one', () => ({ text: $get('plain') })],
    ['$get of an encrypted attribute into another', () => ({ text: $get('renamed') })],
  ])('%s', async (_, given) => {
    const error = await refused(() => update(given()).send(), 'update-refused')
    expect(error.message).toMatch(/Load|Read|\$set|whole|ciphertext/)
  })

  test('$get with a fallback for the same attribute works', async () => {
    await update({ level: $get('level', 'low') }).send()
    const { Item } = await User.build(GetItemCommand).key(key).send()
    expect(Item?.level).toBe('low')
  })

  test.each([
    ['ADD', 'ADD amount :v', { ':v': NUMBER }, 'update-refused'],
    ['DELETE', 'DELETE tags :v', { ':v': new Set([SECRET]) }, 'update-refused'],
    ['arithmetic', 'SET amount = amount + :v', { ':v': NUMBER }, 'update-refused'],
    ['a value in clear', 'SET #t = :v', { ':v': SECRET }, 'plaintext-refused'],
    [
      'a value in clear inside a container',
      'SET nested = :v',
      { ':v': { open: 'o', shut: SECRET } },
      'plaintext-refused',
    ],
    [
      'a value in clear inside what is sealed as a whole',
      'SET address.city = :v',
      { ':v': SECRET },
      'plaintext-refused',
    ],
    [
      'a value in clear appended',
      'SET codes = list_append(codes, :v)',
      { ':v': [SECRET] },
      'plaintext-refused',
    ],
    [
      'a value in clear as a default',
      'SET #t = if_not_exists(#t, :v)',
      { ':v': SECRET },
      'plaintext-refused',
    ],
  ])('raw: %s', async (_, UpdateExpression, ExpressionAttributeValues, code) => {
    await refused(
      () =>
        client.send(
          new UpdateCommand({
            TableName: TABLE,
            Key: key,
            UpdateExpression,
            ExpressionAttributeValues,
            ...(UpdateExpression.includes('#t') ? { ExpressionAttributeNames: { '#t': 'text' } } : {}),
          }),
        ),
      code,
    )
  })
})

describe('an encrypted value in a raw update', () => {
  const pending = (text: string) => User.build(EntityParser).parse({ ...key, text }).item.text
  const raw = (UpdateExpression: string) =>
    client.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: key,
        UpdateExpression,
        ExpressionAttributeNames: { '#t': 'text' },
        ExpressionAttributeValues: { ':v': pending(SECRET) },
      }),
    )

  test('is sealed where it is set', async () => {
    await raw('SET #t = if_not_exists(#t, :v)')
  })

  test.each([
    ['to two paths', 'SET #t = :v, r = :v'],
    ['to an encrypted path and a clear one', 'SET #t = :v, plain = :v'],
    ['nowhere', 'REMOVE #t'],
  ])('is refused when it goes %s', async (_, expression) => {
    await refused(() => raw(expression), 'update-refused')
  })
})

describe('values in clear', () => {
  test('a raw put on a registered table is refused', async () => {
    const error = await refused(
      () => client.send(new PutCommand({ TableName: TABLE, Item: { ...key, text: SECRET } })),
      'plaintext-refused',
    )
    expect(error.message).toMatch(/'text' is encrypted in table users/)
  })

  test('a raw put by the table ARN is refused as well', async () => {
    await refused(
      () =>
        client.send(
          new PutCommand({
            TableName: `arn:aws:dynamodb:us-east-1:000000000000:table/${TABLE}`,
            Item: { ...key, text: SECRET },
          }),
        ),
      'plaintext-refused',
    )
  })

  test('commands that go past the encryption are refused; table administration passes', async () => {
    await refused(
      () =>
        client.send(new WireGetItemCommand({ TableName: TABLE, Key: { pk: { S: 'a' }, sk: { S: '1' } } })),
      'command-unsupported',
    )
    await refused(
      () =>
        client.send(
          new ExecuteStatementCommand({ Statement: `SELECT * FROM "${TABLE}" WHERE "text" = '${'x'}'` }),
        ),
      'command-unsupported',
    )
    expect((await client.send(new ListTablesCommand({}))).TableNames).toContain(TABLE)
  })

  test('a projection inside an attribute that is sealed as a whole is refused', async () => {
    await refused(
      () =>
        User.build(GetItemCommand)
          .key(key)
          .options({ attributes: ['address.city'] })
          .send(),
      'projection-refused',
    )
  })

  test('a value that does not fit the schema is refused without quoting it', async () => {
    for (const [name, value] of Object.entries({
      amount: SECRET,
      level: SECRET,
      address: { city: NUMBER },
      tags: [SECRET],
    })) {
      const error = await refused(
        () =>
          User.build(PutItemCommand)
            .item({ ...key, [name]: value } as never)
            .send(),
        'invalid-value',
      )
      expect(error.message).toContain(name)
    }
  })

  test('a value that DynamoDB has no type for is refused without quoting it', async () => {
    const table = new Table({ documentClient: client, name: TABLE, ...KEYS })
    const Loose = new Entity({
      name: 'Loose',
      table,
      schema: item({ pk: string().key(), sk: string().key(), anything: encrypted(any()) }),
    })
    client.register(Loose)
    // marshall's own message is "Number 48151623420000000000 is greater than …".
    const unsafe = 48151623420000000000
    const error = await refused(
      () =>
        Loose.build(PutItemCommand)
          .item({ ...key, anything: [SECRET, unsafe] })
          .send(),
      'invalid-value',
    )
    expect(error.message).not.toContain('4815162342')
    expect(error.message).toContain("'anything'")
  })
})

describe('what a developer forgets', () => {
  test('to wrap the client: nothing is written, and the error says so', async () => {
    const plain = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)))
    const Forgot = ssnEntity(plain as never, { register: false })
    const error = await Forgot.build(PutItemCommand)
      .item({ ...key, sk: 'forgot', ssn: SECRET })
      .send()
      .catch((thrown: unknown) => thrown)
    expect(String(error)).toContain('sealDocumentClient()')
    expect(leaks([...world.proxy.sent, Buffer.from(inspect(error))], [SECRET])).toEqual([])
  })

  test('to wrap the client: ciphertext does not come out as data', async () => {
    const Sealed = ssnEntity(client)
    await Sealed.build(PutItemCommand)
      .item({ ...key, sk: 'ssn', ssn: SECRET })
      .send()
    const plain = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)))
    const Forgot = ssnEntity(plain as never, { register: false })
    client.register(Forgot)
    const error = await refused_(() =>
      Forgot.build(GetItemCommand)
        .key({ ...key, sk: 'ssn' })
        .send(),
    )
    expect(error).toMatchObject({ code: 'client-not-sealed' })
    expect(String(error)).toContain('sealDocumentClient()')
  })

  test('to register the entity: nothing is written, nothing comes out', async () => {
    const fresh = world.sealedClient(EAST)
    const Forgot = ssnEntity(fresh, { register: false })
    const writing = await refused(
      () =>
        Forgot.build(PutItemCommand)
          .item({ ...key, sk: 'ssn', ssn: SECRET })
          .send(),
      'not-registered',
    )
    expect(writing.message).toContain('register(entity)')
    expect(writing.message).toContain(TABLE)
    const reading = await refused_(() =>
      Forgot.build(GetItemCommand)
        .key({ ...key, sk: 'ssn' })
        .send(),
    )
    expect(reading).toMatchObject({ code: 'not-registered' })
  })

  test('that another entity is registered: nothing is written', async () => {
    const Forgot = ssnEntity(client, { register: false, savedAs: 'unknown' })
    await refused(
      () =>
        Forgot.build(PutItemCommand)
          .item({ ...key, ssn: SECRET })
          .send(),
      'not-registered',
    )
  })

  test('convertClassInstanceToMap: the client is refused', () => {
    const lax = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)), {
      marshallOptions: { convertClassInstanceToMap: true },
    })
    expect(() => sealDocumentClient(lax, { keyring: world.keyring(EAST) })).toThrow(
      /convertClassInstanceToMap/,
    )
  })

  test('that the client is sealed already', () => {
    expect(() => sealDocumentClient(client, { keyring: world.keyring(EAST) })).toThrow(/sealed already/)
  })

  async function refused_(action: () => Promise<unknown>): Promise<unknown> {
    return action().catch((thrown: unknown) => thrown)
  }
})

describe('the item that a failed condition returns', () => {
  /** dynalite returns no items with a failed condition, so the answer is what DynamoDB would give. */
  async function failingClient(
    item: (stored: Record<string, AttributeValue>) => Record<string, AttributeValue>,
  ) {
    const stored = await new DynamoDBClient(world.config(EAST)).send(
      new WireGetItemCommand({
        TableName: TABLE,
        Key: { pk: { S: 'a' }, sk: { S: 'ssn' } },
        ConsistentRead: true,
      }),
    )
    const base = new DynamoDBClient(world.config(EAST))
    base.middlewareStack.add(
      () => async () => {
        throw new ConditionalCheckFailedException({
          message: 'The conditional request failed',
          $metadata: {},
          Item: item(stored.Item as Record<string, AttributeValue>),
        })
      },
      { step: 'finalizeRequest' },
    )
    return sealDocumentClient(DynamoDBDocumentClient.from(base), { keyring: world.keyring(EAST) })
  }
  const failing = (documentClient: ReturnType<World['sealedClient']>) =>
    ssnEntity(documentClient)
      .build(DeleteItemCommand)
      .key({ ...key, sk: 'ssn' })
      .options({ condition: { attr: 'ssn', exists: false }, returnValuesOnConditionFalse: 'ALL_OLD' })
      .send()
      .catch((thrown: unknown) => thrown)

  beforeAll(() =>
    ssnEntity(client)
      .build(PutItemCommand)
      .item({ ...key, sk: 'ssn', ssn: SECRET })
      .send(),
  )

  test('is open', async () => {
    const error = await failing(await failingClient(stored => stored))
    expect(error).toBeInstanceOf(ConditionalCheckFailedException)
    expect(error).toMatchObject({ Item: { sk: { S: 'ssn' }, ssn: { S: SECRET } } })
  })

  test('is taken away when it does not open, and the failure is told', async () => {
    const error = await failing(await failingClient(stored => ({ ...stored, ssn: { S: 'planted' } })))
    expect(error).toMatchObject({ name: 'FieldsNotOpenedError', failures: [{ code: 'not-a-message' }] })
    expect((error as Error).cause).toBeInstanceOf(ConditionalCheckFailedException)
    expect((error as Error).cause).not.toHaveProperty('Item')
  })
})

const KEYS = {
  partitionKey: { name: 'pk', type: 'string' },
  sortKey: { name: 'sk', type: 'string' },
} as const

function ssnEntity(
  documentClient: ReturnType<World['sealedClient']>,
  { register = true, savedAs = 'ssn' }: { register?: boolean; savedAs?: string } = {},
) {
  const made = new Entity({
    name: 'Other',
    table: new Table({ documentClient, name: TABLE, ...KEYS }),
    schema: item({ pk: string().key(), sk: string().key(), ssn: encrypted(string()).savedAs(savedAs) }),
  })
  if (register) documentClient.register(made)
  return made
}
