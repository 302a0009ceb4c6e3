// Search tokens as keys of the table, with schemas: commands are given what is encrypted, as the key.
import { GetCommand, ScanCommand as RawScan } from '@aws-sdk/lib-dynamodb'
import { createSearchTokens } from '@dynaseal/core'
import { encrypted, search, token } from '@dynaseal/toolbox'
import {
  $set,
  BatchDeleteRequest,
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  ConditionCheck,
  DeleteItemCommand,
  DeleteTransaction,
  Entity,
  EntityRepository,
  executeBatchGet,
  executeBatchWrite,
  executeTransactGet,
  executeTransactWrite,
  GetItemCommand,
  GetTransaction,
  item,
  map,
  number,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  ScanCommand,
  string,
  Table,
  UpdateAttributesCommand,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { TABLE, withSearchTable } from '../../support/searchTable.js'
import { EAST, type World } from '../../support/world.js'

let world: World
let keys: [Uint8Array, Uint8Array]
withSearchTable((made, [first, second]) => {
  world = made
  keys = [first, second]
})

let EMAIL: string
let count = 0
beforeEach(() => {
  EMAIL = `Ada-${++count}@Example.com`
  world.proxy.sent.length = 0
})
const leaked = () => leaks(world.proxy.sent, [EMAIL, EMAIL.toLowerCase(), 'Lovelace-secret'])

function people(searchKeys: readonly [Uint8Array, ...Uint8Array[]] = [keys[0]]) {
  const [writeWith, ...findWith] = searchKeys
  const keyring = world.keyring(EAST)
  const documentClient = world.sealedClient(EAST, {
    search: createSearchTokens({ keyring, writeWith, findWith }),
  })
  const table = new Table({
    documentClient,
    name: TABLE,
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
  })
  const Person = new Entity({
    name: 'Person',
    table,
    schema: item({
      email: encrypted(string()).key(),
      emailToken: token('email', { savedAs: 'pk', normalize: 'email' }),
      sk: string().key(),
      name: encrypted(map({ last: string() })).optional(),
      nr: number().optional(),
    }),
    computeKey: ({ email, sk }: { email: string; sk: string }) => ({ pk: search(email), sk }),
  })
  documentClient.register(Person)
  return { table, Person, documentClient }
}
const ada = (more: object = {}) => ({
  email: EMAIL,
  sk: '1',
  name: { last: 'Lovelace-secret' },
  nr: count,
  ...more,
})
const own = (more: object = {}) => expect.objectContaining(ada(more))
const stored = async () => {
  const { Items = [] } = await world
    .rawClient(EAST)
    .send(new RawScan({ TableName: TABLE, ConsistentRead: true }))
  return Items.filter(({ nr }) => nr === count)
}

describe('while there are two search keys', () => {
  const made = () => people([keys[1], keys[0]])
  const key = () => ({ email: EMAIL, sk: '1' })
  const get = async ({ Person }: ReturnType<typeof made>, email = EMAIL) =>
    (await Person.build(GetItemCommand).key({ email, sk: '1' }).options({ consistent: true }).send()).Item

  test('it is put, got, updated, deleted', async () => {
    const all = made()
    const { Person } = all
    await Person.build(PutItemCommand).item(ada()).send()
    const found = await get(all, EMAIL.toUpperCase())
    expect(found).toEqual(own())
    expect(found).not.toHaveProperty('emailToken')
    expectTypeOf(found?.email).toEqualTypeOf<string | undefined>()
    await Person.build(UpdateItemCommand)
      .item({ ...key(), name: undefined, nr: count })
      .send()
    await Person.build(UpdateAttributesCommand)
      .item({ ...key(), name: { last: 'Lovelace-secret 2' } })
      .options({ condition: { attr: 'nr', eq: count } })
      .send()
    expect(await get(all)).toEqual(own({ name: { last: 'Lovelace-secret 2' } }))
    const { Attributes } = await Person.build(DeleteItemCommand)
      .key(key())
      .options({ returnValues: 'ALL_OLD' })
      .send()
    expect(Attributes).toMatchObject({ email: EMAIL })
    expect(await get(all)).toBeUndefined()
    expect(leaked()).toEqual([])
  })

  test('it is queried, scanned, and in a repository', async () => {
    const { Person, table } = made()
    const repository = Person.build(EntityRepository)
    await repository.put(ada(), { condition: { attr: 'email', exists: false } })
    await expect(
      repository.put(ada(), { condition: { attr: 'email', exists: false } }),
    ).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    })
    const { Items } = await table
      .build(QueryCommand)
      .entities(Person)
      .query({ partition: search(EMAIL) })
      .options({ consistent: true })
      .send()
    expect(Items).toEqual([own()])
    const scanned = await table
      .build(ScanCommand)
      .entities(Person)
      .options({ consistent: true, filters: { Person: { attr: 'nr', eq: count } } })
      .send()
    expect(scanned.Items).toEqual([own()])
    expect((await repository.get(key(), { consistent: true })).Item).toEqual(own())
    await repository.delete(key())
    expect(leaked()).toEqual([])
  })

  test('it is in batches', async () => {
    const { Person, table } = made()
    const other = { ...ada(), sk: '2', email: `other-${EMAIL}` }
    await executeBatchWrite(
      table
        .build(BatchWriteCommand)
        .requests(...[ada(), other].map(each => Person.build(BatchPutRequest).item(each))),
    )
    const requests = [other, { email: 'nobody', sk: '1' }, ada()].map(({ email, sk }) =>
      Person.build(BatchGetRequest).key({ email, sk }),
    )
    const { Responses } = await executeBatchGet(
      table
        .build(BatchGetCommand)
        .requests(...requests)
        .options({ consistent: true }),
    )
    expect(Responses).toEqual([[expect.objectContaining(other), undefined, own()]])
    await executeBatchWrite(
      table
        .build(BatchWriteCommand)
        .requests(
          ...[ada(), other].map(({ email, sk }) => Person.build(BatchDeleteRequest).key({ email, sk })),
        ),
    )
    expect(await stored()).toEqual([])
    expect(leaked()).toEqual([])
  })

  test('it is in transactions', async () => {
    const { Person } = made()
    await executeTransactWrite(
      Person.build(PutTransaction).item(ada()),
      Person.build(ConditionCheck)
        .key({ email: 'nobody', sk: '1' })
        .condition({ attr: 'email', exists: false }),
    )
    await executeTransactWrite(
      Person.build(UpdateTransaction).item({ ...key(), name: $set({ last: 'two' }) }),
    )
    const { Responses } = await executeTransactGet(
      Person.build(GetTransaction).key({ email: 'nobody', sk: '1' }),
      Person.build(GetTransaction).key(key()),
    )
    expect(Responses).toEqual([{}, { Item: own({ name: { last: 'two' } }) }])
    await executeTransactWrite(Person.build(DeleteTransaction).key(key()))
    expect(await stored()).toEqual([])
    expect(leaked()).toEqual([])
  })
})

