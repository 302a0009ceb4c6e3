// Several search keys: one to write with, any number to find with. What is found by each is one result, in order.
import { type AttributeValue, DynamoDB, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { createSearchTokens } from '@dynaseal/core'
import { openPartially, sealDynamoDBClient, search } from '@dynaseal/document-client'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { optionsOfRun } from '../../support/formatOfRun.js'
import { createSearchTable, TABLE, withSearchTable } from '../../support/searchTable.js'
import { EAST, type World } from '../../support/world.js'
import { declaration, declaredClient } from './declaredClient.js'

const TWIN = 'twin'
let world: World
let keys: [Uint8Array, Uint8Array, Uint8Array]
withSearchTable(async (made, all) => {
  world = made
  keys = [...all]
  await createSearchTable(world, TWIN)
})

type Client = Pick<ReturnType<typeof declaredClient>, 'send'>
interface Person {
  pk: string
  sk: string
  at: number
  email: string
}
const put = (client: Client, Item: Person) => client.send(new PutCommand({ TableName: TABLE, Item }))
const byEmail = (email: string, more: object = {}) =>
  new QueryCommand({
    TableName: TABLE,
    IndexName: 'byEmail',
    KeyConditionExpression: 'gsi = :email',
    ExpressionAttributeValues: { ':email': search(email) },
    ...more,
  })
/** All pages; each start key goes through JSON, as applications hand it out. */
async function all(client: Client, email: string, more: object = {}): Promise<Person[][]> {
  const pages: Person[][] = []
  let ExclusiveStartKey: Record<string, unknown> | undefined
  do {
    const start =
      ExclusiveStartKey === undefined
        ? {}
        : { ExclusiveStartKey: JSON.parse(JSON.stringify(ExclusiveStartKey)) }
    const { Items, Count, LastEvaluatedKey } = await client.send(byEmail(email, { ...more, ...start }))
    expect(Count).toBe(Items?.length)
    pages.push(Items as Person[])
    ExclusiveStartKey = LastEvaluatedKey
    expect(pages.length).toBeLessThan(200)
  } while (ExclusiveStartKey !== undefined)
  return pages
}
const ats = (pages: Person[][]) => pages.flat().map(({ at }) => at)

describe('a query by tokens of three versions', () => {
  const email = 'versions@example.com'
  const numbers = [5, 1, 9, 3, 7, 2, 8, 4, 6, 10]
  beforeAll(async () => {
    client = declaredClient(world, [keys[1], keys[0], keys[2]])
    const writers = keys.map(key => declaredClient(world, [key]))
    for (const [i, at] of numbers.entries()) await put(writers[i % 3]!, { pk: 'v', sk: `${at}`, at, email })
  })
  let client: ReturnType<typeof declaredClient>
  const finder = () => client
  const ordered = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

  test('is merged, in order and in the other', async () => {
    expect(ats(await all(finder(), email))).toEqual(ordered)
    expect(ats(await all(finder(), email, { ScanIndexForward: false }))).toEqual(ordered.toReversed())
  })

  test.each([1, 3, 4, 20])('has pages of at most %i, and all of them have all', async Limit => {
    for (const ScanIndexForward of [true, false]) {
      const pages = await all(finder(), email, { Limit, ScanIndexForward })
      expect(ats(pages)).toEqual(ScanIndexForward ? ordered : ordered.toReversed())
      for (const page of pages) expect(page.length).toBeLessThanOrEqual(Limit)
    }
  })

  test('has all of it with a filter, and with a projection that has no keys', async () => {
    const filtered = {
      Limit: 2,
      FilterExpression: 'sk <> :five',
      ExpressionAttributeValues: { ':email': search(email), ':five': '5' },
    }
    expect(ats(await all(finder(), email, filtered))).toEqual(ordered.filter(at => at !== 5))
    const pages = await all(finder(), email, { Limit: 3, ProjectionExpression: 'sk' })
    expect(pages.flat()).toEqual(ordered.map(at => ({ sk: `${at}` })))
  })

  test('goes on where one by another number of versions stopped', async () => {
    const one = declaredClient(world, [keys[0]])
    const { Items: first = [], LastEvaluatedKey } = await one.send(byEmail(email, { Limit: 2 }))
    const rest = await all(finder(), email, { ExclusiveStartKey: LastEvaluatedKey })
    expect(new Set([...first.map(({ at }) => at), ...ats(rest)])).toEqual(new Set(ordered))
    const { LastEvaluatedKey: several, Items = [] } = await finder().send(byEmail(email, { Limit: 4 }))
    const own = (await one.send(byEmail(email))).Items?.map(({ at }) => at)
    const after = (await one.send(byEmail(email, { ExclusiveStartKey: several }))).Items?.map(({ at }) => at)
    expect(after).toEqual(own?.filter(at => !Items.some(item => item.at === at)))
  })

  test('in a filter, finds by any version', async () => {
    const scan = new ScanCommand({
      TableName: TABLE,
      FilterExpression: 'pk = :pk AND gsi IN (:nobody, :email)',
      ExpressionAttributeValues: { ':pk': 'v', ':nobody': search('nobody'), ':email': search(email) },
    })
    expect((await finder().send(scan)).Items).toHaveLength(10)
    expect((await declaredClient(world, [keys[0]]).send(scan)).Items).toHaveLength(4)
  })

  test('in a filter with as many values as DynamoDB takes, finds by any version, in expressions that it takes', async () => {
    const values = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`:ds_${n}`, search(n === 50 ? email : `nobody${n}`)]),
    )
    let FilterExpression = ''
    const client = declaredClient(world, [keys[1], keys[0], keys[2]], {
      between: ({ input }, send) => {
        FilterExpression = String(input.FilterExpression)
        return send()
      },
    })
    const scan = new ScanCommand({
      TableName: TABLE,
      FilterExpression: `gsi IN (${Object.keys(values).join(', ')}) AND pk = :pk AND sk <> :dynaseal_0`,
      ExpressionAttributeValues: { ...values, ':pk': 'v', ':dynaseal_0': '0' },
    })
    expect((await client.send(scan)).Items).toHaveLength(10)
    expect(FilterExpression).toContain('gsi IN')
    // "Constraints in Amazon DynamoDB", expression parameters: 4 KB, and 100 operands of IN.
    expect(FilterExpression.length).toBeLessThan(4096)
    for (const [, operands = ''] of FilterExpression.matchAll(/IN \(([^)]*)\)/g))
      expect(operands.split(',').length).toBeLessThanOrEqual(100)
  })

  test.each([
    '(contains(tagsToken, :tag)) AND pk = :pk',
    'pk = :pk AND (( contains(tagsToken, :tag) ) OR contains(tagsToken, :tag))',
  ])('in a filter with parentheses around it, adds none: %s', async filter => {
    let FilterExpression = ''
    const client = declaredClient(world, [keys[1], keys[0], keys[2]], {
      between: ({ input }, send) => {
        FilterExpression = String(input.FilterExpression)
        return send()
      },
    })
    const tagged = { pk: 'tagged', sk: '1', at: 1, email, tags: new Set(['a tag']) }
    await put(declaredClient(world, [keys[0]]), tagged)
    const scan = new ScanCommand({
      TableName: TABLE,
      FilterExpression: filter,
      ExpressionAttributeValues: { ':pk': 'tagged', ':tag': search('a tag') },
    })
    expect((await client.send(scan)).Items).toEqual([tagged])
    // DynamoDB refuses redundant ones.
    expect(FilterExpression).not.toMatch(
      /\(\s*\(\s*contains\([^)]*\) OR contains\([^)]*\) OR contains\([^)]*\)\s*\)\s*\)/,
    )
  })

  test('whatever the placeholders of the application are called, its values stay its own', async () => {
    const condition = (name: string) =>
      new UpdateCommand({
        TableName: TABLE,
        Key: { pk: 'placeholders', sk: '1' },
        UpdateExpression: `SET note = ${name}`,
        ConditionExpression: 'gsi = :email',
        ExpressionAttributeValues: { [name]: `of ${name}`, ':email': search(email) },
        ReturnValues: 'ALL_NEW',
      })
    await put(declaredClient(world, [keys[0]]), { pk: 'placeholders', sk: '1', at: 1, email })
    for (const name of [':note', ':ds_0', ':ds__0', ':ds_1', ':note']) {
      const { Attributes } = await finder().send(condition(name))
      expect(Attributes?.note).toBe(`of ${name}`)
    }
  })

  test('of an index whose key nobody told is refused', async () => {
    const client = declaredClient(world, [keys[0], keys[1]], {
      declared: { ...declaration, indexKeys: ['gsi', 'at'] },
    })
    await expect(client.send(byEmail(email))).rejects.toMatchObject({
      code: 'condition-refused',
      message: expect.stringMatching(/indexKeys: \{ byEmail/),
    })
  })
})

