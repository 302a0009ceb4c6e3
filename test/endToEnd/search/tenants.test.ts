// Search tokens that are bound to tenants: equal values of two tenants have different ones.
import {
  BatchWriteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { createSearchTokens, TokenDefinition } from '@dynaseal/core'
import { type Declaration, search } from '@dynaseal/document-client'
import { encrypted, token, search as toolboxSearch } from '@dynaseal/toolbox'
import {
  Entity,
  GetItemCommand,
  item,
  number,
  PutItemCommand,
  string,
  Table,
  QueryCommand as ToolboxQuery,
} from 'dynamodb-toolbox'
import { beforeEach, describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { TABLE, withSearchTable } from '../../support/searchTable.js'
import { EAST, type World } from '../../support/world.js'
import { declaredClient } from './declaredClient.js'

const EMAIL = 'Ada@Example.com'
const declared: Declaration = {
  table: TABLE,
  key: ['pk', 'sk'],
  encrypted: ['email', 'name'],
  indexKeys: { byEmail: ['gsi', 'at'] },
  tokens: {
    gsi: { of: 'email', normalize: 'email', tenant: 'tenant' },
    'deep.nameToken': { of: ['name', 'deep.city'], tenant: 'deep.tenant' },
  },
}
let world: World
let searchKey: Uint8Array
let client: ReturnType<typeof declaredClient>
withSearchTable((made, [key]) => {
  world = made
  searchKey = key
  client = declaredClient(world, [searchKey], { declared })
})
let count = 0
beforeEach(() => {
  count++
  world.proxy.sent.length = 0
})

const Key = (sk: string) => ({ pk: `${count}`, sk })
const put = (sk: string, more: object) =>
  client.send(new PutCommand({ TableName: TABLE, Item: { ...Key(sk), at: 1, email: EMAIL, ...more } }))
const stored = async (sk: string) =>
  (await world.rawClient(EAST).send(new GetCommand({ TableName: TABLE, Key: Key(sk), ConsistentRead: true })))
    .Item
const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'invalid-value', message: expect.stringMatching(message) })

test('tokens are those of the tenant, as core makes them, and its items are found', async () => {
  await put('1', { tenant: 'acme' })
  await put('2', { tenant: 'other' })
  const [one, two] = [(await stored('1'))?.gsi, (await stored('2'))?.gsi]
  expect(one).not.toBe(two)
  const tokens = createSearchTokens({ keyring: world.keyring(EAST), writeWith: searchKey })
  const definition = new TokenDefinition({ of: [{ path: ['email'], normalize: 'email' }] })
  const subject = { definition, table: TABLE, values: [{ S: EMAIL }] }
  const made = await tokens.write([
    { ...subject, tenant: 'acme' },
    { ...subject, tenant: 'other' },
  ])
  expect(made).toEqual([[one], [two]])
  const query = async (tenant: string, more: object = {}) => {
    const { Items } = await client.send(
      new QueryCommand({
        TableName: TABLE,
        IndexName: 'byEmail',
        KeyConditionExpression: 'gsi = :email',
        FilterExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':email': search(EMAIL, { tenant }), ':pk': `${count}` },
        ...more,
      }),
    )
    return Items
  }
  expect(await query('acme')).toEqual([{ ...Key('1'), at: 1, email: EMAIL, tenant: 'acme' }])
  expect(await query('other', { ProjectionExpression: 'sk' })).toEqual([{ sk: '2' }])
  expect(await query('nobody')).toEqual([])
  expect(leaks(world.proxy.sent, [EMAIL, EMAIL.toLowerCase()])).toEqual([])
})

