import { inspect } from 'node:util'
import {
  ExecuteStatementCommand,
  ListTablesCommand,
  GetItemCommand as WireGetItemCommand,
} from '@aws-sdk/client-dynamodb'
import {
  QueryCommand as DocumentQueryCommand,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { encrypted, ToolboxError } from '@dynaseal/toolbox'
import {
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
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { leaks } from '../support/recordingProxy.js'
import { toolboxTable } from '../support/toolboxTable.js'
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

describe('raw updates that would compute with ciphertext, or write a value in clear', () => {
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
  ])('%s', async (_, UpdateExpression, ExpressionAttributeValues, code) => {
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
    const table = toolboxTable(client, TABLE)
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
