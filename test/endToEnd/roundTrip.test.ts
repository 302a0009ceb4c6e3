import { inspect } from 'node:util'
import { GetCommand } from '@aws-sdk/lib-dynamodb'
import {
  $remove,
  $set,
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  DeleteItemCommand,
  executeBatchGet,
  executeBatchWrite,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateAttributesCommand,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../support/recordingProxy.js'
import { withTablePerTest } from '../support/tablePerTest.js'
import { userEntity } from '../support/user.js'
import { EAST, WEST, type World } from '../support/world.js'
import { NO_FUNCTIONS, takesFunctions } from '../support/wrapNumbers.js'

let world: World
let tableName: string

withTablePerTest((made, name) => {
  world = made
  tableName = name
})

const key = { pk: 'a', sk: '1' }
const SECRETS = {
  text: 'text plaintext ünïcødé 🦭 "quoted"',
  amount: 48151623.42,
  huge: 12345678901234567890123456789n,
  flag: true,
  blob: new TextEncoder().encode('blob plaintext'),
  nothing: null,
  tags: new Set(['tag plaintext one', 'tag plaintext two']),
  scores: new Set([771771.5, 882882]),
  names: ['name plaintext one', 'name plaintext two'],
  pair: ['pair plaintext', 993993] as [string, number],
  lookup: { lookupkeyplaintext: 664664 },
  either: 'either plaintext',
  address: { city: 'city plaintext', zip: 'zip plaintext' },
  renamed: 'renamed plaintext',
  nested: { open: 'in clear', shut: 'shut plaintext' },
  entries: [
    { open: 'in clear', shut: 'entry plaintext one' },
    { open: 'in clear', shut: 'entry plaintext two' },
  ],
  codes: ['code plaintext one', 'code plaintext two'],
  byName: { first: 'byname plaintext' },
}
const PLAINTEXTS = [
  SECRETS.text,
  '48151623.42',
  '12345678901234567890123456789',
  'blob plaintext',
  ...SECRETS.tags,
  '771771.5',
  '882882',
  ...SECRETS.names,
  'pair plaintext',
  '993993',
  'lookupkeyplaintext',
  '664664',
  'either plaintext',
  'city plaintext',
  'zip plaintext',
  'renamed plaintext',
  'shut plaintext',
  'entry plaintext one',
  'entry plaintext two',
  ...SECRETS.codes,
  'byname plaintext',
  'defaulted secret',
  'linked to plain text',
  'updated plaintext',
]
const USER = { ...key, gsi: 'g', plain: 'plain text', ...SECRETS }
const LOADED = {
  ...USER,
  address: { ...SECRETS.address, country: 'NO' },
  defaulted: 'defaulted secret',
  linked: 'linked to plain text',
}

/** Big numbers keep their digits only in wrapped form, as without us. */
const translate = { unmarshallOptions: { wrapNumbers: false } }
const open = (region: string) => userEntity(world.sealedClient(region, {}, translate), tableName)
const plainly = { ...USER, huge: 42n }
const loadedPlainly = { ...LOADED, huge: 42 }

test('every kind of encrypted attribute, in every place, is saved in one region and loaded in the other', async () => {
  await open(EAST).User.build(PutItemCommand).item(plainly).send()
  await world.cloud.waitForReplication()
  world.cloud.clearCalls()
  const { Item } = await open(WEST).User.build(GetItemCommand).key(key).send()
  expect(Item).toMatchObject(loadedPlainly)
  expect(world.kmsCalls()).toEqual([`Decrypt ${WEST}`])
})

test('what is stored is ciphertext at exactly the encrypted places', async () => {
  await open(EAST).User.build(PutItemCommand).item(plainly).send()
  const { Item } = await world
    .rawClient(EAST)
    .send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))
  const sealed = expect.any(Uint8Array)
  expect(Item).toMatchObject({
    ...key,
    gsi: 'g',
    plain: 'plain text',
    _et: 'User',
    ...Object.fromEntries(Object.keys(SECRETS).map(name => [name === 'renamed' ? 'r' : name, sealed])),
    nested: { open: 'in clear', shut: sealed },
    entries: [
      { open: 'in clear', shut: sealed },
      { open: 'in clear', shut: sealed },
    ],
    codes: [sealed, sealed],
    byName: { first: sealed },
    defaulted: sealed,
    linked: sealed,
  })
})

