import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { type Declaration, sealDocumentClient, search } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  Backfill,
  type JobOptions,
  projectOf,
  Revert,
  Rewrap,
  RewrapTokens,
  runJob,
  type Target,
  type Task,
  type WireItem,
} from '../src/api.js'
import { createWorld, type World } from './support/cloud.js'
import { raced } from './support/raced.js'

const TABLE = 'accounts'
let world: World
let searchKeys: readonly [Uint8Array, Uint8Array]

const keyring = () =>
  new MrkKeyring({ keyArns: [...world.keyArns], client: region => new KMS(world.config(region)) })

beforeAll(async () => {
  // The other engine holds no two maps for equal.
  world = await createWorld({ engine: 'dynoxide' })
  await world.dynamodb.createTable({
    TableName: TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['id', 'emailToken'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byEmail',
        KeySchema: [{ AttributeName: 'emailToken', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  })
  searchKeys = [await createSearchKey(keyring()), await createSearchKey(keyring(), { version: 2 })]
})
afterEach(async () => {
  for (const { id } of await items()) await world.dynamodb.deleteItem({ TableName: TABLE, Key: { id: id! } })
})
afterAll(() => world.stop())

const account: Declaration = {
  table: TABLE,
  key: ['id'],
  encrypted: ['email', 'roles', 'tags[*]', 'address', 'flag'],
  indexKeys: { byEmail: ['emailToken'] },
  when: { attribute: 'kind', equals: 'account' },
  tokens: {
    emailToken: { of: 'email', normalize: 'email' },
    rolesToken: { of: 'roles', members: true, bits: 64 },
    cityToken: { of: 'address.city' },
    bothToken: { of: ['email', 'plan'] },
  },
}
const invoice: Declaration = {
  table: TABLE,
  key: ['id'],
  encrypted: ['note'],
  when: { attribute: 'kind', equals: 'invoice' },
}

/** A client as one process has it, which writes with one version of the search key and finds with both. */
function clientOf(
  version: 1 | 2 = 1,
  { tokens = true, more = {} }: { tokens?: boolean; more?: object } = {},
) {
  const [first, second] = searchKeys
  const [writeWith, other] = version === 1 ? [first, second] : [second, first]
  const client = sealDocumentClient(DynamoDBDocumentClient.from(world.dynamodb), {
    keyring: keyring(),
    search: createSearchTokens({ keyring: keyring(), writeWith, findWith: [other] }),
  })
  const { tokens: declared, ...without } = account
  client.declare({ ...without, ...(tokens ? { tokens: { ...declared, ...more } } : {}) }, invoice)
  return client
}

async function targetOf(client = clientOf()): Promise<Target> {
  return (await projectOf({ clients: client })).target(TABLE)
}
async function run(
  make: (target: Target) => Task | Promise<Task>,
  target: Target,
  options: JobOptions = { apply: true },
) {
  return runJob(target, await make(target), options)
}
const backfill = (target: Target, options?: JobOptions) => run(one => new Backfill(one), target, options)

async function items(): Promise<WireItem[]> {
  const { Items = [] } = await world.dynamodb.scan({ TableName: TABLE, ConsistentRead: true })
  return Items
}
const item = async (id: string) => (await items()).find(one => one.id!.S === id)!
const put = (Item: Record<string, AttributeValue>) => world.dynamodb.putItem({ TableName: TABLE, Item })
const clear = (id: string, more: Record<string, AttributeValue> = {}): WireItem => ({
  id: { S: id },
  kind: { S: 'account' },
  plan: { S: 'pro' },
  email: { S: `${id}@Example.com` },
  roles: { SS: ['admin', 'author'] },
  tags: { L: [{ S: 'x' }] },
  address: { M: { city: { S: 'Oslo' } } },
  ...more,
})
const TOKENS = ['emailToken', 'rolesToken', 'cityToken', 'bothToken']
const tokensIn = (one: WireItem) => Object.fromEntries(TOKENS.map(name => [name, one[name]]))

/** What an application stores that puts the same values. */
async function tokensOf(id: string, version: 1 | 2 = 1) {
  const Item = {
    id: `put ${id}`,
    kind: 'account',
    plan: 'pro',
    email: `${id}@Example.com`,
    roles: new Set(['admin', 'author']),
    tags: ['x'],
    address: { city: 'Oslo' },
  }
  await clientOf(version).send(new PutCommand({ TableName: TABLE, Item }))
  const stored = tokensIn(await item(`put ${id}`))
  await world.dynamodb.deleteItem({ TableName: TABLE, Key: { id: { S: `put ${id}` } } })
  return stored
}

async function found(email: string, client = clientOf()) {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: TABLE,
      IndexName: 'byEmail',
      KeyConditionExpression: 'emailToken = :email',
      FilterExpression: 'kind = :kind',
      ExpressionAttributeValues: { ':email': search(email), ':kind': 'account' },
    }),
  )
  return Items.map(({ id }) => id as string).sort()
}

