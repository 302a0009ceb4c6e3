// Tokens where several kinds of items share the key of an index; and what is refused when it is declared.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import {
  type Declaration,
  DocumentClientError,
  falsePositiveChannel,
  search,
} from '@dynaseal/document-client'
import { describe, expect, test } from 'vitest'
import { refusal } from '../../support/refusal.js'
import { TABLE } from '../../support/searchTable.js'
import { declaration, declaredClient } from './declaredClient.js'
import { isToken, type Members, SECRETS, withDeclaredItem } from './declaredItem.js'

const own = withDeclaredItem()

describe('kinds of items that share an index key', () => {
  const kinds = (): [Declaration, ...Declaration[]] => {
    const { tokens: _, ...shared } = declaration
    return [
      {
        ...shared,
        when: { attribute: '_et', equals: 'Person' },
        tokens: { gsi: { of: 'email' }, lsi: { of: 'city' } },
      },
      { ...shared, encrypted: [], when: { attribute: '_et', equals: 'Order' } },
      {
        ...shared,
        encrypted: [],
        when: { attribute: '_et', equals: 'Parcel' },
        tokens: { gsi: { of: 'number' } },
      },
    ]
  }
  const sharing = () => {
    const [person, ...others] = kinds()
    return declaredClient(own.world, [own.searchKey], { declared: person }).declare(...others)
  }
  const query = (value: unknown, FilterExpression?: string, kind?: string) =>
    new QueryCommand({
      TableName: TABLE,
      IndexName: 'byEmail',
      KeyConditionExpression: 'gsi = :v',
      FilterExpression,
      ExpressionAttributeNames: FilterExpression === undefined ? undefined : { '#k': '_et' },
      ExpressionAttributeValues: { ':v': value, ...(kind === undefined ? {} : { ':k': kind }) },
    })

  test('are searched for by token, or by what the other kind has there', async () => {
    const made = sharing()
    const email = 'kinds@example.com'
    await made.send(new PutCommand({ TableName: TABLE, Item: { ...own.Key, _et: 'Person', at: 1, email } }))
    await made.send(
      new PutCommand({
        TableName: TABLE,
        Item: { ...own.Key, sk: `${own.Key.sk}-order`, _et: 'Order', at: 1, gsi: 'ORDER#1' },
      }),
    )
    expect((await made.send(query(search(email), '#k = :k', 'Person'))).Items).toMatchObject([{ email }])
    expect((await made.send(query('ORDER#1', '#k = :k', 'Order'))).Items).toMatchObject([{ gsi: 'ORDER#1' }])
    const projected = { ...query('ORDER#1', '#k = :k', 'Order').input, ProjectionExpression: 'sk, gsi' }
    expect((await made.send(new QueryCommand(projected))).Items).toEqual([
      { sk: `${own.Key.sk}-order`, gsi: 'ORDER#1' },
    ])
    const token = { ...query(search(email), '#k = :k', 'Person').input, ProjectionExpression: 'sk, gsi' }
    expect((await made.send(new QueryCommand(token))).Items).toEqual([{ sk: own.Key.sk }])
    await expect(made.send(query(email))).rejects.toEqual(refusal('condition-refused', /goes into search/))
    await expect(made.send(query(email, '#k = :k', 'Person'))).rejects.toEqual(
      refusal('condition-refused', /goes into search/),
    )
    await expect(made.send(query(search('x'), '#k = :k', 'Order'))).rejects.toEqual(
      refusal('condition-refused', /no search token/),
    )
  })

  test('are searched for by one kind at a time, where their tokens are of different attributes', async () => {
    const made = sharing()
    await made.send(
      new PutCommand({ TableName: TABLE, Item: { ...own.Key, _et: 'Parcel', at: 1, number: 7 } }),
    )
    await expect(made.send(query(search(7)))).rejects.toEqual(
      refusal('condition-refused', /items of one kind/),
    )
    expect((await made.send(query(search(7), '#k = :k', 'Parcel'))).Items).toMatchObject([{ number: 7 }])
  })

  test('what shares a short token is dropped, whatever the alternative for another kind has at its place', async () => {
    const shared = { table: TABLE, key: ['pk', 'sk'] as const, indexKeys: ['gsi'] }
    const kind = (equals: string) => ({ attribute: '_et', equals })
    const person = {
      ...shared,
      when: kind('Person'),
      encrypted: ['email'],
      tokens: { found: { of: 'email' } },
    }
    const parcel = {
      ...shared,
      when: kind('Parcel'),
      encrypted: ['number'],
      tokens: { found: { of: 'number', bits: 8 } },
    }
    const made = declaredClient(own.world, [own.searchKey], { declared: person }).declare(parcel)
    const { pk } = own.Key
    const numbers = Array.from({ length: 60 }, (_, number) => number)
    for (const number of numbers)
      await made.send(
        new PutCommand({ TableName: TABLE, Item: { pk, sk: `parcel-${number}`, _et: 'Parcel', number } }),
      )
    const found = (number: number) =>
      made.send(
        new QueryCommand({
          TableName: TABLE,
          KeyConditionExpression: 'pk = :pk',
          FilterExpression: '(#k = :person AND #f = :email) OR (#k = :parcel AND #f = :number)',
          ExpressionAttributeNames: { '#k': '_et', '#f': 'found' },
          ExpressionAttributeValues: {
            ':pk': pk,
            ':person': 'Person',
            ':parcel': 'Parcel',
            ':email': search('ada@example.com'),
            ':number': search(number),
          },
        }),
      )
    let dropped = 0
    const note = () => dropped++
    subscribe(falsePositiveChannel, note)
    try {
      for (const number of numbers) expect((await found(number)).Items).toMatchObject([{ number }])
    } finally {
      unsubscribe(falsePositiveChannel, note)
    }
    expect(dropped).toBeGreaterThan(0)
  })

  test('are found also where the projection does not say of which kind they are', async () => {
    const made = sharing()
    const Item = { ...own.Key, _et: 'Person', at: 1, email: 'projected@example.com', city: 'Bergen' }
    await made.send(new PutCommand({ TableName: TABLE, Item }))
    const { Items } = await made.send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk',
        // Of what is in clear, so that nothing is opened.
        FilterExpression: '#k = :k AND lsi = :city',
        ProjectionExpression: 'sk, city',
        ExpressionAttributeNames: { '#k': '_et' },
        ExpressionAttributeValues: { ':pk': own.Key.pk, ':k': 'Person', ':city': search('Bergen') },
      }),
    )
    expect(Items).toEqual([{ sk: own.Key.sk, city: 'Bergen' }])
  })

  test('an update says of which kind its item is', async () => {
    const made = sharing()
    const set = (more: Members = {}) =>
      made.send(
        new UpdateCommand({
          TableName: TABLE,
          Key: own.Key,
          UpdateExpression: 'SET city = :c',
          ExpressionAttributeValues: { ':c': 'Oslo' },
          ...more,
        }),
      )
    await expect(set()).rejects.toEqual(
      refusal('update-refused', /only some kinds of items have it.*of which kind/),
    )
    const kind = (name: string) => ({
      UpdateExpression: 'SET city = :c, #k = :k',
      ExpressionAttributeNames: { '#k': '_et' },
      ExpressionAttributeValues: { ':c': 'Oslo', ':k': name },
    })
    await set(kind('Order'))
    expect(await own.stored()).not.toHaveProperty('lsi')
    await set(kind('Person'))
    expect(await own.stored()).toMatchObject({ lsi: isToken })
  })
})

