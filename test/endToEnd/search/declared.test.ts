// Token attributes of declared tables: what updates do to them, what may not be written, what a batch sends again.
import {
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { createSearchKey } from '@dynaseal/core'
import { dbEsdkFormat } from '@dynaseal/db-esdk'
import { type Declaration, DocumentClientError, search } from '@dynaseal/document-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { createWorld, EAST, type World } from '../../support/world.js'
import { declaration, declaredClient } from './declaredClient.js'
import { createSearchTable, TABLE } from './table.js'

type Members = Record<string, unknown>
let world: World
let searchKey: Uint8Array
let client: ReturnType<typeof declaredClient>
beforeAll(async () => {
  world = await createWorld({ engine: 'dynoxide' })
  await createSearchTable(world)
  searchKey = await createSearchKey(world.keyring(EAST))
  client = declaredClient(world, [searchKey])
}, 60_000)
afterAll(() => world.stop())

let sks = 0
let Key: { pk: string; sk: string }
beforeEach(() => {
  world.proxy.sent.length = 0
  Key = { pk: 'd', sk: `${++sks}` }
})
const SECRETS = ['ada@example.com', 'Ada-secret', 'tag-secret', 'street-secret', '1815-secret']
const item = () => ({
  ...Key,
  at: sks,
  email: SECRETS[0],
  name: SECRETS[1],
  tags: new Set([SECRETS[2], 'x']),
  city: 'Bergen',
  address: { street: SECRETS[3], zip: '1' },
  profile: { born: SECRETS[4], more: 1 },
})
const put = (Item: Members) => client.send(new PutCommand({ TableName: TABLE, Item }))
const stored = async () =>
  (await world.rawClient(EAST).send(new GetCommand({ TableName: TABLE, Key, ConsistentRead: true })))
    .Item as Members
const update = (UpdateExpression: string, values?: Members, more: Members = {}) =>
  client.send(
    new UpdateCommand({
      TableName: TABLE,
      Key,
      UpdateExpression,
      ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
      ...more,
    }),
  )
/** Which of these items a filter finds. */
const finds = async (filter: string, values: Members) => {
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk AND sk = :sk',
      FilterExpression: filter,
      ExpressionAttributeValues: { ':pk': Key.pk, ':sk': Key.sk, ...values },
    }),
  )
  return Items.length === 1
}
const isToken = expect.stringMatching(/^1\.[\w-]{22}$/)
const error = (code: string, message: RegExp) =>
  expect.objectContaining({ name: 'DocumentClientError', code, message: expect.stringMatching(message) })

test('a put stores tokens that a get does not show, and nothing leaves in clear', async () => {
  const given = item()
  const before = structuredClone(given)
  await put(given)
  expect(given).toEqual(before)
  expect(await stored()).toMatchObject({
    gsi: isToken,
    shortToken: expect.stringMatching(/^1\.[\w-]{2}$/),
    tagsToken: expect.any(Set),
    lsi: isToken,
    bothToken: isToken,
    pairToken: isToken,
    address: { streetToken: isToken },
    bornToken: isToken,
  })
  const { Item } = await client.send(new GetCommand({ TableName: TABLE, Key, ConsistentRead: true }))
  expect(Item).toEqual(given)
  expect(
    await finds('bornToken = :b AND address.streetToken = :s', {
      ':b': search(SECRETS[4]!),
      ':s': search(SECRETS[3]!),
    }),
  ).toBe(true)
  expect(
    await finds('bothToken = :b AND pairToken = :p', {
      ':b': search(['d', ' ADA-SECRET ']),
      ':p': search([SECRETS[1]!, 'Bergen']),
    }),
  ).toBe(true)
  expect(leaks(world.proxy.sent, SECRETS)).toEqual([])
})

test('where a value is absent there is no token', async () => {
  await put({ ...Key, name: 'n' })
  expect(
    Object.keys(await stored())
      .filter(name => /oken|gsi|lsi|both|pair|born/.test(name))
      .sort(),
  ).toEqual(['bothToken', 'nameToken'])
})