test.for([
  ['of its own accord', {}],
  ['as it is told', { wrapNumbers: (text: string) => BigInt(text) }],
] as const)(
  'big numbers keep their digits when the document client keeps them, %s',
  async ([, options], { skip }) => {
    skip('wrapNumbers' in options && !takesFunctions, NO_FUNCTIONS)
    const wrapped = userEntity(world.sealedClient(EAST, {}, { unmarshallOptions: options }), tableName)
    await wrapped.User.build(PutItemCommand)
      .item({ ...key, huge: SECRETS.huge })
      .send()
    const { Item } = await wrapped.User.build(GetItemCommand)
      .key(key)
      .options({ attributes: ['huge'] })
      .send()
    expect(Item).toEqual({ huge: SECRETS.huge })
  },
)

test('no plaintext is in any request of any command', async () => {
  const { User, Users } = open(EAST)
  await User.build(PutItemCommand).item(USER).options({ returnValues: 'ALL_OLD' }).send()
  await User.build(UpdateItemCommand)
    .item({
      ...key,
      text: 'updated plaintext',
      address: $set({ city: 'city plaintext', country: 'SE' }),
      flag: $remove(),
    })
    .send()
  await User.build(UpdateAttributesCommand)
    .item({ ...key, address: { city: 'city plaintext', country: 'SE' } })
    .send()
  await executeBatchWrite(
    Users.build(BatchWriteCommand).requests(User.build(BatchPutRequest).item({ ...USER, sk: '2' })),
  )
  await User.build(GetItemCommand)
    .key(key)
    .options({ attributes: ['plain', 'text'] })
    .send()
  await Users.build(QueryCommand)
    .entities(User)
    .query({ partition: 'a' })
    .options({ attributes: ['plain'] })
    .send()
  await Users.build(ScanCommand)
    .entities(User)
    .options({ filters: { User: { attr: 'text', exists: true } } })
    .send()
  await User.build(DeleteItemCommand)
    .key(key)
    .options({ condition: { attr: 'text', exists: true } })
    .send()

  expect(leaks(world.proxy.sent, ['plain text', 'in clear'])).toEqual(['plain text', 'in clear'])
  expect(leaks(world.proxy.sent, PLAINTEXTS)).toEqual([])
}, 60_000)

