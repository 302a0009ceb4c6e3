// The clients that are sealed read all of a command before they first wait for anything, so applications change what they gave,
// as one object that has another key for each call. What is sent, compared and returned is what was given.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createWorld, EAST, type World } from '../../support/world.js'
import { CLIENTS, type Declared, type Members, type Operation } from './clients.js'

const TableName = 'meanwhile'
const declaration = { table: TableName, key: ['pk', 'sk'], encrypted: ['secret', 'map.secret'] } as const

let world: World
beforeAll(async () => {
  // The other engine has no transactions.
  world = await createWorld({ engine: 'dynoxide' })
  await world.createTable(TableName)
})
afterAll(() => world.stop())

/** Changes all that can be changed, however deep. */
function scribble(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0)
  else if (value instanceof Set) value.clear()
  else if (typeof value === 'object' && value !== null) {
    const members = value as Record<string, unknown>
    for (const [name, member] of Object.entries(members)) {
      scribble(member)
      if (typeof member === 'string') members[name] = 'changed'
      else if (typeof member === 'boolean') members[name] = !member
    }
  }
}

describe.each(CLIENTS)('with %s', (_, makeClient) => {
  let client: Declared
  let keys = 0
  let key: { pk: string; sk: string }
  const itemAt = (sk: string, secret = 'one') => ({
    ...key,
    sk,
    secret,
    map: { secret, clear: 'one' },
    tags: new Set(['a']),
    list: [{ clear: 'one' }],
    bytes: Uint8Array.of(1, 2, 3),
  })
  const item = itemAt.bind(undefined, '1')
  const stored = async (sk = '1') =>
    (
      await makeClient(world, EAST, [declaration]).send('Get', {
        TableName,
        Key: { ...key, sk },
        ConsistentRead: true,
      })
    ).Item
  beforeEach(async () => {
    key = { pk: `key-${++keys}`, sk: '1' }
    const writer = makeClient(world, EAST, [declaration])
    await writer.send('Put', { TableName, Item: item() })
    await writer.send('Put', { TableName, Item: itemAt('2') })
    // It has no data key yet, so that it waits.
    client = makeClient(world, EAST, [declaration])
  })

  const reads: Record<Operation, () => Members> = {
    Get: () => ({ TableName, Key: { ...key }, ConsistentRead: true }),
    Query: () => ({
      TableName,
      KeyConditionExpression: '#pk = :pk',
      FilterExpression: '#list[0].#clear = :one',
      ExpressionAttributeNames: { '#pk': 'pk', '#clear': 'clear', '#list': 'list' },
      ExpressionAttributeValues: { ':pk': key.pk, ':one': 'one' },
      ExclusiveStartKey: { ...key },
      ConsistentRead: true,
    }),
    Scan: () => ({
      TableName,
      FilterExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': key.pk },
      ConsistentRead: true,
    }),
    BatchGet: () => ({
      RequestItems: { [TableName]: { Keys: [{ ...key }], ConsistentRead: true } },
    }),
    TransactGet: () => ({
      TransactItems: [
        { Get: { TableName, Key: { ...key } } },
        { Get: { TableName, Key: { ...key, sk: '2' } } },
      ],
    }),
  }

  test.each(Object.entries(reads))('%s', async (operation, input) => {
    const { $metadata: _, ...before } = await makeClient(world, EAST, [declaration]).send(operation, input())
    expect(JSON.stringify(before)).toContain('"secret":"one"')
    const { $metadata, ...answer } = await client.send(operation, input(), scribble)
    expect(answer).toEqual(before)
  })

  test('one object, with another key for each call', async () => {
    const Key = { ...key }
    const input = { TableName, Key, ConsistentRead: true }
    const answers = ['1', '2', '3'].map(sk => {
      Key.sk = sk
      return client.send('Get', input)
    })
    expect((await Promise.all(answers)).map(({ Item }) => (Item as Members | undefined)?.sk)).toEqual([
      '1',
      '2',
      undefined,
    ])
  })

  const next = () => item('two')
  test.each<[string, Operation, () => Members]>([
    ['Put', 'Put', () => ({ TableName, Item: next() })],
    [
      'BatchWrite',
      'BatchWrite',
      () => ({ RequestItems: { [TableName]: [{ PutRequest: { Item: next() } }] } }),
    ],
    ['TransactWrite', 'TransactWrite', () => ({ TransactItems: [{ Put: { TableName, Item: next() } }] })],
  ])('%s of an item', async (_name, operation, input) => {
    await client.send(operation, input(), scribble)
    expect(await stored()).toEqual(next())
  })

  test('Update', async () => {
    await client.send(
      'Update',
      {
        TableName,
        Key: { ...key },
        UpdateExpression: 'SET #secret = :two, tags = :tags, #bytes = :bytes',
        ConditionExpression: '#list[0].clear = :one',
        ExpressionAttributeNames: { '#secret': 'secret', '#bytes': 'bytes', '#list': 'list' },
        ExpressionAttributeValues: {
          ':two': 'two',
          ':one': 'one',
          ':tags': new Set(['b']),
          ':bytes': Uint8Array.of(4),
        },
      },
      scribble,
    )
    expect(await stored()).toEqual({
      ...item(),
      secret: 'two',
      tags: new Set(['b']),
      bytes: Uint8Array.of(4),
    })
  })

  test.each<[string, Operation, () => Members]>([
    ['Delete', 'Delete', () => ({ TableName, Key: { ...key } })],
    [
      'BatchWrite',
      'BatchWrite',
      () => ({ RequestItems: { [TableName]: [{ DeleteRequest: { Key: { ...key } } }] } }),
    ],
    [
      'TransactWrite',
      'TransactWrite',
      () => ({ TransactItems: [{ Delete: { TableName, Key: { ...key } } }] }),
    ],
  ])('%s, which deletes no other item', async (_name, operation, input) => {
    await client.send(operation, input(), given => {
      for (const each of keysIn(given)) each.sk = typeof each.sk === 'string' ? '2' : { S: '2' }
    })
    expect(await stored()).toBeUndefined()
    expect(await stored('2')).toEqual(itemAt('2'))
  })
})

function keysIn(value: unknown): Members[] {
  if (typeof value !== 'object' || value === null) return []
  return 'sk' in value ? [value as Members] : Object.values(value).flatMap(keysIn)
}