describe('an update', () => {
  const found = {
    email: (email: string) => finds('gsi = :e AND shortToken = :e', { ':e': search(email) }),
    pair: (name: string, city: string) => finds('pairToken = :p', { ':p': search([name, city]) }),
  }
  test('that sets values sets their tokens, beside what else it does', async () => {
    await put(item())
    await update(
      'REMOVE tags SET email = :e, address.street = :s, #n = :n, city = :c, hits = if_not_exists(hits, :zero)',
      { ':e': 'new@example.com', ':s': 'new street', ':n': 'Byron', ':c': 'Oslo', ':zero': 0 },
      { ExpressionAttributeNames: { '#n': 'name' } },
    )
    expect(await found.email('NEW@example.com')).toBe(true)
    expect(await found.pair('Byron', 'Oslo')).toBe(true)
    expect(await finds('bothToken = :b', { ':b': search(['d', 'byron']) })).toBe(true)
    expect(await finds('address.streetToken = :s', { ':s': search('new street') })).toBe(true)
    expect(await stored()).not.toHaveProperty('tagsToken')
    expect(await stored()).toMatchObject({ hits: 0 })
  })

  test('that makes an item stores its tokens', async () => {
    await update('SET email = :e', { ':e': 'upsert@example.com' })
    expect(await found.email('upsert@example.com')).toBe(true)
  })

  test('that removes a value removes its token, and that of several', async () => {
    await put(item())
    await update('REMOVE #n, address.street, profile', undefined, {
      ExpressionAttributeNames: { '#n': 'name' },
    })
    const after = await stored()
    for (const name of ['nameToken', 'bothToken', 'pairToken', 'bornToken'])
      expect(after).not.toHaveProperty(name)
    expect(after).toMatchObject({ gsi: isToken, address: { zip: '1' } })
    expect(after.address).not.toHaveProperty('streetToken')
  })

  test('that replaces what holds a value and its token replaces both', async () => {
    await put(item())
    await update('SET address = :a', { ':a': { street: 'replaced', zip: '2' } })
    expect(await finds('address.streetToken = :s', { ':s': search('replaced') })).toBe(true)
    await update('SET address = :a', { ':a': { zip: '3' } })
    expect((await stored()).address).toEqual({ zip: '3' })
    await update('SET profile = :p', { ':p': { born: 'later' } })
    expect(await finds('bornToken = :b', { ':b': search('later') })).toBe(true)
    await update('SET profile = :p', { ':p': { more: 2 } })
    expect(await stored()).not.toHaveProperty('bornToken')
  })

  test('of what has no token changes none, and none is returned', async () => {
    await put(item())
    const before = await stored()
    const { Attributes } = await update('SET hits = :h', { ':h': 1 }, { ReturnValues: 'ALL_NEW' })
    expect(Attributes).toEqual({ ...item(), hits: 1 })
    const { gsi, pairToken } = await stored()
    expect([gsi, pairToken]).toEqual([before.gsi, before.pairToken])
    const { Attributes: updated } = await update(
      'SET email = :e',
      { ':e': 'u@example.com' },
      { ReturnValues: 'UPDATED_NEW' },
    )
    expect(updated).toEqual({ email: 'u@example.com' })
  })

  test('in a transaction, and with conditions that search', async () => {
    await put(item())
    const change = (email: string, next: string) =>
      client.send(
        new TransactWriteCommand({
          TransactItems: [
            {
              Update: {
                TableName: TABLE,
                Key,
                UpdateExpression: 'SET email = :next',
                ConditionExpression: 'gsi = :e',
                ExpressionAttributeValues: { ':e': search(email), ':next': next },
              },
            },
          ],
        }),
      )
    await expect(change('nobody@example.com', 'x')).rejects.toMatchObject({
      name: 'TransactionCanceledException',
    })
    await change('ADA@example.com', 'next@example.com')
    expect(await found.email('next@example.com')).toBe(true)
    const remove = (email: string) =>
      client.send(
        new DeleteCommand({
          TableName: TABLE,
          Key,
          ConditionExpression: 'gsi = :e',
          ExpressionAttributeValues: { ':e': search(email) },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      )
    const failed = await remove('nobody@example.com').catch((reason: unknown) => reason)
    expect((failed as { Item?: Members }).Item).toMatchObject({ email: { S: 'next@example.com' } })
    expect(JSON.stringify((failed as { Item?: Members }).Item)).not.toMatch(/Token|"gsi"/)
    await remove('next@example.com')
    expect(await stored()).toBeUndefined()
  })

  const names = { ExpressionAttributeNames: { '#n': 'name' } }
  test.each<[string, string, Members | undefined, RegExp, Members?]>([
    [
      'sets one of two that make a token',
      'SET city = :c',
      { ':c': 'Oslo' },
      /'pairToken'.*says nothing of 'name'.*SET all/,
    ],
    ['adds to what has a token', 'ADD city :c', { ':c': 1 }, /'lsi'.*would compute 'city'.*Load/],
    ['computes what has a token', 'SET city = city + :c', { ':c': 1 }, /would compute 'city'/],
    [
      'sets it if it is not there',
      'SET city = if_not_exists(city, :c)',
      { ':c': 'Oslo' },
      /would compute 'city'/,
    ],
    ['copies to it', 'SET city = zip', undefined, /would compute 'city'/],
    ['writes into it', 'SET city.part = :c', { ':c': 'Oslo' }, /'city.part' is a part of 'city'/],
    [
      'copies over what holds a token',
      'SET address = other',
      undefined,
      /would move ciphertext|would compute/,
    ],
    ['copies a token', 'SET copy = gsi', undefined, /takes 'gsi'.*for 'copy'.*'gsi' is a search token/],
    [
      'copies a token if there is one',
      'SET copy = if_not_exists(gsi, :c)',
      { ':c': 'none' },
      /'gsi' is a search token/,
    ],
    ['copies a map with a token', 'SET copy = address', undefined, /would move ciphertext|is a search token/],
  ])('that %s is refused', async (_, expression, values, message, more = {}) => {
    await expect(
      update(expression, values, { ...(expression.includes('#n') ? names : {}), ...more }),
    ).rejects.toEqual(error('update-refused', message))
    expect(world.proxy.sent).toEqual([])
  })

  test.each<[string, Members | undefined]>([
    ['SET gsi = :v', { ':v': '1.x' }],
    ['REMOVE gsi', undefined],
    ['ADD tagsToken :v', { ':v': new Set(['1.x']) }],
    ['SET address.streetToken = :v', { ':v': '1.x' }],
    ['SET address = :v', { ':v': { street: 's', streetToken: '1.x' } }],
  ])('that writes a token, %s, is refused', async (expression, values) => {
    await expect(update(expression, values)).rejects.toEqual(error('plaintext-refused', /Leave it out/))
    expect(world.proxy.sent.filter(sent => sent.includes('DynamoDB_20120810'))).toEqual([])
  })
})

describe('a put', () => {
  test.each([
    ['another token', { gsi: '1.AAAAAAAAAAAAAAAAAAAAAA' }],
    ['a token of what is absent', { email: undefined, gsi: '1.AAAAAAAAAAAAAAAAAAAAAA' }],
    ['a token of what is in clear', { lsi: 'Bergen' }],
  ])('with %s is refused', async (_, more) => {
    await expect(put({ ...item(), ...more })).rejects.toEqual(
      error('plaintext-refused', /search token.*Leave it out/),
    )
    expect(world.proxy.sent.filter(sent => sent.includes('DynamoDB_20120810'))).toEqual([])
  })

  test('of what a batch did not process, as DynamoDB returned it, keeps its tokens', async () => {
    const Item = item()
    let unprocessed: Members | undefined
    const failing = declaredClient(world, [searchKey], {
      between: async command => {
        unprocessed = command.input.RequestItems as Members
        return { UnprocessedItems: unprocessed }
      },
    })
    const { UnprocessedItems } = await failing.send(
      new BatchWriteCommand({ RequestItems: { [TABLE]: [{ PutRequest: { Item } }] } }),
    )
    await client.send(new BatchWriteCommand({ RequestItems: UnprocessedItems }))
    expect(await finds('gsi = :e AND lsi = :c', { ':e': search(SECRETS[0]!), ':c': search('Bergen') })).toBe(
      true,
    )
    const { Item: read } = await client.send(new GetCommand({ TableName: TABLE, Key, ConsistentRead: true }))
    expect(read).toEqual(Item)
  })

  test.each([
    ['an encrypted attribute', { email: search('x') }],
    ['inside of one', { profile: { born: search('x') } }],
    ['a clear one that has a token', { city: search('x') }],
    ['a clear one', { other: search('x') }],
  ])('of what search() returns is refused: %s', async (_, more) => {
    await expect(put({ ...item(), ...more })).rejects.toThrow(/search\(\) returns|searched value/)
    expect(world.proxy.sent.filter(sent => sent.includes('DynamoDB_20120810'))).toEqual([])
  })

  test('of a value that no token can be made of is refused', async () => {
    await expect(put({ ...item(), name: { first: 'Ada' } })).rejects.toMatchObject({
      name: 'SearchError',
      code: 'invalid-value',
    })
    await expect(put({ ...item(), email: 7 })).rejects.toMatchObject({
      name: 'SearchError',
      code: 'invalid-value',
    })
  })
})

test('items that are sealed and opened without a command have tokens, and show none', async () => {
  const Item = await client.sealItem(TABLE, item())
  expect(Item).toMatchObject({ gsi: isToken, address: { streetToken: isToken } })
  expect(await client.openItem(TABLE, Item)).toEqual(item())
  await put(Item)
  expect(await finds('gsi = :e', { ':e': search(SECRETS[0]!) })).toBe(true)
  const NewImage = marshall(Item)
  const record = await client.openStreamRecord({
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    eventSourceARN: `arn:aws:dynamodb:us-east-1:111122223333:table/${TABLE}/stream/2026-01-01T00:00:00.000`,
    dynamodb: { SequenceNumber: '1', Keys: marshall(Key), NewImage },
  } as never)
  expect(record.newImage).toEqual(item())
})

test('a format that seals items as wholes seals tokens with them', async () => {
  const declared = {
    ...declaration,
    encrypted: ['email', 'name', 'tags'],
    tokens: { gsi: { of: 'email' }, tagsToken: { of: 'tags', members: true } },
  }
  const whole = declaredClient(world, [searchKey], {
    declared,
    format: dbEsdkFormat({ keyring: world.keyring(EAST) }),
  })
  const given = { ...Key, at: 1, email: 'whole@example.com', tags: new Set(['a', 'b']) }
  await whole.send(new PutCommand({ TableName: TABLE, Item: given }))
  const query = () =>
    whole.send(
      new QueryCommand({
        TableName: TABLE,
        IndexName: 'byEmail',
        KeyConditionExpression: 'gsi = :e',
        FilterExpression: 'contains(tagsToken, :t)',
        ExpressionAttributeValues: { ':e': search('whole@example.com'), ':t': search('b') },
      }),
    )
  expect((await query()).Items).toEqual([given])
  const { tagsToken } = await stored()
  await world.rawClient(EAST).send(
    new UpdateCommand({
      TableName: TABLE,
      Key,
      UpdateExpression: 'DELETE tagsToken :t',
      ExpressionAttributeValues: { ':t': new Set([...(tagsToken as Set<string>)].slice(0, 1)) },
    }),
  )
  const read = whole.send(new GetCommand({ TableName: TABLE, Key, ConsistentRead: true }))
  await expect(read).rejects.toMatchObject({ code: 'fields-not-opened' })
})

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
    return declaredClient(world, [searchKey], { declared: person }).declare(...others)
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
    await made.send(new PutCommand({ TableName: TABLE, Item: { ...Key, _et: 'Person', at: 1, email } }))
    await made.send(
      new PutCommand({
        TableName: TABLE,
        Item: { ...Key, sk: `${Key.sk}-order`, _et: 'Order', at: 1, gsi: 'ORDER#1' },
      }),
    )
    expect((await made.send(query(search(email), '#k = :k', 'Person'))).Items).toMatchObject([{ email }])
    expect((await made.send(query('ORDER#1', '#k = :k', 'Order'))).Items).toMatchObject([{ gsi: 'ORDER#1' }])
    const projected = { ...query('ORDER#1', '#k = :k', 'Order').input, ProjectionExpression: 'sk, gsi' }
    expect((await made.send(new QueryCommand(projected))).Items).toEqual([
      { sk: `${Key.sk}-order`, gsi: 'ORDER#1' },
    ])
    const token = { ...query(search(email), '#k = :k', 'Person').input, ProjectionExpression: 'sk, gsi' }
    expect((await made.send(new QueryCommand(token))).Items).toEqual([{ sk: Key.sk }])
    await expect(made.send(query(email))).rejects.toEqual(error('condition-refused', /goes into search/))
    await expect(made.send(query(email, '#k = :k', 'Person'))).rejects.toEqual(
      error('condition-refused', /goes into search/),
    )
    await expect(made.send(query(search('x'), '#k = :k', 'Order'))).rejects.toEqual(
      error('condition-refused', /no search token/),
    )
  })

  test('are searched for by one kind at a time, where their tokens are of different attributes', async () => {
    const made = sharing()
    await made.send(new PutCommand({ TableName: TABLE, Item: { ...Key, _et: 'Parcel', at: 1, number: 7 } }))
    await expect(made.send(query(search(7)))).rejects.toEqual(error('condition-refused', /items of one kind/))
    expect((await made.send(query(search(7), '#k = :k', 'Parcel'))).Items).toMatchObject([{ number: 7 }])
  })

  test('an update says of which kind its item is', async () => {
    const made = sharing()
    const set = (more: Members = {}) =>
      made.send(
        new UpdateCommand({
          TableName: TABLE,
          Key,
          UpdateExpression: 'SET city = :c',
          ExpressionAttributeValues: { ':c': 'Oslo' },
          ...more,
        }),
      )
    await expect(set()).rejects.toEqual(
      error('update-refused', /only some kinds of items have it.*of which kind/),
    )
    const kind = (name: string) => ({
      UpdateExpression: 'SET city = :c, #k = :k',
      ExpressionAttributeNames: { '#k': '_et' },
      ExpressionAttributeValues: { ':c': 'Oslo', ':k': name },
    })
    await set(kind('Order'))
    expect(await stored()).not.toHaveProperty('lsi')
    await set(kind('Person'))
    expect(await stored()).toMatchObject({ lsi: isToken })
  })
})

