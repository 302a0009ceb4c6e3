// What cannot be sealed is refused before anything is sent, and what was not sealed is not handed out.
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { DocumentClientError } from '@dynaseal/document-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { refusal } from '../../support/refusal.js'
import { createWorld, EAST, type World } from '../../support/world.js'
import { CLIENTS, type Declared, type Members } from './clients.js'
import { itemOf, people, SECRETS, TableName } from './people.js'

const Key = { pk: 'a', sk: '1' }
const item = () => itemOf(Key)
let world: World
beforeAll(async () => {
  world = await createWorld()
  await world.createTable(TableName)
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  world.proxy.sent.length = 0
})

const stored = async () => {
  const { Item } = await world.rawClient(EAST).send(new GetCommand({ TableName, Key, ConsistentRead: true }))
  return Item as Members
}

describe.each(CLIENTS)('declared tables of %s: what', (_, make) => {
  let client: Declared
  const get = async (by = client) =>
    (await by.send('Get', { TableName, Key, ConsistentRead: true })).Item as Members
  const put = (Item: Members) => client.send('Put', { TableName, Item })
  beforeAll(() => {
    client = make(world, EAST, [people])
  })

  describe('is refused before anything is sent', () => {
    const value = { ':v': SECRETS[0] }
    test.each<[string, (send: Declared['send']) => Promise<unknown>, ReturnType<typeof refusal>]>([
      [
        'a condition on an encrypted path',
        send =>
          send('Put', {
            TableName,
            Item: item(),
            ConditionExpression: 'email = :v',
            ExpressionAttributeValues: value,
          }),
        refusal('condition-refused', /'email'/),
      ],
      [
        'a filter inside of one',
        send =>
          send('Scan', {
            TableName,
            FilterExpression: 'contains(profile.deep, :v)',
            ExpressionAttributeValues: value,
          }),
        refusal('condition-refused', /'profile\.deep'/),
      ],
      [
        'arithmetic',
        send =>
          send('Update', {
            TableName,
            Key,
            UpdateExpression: 'SET email = email + :v',
            ExpressionAttributeValues: { ':v': 1 },
          }),
        refusal('update-refused', /arithmetic/),
      ],
      [
        'ADD to what holds one',
        send =>
          send('Update', {
            TableName,
            Key,
            UpdateExpression: 'ADD address :v',
            ExpressionAttributeValues: { ':v': new Set(['x']) },
          }),
        refusal('update-refused', /ADD/),
      ],
      [
        'a part of an encrypted value',
        send =>
          send('Update', {
            TableName,
            Key,
            UpdateExpression: 'SET profile.deep = :v',
            ExpressionAttributeValues: value,
          }),
        refusal('plaintext-refused', /'profile\.deep'.*as a whole/),
      ],
      [
        'list_append to an encrypted list',
        send =>
          send('Update', {
            TableName,
            Key,
            UpdateExpression: 'SET profile = list_append(profile, :v)',
            ExpressionAttributeValues: { ':v': [SECRETS[7]] },
          }),
        refusal('update-refused', /list_append/),
      ],
      [
        'something else above an encrypted path',
        send => send('Put', { TableName, Item: { ...Key, address: SECRETS[1] } }),
        refusal('plaintext-refused', /'address' .*, or holds what is, .* has to be a plain object/),
      ],
      [
        'a name that is an encrypted path',
        send => send('Put', { TableName, Item: { ...Key, 'address.street': SECRETS[1] } }),
        refusal('plaintext-refused', /name 'address\.street'.*\["address\.street"\]/),
      ],
      [
        'one in a list, and one inside',
        send => send('Put', { TableName, Item: { ...Key, 'cards[0]': { number: SECRETS[2] } } }),
        refusal('plaintext-refused', /name 'cards\[0\]'/),
      ],
      [
        'one in an update',
        send =>
          send('Update', {
            TableName,
            Key,
            UpdateExpression: 'SET #p = :v',
            ExpressionAttributeNames: { '#p': 'profile.deep' },
            ExpressionAttributeValues: value,
          }),
        refusal('plaintext-refused', /name 'profile\.deep'/),
      ],
      [
        'one in a condition',
        send =>
          send('Scan', {
            TableName,
            FilterExpression: '#p = :v',
            ExpressionAttributeNames: { '#p': 'address.street' },
            ExpressionAttributeValues: value,
          }),
        refusal('condition-refused', /'address\.street'.*name/),
      ],
      [
        'one deep inside',
        send =>
          send('Put', { TableName, Item: { ...Key, list: [{ 'a.b': 1 }], 'a.b': { 'c.d': SECRETS[6] } } }),
        refusal('plaintext-refused', /name 'c\.d'/),
      ],
      [
        'a list where a map belongs',
        send => send('Put', { TableName, Item: { ...Key, cards: { number: SECRETS[2] } } }),
        refusal('plaintext-refused', /'cards'/),
      ],
      [
        'in an update, too',
        send =>
          send('Update', {
            TableName,
            Key,
            UpdateExpression: 'SET address = :v',
            ExpressionAttributeValues: value,
          }),
        refusal('plaintext-refused', /'address'/),
      ],
      [
        'a copy from one path to another',
        send => send('Update', { TableName, Key, UpdateExpression: 'SET email = profile' }),
        refusal('update-refused', /'email' is encrypted .* copying from 'profile' to 'email'/),
      ],
      [
        'a copy of what is encrypted to where nothing is',
        send => send('Update', { TableName, Key, UpdateExpression: 'SET backup = profile' }),
        refusal('update-refused', /'profile' is encrypted .* copying from 'profile' to 'backup'/),
      ],
      [
        'a value that goes to two paths',
        send =>
          send('Update', {
            TableName,
            Key,
            UpdateExpression: 'SET email = :v, backup = :v',
            ExpressionAttributeValues: value,
          }),
        refusal('update-refused', /own value/),
      ],
      [
        'a value that a condition uses as well',
        send =>
          send('Update', {
            TableName,
            Key,
            UpdateExpression: 'SET email = :v',
            ConditionExpression: 'backup <> :v',
            ExpressionAttributeValues: value,
          }),
        refusal('update-refused', /used elsewhere/),
      ],
      [
        'a value that is computed with as well',
        send =>
          send('Update', {
            TableName,
            Key,
            UpdateExpression: 'SET email = :v, n = n + :v',
            ExpressionAttributeValues: { ':v': 1 },
          }),
        refusal('update-refused', /used elsewhere/),
      ],
      [
        'a projection inside of one',
        send => send('Get', { TableName, Key, ProjectionExpression: 'profile.deep' }),
        refusal('projection-refused', /'profile\.deep'/),
      ],
      [
        'a key that is another than was declared',
        send => send('Get', { TableName, Key: { pk: 'a' } }),
        refusal('invalid-schema', /a key of pk, and table people is declared with the key pk, sk/),
      ],
      ['a delete without a key', send => send('Delete', { TableName }), refusal('invalid-schema', /nothing/)],
      [
        'an item without its key',
        send => send('Put', { TableName, Item: { pk: 'a', email: SECRETS[0] } }),
        refusal('invalid-value', /lacks a key/),
      ],
      ['a put of nothing', send => send('Put', { TableName }), refusal('invalid-value', /no plain object/)],
      [
        'a table that nobody declared',
        send => send('Put', { TableName: 'others', Item: item() }),
        refusal('not-registered', /declare\(/),
      ],
      [
        "the format's own attribute",
        send => send('Put', { TableName, Item: { ...item(), dynaseal: 'x' } }),
        refusal('plaintext-refused', /'dynaseal'/),
      ],
      [
        'a legacy parameter',
        send => send('Delete', { TableName, Key, Expected: {} }),
        refusal('command-unsupported', /Expected/),
      ],
      ...['Put', 'Delete', 'Update', 'Scan', 'Query'].map(
        (operation): [string, (send: Declared['send']) => Promise<unknown>, ReturnType<typeof refusal>] => [
          `a value that no expression of a ${operation} uses`,
          send =>
            send(operation, {
              TableName,
              ...(operation === 'Put' ? { Item: item() } : {}),
              ...(operation === 'Update' ? { UpdateExpression: 'SET email = :value' } : {}),
              ...(operation === 'Query' ? { KeyConditionExpression: 'pk = :value' } : {}),
              ...(operation === 'Put' || operation === 'Query' || operation === 'Scan' ? {} : { Key }),
              ExpressionAttributeValues: operation === 'Update' ? value : { ...value, ':value': 'a' },
            }),
          refusal('expression-syntax', /:v is among the ExpressionAttributeValues, and in no expression/),
        ],
      ),
      [
        'an action of a transaction that is two',
        send =>
          send('TransactWrite', {
            TransactItems: [
              {
                Put: { TableName, Item: item() },
                Update: { TableName, Key, UpdateExpression: 'REMOVE email' },
              },
            ],
          }),
        refusal('command-unsupported', /TransactItems is .*: one has Put and Update\./),
      ],
      [
        'a get of a transaction that is none',
        send => send('TransactGet', { TransactItems: [{ Put: { TableName, Item: item() } }] }),
        refusal('command-unsupported', /one of Get: one has none/),
      ],
      [
        'a write of a batch that is two',
        send =>
          send('BatchWrite', {
            RequestItems: { [TableName]: [{ PutRequest: { Item: item() }, DeleteRequest: { Key } }] },
          }),
        refusal('command-unsupported', /one has PutRequest and DeleteRequest/),
      ],
      [
        'a write of a batch that is none',
        send => send('BatchWrite', { RequestItems: { [TableName]: [{ Put: { Item: item() } }] } }),
        refusal('command-unsupported', /one of PutRequest, DeleteRequest: one has none/),
      ],
      [
        'what is no list of actions',
        send => send('TransactWrite', { TransactItems: { Put: { TableName, Item: item() } } }),
        refusal('command-unsupported', /TransactItems must be a list/),
      ],
      [
        'what is no list of writes',
        send => send('BatchWrite', { RequestItems: { [TableName]: { PutRequest: { Item: item() } } } }),
        refusal('command-unsupported', /RequestItems of table people must be a list/),
      ],
      [
        'what is no list of keys',
        send => send('BatchGet', { RequestItems: { [TableName]: { Keys: Key } } }),
        refusal('command-unsupported', /Keys of table people must be a list/),
      ],
      [
        'an expression that nobody understands',
        send => send('Update', { TableName, Key, UpdateExpression: 'SET email = ' }),
        refusal('expression-syntax', /position/),
      ],
    ])('%s', async (_, attempt, expected) => {
      const refused = attempt((operation, input) => client.send(operation, input))
      const thrown = await refused.then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(thrown).toEqual(expected)
      expect(thrown).toBeInstanceOf(DocumentClientError)
      for (const secret of SECRETS) expect(`${thrown} ${(thrown as Error).stack}`).not.toContain(secret)
      expect(world.proxy.sent).toEqual([])
    })

    test('to seal, where a client may only open, and the other way round', async () => {
      const opens = make(world, EAST, [people], { role: 'open' })
      await expect(opens.send('Put', { TableName, Item: item() })).rejects.toEqual(
        refusal('role-refused', /'email'/),
      )
      expect(world.proxy.sent).toEqual([])
      await put(item())
      const seals = make(world, EAST, [people], { role: 'seal' })
      await expect(get(seals)).rejects.toEqual(refusal('role-refused', /email/))
    })
  })

  test('is missing is for DynamoDB to refuse', async () => {
    const refused = { name: 'ValidationException' }
    await expect(client.send('BatchGet', { RequestItems: { [TableName]: undefined } })).rejects.toMatchObject(
      refused,
    )
    await expect(client.send('BatchGet', { RequestItems: undefined })).rejects.toMatchObject(refused)
    await expect(client.send('Get', { TableName, Key: {} })).rejects.toEqual(
      refusal('invalid-schema', /nothing/),
    )
  })

  describe('what somebody wrote past the client is not handed out', () => {
    const plant = async (change: (item: Members) => void) => {
      await put(item())
      const raw = await stored()
      change(raw)
      await world.rawClient(EAST).send(new PutCommand({ TableName, Item: raw }))
    }
    test.each<[string, (item: Members) => void, (string | number)[]]>([
      ['a value in clear', raw => Object.assign(raw, { email: 'planted' }), ['email']],
      ['something else above a path', raw => Object.assign(raw, { address: 'planted' }), ['address']],
      ['ciphertext at another path', raw => Object.assign(raw, { name: raw.email }), ['name']],
      ['ciphertext in a set', raw => Object.assign(raw, { name: new Set([raw.email]) }), ['name']],
      ['ciphertext of another path', raw => Object.assign(raw, { email: raw.profile }), ['email']],
    ])('%s', async (_, change, path) => {
      await plant(change)
      await expect(get()).rejects.toMatchObject({ name: 'FieldsNotOpenedError', failures: [{ path }] })
    })
  })
})
