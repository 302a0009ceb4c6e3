import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  GetCommand,
  NumberValue,
  PutCommand,
  BatchGetCommand as RawBatchGetCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { encrypted, type SealedDocumentClient, sealDocumentClient } from '@dynaseal/toolbox'
import {
  $set,
  any,
  anyOf,
  binary,
  ConditionCheck,
  DeleteItemCommand,
  DeleteTransaction,
  Entity,
  executeTransactWrite,
  GetItemCommand,
  item,
  map,
  nul,
  PutItemCommand,
  PutTransaction,
  ScanCommand,
  string,
  tuple,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../support/recordingProxy.js'
import { withTablePerTest } from '../support/tablePerTest.js'
import { toolboxTable } from '../support/toolboxTable.js'
import { userEntity } from '../support/user.js'
import { EAST, type World } from '../support/world.js'

let world: World
let tableName: string
const SECRET = 'the secret plaintext'
const key = { pk: 'a', sk: '1' }

withTablePerTest((made, name) => {
  world = made
  tableName = name
})

const entityOf = <ATTRIBUTES extends object>(
  documentClient: SealedDocumentClient,
  attributes: ATTRIBUTES,
  name = 'E',
) => {
  const table = toolboxTable(documentClient, tableName)
  const entity = new Entity({
    name,
    table,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      ...(attributes as { x: ReturnType<typeof any> }),
    }),
  })
  documentClient.register(entity)
  return entity
}
const put = (entity: ReturnType<typeof entityOf>, attributes: object, sk = '1') =>
  entity
    .build(PutItemCommand)
    .item({ pk: 'a', sk, ...attributes } as never)
    .send()
const get = async (entity: ReturnType<typeof entityOf>, sk = '1') =>
  (
    await entity
      .build(GetItemCommand)
      .key({ pk: 'a', sk } as never)
      .options({ consistent: true })
      .send()
  ).Item as Record<string, unknown>

describe('a table that the sealed client does not know', () => {
  test.each([
    [
      'the tableName option',
      (client: SealedDocumentClient) =>
        userEntity(client, tableName)
          .User.build(DeleteItemCommand)
          .key(key)
          .options({ tableName: 'elsewhere', condition: { attr: 'address.city', eq: SECRET } as never })
          .send(),
    ],
    [
      'a raw put',
      (client: SealedDocumentClient) =>
        client.send(new PutCommand({ TableName: 'elsewhere', Item: { ...key, text: SECRET } })),
    ],
    [
      'a raw get',
      (client: SealedDocumentClient) => client.send(new GetCommand({ TableName: 'elsewhere', Key: key })),
    ],
  ])('is refused: %s', async (_, send) => {
    await expect(send(world.sealedClient(EAST))).rejects.toMatchObject({ code: 'not-registered' })
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test('is reached under another name through logicalTableName', async () => {
    const alias = `alias-${tableName}`
    await world.createTable(alias)
    const client = world.sealedClient(EAST, { logicalTableName: name => name.replace('alias-', '') })
    const { User } = userEntity(client, tableName)
    await User.build(PutItemCommand)
      .item({ ...key, text: SECRET })
      .options({ tableName: alias })
      .send()
    const { Item } = await User.build(GetItemCommand)
      .key(key)
      .options({ tableName: alias, consistent: true })
      .send()
    expect(Item?.text).toBe(SECRET)
  })
})

test('a value in clear does not pass in a Map, a Set or instead of a container', async () => {
  const client = world.sealedClient(EAST)
  userEntity(client, tableName)
  const hidden = new Map([
    ['open', 'o'],
    ['shut', SECRET],
  ])
  for (const attributes of [
    { nested: hidden },
    { entries: [hidden] },
    { codes: new Set([SECRET]) },
    { codes: SECRET },
    { byName: SECRET },
  ]) {
    const Item = { ...key, _et: 'User', ...attributes }
    await expect(client.send(new PutCommand({ TableName: tableName, Item }))).rejects.toMatchObject({
      code: 'plaintext-refused',
    })
  }
  await expect(
    client.send(
      new UpdateCommand({
        TableName: tableName,
        Key: key,
        UpdateExpression: 'SET nested = :v',
        ExpressionAttributeValues: { ':v': hidden },
      }),
    ),
  ).rejects.toMatchObject({ code: 'plaintext-refused' })
  expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
})

test('existence inside what is sealed as a whole is refused: the answer would be wrong', async () => {
  const { User } = userEntity(world.sealedClient(EAST), tableName)
  await User.build(PutItemCommand)
    .item({ ...key, address: { city: 'Oslo' } })
    .send()
  const condition = { attr: 'address.city', exists: false } as never
  await expect(User.build(DeleteItemCommand).key(key).options({ condition }).send()).rejects.toMatchObject({
    code: 'condition-refused',
  })
})

test('a bare object for an encrypted any() is refused in an update: it would not be merged', async () => {
  const E = entityOf(world.sealedClient(EAST), { x: encrypted(any()) })
  await put(E, { x: { a: 1, b: 2 } })
  await expect(
    E.build(UpdateItemCommand)
      .item({ ...key, x: { a: 5 } } as never)
      .send(),
  ).rejects.toMatchObject({ code: 'update-refused' })
  await E.build(UpdateItemCommand)
    .item({ ...key, x: $set({ a: 5 }) } as never)
    .send()
  expect((await get(E)).x).toEqual({ a: 5 })
})

test('a key that JavaScript would lose is refused, not lost', async () => {
  const E = entityOf(world.sealedClient(EAST), { x: encrypted(any()) })
  const sealing = put(E, { x: [JSON.parse('{"__proto__":{"a":1},"b":2}')] })
  const outcome = await sealing.then(
    () => get(E),
    (error: { code: string }) => error.code,
  )
  // dynamodb-toolbox itself may drop the key before we see it; what must not happen is a half-read value.
  if (typeof outcome === 'string') expect(outcome).toBe('invalid-value')
  else expect(outcome.x).toEqual([{ b: 2 }])
})

test('an encrypted binary may hold a message', async () => {
  const E = entityOf(world.sealedClient(EAST), { x: encrypted(binary()) })
  await put(E, { x: new Uint8Array([1]) })
  const { Item } = await world
    .rawClient(EAST)
    .send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))
  await put(E, { x: Item?.x }, '2')
  expect(Buffer.from((await get(E, '2')).x as Uint8Array)).toEqual(Buffer.from(Item?.x as Uint8Array))
})

