import { GetCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { formatOfRun } from '../../support/formatOfRun.js'
import { startPartialBatches } from '../../support/partialBatches.js'
import { leaks } from '../../support/recordingProxy.js'
import { refusal } from '../../support/refusal.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'
import { CLIENTS, type Declared, type Members } from './clients.js'
import { bytes, itemOf, people, SECRETS, TableName } from './people.js'

let sks = 0
let Key: { pk: string; sk: string }
const item = () => itemOf(Key)
let world: World
beforeAll(async () => {
  world = await createWorld({ engine: 'dynoxide' })
  await world.createTable(TableName)
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  world.proxy.sent.length = 0
  Key = { pk: 'a', sk: `${++sks}` }
})

const leaked = () => leaks(world.proxy.sent, SECRETS)
const stored = async () => {
  const { Item } = await world.rawClient(EAST).send(new GetCommand({ TableName, Key, ConsistentRead: true }))
  return Item as Members
}

describe.each(CLIENTS)('declared tables of %s', (_, make) => {
  let client: Declared
  const get = async (ask: Members = {}, by = client) =>
    (await by.send('Get', { TableName, Key, ConsistentRead: true, ...ask })).Item as Members
  const put = (Item: Members, more: Members = {}) => client.send('Put', { TableName, Item, ...more })
  const update = (UpdateExpression: string, values?: Members, more: Members = {}) =>
    client.send('Update', {
      TableName,
      Key,
      UpdateExpression,
      ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
      ...more,
    })
  beforeAll(() => {
    client = make(world, EAST, [people])
  })

  describe('what stands at declared paths is sealed, and opened again', () => {
    test('in a put', async () => {
      const given = item()
      const before = structuredClone(given)
      await put(given)
      expect(given).toEqual(before)
      expect(leaked()).toEqual([])
      expect(await stored()).toMatchObject({
        name: 'Ada',
        email: bytes,
        address: { street: bytes, city: 'Bergen' },
        cards: [{ number: bytes, brand: 'A' }, { number: bytes }, { brand: 'C' }],
        tags: { first: bytes, second: bytes },
        codes: [bytes, bytes, bytes],
        'a.b': { c: bytes, d: 1 },
        profile: bytes,
      })
      expect(await get()).toEqual(given)
    })

    test('in another region', async () => {
      await put(item())
      const west = make(world, WEST, [people])
      await expect.poll(async () => get({}, west)).toEqual(item())
    })

    test.each([
      ['UPDATED_OLD', 'cards[0].brand', { cards: [{ brand: 'A' }] }],
      ['UPDATED_NEW', 'cards[0].brand', { cards: [{ brand: 'new' }] }],
      ['UPDATED_OLD', 'cards[0].added', {}],
      ['UPDATED_NEW', 'address.city', { address: { city: 'new' } }],
    ])('beside what an update writes in clear: %s of %s', async (ReturnValues, path, Attributes) => {
      await put(item())
      const output = await update(`SET ${path} = :new`, { ':new': 'new' }, { ReturnValues })
      expect(output.Attributes ?? {}).toEqual(Attributes)
    })

    test('in updates, by the path that a value goes to', async () => {
      await put({ ...Key, cards: [], address: { city: 'Bergen' }, tags: {} })
      await update(
        'SET email = :e, #a.street = if_not_exists(#a.street, :s), cards = list_append(cards, :c), tags.#x = :t, profile = :p, #n = :n REMOVE codes',
        {
          ':e': SECRETS[0],
          ':s': SECRETS[1],
          ':c': [{ number: SECRETS[2], brand: 'A' }],
          ':t': SECRETS[4],
          ':p': { deep: SECRETS[7] },
          ':n': 'Ada',
        },
        { ExpressionAttributeNames: { '#a': 'address', '#x': 'first', '#n': 'name' } },
      )
      await update(
        'SET cards[0].#number = :c',
        { ':c': SECRETS[3] },
        {
          ExpressionAttributeNames: { '#number': 'number' },
        },
      )
      expect(leaked()).toEqual([])
      expect(await get()).toEqual({
        ...Key,
        name: 'Ada',
        email: SECRETS[0],
        address: { street: SECRETS[1], city: 'Bergen' },
        cards: [{ number: SECRETS[3], brand: 'A' }],
        tags: { first: SECRETS[4] },
        profile: { deep: SECRETS[7] },
      })
      expect((await stored()).name).toBe('Ada')
    })

    test.each(['ALL_NEW', 'UPDATED_NEW'])('in what an update returns: %s', async ReturnValues => {
      await put({ ...Key, email: 'before' })
      const { Attributes } = await update('SET email = :e', { ':e': SECRETS[0] }, { ReturnValues })
      expect(Attributes).toMatchObject({ email: SECRETS[0] })
      const old = await client.send('Delete', { TableName, Key, ReturnValues: 'ALL_OLD' })
      expect(old.Attributes).toEqual({ ...Key, email: SECRETS[0] })
    })

    test('in batches', async () => {
      const keys = [Key, { ...Key, sk: `${++sks}` }]
      const { UnprocessedItems } = await client.send('BatchWrite', {
        RequestItems: {
          [TableName]: [
            ...keys.map(key => ({ PutRequest: { Item: { ...item(), ...key } } })),
            { DeleteRequest: { Key: { pk: 'a', sk: 'not there' } } },
          ],
        },
      })
      expect(UnprocessedItems ?? {}).toEqual({})
      expect(leaked()).toEqual([])
      const { Responses } = await client.send('BatchGet', {
        RequestItems: { [TableName]: { Keys: keys, ConsistentRead: true } },
      })
      const found = (Responses as Record<string, Members[]>)[TableName] ?? []
      expect(found.sort((a, b) => Number(a.sk) - Number(b.sk))).toEqual(
        keys.map(key => ({ ...item(), ...key })),
      )
    })

    test('in transactions', async () => {
      const [second, third] = [1, 2].map(() => ({ ...Key, sk: `${++sks}` }))
      await put({ ...second, name: 'Bo' })
      await client.send('TransactWrite', {
        TransactItems: [
          { Put: { TableName, Item: item() } },
          {
            Update: {
              TableName,
              Key: second,
              UpdateExpression: 'SET email = :e',
              ConditionExpression: '#n = :n',
              ExpressionAttributeNames: { '#n': 'name' },
              ExpressionAttributeValues: { ':e': SECRETS[0], ':n': 'Bo' },
            },
          },
          { ConditionCheck: { TableName, Key: third, ConditionExpression: 'attribute_not_exists(email)' } },
        ],
      })
      expect(leaked()).toEqual([])
      const { Responses } = await client.send('TransactGet', {
        TransactItems: [Key, second].map(key => ({ Get: { TableName, Key: key } })),
      })
      expect(Responses).toEqual([{ Item: item() }, { Item: { ...second, name: 'Bo', email: SECRETS[0] } }])
    })

    test('in queries, scans and projections', async () => {
      const pk = `page-${++sks}`
      for (const sk of ['1', '2']) await put({ ...item(), pk, sk, gsi: pk })
      const query = (more: Members) =>
        client.send('Query', {
          TableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ...more,
        })
      expect((await query({})).Items).toMatchObject([{ email: SECRETS[0] }, { email: SECRETS[0] }])
      const projected = await query({ ProjectionExpression: 'email, address.street, cards[1]' })
      expect(projected.Items).toEqual(
        ['1', '2'].map(() => ({
          email: SECRETS[0],
          address: { street: SECRETS[1] },
          cards: [{ number: SECRETS[3], brand: 'B' }],
        })),
      )
      const byIndex = await query({ IndexName: 'byGsi', KeyConditionExpression: 'gsi = :pk' })
      expect(byIndex.Items).toHaveLength(2)
      const first = await query({ Limit: 1 })
      expect(first.LastEvaluatedKey).toEqual({ pk, sk: '1' })
      const rest = await query({ ExclusiveStartKey: first.LastEvaluatedKey })
      expect(rest.Items).toMatchObject([{ sk: '2', email: SECRETS[0] }])
      const scanned = await client.send('Scan', {
        TableName,
        FilterExpression: 'pk = :pk AND attribute_exists(email)',
        ExpressionAttributeValues: { ':pk': pk },
      })
      expect(scanned.Items).toHaveLength(2)
    })

    test('of the items that errors carry', async () => {
      await put(item())
      const refused = put(item(), {
        ConditionExpression: 'attribute_not_exists(email)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      })
      await expect(refused).rejects.toMatchObject({
        name: 'ConditionalCheckFailedException',
        Item: { email: { S: SECRETS[0] }, address: { M: { street: { S: SECRETS[1] } } } },
      })
    })
  })

  test('a value that is sealed already is not sealed again', async () => {
    await put(item())
    const raw = await stored()
    await client.send('BatchWrite', { RequestItems: { [TableName]: [{ PutRequest: { Item: raw } }] } })
    expect(await stored()).toEqual(raw)
    expect(await get()).toEqual(item())
  })

  test('what DynamoDB did not process is sent again as it came back', async () => {
    const partial = await startPartialBatches(world.cloud.endpoint, 1)
    try {
      const behind = {
        ...world,
        config: (region: string) => ({ ...world.config(region), endpoint: partial.endpoint }),
      }
      const own = make(behind, EAST, [people])
      const items = [1, 2].map(() => ({ ...item(), sk: `${++sks}` }))
      const { UnprocessedItems } = await own.send('BatchWrite', {
        RequestItems: { [TableName]: items.map(Item => ({ PutRequest: { Item } })) },
      })
      await own.send('BatchWrite', { RequestItems: UnprocessedItems })
      expect(Object.values(partial.batches[1] ?? {})).toEqual([
        (Object.values(partial.batches[0] ?? {})[0] as unknown[]).slice(1),
      ])
      const Keys = items.map(({ pk, sk }) => ({ pk, sk }))
      const first = await own.send('BatchGet', { RequestItems: { [TableName]: { Keys } } })
      const rest = await own.send('BatchGet', { RequestItems: first.UnprocessedKeys })
      const found = [first, rest].flatMap(
        ({ Responses }) => (Responses as Record<string, unknown[]>)[TableName],
      )
      expect(found).toEqual(items)
    } finally {
      await partial.stop()
    }
  })

  test('an item that is sealed already and has something new in clear is refused, or sealed there', async () => {
    await put(item())
    const raw = await stored()
    const changed = put({ ...raw, profile: 'new' })
    if (formatOfRun === 'envelope') {
      await expect(changed).rejects.toEqual(refusal('plaintext-refused', /'dynaseal'/))
    } else {
      await changed
      expect(await get()).toEqual({ ...item(), profile: 'new' })
    }
  })

  test('but bytes that only look so are refused, where ciphertext belongs and where not', async () => {
    await put(item())
    const { email } = (await stored()) as { email: Uint8Array }
    const cut = Uint8Array.from(Buffer.from('da5e212a0102030405060708', 'hex')) // of a short field
    await expect(put({ ...Key, email: cut })).rejects.toEqual(
      refusal('invalid-value', /'email'.*read as data/),
    )
    await expect(put({ ...Key, name: email })).rejects.toEqual(refusal('not-registered', /'name'/))
    await expect(put({ ...Key, name: new Set([email]) })).rejects.toEqual(refusal('not-registered', /'name'/))
    await expect(
      update('SET #n = :n', { ':n': [email] }, { ExpressionAttributeNames: { '#n': 'name' } }),
    ).rejects.toEqual(refusal('not-registered', /'name\[0\]'/))
    await expect(
      put({ ...Key, email: new Uint8Array([0xda]), name: new Uint8Array([1]) }),
    ).resolves.toBeDefined()
  })

  test('a name with dots that is no encrypted path is one like others', async () => {
    const given = { ...Key, 'address.city': 'Bergen', 'x.y': { 'z[0]': 1 }, 'a.b': { c: SECRETS[6] } }
    await put(given)
    expect(await stored()).toMatchObject({ 'address.city': 'Bergen', 'a.b': { c: bytes } })
    expect(await get()).toEqual(given)
  })

  test('what is given is sealed as it was given, also if it changes meanwhile', async () => {
    const own = make(world, EAST, [people]) // without a data key
    const given = item()
    const sent = own.send('Put', { TableName, Item: given })
    given.email = 'late'
    given.profile.bytes[0] = 9
    given.profile.set.add('late')
    given.profile.deep[0] = 'late'
    given.address.street = 'late'
    await sent
    expect(await get()).toEqual(item())
    const values = { ':p': item().profile, ':e': SECRETS[0] }
    const updated = make(world, EAST, [people]).send('Update', {
      TableName,
      Key,
      UpdateExpression: 'SET profile = :p, email = :e',
      ExpressionAttributeValues: values,
    })
    values[':p'].bytes[0] = 9
    values[':e'] = 'late'
    await updated
    expect(await get()).toEqual(item())
  })
})