describe('updates', () => {
  test('a leaf, a container, a removal, list positions, appends, record keys', async () => {
    const { User } = open(EAST)
    await User.build(PutItemCommand).item(plainly).send()
    await User.build(UpdateItemCommand)
      .item({
        ...key,
        text: 'updated plaintext',
        address: $set({ city: 'Oslo', country: 'NO' }),
        amount: $remove(),
        nested: { shut: 'updated plaintext' },
        codes: { 1: 'replaced' },
        byName: { second: 'added' },
      })
      .send()
    const { Item } = await User.build(GetItemCommand).key(key).send()
    const { amount: _, ...kept } = loadedPlainly
    expect(Item).toMatchObject({
      ...kept,
      text: 'updated plaintext',
      address: { city: 'Oslo', country: 'NO' },
      nested: { open: 'in clear', shut: 'updated plaintext' },
      codes: ['code plaintext one', 'replaced'],
      byName: { first: 'byname plaintext', second: 'added' },
    })
    expect(Item).not.toHaveProperty('amount')
  })

  test('one field updated in the second region is read in the first', async () => {
    const east = open(EAST)
    const west = open(WEST)
    await east.User.build(PutItemCommand).item(plainly).send()
    await world.cloud.waitForReplication()
    await west.User.build(UpdateItemCommand)
      .item({ ...key, text: 'from the west' })
      .send()
    await world.cloud.waitForReplication()
    const { Item } = await east.User.build(GetItemCommand).key(key).send()
    expect(Item).toMatchObject({ ...loadedPlainly, text: 'from the west' })
  })

  test.each(['ALL_NEW', 'ALL_OLD', 'UPDATED_NEW', 'UPDATED_OLD'] as const)(
    'return values %s come back open',
    async returnValues => {
      const { User } = open(EAST)
      await User.build(PutItemCommand).item(plainly).send()
      const { Attributes } = await User.build(UpdateItemCommand)
        .item({ ...key, text: 'updated plaintext', nested: { shut: 'new' } })
        .options({ returnValues })
        .send()
      const isNew = returnValues.endsWith('NEW')
      expect(Attributes).toMatchObject({
        text: isNew ? 'updated plaintext' : SECRETS.text,
        nested: { shut: isNew ? 'new' : 'shut plaintext' },
      })
    },
  )

  test('elements of an encrypted list of strings may be reordered by removing one', async () => {
    const { User } = open(EAST)
    await User.build(PutItemCommand).item(plainly).send()
    await User.build(UpdateItemCommand)
      .item({ ...key, codes: { 0: $remove() } })
      .send()
    const { Item } = await User.build(GetItemCommand).key(key).send()
    expect(Item?.codes).toEqual(['code plaintext two'])
  })
})

describe('reading', () => {
  test('put and delete return the old item open', async () => {
    const { User } = open(EAST)
    await User.build(PutItemCommand).item(plainly).send()
    const replaced = await User.build(PutItemCommand)
      .item(plainly)
      .options({ returnValues: 'ALL_OLD' })
      .send()
    expect(replaced.Attributes).toMatchObject(loadedPlainly)
    const deleted = await User.build(DeleteItemCommand).key(key).options({ returnValues: 'ALL_OLD' }).send()
    expect(deleted.Attributes).toMatchObject(loadedPlainly)
  })

  test('query, query of an index, scan and batch get, with and without projection', async () => {
    const { User, Users } = open(EAST)
    await User.build(PutItemCommand).item(plainly).send()
    const query = Users.build(QueryCommand).entities(User).query({ partition: 'a' })
    expect((await query.send()).Items).toMatchObject([loadedPlainly])
    const projected = { text: SECRETS.text, nested: { shut: 'shut plaintext' } }
    const attributes = ['text', 'nested.shut'] as const
    expect((await query.options({ attributes: [...attributes] }).send()).Items).toEqual([projected])
    const byIndex = Users.build(QueryCommand).entities(User).query({ index: 'byGsi', partition: 'g' })
    expect((await byIndex.options({ attributes: [...attributes] }).send()).Items).toEqual([projected])
    expect((await Users.build(ScanCommand).entities(User).send()).Items).toMatchObject([loadedPlainly])
    const { Responses } = await executeBatchGet(
      Users.build(BatchGetCommand)
        .requests(User.build(BatchGetRequest).key(key))
        .options({ attributes: [...attributes] }),
    )
    expect(Responses?.[0]).toEqual([projected])
    const { Item } = await User.build(GetItemCommand)
      .key(key)
      .options({ attributes: [...attributes] })
      .send()
    expect(Item).toEqual(projected)
  })

  test('a raw document command on a registered table opens as well, and returns no attribute that was not asked for', async () => {
    const client = world.sealedClient(EAST)
    const { User } = userEntity(client, tableName)
    await User.build(PutItemCommand).item(plainly).send()
    const { Item } = await client.send(
      new GetCommand({
        TableName: tableName,
        Key: key,
        ProjectionExpression: '#t',
        ExpressionAttributeNames: { '#t': 'text' },
      }),
    )
    expect(Item).toEqual({ text: SECRETS.text })
  })

  test('hidden stays hidden, and is encrypted all the same', async () => {
    const { User } = open(EAST)
    await User.build(PutItemCommand)
      .item({ ...key, secret: 'hidden plaintext' })
      .send()
    const { Item } = await User.build(GetItemCommand).key(key).send()
    expect(Item).not.toHaveProperty('secret')
    expect(leaks(world.proxy.sent, ['hidden plaintext'])).toEqual([])
  })

  test('a missing item is a missing item', async () => {
    const { Item } = await open(EAST).User.build(GetItemCommand).key({ pk: 'no', sk: 'where' }).send()
    expect(Item).toBeUndefined()
  })
})

