// Two kinds of items in one table. Whoever writes the table writes the attribute that tells them apart.

import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import type { Declaration } from '@dynaseal/document-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createWorld, EAST, type World } from '../../support/world.js'
import { CLIENTS, type Declared, type Members } from './clients.js'

const TableName = 'shop'
const table = { table: TableName, key: ['pk', 'sk'] }
const kinds: Declaration[] = [
  { ...table, encrypted: ['email', 'note'], when: { attribute: 'type', equals: 'user' } },
  { ...table, encrypted: ['card', 'note'], when: { attribute: 'type', equals: 'order' } },
]
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

const bytes = expect.any(Uint8Array)
const stored = async () => {
  const { Item } = await world.rawClient(EAST).send(new GetCommand({ TableName, Key, ConsistentRead: true }))
  return Item as Members
}
const plant = (Item: Members) => world.rawClient(EAST).send(new PutCommand({ TableName, Item }))
const fails = (...failures: Members[]) => ({ name: 'FieldsNotOpenedError', failures })

describe.each(CLIENTS)('kinds of items, by %s', (_, make) => {
  let client: Declared
  beforeAll(() => {
    client = make(world, EAST, kinds)
  })
  const put = (Item: Members) => client.send('Put', { TableName, Item: { ...Key, ...Item } })
  const get = async (more: Members = {}) =>
    (await client.send('Get', { TableName, Key, ConsistentRead: true, ...more })).Item as Members
  const update = (UpdateExpression: string, values: Members, more: Members = {}) =>
    client.send('Update', {
      TableName,
      Key,
      UpdateExpression,
      ExpressionAttributeValues: values,
      ExpressionAttributeNames: { '#type': 'type' },
      ...more,
    })
  const person = { type: 'user', email: 'E', card: 'C', note: 'N' }

  test.each<[string, Members, Members]>([
    ['of one kind', person, { email: bytes, card: 'C', note: bytes }],
    ['of another one', { ...person, type: 'order' }, { email: 'E', card: bytes, note: bytes }],
    ['of none that is known', { ...person, type: 'x' }, { email: bytes, card: bytes, note: bytes }],
    ['that does not say', { email: 'E', card: 'C' }, { email: bytes, card: bytes }],
    ['whose kind is no text', { ...person, type: 1 }, { email: bytes, card: bytes, note: bytes }],
  ])('an item %s', async (_, given, expected) => {
    await put(given)
    expect(await stored()).toMatchObject(expected)
    expect(await get()).toEqual({ ...Key, ...given })
  })

  describe('the attribute in the table is changed', () => {
    beforeEach(() => put(person))
    test('to a name that nobody knows, or taken away: what belongs to any kind is asked for', async () => {
      const raw = await stored()
      const { type: _, card: __, ...others } = raw
      await plant({ ...raw, type: 'nobody' })
      await expect(get()).rejects.toMatchObject(fails({ path: ['card'], code: 'not-a-message' }))
      await plant(others)
      expect(await get()).toMatchObject({ email: 'E', note: 'N' })
      await plant({ ...others, email: 'planted' })
      await expect(get()).rejects.toMatchObject(fails({ path: ['email'], code: 'not-a-message' }))
    })
    test('to that of another kind: ciphertext is not handed out', async () => {
      const { card: _, ...raw } = await stored()
      await plant({ ...raw, type: 'order' })
      await expect(get()).rejects.toMatchObject(fails({ path: ['email'], code: 'wrong-location' }))
    })
    test('to that of another kind, and a value in clear planted: whoever does not see the kind gets an error', async () => {
      await plant({ ...Key, type: 'order', email: 'planted' })
      // An application that reads all of it sees that this is an order.
      expect(await get()).toEqual({ ...Key, type: 'order', email: 'planted' })
      await expect(get({ ProjectionExpression: 'email' })).rejects.toMatchObject(
        fails({
          path: ['email'],
          code: 'not-a-message',
          message: expect.stringMatching(/of which kind it is/),
        }),
      )
      const seen = await get({
        ProjectionExpression: 'email, #type',
        ExpressionAttributeNames: { '#type': 'type' },
      })
      expect(seen).toEqual({ type: 'order', email: 'planted' })
    })
  })

  describe('an update', () => {
    test('of what all kinds have encrypted need not say the kind', async () => {
      await put(person)
      await update('SET #type = #type, note = :n', { ':n': 'new' })
      expect(await stored()).toMatchObject({ note: bytes })
      expect(await get()).toMatchObject({ note: 'new' })
    })
    test.each<[string, string, Members, Members?]>([
      ['without saying it', 'SET #type = #type, email = :e', { ':e': 'SECRET' }],
      [
        'only if there is none',
        'SET #type = if_not_exists(#type, :t), email = :e',
        { ':e': 'SECRET', ':t': 'order' },
      ],
      [
        'in one of several alternatives',
        'SET email = :e',
        { ':e': 'SECRET', ':t': 'order' },
        { ConditionExpression: '#type = :t OR attribute_exists(pk)' },
      ],
      [
        'negated',
        'SET email = :e',
        { ':e': 'SECRET', ':t': 'order' },
        { ConditionExpression: 'NOT #type = :t' },
      ],
      ['of no kind that is known', 'SET #type = :t, email = :e', { ':e': 'SECRET', ':t': 'nobody' }],
    ])('of what only one has encrypted is refused %s', async (_, expression, values, more) => {
      await expect(update(expression, values, more)).rejects.toMatchObject({
        code: 'update-refused',
        message: expect.stringMatching(/'email'.*of which kind.*'type = :kind'/),
      })
      expect(world.proxy.sent).toEqual([])
    })
    test.each<[string, string, Members, string, Members]>([
      [
        'in a condition',
        'SET email = :e',
        { ':t': 'user' },
        '#type = :t AND attribute_exists(pk)',
        { email: bytes },
      ],
      ['in a condition alone', 'SET email = :e', { ':t': 'user' }, '#type = :t', { email: bytes }],
      [
        'by setting it',
        'SET #type = :t, email = :e',
        { ':t': 'user' },
        'attribute_exists(pk)',
        { email: bytes },
      ],
      [
        'by setting another',
        'SET #type = :t, email = :e',
        { ':t': 'order' },
        'attribute_exists(pk)',
        { email: 'E2' },
      ],
    ])('that says it %s', async (_, expression, values, ConditionExpression, expected) => {
      await put({ type: 'user' })
      await update(expression, { ...values, ':e': 'E2' }, { ConditionExpression })
      expect(await stored()).toMatchObject(expected)
      expect(await get()).toMatchObject({ email: 'E2' })
    })
    test.each([
      ['UPDATED_OLD', 'E'],
      ['UPDATED_NEW', 'E2'],
    ])('whose condition says the kind gets what is in clear in it: %s', async (ReturnValues, email) => {
      await put({ type: 'order', email: 'E', card: 'C' })
      const returned = await update(
        'SET email = :e, card = :c',
        { ':e': 'E2', ':c': 'C2', ':t': 'order' },
        { ConditionExpression: '#type = :t', ReturnValues },
      )
      expect(returned.Attributes).toEqual({ email, card: email === 'E' ? 'C' : 'C2' })
    })
    test('of an item whose kind somebody has changed is refused by DynamoDB', async () => {
      await plant({ ...Key, type: 'order' })
      await expect(
        update('SET email = :e', { ':e': 'E', ':t': 'user' }, { ConditionExpression: '#type = :t' }),
      ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    })
  })

  test('what is in clear in the kind that the key says is read, compared, and returned by an update', async () => {
    const byKey = (equals: string) => ({ attribute: 'sk', equals })
    const { send } = make(world, EAST, [
      { ...table, encrypted: ['email'], when: byKey('user') },
      { ...table, encrypted: ['card'], when: byKey('order') },
    ])
    const order = { TableName, Key: { ...Key, sk: 'order' } }
    const { Attributes } = await send('Update', {
      ...order,
      UpdateExpression: 'SET email = :e',
      ExpressionAttributeValues: { ':e': 'E' },
      ReturnValues: 'UPDATED_NEW',
    })
    expect(Attributes).toEqual({ email: 'E' })
    const projected = { ...order, ProjectionExpression: 'email', ConsistentRead: true }
    expect((await send('Get', projected)).Item).toEqual({ email: 'E' })
    const compared = { ConditionExpression: 'email = :e', ExpressionAttributeValues: { ':e': 'E' } }
    await send('Delete', { ...order, ...compared })
    await expect(
      send('Delete', { ...order, Key: { ...Key, sk: 'user' }, ...compared }),
    ).rejects.toMatchObject({
      code: 'condition-refused',
    })
  })

  test('a condition on what one kind has in clear names the kind', async () => {
    await put({ type: 'order', email: 'E' })
    const scan = (FilterExpression: string) =>
      client.send('Scan', {
        TableName,
        FilterExpression,
        ExpressionAttributeNames: { '#type': 'type' },
        ExpressionAttributeValues: { ':e': 'E', ':t': 'order' },
      })
    expect((await scan('#type = :t AND email = :e')).Items).toContainEqual({
      ...Key,
      type: 'order',
      email: 'E',
    })
    await expect(scan('email = :e AND NOT #type = :t')).rejects.toMatchObject({ code: 'condition-refused' })
  })

  test('what is declared for all items is encrypted in every kind', async () => {
    const both = make(world, EAST, [{ ...table, encrypted: ['tags.*'] }, ...kinds])
    for (const type of ['user', 'order', 'nobody']) {
      const Item = { ...Key, type, tags: { a: 'T' }, note: 'N' }
      await both.send('Put', { TableName, Item })
      expect(await stored()).toMatchObject({ tags: { a: bytes }, note: bytes })
      expect((await both.send('Get', { TableName, Key, ConsistentRead: true })).Item).toEqual(Item)
    }
  })

  test('a key may tell the kinds apart, and then updates say it', async () => {
    const byKey = make(world, EAST, [
      { ...table, encrypted: ['email'], when: { attribute: 'sk', equals: 'user' } },
      { ...table, encrypted: [], when: { attribute: 'sk', equals: 'order' } },
    ])
    for (const [sk, expected] of [
      ['user', bytes],
      ['order', 'E'],
    ]) {
      Key = { pk: `b${sks}`, sk: sk as string }
      await byKey.send('Update', {
        TableName,
        Key,
        UpdateExpression: 'SET email = :e',
        ExpressionAttributeValues: { ':e': 'E' },
      })
      expect(await stored()).toMatchObject({ email: expected })
    }
  })

  test('parts of what another kind has encrypted as a whole', async () => {
    const nested = make(world, EAST, [
      { ...table, encrypted: ['data'], when: { attribute: 'type', equals: 'user' } },
      { ...table, encrypted: ['data.inner'], when: { attribute: 'type', equals: 'order' } },
    ])
    const send = (Item: Members) => nested.send('Put', { TableName, Item: { ...Key, ...Item } })
    await send({ type: 'order', data: { inner: 'I', outer: 'O' } })
    expect(await stored()).toMatchObject({ data: { inner: bytes, outer: 'O' } })
    await send({ type: 'user', data: { inner: 'I', outer: 'O' } })
    expect(await stored()).toMatchObject({ data: bytes })
    await plant({ ...Key, type: 'order', data: { outer: 'planted' } })
    await expect(
      nested.send('Get', {
        TableName,
        Key,
        ProjectionExpression: '#data',
        ExpressionAttributeNames: { '#data': 'data' },
      }),
    ).rejects.toMatchObject({ name: 'FieldsNotOpenedError' })
    await expect(send({ data: { inner: 'I' } })).rejects.toMatchObject({ code: 'plaintext-refused' })
  })
})