test('stays in order where a page of one version is filtered away', async () => {
  const email = 'filtered@example.com'
  const [first, second] = keys.map(key => declaredClient(world, [key]))
  for (const at of [1, 2, 3, 4, 5]) await put(first!, { pk: `f${at}`, sk: 'hidden', at, email })
  await put(first!, { pk: 'f6', sk: 'seen', at: 6, email })
  for (const at of [10, 11, 12, 13]) await put(second!, { pk: `f${at}`, sk: 'seen', at, email })
  const filter = {
    FilterExpression: 'sk = :seen',
    ExpressionAttributeValues: { ':email': search(email), ':seen': 'seen' },
  }
  const pages = await all(declaredClient(world, [keys[1], keys[0]]), email, { Limit: 4, ...filter })
  expect(ats(pages)).toEqual([6, 10, 11, 12, 13])
})

test('a client of attribute values finds by several versions, with start keys of its own', async () => {
  const email = 'wire@example.com'
  const clientOf = (...searchKeys: [Uint8Array, ...Uint8Array[]]) => {
    const keyring = world.keyring(EAST)
    const [writeWith, ...findWith] = searchKeys
    const tokens = createSearchTokens({ keyring, writeWith, findWith })
    const client = sealDynamoDBClient(new DynamoDB(world.config(EAST)), {
      keyring,
      ...optionsOfRun,
      search: tokens,
    })
    return client.declare(declaration)
  }
  const writers = [clientOf(keys[0]), clientOf(keys[1])]
  for (let at = 1; at <= 7; at++) {
    const Item = {
      pk: { S: 'w' },
      sk: { S: `${at}` },
      at: { N: `${at}` },
      email: { S: email },
      tags: { SS: ['a', `${at}`] },
    }
    await writers[at % 2]!.putItem({ TableName: TABLE, Item })
  }
  const finder = clientOf(keys[1], keys[0])
  const found: string[] = []
  let ExclusiveStartKey: Record<string, AttributeValue> | undefined
  do {
    const page = await finder.query({
      TableName: TABLE,
      IndexName: 'byEmail',
      KeyConditionExpression: 'gsi = :e',
      FilterExpression: 'contains(tagsToken, :a)',
      ExpressionAttributeValues: { ':e': { S: search(' WIRE@example.com') }, ':a': { S: search('a') } },
      Limit: 3,
      ExclusiveStartKey,
    })
    expect(page.Items?.length).toBeLessThanOrEqual(3)
    for (const item of page.Items ?? []) {
      expect(Object.keys(item).sort()).toEqual(['at', 'email', 'pk', 'sk', 'tags'])
      found.push(String(item.at?.N))
    }
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  expect(found).toEqual(['1', '2', '3', '4', '5', '6', '7'])
})

test.each([
  ['before it writes with the new search key', 0, 1],
  ['after that', 1, 0],
])(
  'an item that gets a new token between two queries of a client is found once, %s',
  async (_, one, other) => {
    const email = `moving${one}@example.com`
    const item = { pk: 'm', sk: `${one}`, at: 1, email }
    await put(declaredClient(world, [keys[0]]), item)
    const writer = declaredClient(world, [keys[1]])
    let queries = 0
    const client = declaredClient(world, [keys[one]!, keys[other]!], {
      between: async (_, send) => {
        const output = await send()
        if (++queries === 1) await put(writer, item)
        return output
      },
    })
    expect(ats(await all(client, email))).toEqual([1])
    expect(queries).toBe(2)
  },
)

test('a token of another value is reported, of whichever version', async () => {
  const clients = [declaredClient(world, [keys[0]]), declaredClient(world, [keys[1], keys[0]])] as const
  const [good, bad] = ['fits@example.com', 'fits-not@example.com']
  for (const [version, client] of clients.entries())
    await put(client, { pk: 'fits', sk: `${version}`, at: version, email: good })
  const raw = world.rawClient(EAST)
  for (const sk of ['0', '1']) {
    await put(clients[1], { pk: 'fits', sk: 'bad', at: 2, email: bad })
    const stored = await raw.send(new GetCommand({ TableName: TABLE, Key: { pk: 'fits', sk } }))
    await raw.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: { pk: 'fits', sk: 'bad' },
        UpdateExpression: 'SET gsi = :t',
        ExpressionAttributeValues: { ':t': stored.Item?.gsi },
      }),
    )
    const { result, unopened } = await openPartially(() => all(clients[1], good))
    expect(result.flat().map(item => item.sk)).toEqual(['0', '1'])
    expect(unopened).toMatchObject([{ key: { sk: 'bad' }, failures: [{ code: 'wrong-token' }] }])
  }
})

