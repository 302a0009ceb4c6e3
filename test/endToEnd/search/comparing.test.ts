// What a search found is compared after it was opened: whoever writes the table can write any token, and short ones are shared.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { PutCommand, QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { FieldsNotOpenedError, falsePositiveChannel, openPartially, search } from '@dynaseal/document-client'
import { beforeAll, describe, expect, test } from 'vitest'
import { TABLE, withSearchTable } from '../../support/searchTable.js'
import { EAST, type World } from '../../support/world.js'
import { declaration, declaredClient } from './declaredClient.js'

let world: World
let searchKey: Uint8Array
let client: ReturnType<typeof declaredClient>
withSearchTable((made, [key]) => {
  world = made
  searchKey = key
  client = declaredClient(world, [searchKey])
})

const put = (Item: Record<string, unknown>) => client.send(new PutCommand({ TableName: TABLE, Item }))
const within = (pk: string, filter: string, values: object, more: object = {}) =>
  new QueryCommand({
    TableName: TABLE,
    KeyConditionExpression: 'pk = :pk',
    FilterExpression: filter,
    ExpressionAttributeValues: { ':pk': pk, ...values },
    ...more,
  })
/** As somebody who writes the table, past the sealed clients. */
const plant = (pk: string, sk: string, UpdateExpression: string, values?: object) =>
  world.rawClient(EAST).send(
    new UpdateCommand({
      TableName: TABLE,
      Key: { pk, sk },
      UpdateExpression,
      ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
    }),
  )
const raw = async (pk: string) =>
  (
    await world
      .rawClient(EAST)
      .send(within(pk, 'attribute_exists(#at)', {}, { ExpressionAttributeNames: { '#at': 'at' } }))
  ).Items as Record<string, unknown>[]

describe('values that share a short token', () => {
  const pk = 'short'
  let pairs: [string, string]
  beforeAll(async () => {
    for (let i = 0; i < 80; i++)
      await put({ pk, sk: `${i}`.padStart(2, '0'), at: i, email: `p${i}@example.com`, name: 'same' })
    const items = await raw(pk)
    const shares = (one: Record<string, unknown>, other: Record<string, unknown>) =>
      one !== other && one.shortToken === other.shortToken
    const one = items.find(each => items.some(other => shares(each, other)))!
    const other = items.find(each => shares(one, each))!
    pairs = [`p${one.at}@example.com`, `p${other.at}@example.com`]
  })

  test('are dropped, counted, and honest about it', async () => {
    const events: unknown[] = []
    const note = (event: unknown) => events.push(event)
    subscribe(falsePositiveChannel, note)
    try {
      for (const email of pairs) {
        const { Items, Count, ScannedCount } = await client.send(
          within(pk, 'shortToken = :e', { ':e': search(email) }),
        )
        expect(Items?.map(item => item.email)).toEqual([email])
        expect([Count, ScannedCount]).toEqual([1, 80])
      }
    } finally {
      unsubscribe(falsePositiveChannel, note)
    }
    expect(events.length).toBeGreaterThanOrEqual(2)
    expect(events[0]).toEqual({ table: TABLE, keyNames: ['pk', 'sk'], path: ['shortToken'] })
  })

  test('are dropped where the projection has nothing to compare, and nothing of it is returned', async () => {
    const { Items } = await client.send(
      within(pk, 'shortToken = :e', { ':e': search(pairs[0]) }, { ProjectionExpression: 'sk' }),
    )
    expect(Items).toEqual([{ sk: expect.any(String) }])
  })

  test('alternatives of searches are compared one by one', async () => {
    const values = {
      ':a': search(pairs[0]),
      ':b': search('nobody'),
      ':n': search('same'),
      ':x': search('other'),
    }
    const { Items } = await client.send(
      within(
        pk,
        '(shortToken = :a AND nameToken = :n) AND (shortToken IN (:a, :b) OR nameToken = :x)',
        values,
      ),
    )
    expect(Items?.map(item => item.email)).toEqual([pairs[0]])
  })

  test('are dropped where an alternative asks for the token of what the item does not have', async () => {
    const pk = 'alone'
    await put({ pk, sk: '1', at: 1, email: pairs[1] })
    const events: unknown[] = []
    const note = (event: unknown) => events.push(event)
    subscribe(falsePositiveChannel, note)
    try {
      const values = { ':n': search('same'), ':e': search(pairs[0]) }
      const { Items } = await client.send(within(pk, 'nameToken = :n OR shortToken = :e', values))
      expect(Items).toEqual([])
    } finally {
      unsubscribe(falsePositiveChannel, note)
    }
    expect(events).toEqual([{ table: TABLE, keyNames: ['pk', 'sk'], path: ['shortToken'] }])
  })

  test('hide no token of another value beside them', async () => {
    const pk = 'beside'
    await put({ pk, sk: '1', at: 1, email: pairs[1], name: 'same' })
    await put({ pk, sk: '2', at: 2, email: pairs[0], name: 'other' })
    const [, other] = await raw(pk)
    await plant(pk, '1', 'SET nameToken = :t', { ':t': other!.nameToken })
    const { result, unopened } = await openPartially(() =>
      client.send(
        within(pk, 'shortToken = :e AND nameToken = :n', { ':e': search(pairs[0]), ':n': search('other') }),
      ),
    )
    expect(result.Items).toMatchObject([{ sk: '2' }])
    expect(unopened).toMatchObject([{ key: { pk, sk: '1' }, failures: [{ path: ['nameToken'] }] }])
  })

  test('are none for the condition of a write', async () => {
    const write = new PutCommand({
      TableName: TABLE,
      Item: { pk, sk: '00', at: 0 },
      ConditionExpression: 'shortToken = :e',
      ExpressionAttributeValues: { ':e': search(pairs[0]) },
    })
    await expect(client.send(write)).rejects.toMatchObject({
      code: 'condition-refused',
      message: expect.stringMatching(/fewer than 63 bits/),
    })
  })

  test('are not counted by DynamoDB', async () => {
    const count = within(pk, 'shortToken = :e', { ':e': search(pairs[0]) }, { Select: 'COUNT' })
    await expect(client.send(count)).rejects.toMatchObject({
      code: 'condition-refused',
      message: expect.stringMatching(/Count the items/),
    })
  })
})