test('a search without a tenant, or with one where there is none, is refused', async () => {
  const scan = (value: ReturnType<typeof search>, path = 'gsi') =>
    client.send(
      new ScanCommand({
        TableName: TABLE,
        FilterExpression: `${path} = :v`,
        ExpressionAttributeValues: { ':v': value },
      }),
    )
  await expect(scan(search(EMAIL))).rejects.toEqual(
    invalid(/bound to the tenant in 'tenant': search\(value, \{ tenant \}\)/),
  )
  await expect(scan(search(EMAIL, { tenant: '' }))).rejects.toEqual(invalid(/takes it, a text/))
  const without = declaredClient(world, [searchKey], {
    declared: { ...declared, tokens: { gsi: { of: 'email' } } },
  })
  const command = new ScanCommand({
    TableName: TABLE,
    FilterExpression: 'gsi = :v',
    ExpressionAttributeValues: { ':v': search(EMAIL, { tenant: 'acme' }) },
  })
  await expect(without.send(command)).rejects.toEqual(invalid(/bound to no tenant/))
})

test('an item without its tenant is refused', async () => {
  await expect(put('1', {})).rejects.toEqual(
    invalid(/bound to the tenant in 'tenant', and there is no text there/),
  )
  await expect(put('1', { tenant: 5 })).rejects.toEqual(invalid(/no text there/))
  // Without what it is of, there is no token.
  await put('1', { email: undefined })
  expect(await stored('1')).not.toHaveProperty('gsi')
})

test('a tenant that somebody changed is reported', async () => {
  await put('1', { tenant: 'acme' })
  const raw = await stored('1')
  await world.rawClient(EAST).send(new PutCommand({ TableName: TABLE, Item: { ...raw, tenant: 'other' } }))
  const query = new QueryCommand({
    TableName: TABLE,
    IndexName: 'byEmail',
    KeyConditionExpression: 'gsi = :email',
    FilterExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':email': search(EMAIL, { tenant: 'acme' }), ':pk': `${count}` },
  })
  const reported = { failures: [expect.objectContaining({ code: 'wrong-token' })] }
  await expect(client.send(query)).rejects.toMatchObject(reported)
  const { tenant: _, ...rest } = raw as { tenant: string }
  await world.rawClient(EAST).send(new PutCommand({ TableName: TABLE, Item: rest }))
  await expect(client.send(query)).rejects.toMatchObject(reported)
})

describe('an update', () => {
  const update = (UpdateExpression: string, values: object = {}) =>
    client.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: Key('1'),
        UpdateExpression,
        ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
      }),
    )
  const refused = (message: RegExp) =>
    expect.objectContaining({ code: 'update-refused', message: expect.stringMatching(message) })

  test('sets the token with value and tenant, and refuses one of them', async () => {
    await put('1', { tenant: 'acme' })
    const before = (await stored('1'))?.gsi
    await update('SET email = :e, tenant = :t', { ':e': EMAIL, ':t': 'other' })
    const after = (await stored('1'))?.gsi
    expect(after).not.toBe(before)
    await update('SET email = :e, tenant = :t', { ':e': EMAIL, ':t': 'acme' })
    expect((await stored('1'))?.gsi).toBe(before)
    await expect(update('SET email = :e', { ':e': EMAIL })).rejects.toEqual(
      refused(/says nothing of 'tenant'/),
    )
    await expect(update('SET tenant = :t', { ':t': 'x' })).rejects.toEqual(refused(/says nothing of 'email'/))
    await expect(update('REMOVE tenant')).rejects.toEqual(refused(/bound to the tenant in 'tenant'/))
    await update('REMOVE email, tenant')
    expect(await stored('1')).not.toHaveProperty('gsi')
  })

  test('of a map has them in it', async () => {
    await put('1', { tenant: 'acme' })
    await expect(update('SET deep = :d', { ':d': { city: 'x', tenant: 'acme' } })).rejects.toEqual(
      refused(/says nothing of 'name'/),
    )
    await expect(update('SET deep = :d', { ':d': { city: 'x' } })).rejects.toEqual(
      refused(/bound to the tenant in 'deep.tenant'/),
    )
    await client.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: Key('1'),
        UpdateExpression: 'SET deep = :d, #n = :n',
        ExpressionAttributeNames: { '#n': 'name' },
        ExpressionAttributeValues: { ':d': { city: 'x', tenant: 'acme' }, ':n': 'Ada' },
      }),
    )
    expect((await stored('1'))?.deep).toMatchObject({ nameToken: expect.stringMatching(/^1\./) })
  })
})

