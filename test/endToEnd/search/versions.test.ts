// Several search keys: one to write with, any number to find with. What is found by each is one result, in order.
import { type AttributeValue, DynamoDB } from '@aws-sdk/client-dynamodb'
import { GetCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchTokens } from '@dynaseal/core'
import { openPartially, sealDynamoDBClient, search } from '@dynaseal/document-client'
import { beforeAll, describe, expect, test } from 'vitest'
import { optionsOfRun } from '../../support/formatOfRun.js'
import { TABLE } from '../../support/searchTable.js'
import { EAST } from '../../support/world.js'
import { all, ats, byEmail, keys, put, world } from './byEmail.js'
import { declaration, declaredClient } from './declaredClient.js'

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