describe('backfill', () => {
  it('writes the tokens of what it seals, as the application would', async () => {
    await put(clear('ada'))
    const report = await backfill(await targetOf())
    expect(report).toMatchObject({ changed: 1, fields: 4, tokens: 4, left: {} })
    expect(tokensIn(await item('ada'))).toEqual(await tokensOf('ada'))
    expect(await found('ADA@example.com')).toEqual(['ada'])
    expect(await backfill(await targetOf())).toMatchObject({ changed: 0, tokens: 0 })
  })

  it('in a dry run says so, and writes nothing', async () => {
    await put(clear('ada'))
    expect(await backfill(await targetOf(), {})).toMatchObject({ changed: 1, fields: 4, tokens: 4 })
    expect(await item('ada')).toEqual(clear('ada'))
  })

  it('adds those that are missing to what is sealed, and touches nothing of that', async () => {
    await put(clear('ada'))
    await backfill(await targetOf(clientOf(1, { tokens: false })))
    const sealed = await item('ada')
    expect(tokensIn(sealed)).toEqual({})
    expect(await backfill(await targetOf())).toMatchObject({ changed: 1, fields: 0, tokens: 4, left: {} })
    const tokens = await tokensOf('ada')
    expect(await item('ada')).toEqual({ ...sealed, ...tokens })
  })

  it('puts tokens in the place of what stands there in clear, and where an older client updated the value', async () => {
    await put(clear('ada', { emailToken: { S: 'ada@Example.com' } }))
    await put(clear('bob'))
    await backfill(await targetOf())
    const old = await item('bob')
    await put({ ...old, email: { S: 'bobby@example.com' } })
    expect(await backfill(await targetOf())).toMatchObject({ changed: 1, fields: 1, tokens: 2, left: {} })
    expect((await item('ada')).emailToken).toEqual((await tokensOf('ada')).emailToken)
    expect(await found('bobby@example.com')).toEqual(['bob'])
  })

  it('of the elements of a list that are sealed one by one', async () => {
    await put(clear('ada'))
    await backfill(await targetOf(clientOf(1, { tokens: false })))
    const more = { tagsToken: { of: 'tags', members: true } }
    await backfill(await targetOf(clientOf(1, { more })))
    const { tagsToken } = await item('ada')
    expect(tagsToken!.SS).toHaveLength(1)
    expect(tagsToken!.SS![0]).toMatch(/^1\./)
    const other = clear('bob', { tags: { L: [{ S: 'x' }] } })
    await put(other)
    await backfill(await targetOf(clientOf(1, { more })))
    expect((await item('bob')).tagsToken).toEqual(tagsToken)
  })

  it('leaves other kinds of items, what has no value, and what has no token', async () => {
    const others = [
      { id: { S: 'invoice' }, kind: { S: 'invoice' }, emailToken: { S: 'what it likes' } },
      { id: { S: 'nobody' }, kind: { S: 'other' }, emailToken: { S: '1.AAAA' } },
      { id: { S: 'stale' }, kind: { S: 'account' }, emailToken: { S: '1.AAAAAAAAAAAAAAAAAAAAAA' } },
      { id: { S: 'strange' }, kind: { S: 'account' }, emailToken: { S: 'an old key' } },
    ]
    for (const one of others) await put(one)
    await put({ id: { S: 'flag' }, kind: { S: 'account' }, flag: { BOOL: true } })
    const more = { flagToken: { of: 'flag' } }
    const report = await backfill(await targetOf(clientOf(1, { more })))
    expect(report).toMatchObject({ changed: 1, tokens: 0 })
    expect(report.left).toEqual({ 'token-without-value': 1, 'invalid-value': 1 })
    for (const one of others) expect(await item(one.id.S)).toEqual(one)
  })

  it('leaves the token of what does not open', async () => {
    await put(clear('ada'))
    await backfill(await targetOf(clientOf(1, { tokens: false })))
    await put({ ...(await item('ada')), id: { S: 'moved' } })
    const report = await backfill(await targetOf())
    expect(report).toMatchObject({ changed: 1, tokens: 4, left: { 'not-authentic': 4 } })
    expect(tokensIn(await item('moved'))).toEqual({})
  })

  it('of more fields than fit into one update', async () => {
    const tags = Array.from({ length: 150 }, (_, i) => ({ S: `${i}` }))
    await put(clear('ada', { tags: { L: tags } }))
    expect(await backfill(await targetOf())).toMatchObject({ changed: 1, fields: 153, tokens: 4, left: {} })
    expect(tokensIn(await item('ada'))).toEqual(await tokensOf('ada'))
  })
})