test('tuples and nullable maps have encrypted parts', async () => {
  const E = entityOf(world.sealedClient(EAST), {
    pair: tuple(string(), encrypted(string())),
    maybe: anyOf(nul(), map({ s: encrypted(string()) })),
  })
  await put(E, { pair: ['in clear', SECRET], maybe: { s: SECRET } })
  expect(await get(E)).toMatchObject({ pair: ['in clear', SECRET], maybe: { s: SECRET } })
  await put(E, { pair: ['in clear', SECRET], maybe: null })
  expect((await get(E)).maybe).toBeNull()
  expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
})

test('the entity name in an item does not make a plaintext acceptable where nobody looks at the name', async () => {
  const client = world.sealedClient(EAST)
  const Sealed = entityOf(client, { ssn: encrypted(string()) }, 'Sealed')
  entityOf(client, { ssn: string() }, 'Clear')
  await world
    .rawClient(EAST)
    .send(new PutCommand({ TableName: tableName, Item: { ...key, _et: 'Clear', ssn: 'planted' } }))
  const projected = Sealed.build(GetItemCommand)
    .key(key as never)
    .options({ attributes: ['ssn'] as never })
  await expect(projected.send()).rejects.toMatchObject({ name: 'FieldsNotOpenedError' })
  await expect(get(Sealed)).rejects.toThrow()
})

test('wrapped numbers are those that the document client takes back', async () => {
  const client = world.sealedClient(EAST, {}, { unmarshallOptions: { wrapNumbers: true } })
  const E = entityOf(client, { x: encrypted(any()) })
  await put(E, { x: [12345678901234567890123456789n] })
  const { Items } = await E.table.build(ScanCommand).send()
  const [stored] = (Items ?? []) as { x: [NumberValue] }[]
  expect(stored?.x[0]).toBeInstanceOf(NumberValue)
  expect(String(stored?.x[0])).toBe('12345678901234567890123456789')
})

test("the caller's command, its middleware and a cached response stay as they are", async () => {
  const base = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)))
  const cached = new Map<string, unknown>()
  const caching = Object.create(base) as DynamoDBDocumentClient
  Object.defineProperty(caching, 'send', {
    value: async (command: GetCommand) => {
      const id = command.constructor.name + JSON.stringify(command.input.Key)
      if (command instanceof GetCommand && cached.has(id)) return cached.get(id)
      const output = await base.send(command)
      cached.set(id, output)
      return output
    },
  })
  const client = sealDocumentClient(caching, { keyring: world.keyring(EAST) })
  const { User } = userEntity(client, tableName)
  await User.build(PutItemCommand)
    .item({ ...key, text: SECRET })
    .send()
  const command = new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true })
  let ran = 0
  command.middlewareStack.add(
    next => args => {
      ran++
      return next(args)
    },
    { step: 'initialize' },
  )
  await base.send(command)
  const plainly = ran
  for (let i = 0; i < 2; i++) expect((await client.send(command)).Item?.text).toBe(SECRET)
  expect(ran).toBe(2 * plainly)
  expect(command.input).toEqual({ TableName: tableName, Key: key, ConsistentRead: true })
})