describe('a declaration', () => {
  const declare = (more: Partial<Declaration>) => () =>
    declaredClient(world, [searchKey], {
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

test('an item without a part of a list of parts in clear is scanned as before', async () => {
  await put({ ...Key, city: 'Bergen' })
  const { Items } = await client.send(
    new ScanCommand({
      TableName: TABLE,
      FilterExpression: 'sk = :sk',
      ExpressionAttributeValues: { ':sk': Key.sk },
    }),
  )
  expect(Items).toEqual([{ ...Key, city: 'Bergen' }])
})

test('of a page of several kinds of items, each has the tokens of its own taken out', async () => {
  const ofKind = (equals: string, token: string): Declaration => ({
    table: TABLE,
    key: ['pk', 'sk'],
    encrypted: ['email'],
    when: { attribute: 'kind', equals },
    tokens: { [token]: { of: 'email' } },
  })
  const own = declaredClient(world, [searchKey], { declared: ofKind('a', 'one') })
  own.declare(ofKind('b', 'two'))
  const email = SECRETS[0]
  // What is a token in items of one kind is data in those of the other.
  const items = [
    { pk: 'kinds', sk: '1', kind: 'a', email, two: 'of a' },
    { pk: 'kinds', sk: '2', kind: 'b', email, one: 'of b' },
    { pk: 'kinds', sk: '3', kind: 'a', email, two: 'of a' },
  ]
  for (const Item of items) await own.send(new PutCommand({ TableName: TABLE, Item }))
  const { Items } = await own.send(
    new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 'kinds' },
    }),
  )
  expect(Items).toEqual(items)
})