const changeEmail = (version: 1 | 2) =>
  clientOf(version).send(
    new UpdateCommand({
      TableName: TABLE,
      Key: { id: 'ada' },
      UpdateExpression: 'SET email = :email, #plan = :plan',
      ConditionExpression: 'kind = :kind',
      ExpressionAttributeNames: { '#plan': 'plan' },
      ExpressionAttributeValues: { ':email': 'new@example.com', ':plan': 'free', ':kind': 'account' },
    }),
  )

describe('rewrap --search-key', () => {
  const retoken = (target: Target, options?: JobOptions) => run(RewrapTokens.of, target, options)
  const sealAll = async (...ids: string[]) => {
    for (const id of ids) await put(clear(id))
    await backfill(await targetOf())
  }

  it('computes tokens under the search key that is written with, and touches nothing else', async () => {
    await sealAll('ada', 'bob')
    const before = await item('ada')
    const target = await targetOf(clientOf(2))
    expect(await retoken(target, {})).toMatchObject({ changed: 2, fields: 0, tokens: 8 })
    expect(await item('ada')).toEqual(before)
    expect(await retoken(target)).toMatchObject({ changed: 2, fields: 0, tokens: 8, left: {} })
    expect(await item('ada')).toEqual({ ...before, ...(await tokensOf('ada', 2)) })
    expect(await found('ada@example.com', clientOf(2))).toEqual(['ada'])
    expect(await retoken(await targetOf(clientOf(2)))).toMatchObject({ changed: 0, tokens: 0, kmsCalls: 0 })
  })

  it.each([1, 2] as const)('lets a concurrent writer win, who writes with version %i', async version => {
    await sealAll('ada')
    const target = await targetOf(clientOf(2))
    const report = await retoken(raced(target, () => changeEmail(version)))
    expect(report).toMatchObject({ changed: 1, overtaken: 1, left: {} })
    expect(await found('new@example.com', clientOf(2))).toEqual(['ada'])
    const { emailToken, plan } = await item('ada')
    expect([emailToken!.S!.slice(0, 2), plan]).toEqual(['2.', { S: 'free' }])
  })

  it('is not what rewrap does otherwise, and a table without tokens has nothing to be done', async () => {
    await sealAll('ada')
    const before = tokensIn(await item('ada'))
    await run(one => new Rewrap(one, { all: true }), await targetOf(clientOf(2)))
    expect(tokensIn(await item('ada'))).toEqual(before)
    const bare = await targetOf(clientOf(1, { tokens: false }))
    await expect(RewrapTokens.of(bare)).rejects.toMatchObject({ code: 'usage' })
  })
})