test('unprocessed keys that are sent again bring no attribute that was not asked for', async () => {
  const client = world.sealedClient(EAST)
  const { User } = userEntity(client, tableName)
  await User.build(PutItemCommand)
    .item({ ...key, text: SECRET })
    .send()
  const again = {
    Keys: [key],
    ConsistentRead: true,
    ProjectionExpression: '#t, #dynaseal_0, #dynaseal_1, #dynaseal_2',
    ExpressionAttributeNames: {
      '#t': 'text',
      '#dynaseal_0': 'pk',
      '#dynaseal_1': 'sk',
      '#dynaseal_2': '_et',
    },
  }
  const { Responses } = await client.send(new RawBatchGetCommand({ RequestItems: { [tableName]: again } }))
  expect(Responses?.[tableName]).toEqual([{ text: SECRET }])
})

test('a batch that reads two tables of one logical name reads both', async () => {
  const restored = `${tableName}-restored`
  await world.createTable(restored)
  const client = world.sealedClient(EAST, { logicalTableName: name => name.replace('-restored', '') })
  const { User } = userEntity(client, tableName)
  for (const [table, text] of [
    [tableName, SECRET],
    [restored, 'another'],
  ] as const) {
    await User.build(PutItemCommand)
      .item({ ...key, text })
      .options({ tableName: table })
      .send()
  }
  const request = { Keys: [key], ConsistentRead: true }
  const { Responses } = await client.send(
    new RawBatchGetCommand({ RequestItems: { [tableName]: request, [restored]: request } }),
  )
  expect(Responses?.[tableName]).toMatchObject([{ text: SECRET }])
  expect(Responses?.[restored]).toMatchObject([{ text: 'another' }])
})

describe('transactions', () => {
  /** dynalite has none, so what would be sent is taken before it leaves. */
  function transacting() {
    const base = new DynamoDBClient(world.config(EAST))
    const bodies: Buffer[] = []
    base.middlewareStack.add(
      next => async args => {
        const { request } = args as unknown as { request: { headers: Record<string, string>; body: string } }
        if (!request.headers['x-amz-target']?.includes('Transact')) return next(args)
        bodies.push(Buffer.from(request.body))
        return { response: {} as never, output: { $metadata: {} } as never }
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    return {
      bodies,
      client: sealDocumentClient(DynamoDBDocumentClient.from(base), { keyring: world.keyring(EAST) }),
    }
  }

  test('carry no plaintext, and a sealed value at every encrypted place', async () => {
    const { bodies, client } = transacting()
    const { User } = userEntity(client, tableName)
    await executeTransactWrite(
      User.build(PutTransaction).item({ ...key, text: SECRET, codes: [SECRET] }),
      User.build(UpdateTransaction).item({ ...key, sk: '2', text: SECRET }),
      User.build(DeleteTransaction).key({ ...key, sk: '3' }),
      User.build(ConditionCheck)
        .key({ ...key, sk: '4' })
        .condition({ attr: 'text', exists: true }),
    )
    expect(bodies).toHaveLength(1)
    expect(leaks(bodies, [SECRET])).toEqual([])
    const [{ Put }, { Update }] = JSON.parse(String(bodies[0])).TransactItems
    expect(Put.Item.text).toEqual({ B: expect.any(String) })
    expect(Put.Item.codes.L).toEqual([{ B: expect.any(String) }])
    expect(Object.values(Update.ExpressionAttributeValues)).toContainEqual({ B: expect.any(String) })
  })

  test('with a refused condition send nothing', async () => {
    const { bodies, client } = transacting()
    const { User } = userEntity(client, tableName)
    await expect(
      executeTransactWrite(
        User.build(ConditionCheck)
          .key(key)
          .condition({ attr: 'text', eq: SECRET, transform: false } as never) as never,
      ),
    ).rejects.toMatchObject({ code: 'condition-refused' })
    expect(bodies).toEqual([])
  })
})

test('the search for plaintexts finds them in every encoding', () => {
  for (const offset of [0, 1, 2]) {
    const body = Buffer.concat([Buffer.alloc(offset, 'x'), Buffer.from(`${SECRET}yz`)]).toString('base64')
    expect(leaks([Buffer.from(body)], [SECRET])).toEqual([SECRET])
  }
  expect(
    leaks([Buffer.from(JSON.stringify({ a: 'say "hi" to the sea' }))], ['say "hi" to the sea']),
  ).toHaveLength(1)
})