describe('a declaration', () => {
  const declare = (more: Partial<Declaration>) => () =>
    declaredClient(own.world, [own.searchKey], {
      declared: { table: 'other', key: ['pk'], encrypted: ['email'], ...more },
    })
  test.each<[string, Partial<Declaration>, RegExp]>([
    ['of the primary key, and short', { tokens: { pk: { of: 'email', bits: 127 } } }, /fewer than 128 bits/],
    ['of the primary key, of members', { tokens: { pk: { of: 'email', members: true } } }, /has one value/],
    [
      'of the primary key, of what is in clear',
      { tokens: { pk: { of: 'city' } } },
      /'city' is not encrypted/,
    ],
    ['of the primary key, and inside of it', { tokens: { 'pk.a': { of: 'pk.b' } } }, /name of a key/],
    ['that is encrypted', { tokens: { email: { of: 'name' } } }, /is encrypted/],
    ['of a token', { tokens: { a: { of: 'email' }, b: { of: 'a' } } }, /search token itself/],
    [
      'of the attribute of kinds',
      { when: { attribute: 'k', equals: 'a' }, tokens: { k: { of: 'email' } } },
      /another meaning/,
    ],
    ['of a star', { tokens: { a: { of: 'tags.*' } } }, /without stars/],
    ['in a map of something else', { tokens: { 'map.a': { of: 'email' } } }, /Put it beside/],
    ['of too few bits', { tokens: { a: { of: 'email', bits: 7 } } }, /bits must be an integer from 8/],
    [
      'of no normalizer',
      { tokens: { a: { of: 'email', normalize: 'upper' as 'trim' } } },
      /normalize must be/,
    ],
    [
      'that normalizes something else',
      { tokens: { a: { of: 'email', normalize: { b: 'trim' } } } },
      /normalizes 'b'/,
    ],
    ['in a map', { tokens: new Map([['a', { of: 'email' }]]) as never }, /must be an object/],
    ['of nothing', { tokens: { a: { of: [] } } }, /a path of an attribute/],
    ['with more', { tokens: { a: { of: 'email', bit: 8 } as never } }, /has no bit/],
    [
      'of members of several',
      { tokens: { a: { of: ['email', 'b'], members: true } } },
      /members can be searched/,
    ],
  ])('of a token %s is refused', (_, more, message) => {
    expect(declare(more)).toThrow(message)
    expect(declare(more)).toThrow(DocumentClientError)
  })
})

test('of a page of several kinds of items, each has the tokens of its own taken out', async () => {
  const ofKind = (equals: string, token: string): Declaration => ({
    table: TABLE,
    key: ['pk', 'sk'],
    encrypted: ['email'],
    when: { attribute: 'kind', equals },
    tokens: { [token]: { of: 'email' } },
  })
  const client = declaredClient(own.world, [own.searchKey], { declared: ofKind('a', 'one') })
  client.declare(ofKind('b', 'two'))
  const email = SECRETS[0]
  // What is a token in items of one kind is data in those of the other.
  const items = [
    { pk: 'kinds', sk: '1', kind: 'a', email, two: 'of a' },
    { pk: 'kinds', sk: '2', kind: 'b', email, one: 'of b' },
    { pk: 'kinds', sk: '3', kind: 'a', email, two: 'of a' },
  ]
  for (const Item of items) await client.send(new PutCommand({ TableName: TABLE, Item }))
  const { Items } = await client.send(
    new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 'kinds' },
    }),
  )
  expect(Items).toEqual(items)
})