test('an item is moved to a new search key', async () => {
  const old = people([keys[0]])
  await old.Person.build(PutItemCommand).item(ada()).send()
  const both = people([keys[1], keys[0]])
  const [{ pk, sk } = { pk: '', sk: '' }] = await stored()
  expect(await both.documentClient.moveItem(TABLE, { pk, sk })).toBe(true)
  expect(await both.documentClient.moveItem(TABLE, { pk, sk })).toBe(false)
  const [moved] = await stored()
  expect(moved?.pk).toMatch(/^2\./)
  const { Item } = await people([keys[1]])
    .Person.build(GetItemCommand)
    .key({ email: EMAIL, sk })
    .options({ consistent: true })
    .send()
  expect(Item).toEqual(own())
  const command = new GetCommand({ TableName: TABLE, Key: { pk, sk }, ConsistentRead: true })
  expect((await world.rawClient(EAST).send(command)).Item).toBeUndefined()
  expect(leaked()).toEqual([])
})

test('a key that is another value, is in clear or cannot be computed is refused', async () => {
  const { documentClient, table, Person } = people()
  const of = (computeKey: (given: { email: string }) => { pk: string; sk: string }) => {
    const Other = new Entity({
      name: 'Person',
      table,
      schema: item({
        email: encrypted(string()).key(),
        emailToken: token('email', { savedAs: 'pk', normalize: 'email' }),
      }),
      computeKey,
    })
    documentClient.register(Other)
    return Other
  }
  const forgotten = of(({ email }) => ({ pk: email, sk: '1' }))
  const wrapped = { code: 'condition-refused', message: expect.stringMatching(/goes into search\(value\)/) }
  await expect(forgotten.build(GetItemCommand).key({ email: EMAIL }).send()).rejects.toMatchObject(wrapped)
  await expect(forgotten.build(PutItemCommand).item({ email: EMAIL }).send()).rejects.toMatchObject(wrapped)
  const another = of(() => ({ pk: search('bob'), sk: '1' }))
  await expect(another.build(PutItemCommand).item({ email: EMAIL }).send()).rejects.toMatchObject({
    code: 'plaintext-refused',
  })
  await expect(another.build(UpdateItemCommand).item({ email: EMAIL }).send()).rejects.toMatchObject({
    code: 'update-refused',
  })
  const query = table.build(QueryCommand).entities(Person).query({ partition: EMAIL })
  await expect(query.send()).rejects.toMatchObject({ code: 'condition-refused' })
  expect(leaked()).toEqual([])
  expect(await stored()).toEqual([])
})

test('an encrypted attribute is only a key where the key of the table is its token', () => {
  const { documentClient } = people()
  const other = new Table({ documentClient, name: 'other', partitionKey: { name: 'pk', type: 'string' } })
  const entity = (schema: object) =>
    new Entity({
      name: 'Other',
      table: other,
      schema: item({ email: encrypted(string()).key(), name: encrypted(string()).optional(), ...schema }),
      computeKey: ({ email }: { email: string }) => ({ pk: email }),
    })
  const clear = /no key of its table is the search token of it/
  expect(() => documentClient.register(entity({}))).toThrow(clear)
  expect(() => documentClient.register(entity({ emailToken: token('email') }))).toThrow(clear)
  expect(() => documentClient.register(entity({ nameToken: token('name', { savedAs: 'pk' }) }))).toThrow(
    clear,
  )
  const both = entity({ both: token(['name', 'email'], { savedAs: 'pk' }) })
  expect(() => documentClient.register(both)).not.toThrow()
})

test('the entities of a table have the same token as its key', () => {
  const { documentClient, table } = people()
  const Order = new Entity({ name: 'Order', table, schema: item({ pk: string().key(), sk: string().key() }) })
  expect(() => documentClient.register(Order)).toThrow(/not the same one in entity Order/)
})