describe('one KMS call, not a thousand', () => {
  test('200 parallel cold saves: one GenerateDataKey', async () => {
    const { User } = open(EAST)
    world.cloud.clearCalls()
    await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        User.build(PutItemCommand)
          .item({ pk: 'many', sk: String(i), text: `text ${i}` })
          .send(),
      ),
    )
    expect(world.kmsCalls()).toEqual([`GenerateDataKey ${EAST}`])
  })

  test('1,000 items loaded cold: one Decrypt', async () => {
    const { User, Users } = open(EAST)
    for (let i = 0; i < 1000; i += 25) {
      const puts = Array.from({ length: 25 }, (_, j) =>
        User.build(BatchPutRequest).item({ pk: 'many', sk: String(i + j), text: `text ${i + j}`, amount: i }),
      )
      await executeBatchWrite(Users.build(BatchWriteCommand).requests(...puts))
    }
    await world.cloud.waitForReplication()
    world.cloud.clearCalls()
    const west = open(WEST)
    const { Items } = await west.Users.build(QueryCommand)
      .entities(west.User)
      .query({ partition: 'many' })
      .options({ maxPages: Infinity })
      .send()
    expect(Items).toHaveLength(1000)
    expect(new Set(Items?.map(({ text }) => text)).size).toBe(1000)
    expect(world.kmsCalls()).toEqual([`Decrypt ${WEST}`])
  })
})

describe('a region may die', () => {
  test('a cold read and a cold write go on through the other region, and come back', async () => {
    await open(EAST).User.build(PutItemCommand).item(plainly).send()
    await world.cloud.waitForReplication()
    const heal = world.cloud.fault({ region: WEST, service: 'kms', kind: 'refuse' })
    const west = open(WEST)
    const { Item } = await west.User.build(GetItemCommand).key(key).send()
    expect(Item).toMatchObject(loadedPlainly)
    await west.User.build(PutItemCommand)
      .item({ ...key, sk: '2', text: 'written meanwhile' })
      .send()
    heal()
    world.cloud.clearCalls()
    const recovered = await open(WEST)
      .User.build(GetItemCommand)
      .key({ ...key, sk: '2' })
      .send()
    expect(recovered.Item?.text).toBe('written meanwhile')
    expect(world.kmsCalls()).toEqual([`Decrypt ${WEST}`])
  })

  test('no region at all: nothing is written, and the error names the regions', async () => {
    for (const region of [EAST, WEST]) world.cloud.fault({ region, service: 'kms', kind: 'refuse' })
    const { User } = open(WEST)
    const error = await User.build(PutItemCommand)
      .item(plainly)
      .send()
      .catch((thrown: unknown) => thrown)
    world.cloud.heal()
    expect(error).toMatchObject({ name: 'SealError', code: 'key-unavailable' })
    expect(inspect(error, { depth: 9 })).toMatch(/us-west-2[\s\S]*us-east-1/)
    expect(leaks([Buffer.from(inspect(error, { depth: 9, showHidden: true }))], PLAINTEXTS)).toEqual([])
    const { Item } = await User.build(GetItemCommand).key(key).send()
    expect(Item).toBeUndefined()
  })
})