test.each<[string, Declaration['tokens'], RegExp]>([
  ['encrypted', { a: { of: 'email', tenant: 'name' } }, /is encrypted/],
  ['a token', { a: { of: 'email', tenant: 'b' }, b: { of: 'email' } }, /is a search token/],
  ['a star', { a: { of: 'email', tenant: 'b.*' } }, /without stars/],
  ['no text', { a: { of: 'email', tenant: 5 as never } }, /path of an attribute as tenant/],
  ['in clear, of a key', { pk: { of: 'email', tenant: 'tenant' } }, /is not: whoever writes the table/],
])('a tenant that is %s is refused', (_, tokens, message) => {
  expect(() => declaredClient(world, [searchKey], { declared: { ...declared, tokens } })).toThrow(message)
})

test('a key of the table is bound to the tenant beside it', async () => {
  const own = declaredClient(world, [searchKey], {
    declared: { ...declared, tokens: { sk: { of: 'email', normalize: 'email', tenant: 'pk' } } },
  })
  const tenants = [`a${count}`, `b${count}`]
  await own.send(
    new BatchWriteCommand({
      RequestItems: { [TABLE]: tenants.map(pk => ({ PutRequest: { Item: { pk, email: EMAIL } } })) },
    }),
  )
  const get = async (pk: string, tenant = pk) =>
    (
      await own.send(
        new GetCommand({
          TableName: TABLE,
          Key: { pk, sk: search(EMAIL, { tenant }) },
          ConsistentRead: true,
        }),
      )
    ).Item
  for (const pk of tenants) expect(await get(pk)).toEqual({ pk, email: EMAIL })
  await expect(get(tenants[0]!, tenants[1])).rejects.toEqual(invalid(/another one of these than the key has/))
  const raw = await world.rawClient(EAST).send(new ScanCommand({ TableName: TABLE, ConsistentRead: true }))
  const sks = raw.Items?.filter(({ pk }) => tenants.includes(pk)).map(({ sk }) => sk)
  expect(new Set(sks).size).toBe(2)
  expect(leaks(world.proxy.sent, [EMAIL, EMAIL.toLowerCase()])).toEqual([])
})

test('a schema says it by the name of the attribute', async () => {
  const documentClient = world.sealedClient(EAST, {
    search: createSearchTokens({ keyring: world.keyring(EAST), writeWith: searchKey }),
  })
  const table = new Table({
    documentClient,
    name: TABLE,
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
    indexes: { byEmail: { type: 'global', partitionKey: { name: 'gsi', type: 'string' } } },
  })
  const entity = (tenant: string) =>
    new Entity({
      name: 'Person',
      table,
      schema: item({
        pk: string().key(),
        sk: string().key(),
        at: number().default(1),
        company: string().optional().savedAs('tenant'),
        email: encrypted(string()),
        emailToken: token('email', { savedAs: 'gsi', normalize: 'email', tenant }),
      }),
    })
  for (const wrong of ['tenant', 'nothing', 'email'])
    expect(() => documentClient.register(entity(wrong))).toThrow(/no string\(\) of the item|is encrypted/)
  const Person = entity('company')
  documentClient.register(Person)
  await Person.build(PutItemCommand)
    .item({ ...Key('1'), company: 'acme', email: EMAIL })
    .send()
  const found = async (tenant: string) =>
    (
      await table
        .build(ToolboxQuery)
        .entities(Person)
        .query({ index: 'byEmail', partition: toolboxSearch(EMAIL, { tenant }) })
        .options({ filters: { Person: { attr: 'pk', eq: `${count}` } } })
        .send()
    ).Items?.map(({ sk }) => sk)
  expect(await found('acme')).toEqual(['1'])
  expect(await found('other')).toEqual([])
  expect((await Person.build(GetItemCommand).key(Key('1')).send()).Item).not.toHaveProperty('emailToken')
})