test('an item that gets a new token between two pages is found, also where the newer one had ended', async () => {
  const email = 'paged@example.com'
  const people = [1, 2, 3, 4].map(at => ({ pk: 'p', sk: `${at}`, at, email }))
  for (const person of people) await put(declaredClient(world, [keys[0]]), person)
  const client = declaredClient(world, [keys[1], keys[0]])
  const { Items: first, LastEvaluatedKey } = await client.send(byEmail(email, { Limit: 2 }))
  await put(client, people[3]!)
  const rest = await all(client, email, { Limit: 2, ExclusiveStartKey: LastEvaluatedKey })
  expect([...(first ?? []), ...rest.flat()].map(({ at }) => at)).toEqual([1, 2, 3, 4])
})

test('a change of the search key under load finds everything at each step', async () => {
  const email = 'rotation@example.com'
  const people = Array.from({ length: 16 }, (_, at) => ({ pk: 'r', sk: `${at}`, at, email }))
  const [first, second] = keys
  const steps = [
    declaredClient(world, [first]),
    declaredClient(world, [first, second]),
    declaredClient(world, [second, first]),
  ]
  for (const person of people) await put(steps[0]!, person)
  const expected = new Set(people.map(({ at }) => at))
  const found = async (client: Client) => new Set(ats(await all(client, email, { Limit: 5 })))
  // Processes of two neighbouring steps run at a time.
  for (const [older, newer] of [
    [0, 1],
    [1, 2],
  ] as const) {
    let isDone = false
    const load = (async () => {
      while (!isDone)
        for (const client of [steps[newer]!, steps[older]!]) expect(await found(client)).toEqual(expected)
    })()
    for (const person of people.slice(0, 8)) await put(steps[newer]!, person)
    isDone = true
    await load
  }
  const load = (async () => {
    for (let i = 0; i < 3; i++) expect(await found(steps[2]!)).toEqual(expected)
  })()
  for (const person of people) await put(steps[2]!, person)
  await load
  expect(await found(declaredClient(world, [second]))).toEqual(expected)
  expect(await found(declaredClient(world, [first]))).toEqual(new Set())
})