it('backfill lets a concurrent writer win', async () => {
  await put(clear('ada'))
  const report = await backfill(raced(await targetOf(), () => changeEmail(1)))
  expect(report).toMatchObject({ changed: 1, overtaken: 1, left: {} })
  expect(await found('new@example.com')).toEqual(['ada'])
  expect(await found('ada@example.com')).toEqual([])
})

it('a writer who changes a value in clear that a token is of makes it read the item again', async () => {
  await put(clear('ada'))
  await backfill(await targetOf(clientOf(1, { tokens: false })))
  const change = () =>
    world.dynamodb.updateItem({
      TableName: TABLE,
      Key: { id: { S: 'ada' } },
      UpdateExpression: 'SET #plan = :plan',
      ExpressionAttributeNames: { '#plan': 'plan' },
      ExpressionAttributeValues: { ':plan': { S: 'free' } },
    })
  expect(await backfill(raced(await targetOf(), change))).toMatchObject({ changed: 1, overtaken: 1 })
  const { bothToken } = await item('ada')
  expect(bothToken).not.toEqual((await tokensOf('ada')).bothToken)
})

it('revert leaves tokens: what is in clear is found by them, too', async () => {
  await put(clear('ada'))
  await backfill(await targetOf())
  const tokens = await tokensOf('ada')
  await run(one => new Revert(one), await targetOf())
  expect(await item('ada')).toEqual({ ...clear('ada'), ...tokens })
})

it('tokens that are bound to a tenant are made for that of the item; one without is left', async () => {
  const ofTenants: Declaration = {
    ...account,
    tokens: { emailToken: { of: 'email', tenant: 'owner' } },
  }
  const client = () =>
    sealDocumentClient(DynamoDBDocumentClient.from(world.dynamodb), {
      keyring: keyring(),
      search: createSearchTokens({ keyring: keyring(), writeWith: searchKeys[0] }),
      plaintext: 'allow',
    }).declare(ofTenants)
  const Item = { kind: 'account', email: 'ada@example.com' }
  for (const owner of ['acme', 'other'])
    await client().send(new PutCommand({ TableName: TABLE, Item: { ...Item, id: `put by ${owner}`, owner } }))
  const stored = (await item('put by acme')).emailToken
  for (const [id, owner] of [['acme'], ['other'], ['none', '']].map(([id, name = id]) => [id!, name!]))
    await put({
      id: { S: id! },
      kind: { S: 'account' },
      email: { S: Item.email },
      ...(owner ? { owner: { S: owner } } : {}),
    })
  const target = (await projectOf({ clients: client() })).target(TABLE)
  expect(await runJob(target, new Backfill(target), { apply: true })).toMatchObject({
    left: { 'token-without-tenant': 1 },
  })
  expect((await item('acme')).emailToken).toEqual(stored)
  expect((await item('other')).emailToken).toEqual((await item('put by other')).emailToken)
  expect((await item('other')).emailToken).not.toEqual(stored)
  const { Items } = await client().send(
    new QueryCommand({
      TableName: TABLE,
      IndexName: 'byEmail',
      KeyConditionExpression: 'emailToken = :email',
      ExpressionAttributeValues: { ':email': search(Item.email, { tenant: 'acme' }) },
    }),
  )
  expect(Items!.map(({ id }) => id).sort()).toEqual(['acme', 'put by acme'])
})
