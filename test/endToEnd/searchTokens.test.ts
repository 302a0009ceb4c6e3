// Search keys through KMS replicas, and tokens where DynamoDB finds items by them: in a global table, from both regions.
import { CreateTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { GetCommand, PutCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import {
  type AttributeValue,
  createSearchKey,
  createSearchTokens,
  type SearchTokens,
  TokenDefinition,
} from '@dynaseal/core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createWorld, EAST, WEST, type World } from '../support/world.js'

const TABLE = 'accounts'
let world: World
let older: Uint8Array
let newer: Uint8Array

beforeAll(async () => {
  world = await createWorld()
  older = await createSearchKey(world.keyring(EAST))
  newer = await createSearchKey(world.keyring(EAST), { version: 2 })
  await createTable()
})
afterAll(() => world.stop())
beforeEach(() => world.cloud.clearCalls())

/** As of a process in this region. */
const tokensIn = (region: string, writeWith = newer, findWith = [older]) =>
  createSearchTokens({ keyring: world.keyring(region), writeWith, findWith })

const email = new TokenDefinition({ of: [{ path: ['email'], normalize: 'email' }] })
const tags = new TokenDefinition({ of: [{ path: ['tags'] }], members: true, bits: 64 })
const of = (definition: TokenDefinition, value: AttributeValue) => ({
  definition,
  table: TABLE,
  values: [value],
})

describe('calls to KMS', () => {
  test.each([EAST, WEST])('in %s: one for each search key, to the replica there', async region => {
    const tokens = tokensIn(region)
    const work = Array.from({ length: 200 }, (_, caller) => [
      tokens.write([of(email, { S: `${caller}@example.com` }), of(tags, { SS: ['a', `${caller}`] })]),
      tokens.find([of(email, { S: `${caller}@example.com` })]),
    ])
    await Promise.all(work.flat())
    await Promise.all(work.flat())
    expect(world.kmsCalls()).toEqual([`Decrypt ${region}`, `Decrypt ${region}`])
    const contexts = world.cloud.calls({ service: 'kms' }).map(call => ({ ...call.encryptionContext }))
    expect(contexts).toEqual(Array(2).fill({ 'dynaseal:search': '1' }))
  })

  test('go to the other region, and tokens are the same, where KMS is out', async () => {
    const expected = await tokensIn(EAST).find([of(email, { S: 'ada@example.com' })])
    const heal = world.cloud.fault({ region: WEST, service: 'kms', kind: 'refuse' })
    world.cloud.clearCalls()
    try {
      expect(await tokensIn(WEST).find([of(email, { S: 'ada@example.com' })])).toEqual(expected)
    } finally {
      heal()
    }
    expect(world.kmsCalls(EAST)).toEqual(['Decrypt us-east-1', 'Decrypt us-east-1'])
  })

  test('none, and an error, for who may not use the key', async () => {
    const heals = [EAST, WEST].map(region => world.cloud.fault({ region, service: 'kms', kind: 'deny' }))
    const tokens = tokensIn(EAST)
    for (let call = 0; call < 3; call++) {
      await expect(tokens.write([of(email, { S: 'a' })])).rejects.toMatchObject({ code: 'key-unavailable' })
    }
    const calls = world.kmsCalls().length
    for (const heal of heals) heal()
    // Refused for good in both regions, and remembered.
    expect(calls).toBeLessThanOrEqual(2)
  })
})

describe('a token is', () => {
  const people = Array.from({ length: 30 }, (_, index) => ({
    email: `person${index}@example.com`,
    tags: ['all', index % 2 === 0 ? 'even' : 'odd', `${index}`],
  }))
  /** The first ten under the older search key. */
  const versionOf = (index: number) => (index < 10 ? 1 : 2)

  beforeAll(async () => {
    const client = world.rawClient(EAST)
    const writers = { 1: tokensIn(EAST, older, [newer]), 2: tokensIn(EAST) }
    for (const [index, person] of people.entries()) {
      const [[token], tagTokens] = (await writers[versionOf(index)].write([
        of(email, { S: person.email }),
        of(tags, { SS: person.tags }),
      ])) as [[string], string[]]
      const Item = { pk: token, sk: `s${index % 3}`, gsi: token, lsi: token, tags: new Set(tagTokens), index }
      await client.send(new PutCommand({ TableName: TABLE, Item }))
    }
    await world.cloud.waitForReplication()
  })

  /** What each version finds, in order. */
  async function found(tokens: SearchTokens, look: (token: string) => Promise<unknown[]>, who = people[3]!) {
    const [versions] = await tokens.find([of(email, { S: who.email.toUpperCase() })])
    return Promise.all(versions!.map(async ({ version, token }) => [version, await look(token)]))
  }
  const indexes = (items: Record<string, unknown>[] = []) => items.map(item => item.index)

  test('the key of a table', async () => {
    const client = world.rawClient(WEST)
    const look = async (pk: string) => {
      const { Item } = await client.send(new GetCommand({ TableName: TABLE, Key: { pk, sk: 's0' } }))
      return Item === undefined ? [] : [Item.index]
    }
    expect(await found(tokensIn(WEST), look)).toEqual([
      [2, []],
      [1, [3]],
    ])
    expect(await found(tokensIn(WEST), look, people[21])).toEqual([
      [2, [21]],
      [1, []],
    ])
  })

  test.each([
    ['the key of a global index', 'byGsi', 'gsi = :t'],
    ['the sort key of a local index', 'byLsi', 'lsi = :t AND pk = :t'],
  ])('%s', async (_name, IndexName, KeyConditionExpression) => {
    const client = world.rawClient(WEST)
    const look = async (token: string) => {
      const { Items } = await client.send(
        new QueryCommand({
          TableName: TABLE,
          IndexName,
          KeyConditionExpression,
          ExpressionAttributeValues: { ':t': token },
        }),
      )
      return indexes(Items)
    }
    expect(await found(tokensIn(WEST), look)).toEqual([
      [2, []],
      [1, [3]],
    ])
  })

  test('a member of a set, and tells by its beginning which search key it is of', async () => {
    const client = world.rawClient(WEST)
    const scan = async (FilterExpression: string, token: string) => {
      const { Items } = await client.send(
        new ScanCommand({ TableName: TABLE, FilterExpression, ExpressionAttributeValues: { ':t': token } }),
      )
      return indexes(Items).sort((a, b) => Number(a) - Number(b))
    }
    const [versions] = await tokensIn(WEST).find([of(tags, { S: 'odd' })])
    const [current, old] = await Promise.all(versions!.map(({ token }) => scan('contains(tags, :t)', token)))
    const odd = people.flatMap((_, index) => (index % 2 === 1 ? [index] : []))
    expect(old).toEqual(odd.filter(index => versionOf(index) === 1))
    expect(current).toEqual(odd.filter(index => versionOf(index) === 2))
    expect(await scan('NOT begins_with(gsi, :t)', '2.')).toEqual(
      people.flatMap((_, i) => (i < 10 ? [i] : [])),
    )
  })
})

/** A global table with a local and a global index. */
async function createTable(): Promise<void> {
  const dynamodb = new DynamoDBClient(world.config(EAST))
  const key = (name: string, type: 'HASH' | 'RANGE') => ({ AttributeName: name, KeyType: type })
  const Projection = { ProjectionType: 'ALL' as const }
  await dynamodb.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'gsi', 'lsi'].map(AttributeName => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [key('pk', 'HASH'), key('sk', 'RANGE')],
      GlobalSecondaryIndexes: [{ IndexName: 'byGsi', KeySchema: [key('gsi', 'HASH')], Projection }],
      LocalSecondaryIndexes: [
        { IndexName: 'byLsi', KeySchema: [key('pk', 'HASH'), key('lsi', 'RANGE')], Projection },
      ],
    }),
  )
  await dynamodb.send(
    new UpdateTableCommand({ TableName: TABLE, ReplicaUpdates: [{ Create: { RegionName: WEST } }] }),
  )
  dynamodb.destroy()
}