describe('random items and searches', () => {
  const twin = () =>
    DynamoDBDocumentClient.from(new DynamoDBClient({ ...world.config(EAST), endpoint: world.cloud.endpoint }))
  // Spellings of few addresses, so that many items have the same one, and tokens of 8 bits are shared.
  const address = fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom('', ' '))
    .map(([n, end]) => `Person${n}@Example.com${end}`)
  const person = fc.record({
    email: fc.option(address, { nil: undefined }),
    tags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }).map(tags => new Set(tags)),
    changed: fc.option(address, { nil: undefined }),
    writer: fc.integer({ min: 0, max: 2 }),
  })
  const normalized = (email: string) => email.trim().toLowerCase()
  let run = 0

  test('have the results of the same query of what is in clear', async () => {
    const writers = keys.map(key => declaredClient(world, [key]))
    const finder = declaredClient(world, [keys[0], keys[1], keys[2]])
    const clear = twin()
    await fc.assert(
      fc.asyncProperty(
        fc.array(person, { minLength: 1, maxLength: 25 }),
        fc.array(address, { minLength: 3, maxLength: 6 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        async (people, searches, Limit, ScanIndexForward) => {
          const pk = `run${++run}`
          const items = people.map(({ changed, ...person }, at) => ({
            changed,
            item: { pk, sk: `${at}`, at, ...person },
          }))
          await Promise.all(
            items.map(async ({ item: { writer, ...Item }, changed }) => {
              await writers[writer]!.send(new PutCommand({ TableName: TABLE, Item }))
              const Key = { pk: Item.pk, sk: Item.sk }
              const email = changed ?? Item.email
              if (changed !== undefined) {
                await writers[(writer + 1) % 3]!.send(
                  new UpdateCommand({
                    TableName: TABLE,
                    Key,
                    UpdateExpression: 'SET email = :e',
                    ExpressionAttributeValues: { ':e': changed },
                  }),
                )
              }
              const gsi = email === undefined ? {} : { email, gsi: normalized(email) }
              await clear.send(
                new PutCommand({ TableName: TWIN, Item: { ...Key, at: Item.at, tags: Item.tags, ...gsi } }),
              )
            }),
          )
          for (const email of searches) {
            const key = {
              IndexName: 'byEmail',
              KeyConditionExpression: 'gsi = :e',
              ScanIndexForward,
              FilterExpression: 'pk = :pk',
            }
            const expected = await clear.send(
              new QueryCommand({
                ...key,
                TableName: TWIN,
                ExpressionAttributeValues: { ':e': normalized(email), ':pk': pk },
              }),
            )
            const own = expected.Items?.map(({ at, email: found }) => ({ at, email: found }))
            const pages = await all(finder, email, {
              ...key,
              KeyConditionExpression: 'gsi = :email',
              Limit,
              ProjectionExpression: 'email, #at',
              ExpressionAttributeNames: { '#at': 'at' },
              ExpressionAttributeValues: { ':email': search(email), ':pk': pk },
            })
            expect(pages.flat()).toEqual(own)

            const short = await finder.send(
              new QueryCommand({
                TableName: TABLE,
                KeyConditionExpression: 'pk = :pk',
                FilterExpression: 'shortToken = :e AND contains(tagsToken, :tag)',
                ExpressionAttributeValues: { ':pk': pk, ':e': search(email), ':tag': search('b') },
              }),
            )
            const both = await clear.send(
              new QueryCommand({
                TableName: TWIN,
                KeyConditionExpression: 'pk = :pk',
                FilterExpression: 'gsi = :e AND contains(tags, :tag)',
                ExpressionAttributeValues: { ':pk': pk, ':e': normalized(email), ':tag': 'b' },
              }),
            )
            expect(short.Items?.map(({ sk }) => sk)).toEqual(both.Items?.map(({ sk }) => sk))
          }
        },
      ),
      { numRuns: 8 },
    )
  }, 60_000)
})
