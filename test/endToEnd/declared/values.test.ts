// What a value becomes is what the document client makes of it, or an error that says where.

import { runInNewContext } from 'node:vm'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  GetCommand,
  NumberValue,
  PutCommand,
  QueryCommand,
  type TranslateConfig,
} from '@aws-sdk/lib-dynamodb'
import { openPartially, type SealOptions, sealDocumentClient } from '@dynaseal/document-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { optionsOfRun } from '../../support/formatOfRun.js'
import { createWorld, EAST, type World } from '../../support/world.js'

const TableName = 'people'
let sks = 0
let Key: { pk: string; sk: string }
let world: World
beforeAll(async () => {
  world = await createWorld()
  await world.createTable(TableName)
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  Key = { pk: 'a', sk: `${++sks}` }
  world.proxy.sent.length = 0
})

const sealed = (translate?: TranslateConfig, options: Partial<SealOptions> = {}) =>
  sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)), translate), {
    keyring: world.keyring(EAST),
    ...optionsOfRun,
    ...options,
  }).declare({ table: TableName, key: ['pk', 'sk'], encrypted: ['secret', 'map.inner'] })
const putWith = (client: DynamoDBDocumentClient, item: object) =>
  client.send(new PutCommand({ TableName, Item: { ...Key, ...item } }))
const getWith = async (client: DynamoDBDocumentClient, key = Key) => {
  const { Item } = await client.send(new GetCommand({ TableName, Key: key, ConsistentRead: true }))
  const { pk: _, sk: __, ...item } = Item ?? {}
  return item
}

test.each<[string, unknown, unknown]>([
  ['null', null, null],
  ['an empty text', '', ''],
  ['a bigint', 2n ** 60n, 2n ** 60n],
  ['a number with all its digits', NumberValue.from('0.1234567890123456789'), '0.1234567890123456789'],
  ['a Map', new Map([['a', 1]]), { a: 1 }],
  ['sets', [new Set(['x']), new Set([1])], [new Set(['x']), new Set([1])]],
  ['a buffer', Buffer.from([1, 2]), Uint8Array.from([1, 2])],
  ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ['an object of another realm', runInNewContext('({ a: [{ b: 1 }] })'), { a: [{ b: 1 }] }],
])('%s', async (name, secret, expected) => {
  const wrapped = name.includes('digits') ? { unmarshallOptions: { wrapNumbers: true } } : undefined
  const client = sealed(wrapped)
  await putWith(client, { secret, map: { inner: secret } })
  const { secret: read, map } = await getWith(client)
  const plain = (value: unknown) => (wrapped === undefined ? value : String((value as NumberValue).value))
  expect([plain(read), plain(map.inner)]).toEqual([expected, expected])
})

describe('what has no DynamoDB type is an error that says where, and not what', () => {
  class User {
    name = 'SECRET'
  }
  test.each<[string, unknown, RegExp]>([
    ['a date', new Date(), /'secret'.*an instance of Date/],
    ['an instance of a class', { deep: [new User()] }, /'secret'.*an instance of User/],
    ['a function', () => 'SECRET', /'secret'.*a function/],
    ['undefined inside', { a: undefined }, /'secret'.*undefined.*removeUndefinedValues/],
    ['an empty set', new Set(), /'secret'.*an empty set/],
    ['what is no number', Number.NaN, /'secret'.*not finite/],
  ])('%s', async (_, secret, message) => {
    const put = putWith(sealed(), { secret })
    await expect(put).rejects.toMatchObject({
      code: 'invalid-value',
      message: expect.stringMatching(message),
    })
    await expect(put).rejects.not.toThrow(/SECRET/)
    expect(world.proxy.sent).toEqual([])
  })

  test.each<[string, unknown]>([
    ['an instance of a class', new User()],
    ['a Map', new Map([['inner', 'SECRET']])],
    ['a Set', new Set(['SECRET'])],
  ])('%s above a declared path', async (_, map) => {
    await expect(putWith(sealed(), { map })).rejects.toMatchObject({
      code: 'plaintext-refused',
      message: expect.stringMatching(/'map'.*has to be a plain object, or a list/),
    })
  })

  test('an item that is one', async () => {
    const Item = Object.assign(new User(), Key) as never
    await expect(sealed().send(new PutCommand({ TableName, Item }))).rejects.toMatchObject({
      code: 'invalid-value',
      message: expect.stringMatching(/no plain object/),
    })
  })
})

test('undefined is left out where the document client leaves it out', async () => {
  const client = sealed({ marshallOptions: { removeUndefinedValues: true } })
  await putWith(client, { secret: { a: undefined, b: 1 }, map: { inner: undefined, x: 1 }, none: undefined })
  expect(await getWith(client)).toEqual({ secret: { b: 1 }, map: { x: 1 } })
  // An attribute itself, it leaves out in any case.
  await putWith(sealed(), { secret: undefined, x: 1 })
  expect(await getWith(client)).toEqual({ x: 1 })
})

test('a table that is being migrated is read as it is, and written sealed', async () => {
  await putWith(world.rawClient(EAST), { secret: 'old', map: { inner: 'old' } })
  await expect(getWith(sealed())).rejects.toMatchObject({ name: 'FieldsNotOpenedError' })
  const client = sealed({}, { plaintext: 'allow' })
  expect(await getWith(client)).toEqual({ secret: 'old', map: { inner: 'old' } })
  await putWith(client, await getWith(client))
  expect(await getWith(world.rawClient(EAST))).toMatchObject({ secret: expect.any(Uint8Array) })
  expect(await getWith(sealed())).toEqual({ secret: 'old', map: { inner: 'old' } })
})

test('ciphertext inside of what is read as it is, is none of it', async () => {
  await putWith(sealed(), { secret: 'good' })
  const { secret } = (await getWith(world.rawClient(EAST)))!
  for (const inside of [[secret], { a: secret }, new Set([secret])]) {
    await putWith(world.rawClient(EAST), { secret: inside })
    await expect(getWith(sealed({}, { plaintext: 'allow' }))).rejects.toMatchObject({
      failures: [{ code: 'wrong-location' }],
    })
  }
})

test('the good items of a page, and the others beside them', async () => {
  const client = sealed()
  await putWith(client, { secret: 'good' })
  const good = Key
  Key = { pk: 'a', sk: `${++sks}` }
  await putWith(world.rawClient(EAST), { secret: 'planted' })
  const { result, unopened } = await openPartially(() =>
    client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :a AND :b',
        ExpressionAttributeValues: { ':pk': 'a', ':a': good.sk, ':b': Key.sk },
      }),
    ),
  )
  expect(result.Items).toEqual([{ ...good, secret: 'good' }])
  expect(unopened).toMatchObject([{ key: Key, failures: [{ path: ['secret'] }] }])
})