describe('a token that is not that of its value', () => {
  const find = (pk: string, email: string) => client.send(within(pk, 'gsi = :e', { ':e': search(email) }))
  const [good, bad] = ['good@example.com', 'bad@example.com']

  test('is reported, with the item, and not returned', async () => {
    const pk = 'planted'
    await put({ pk, sk: '1', at: 1, email: good })
    await put({ pk, sk: '2', at: 2, email: bad })
    const [{ gsi } = {}] = await raw(pk)
    await plant(pk, '2', 'SET gsi = :t', { ':t': gsi })
    const failed = await find(pk, good).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(FieldsNotOpenedError)
    expect(failed).toMatchObject({ failures: [{ code: 'wrong-token', table: TABLE, path: ['gsi'] }] })
    expect(JSON.stringify(failed)).not.toMatch(/example\.com/)
    const { result, unopened } = await openPartially(() => find(pk, good))
    expect(result.Items?.map(({ sk }) => sk)).toEqual(['1'])
    expect(result.Count).toBe(1)
    expect(unopened).toMatchObject([
      { table: TABLE, key: { pk, sk: '2' }, failures: [{ code: 'wrong-token' }] },
    ])
  })

  test.each(['gsi IN (:g, :b)', '(gsi = :g OR gsi = :b)', 'gsi = :b AND gsi IN (:g, :b)'])(
    'is reported where both values are searched for: %s',
    async filter => {
      const pk = `both ${filter}`
      await put({ pk, sk: '1', at: 1, email: good })
      await put({ pk, sk: '2', at: 2, email: bad })
      const [{ gsi } = {}, other] = await raw(pk)
      const ask = () => client.send(within(pk, filter, { ':g': search(good), ':b': search(bad) }))
      const honest = await ask()
      expect(honest.Items?.map(({ email }) => email)).toEqual(filter.includes('AND') ? [bad] : [good, bad])
      await plant(pk, '2', 'SET gsi = :t', { ':t': gsi })
      await plant(pk, '1', 'SET gsi = :t', { ':t': other!.gsi })
      const { result, unopened } = await openPartially(ask)
      expect(result.Items).toEqual([])
      expect(unopened.map(({ failures }) => failures)).toMatchObject(
        filter.includes('AND')
          ? [[{ code: 'wrong-token' }]]
          : [[{ code: 'wrong-token' }], [{ code: 'wrong-token' }]],
      )
    },
  )

  test('is reported where the value is gone, or not in the index', async () => {
    const pk = 'gone'
    await put({ pk, sk: '1', at: 1, email: good })
    await plant(pk, '1', 'REMOVE email')
    await expect(find(pk, good)).rejects.toMatchObject({
      failures: [{ code: 'wrong-token', message: expect.stringMatching(/no email to compare/) }],
    })
    await put({ pk, sk: '1', at: 1, email: 'index@example.com' })
    const query = new QueryCommand({
      TableName: TABLE,
      IndexName: 'keysOnly',
      KeyConditionExpression: 'gsi = :e',
      ExpressionAttributeValues: { ':e': search('index@example.com') },
    })
    await expect(client.send(query)).rejects.toMatchObject({
      failures: [{ code: 'wrong-token', message: expect.stringMatching(/index does not project/) }],
    })
  })

  test('is reported for a member of a set that was added', async () => {
    const pk = 'members'
    await put({ pk, sk: '1', at: 1, tags: new Set(['a', 'b']) })
    await put({ pk, sk: '2', at: 2, tags: new Set(['c']) })
    const [one] = await raw(pk)
    await plant(pk, '2', 'SET tagsToken = :t', { ':t': one!.tagsToken })
    const found = client.send(within(pk, 'contains(tagsToken, :t)', { ':t': search('a') }))
    await expect(found).rejects.toMatchObject({ failures: [{ code: 'wrong-token', path: ['tagsToken'] }] })
  })

  test('is reported beside values that are spelled as they were searched for, and otherwise', async () => {
    const pk = 'spelled'
    const spelled = ['spelled@example.com', ' Spelled@Example.com', 'SPELLED@example.com']
    for (const [sk, email] of spelled.entries()) await put({ pk, sk: `${sk}`, at: sk, email })
    await put({ pk, sk: '3', at: 3, email: bad })
    const [{ gsi } = {}] = await raw(pk)
    for (const email of spelled)
      expect((await find(pk, email)).Items?.map(item => item.email)).toEqual(spelled)
    await plant(pk, '3', 'SET gsi = :t', { ':t': gsi })
    for (const email of spelled) {
      const { result, unopened } = await openPartially(() => find(pk, email))
      expect(result.Items?.map(item => item.email)).toEqual(spelled)
      expect(unopened).toMatchObject([{ key: { pk, sk: '3' }, failures: [{ code: 'wrong-token' }] }])
    }
  })

  test('is reported for a text in the place of a set, though it is that of a member', async () => {
    const pk = 'text'
    await put({ pk, sk: '1', at: 1, tags: new Set(['a']) })
    const withoutTokens = declaredClient(world, [searchKey], { declared: { ...declaration, tokens: {} } })
    await withoutTokens.send(new PutCommand({ TableName: TABLE, Item: { pk, sk: '2', at: 2, tags: 'a' } }))
    const [one] = await raw(pk)
    await plant(pk, '2', 'SET tagsToken = :t', { ':t': one!.tagsToken })
    const { result, unopened } = await openPartially(() =>
      client.send(within(pk, 'contains(tagsToken, :t)', { ':t': search('a') })),
    )
    expect(result.Items).toMatchObject([{ sk: '1' }])
    expect(unopened).toMatchObject([{ key: { pk, sk: '2' }, failures: [{ path: ['tagsToken'] }] }])
  })

  test('does not hinder who does not search by it', async () => {
    const pk = 'other'
    await put({ pk, sk: '1', at: 1, email: good, name: 'n' })
    await plant(pk, '1', 'SET gsi = :t', { ':t': '9.stale' })
    const scan = new ScanCommand({
      TableName: TABLE,
      FilterExpression: 'pk = :pk AND nameToken = :n',
      ExpressionAttributeValues: { ':pk': pk, ':n': search('n') },
    })
    expect((await client.send(scan)).Items).toEqual([{ pk, sk: '1', at: 1, email: good, name: 'n' }])
  })
})
