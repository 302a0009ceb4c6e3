// Search tokens as keys of the table, while there are two search keys: an item is under one of two keys.
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { createSearchKey } from '@dynaseal/core'
import { dbEsdkFormat } from '@dynaseal/db-esdk'
import { type Declaration, search } from '@dynaseal/document-client'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { createWorld, EAST, type World } from '../../support/world.js'
import { type Between, declaredClient } from './declaredClient.js'
import { createSearchTable, TABLE } from './table.js'

const declared: Declaration = {
  table: TABLE,
  key: ['pk', 'sk'],
  encrypted: ['email', 'name'],
  tokens: { pk: { of: 'email', normalize: 'email' } },
}
let world: World
let keys: [Uint8Array, Uint8Array]
beforeAll(async () => {
  world = await createWorld({ engine: 'dynoxide' })
  await createSearchTable(world)
  keys = [
    await createSearchKey(world.keyring(EAST), { version: 1 }),
    await createSearchKey(world.keyring(EAST), { version: 2 }),
  ]
  older = declaredClient(world, [keys[0]], { declared })
  newer = declaredClient(world, [keys[1]], { declared })
  both = declaredClient(world, [keys[1], keys[0]], { declared, between: (_, send) => between(_, send) })
}, 60_000)
afterAll(() => world.stop())

type Client = ReturnType<typeof declaredClient>
/** By the search key that they have; `both` writes with the new one. */
let older: Client
let newer: Client
let both: Client
/** What happens to the requests of `both`. */
let between: Between
let requests: string[]
let EMAIL: string
let count = 0
beforeEach(() => {
  EMAIL = `rotated-${++count}@example.com`
  requests = []
  between = async (command, send) => {
    requests.push(command.constructor.name.replace('Command', ''))
    return send()
  }
  world.proxy.sent.length = 0
})

const item = (more: object = {}) => ({ sk: '1', nr: count, email: EMAIL, name: 'one', ...more })
const Key = () => ({ pk: search(EMAIL), sk: '1' })
const put = (client: Client, more: object = {}, params: object = {}) =>
  client.send(new PutCommand({ TableName: TABLE, Item: item(more), ...params }))
const get = async (client = both) =>
  (await client.send(new GetCommand({ TableName: TABLE, Key: Key(), ConsistentRead: true }))).Item
/** The versions that stand in the keys of what is stored. */
const stored = async () => {
  const { Items = [] } = await world
    .rawClient(EAST)
    .send(new ScanCommand({ TableName: TABLE, ConsistentRead: true }))
  return Items.filter(({ nr }) => nr === count)
}
const versions = async () => (await stored()).map(({ pk }) => pk.slice(0, 2))
const conditionFailed = expect.objectContaining({ name: 'ConditionalCheckFailedException' })
const NEW = '2.'
const OLD = '1.'

describe.each([
  ['under the older key', () => older, OLD],
  ['under the newer key', () => newer, NEW],
])('an item %s', (_, writer, version) => {
  beforeEach(async () => {
    await put(writer())
  })
  const isOld = version === OLD

  test('is got, with a request more if it is the older one', async () => {
    expect(await get()).toEqual(item())
    expect(requests).toEqual(isOld ? ['Get', 'Get'] : ['Get'])
    const { Responses } = await both.send(
      new TransactGetCommand({ TransactItems: [{ Get: { TableName: TABLE, Key: Key() } }] }),
    )
    expect(Responses).toEqual([{ Item: item() }])
    const { Responses: batch } = await both.send(
      new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: [Key()], ConsistentRead: true } } }),
    )
    expect(batch).toEqual({ [TABLE]: [item()] })
    expect(requests.slice(isOld ? 2 : 1)).toEqual(['TransactGet', 'BatchGet'])
  })

  test('is replaced by a put, with and without a condition, and is there once', async () => {
    await put(both, { name: 'two' })
    expect(await versions()).toEqual([NEW])
    expect(await get()).toEqual(item({ name: 'two' }))
  })

  test('is replaced by a put whose condition holds for it', async () => {
    const condition = {
      ConditionExpression: 'nr = :nr AND attribute_exists(#n)',
      ExpressionAttributeNames: { '#n': 'name' },
    }
    await put(both, { name: 'two' }, { ...condition, ExpressionAttributeValues: { ':nr': count } })
    expect(await versions()).toEqual([NEW])
    expect(await get()).toEqual(item({ name: 'two' }))
    const other = put(both, { name: 'no' }, { ...condition, ExpressionAttributeValues: { ':nr': 0 } })
    await expect(other).rejects.toEqual(conditionFailed)
    expect(await get()).toEqual(item({ name: 'two' }))
  })

  test('is not created once more', async () => {
    const params = {
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    }
    const error = await put(both, { name: 'two' }, params).catch(each => each)
    expect(error).toEqual(conditionFailed)
    expect(error.Item).toMatchObject({ email: { S: EMAIL } })
    expect(await versions()).toEqual([version])
    const transaction = both.send(
      new TransactWriteCommand({ TransactItems: [{ Put: { TableName: TABLE, Item: item(), ...params } }] }),
    )
    await expect(transaction).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'ConditionalCheckFailed' }],
    })
    expect(await versions()).toEqual([version])
  })

  test('is updated where it is', async () => {
    const update = (nr: number) =>
      both.send(
        new UpdateCommand({
          TableName: TABLE,
          Key: Key(),
          UpdateExpression: 'SET #n = :n',
          ConditionExpression: 'nr = :nr',
          ExpressionAttributeNames: { '#n': 'name' },
          ExpressionAttributeValues: { ':n': 'two', ':nr': nr },
          ReturnValues: 'ALL_NEW',
        }),
      )
    expect((await update(count)).Attributes).toEqual(item({ name: 'two' }))
    expect(await versions()).toEqual([version])
    await expect(update(0)).rejects.toEqual(conditionFailed)
  })

  test('is deleted, and returned', async () => {
    const remove = (more: object = {}) =>
      both.send(new DeleteCommand({ TableName: TABLE, Key: Key(), ReturnValues: 'ALL_OLD', ...more }))
    const condition = (nr: number) => ({
      ConditionExpression: 'nr = :nr',
      ExpressionAttributeValues: { ':nr': nr },
    })
    await expect(remove(condition(0))).rejects.toEqual(conditionFailed)
    expect((await remove(condition(count))).Attributes).toEqual(item())
    expect(await stored()).toEqual([])
    await put(writer())
    expect((await remove()).Attributes).toEqual(item())
    expect(await stored()).toEqual([])
    expect((await remove()).Attributes).toBeUndefined()
  })

  test('is written in batches, which are transactions', async () => {
    await both.send(
      new BatchWriteCommand({ RequestItems: { [TABLE]: [{ PutRequest: { Item: item({ name: 'two' }) } }] } }),
    )
    expect(await versions()).toEqual([NEW])
    await put(writer())
    await both.send(new BatchWriteCommand({ RequestItems: { [TABLE]: [{ DeleteRequest: { Key: Key() } }] } }))
    expect(await stored()).toEqual([])
    expect(requests).toEqual(['TransactWrite', 'TransactWrite'])
  })

  test('is written in transactions', async () => {
    const write = (...TransactItems: object[]) =>
      both.send(new TransactWriteCommand({ TransactItems: TransactItems as never }))
    const condition = { ConditionExpression: 'nr = :nr', ExpressionAttributeValues: { ':nr': count } }
    const table = { TableName: TABLE }
    await write({ ConditionCheck: { ...table, Key: Key(), ...condition } })
    await write({ Put: { ...table, Item: item({ name: 'two' }), ...condition } })
    expect(await versions()).toEqual([NEW])
    await write({
      Update: {
        ...table,
        Key: Key(),
        UpdateExpression: 'SET #n = :n',
        ExpressionAttributeNames: { '#n': 'name' },
        ExpressionAttributeValues: { ':n': 'three' },
      },
    })
    expect(await get()).toEqual(item({ name: 'three' }))
    const no = { ConditionExpression: 'nr = :nr', ExpressionAttributeValues: { ':nr': 0 } }
    await expect(write({ Delete: { ...table, Key: Key(), ...no } })).rejects.toMatchObject({
      CancellationReasons: [{ Code: 'ConditionalCheckFailed' }],
    })
    await write({ Delete: { ...table, Key: Key() } })
    expect(await stored()).toEqual([])
  })

  test('is moved, once, and only if it is what was read', async () => {
    const [{ pk, sk } = { pk: '', sk: '' }] = await stored()
    expect(await both.moveItem(TABLE, { pk, sk })).toBe(isOld)
    expect(await both.moveItem(TABLE, { pk, sk })).toBe(false)
    expect(await versions()).toEqual([NEW])
    expect(await get(newer)).toEqual(item())
    expect(leaks(world.proxy.sent, [EMAIL])).toEqual([])
  })

  test('is found, and written, if it is moved meanwhile', async () => {
    if (!isOld) return
    const [{ pk, sk } = { pk: '', sk: '' }] = await stored()
    const mover = declaredClient(world, [keys[1], keys[0]], { declared })
    const moved = async (after: number, work: () => Promise<unknown>) => {
      let seen = 0
      between = async (_, send) => {
        const output = await send()
        if (++seen === after) expect(await mover.moveItem(TABLE, { pk, sk })).toBe(true)
        return output
      }
      const result = await work()
      expect(await versions()).toEqual([NEW])
      await put(both)
      await newer.send(new DeleteCommand({ TableName: TABLE, Key: Key() }))
      await put(older)
      return result
    }
    expect(await moved(1, get)).toEqual(item())
    expect(
      await moved(1, async () => {
        const { Responses } = await both.send(
          new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: [Key()], ConsistentRead: true } } }),
        )
        return Responses?.[TABLE]
      }),
    ).toEqual([item()])
    const update = new UpdateCommand({
      TableName: TABLE,
      Key: Key(),
      UpdateExpression: 'SET nr = :nr',
      ExpressionAttributeValues: { ':nr': count },
      ReturnValues: 'ALL_NEW',
    })
    // After it was located, and before it is written.
    expect(await moved(2, () => both.send(update))).toMatchObject({ Attributes: item() })
    const one = { ConditionExpression: 'nr = :nr', ExpressionAttributeValues: { ':nr': count } }
    await moved(2, () => put(both, {}, one))
    await moved(2, () =>
      both.send(
        new TransactWriteCommand({ TransactItems: [{ Put: { TableName: TABLE, Item: item(), ...one } }] }),
      ),
    )
    between = async (_, send) => send()
    let seen = 0
    between = async (_, send) => {
      const output = await send()
      if (++seen === 2) await mover.moveItem(TABLE, { pk, sk })
      return output
    }
    const { Attributes } = await both.send(
      new DeleteCommand({ TableName: TABLE, Key: Key(), ReturnValues: 'ALL_OLD' }),
    )
    expect(Attributes).toEqual(item())
    expect(await stored()).toEqual([])
  })
})

test('an item that somebody put under both keys is one, and is deleted', async () => {
  const twice = async () => {
    await put(older)
    await put(newer, { name: 'two' })
  }
  await twice()
  expect(await get()).toEqual(item({ name: 'two' }))
  const { Responses } = await both.send(
    new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: [Key(), { ...Key(), sk: '2' }] } } }),
  )
  expect(Responses).toEqual({ [TABLE]: [item({ name: 'two' })] })
  const { Attributes } = await both.send(
    new DeleteCommand({ TableName: TABLE, Key: Key(), ReturnValues: 'ALL_OLD' }),
  )
  expect(Attributes).toEqual(item({ name: 'two' }))
  expect(await stored()).toEqual([])
})

test('a batch asks for nothing again that was found', async () => {
  const under = { newer, older }
  for (const [name, writer] of Object.entries(under)) {
    await put(writer)
    between = async (command, send) => {
      const output = (await send()) as { UnprocessedKeys?: object }
      const keys = (command.input as { RequestItems?: Record<string, { Keys: { pk: string }[] }> })
        .RequestItems?.[TABLE]?.Keys
      const other = keys?.filter(({ pk }) => pk.startsWith(name === 'older' ? NEW : OLD))
      return other === undefined ? output : { ...output, UnprocessedKeys: { [TABLE]: { Keys: other } } }
    }
    const output = await both.send(new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: [Key()] } } }))
    expect(output.Responses).toEqual({ [TABLE]: [item()] })
    expect(output.UnprocessedKeys).toEqual({})
    await put(both)
  }
})

test('an item that is nowhere is asked for everywhere, and where it could have been moved to once more', async () => {
  expect(await get()).toBeUndefined()
  expect(requests).toEqual(['Get', 'Get', 'Get'])
})

test('an item of another application is moved with what that has encrypted, and not without what it finds it by', async () => {
  const format = () => dbEsdkFormat({ keyring: world.keyring(EAST) })
  const theirs = { ...declared, encrypted: ['email', 'name', 'diagnosis', 'nested'] }
  const writer = declaredClient(world, [keys[0]], { declared: theirs, format: format() })
  const mover = declaredClient(world, [keys[1], keys[0]], { declared, format: format() })
  const reader = declaredClient(world, [keys[1]], { declared, format: format() })
  const whole = item({ diagnosis: 'Lovelace-secret', nested: { of: 'Lovelace-secret' } })
  await put(writer, whole)
  const raw = (await stored())[0] as { pk: string; sk: string }
  world.proxy.sent.length = 0
  expect(await mover.moveItem(TABLE, { pk: raw.pk, sk: raw.sk })).toBe(true)
  expect(await versions()).toEqual([NEW])
  expect(leaks(world.proxy.sent, ['Lovelace-secret', EMAIL])).toEqual([])
  expect(await get(reader)).toEqual(whole)

  await put(writer, whole)
  await world.rawClient(EAST).send(
    new PutCommand({
      TableName: TABLE,
      Item: { ...(await stored()).find(({ pk }) => pk === raw.pk), aws_dbe_b_email: '12' },
    }),
  )
  await expect(mover.moveItem(TABLE, { pk: raw.pk, sk: raw.sk })).rejects.toMatchObject({
    code: 'update-refused',
    message: expect.stringMatching(/aws_dbe_b_email/),
  })
})

test('an item that was changed after it was read is not moved', async () => {
  await put(older)
  const [{ pk, sk } = { pk: '', sk: '' }] = await stored()
  const changing = async (name: string, change: () => Promise<unknown>) => {
    const mover = declaredClient(world, [keys[1], keys[0]], {
      declared,
      between: async (command, send) => {
        const output = await send()
        if (command.constructor.name.startsWith('GetItem')) await change()
        return output
      },
    })
    await expect(mover.moveItem(TABLE, { pk, sk }), name).rejects.toMatchObject({
      name: 'TransactionCanceledException',
    })
    expect((await versions()).includes(OLD)).toBe(true)
  }
  const set = (UpdateExpression: string) =>
    older.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: Key(),
        UpdateExpression,
        ExpressionAttributeNames: { '#n': 'name' },
        ExpressionAttributeValues: { ':n': 'two' },
      }),
    )
  await changing('changed', () => set('SET #n = :n'))
  await changing('in clear', () => set('SET clear = :n REMOVE #n'))
  await changing('added', () => set('SET #n = :n'))
  await changing('put under both keys', () => put(newer))
})

test('ReturnValues of a put, an update that creates and batches that are too large are refused', async () => {
  await expect(put(both, {}, { ReturnValues: 'ALL_OLD' })).rejects.toMatchObject({
    code: 'command-unsupported',
    message: expect.stringMatching(/put in a transaction, which returns no ReturnValues/),
  })
  const update = new UpdateCommand({
    TableName: TABLE,
    Key: Key(),
    UpdateExpression: 'SET email = :e',
    ExpressionAttributeValues: { ':e': EMAIL },
  })
  await expect(both.send(update)).rejects.toEqual(conditionFailed)
  const keysOf = (length: number) => Array.from({ length }, (_, n) => ({ pk: search(`${n}`), sk: '1' }))
  await expect(
    both.send(new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: keysOf(51) } } })),
  ).rejects.toMatchObject({
    code: 'command-unsupported',
    message: expect.stringMatching(/51 keys asks for 102/),
  })
  const deletes = keysOf(51).map(key => ({ DeleteRequest: { Key: key } }))
  await expect(
    both.send(new BatchWriteCommand({ RequestItems: { [TABLE]: deletes } })),
  ).rejects.toMatchObject({ code: 'command-unsupported', message: expect.stringMatching(/102 actions/) })
  expect(await stored()).toEqual([])
})

test('a table whose key is no token has nothing to move', async () => {
  const clear = declaredClient(world, [keys[0]], { declared: { ...declared, tokens: {} } })
  await expect(clear.moveItem(TABLE, { pk: 'a', sk: '1' })).rejects.toMatchObject({ code: 'invalid-schema' })
})

test('a change of the search key under load loses nothing, and finds everything at each step', async () => {
  const emails = Array.from({ length: 12 }, (_, i) => `${i}-${EMAIL}`)
  const step = (...own: [Uint8Array, ...Uint8Array[]]) => declaredClient(world, own, { declared })
  const steps = [step(keys[0]), step(keys[0], keys[1]), step(keys[1], keys[0]), step(keys[1])] as const
  for (const email of emails) await put(steps[0], { email, name: 0 })
  let isDone = false
  let writes = 0
  const read = (client: Client, email: string) =>
    client.send(
      new GetCommand({ TableName: TABLE, Key: { pk: search(email), sk: '1' }, ConsistentRead: true }),
    )
  const load = (async () => {
    while (!isDone) {
      for (const email of emails) {
        for (const client of [steps[1], steps[2]])
          expect((await read(client, email)).Item, email).toMatchObject({ email })
        await steps[2].send(
          new UpdateCommand({
            TableName: TABLE,
            Key: { pk: search(email), sk: '1' },
            UpdateExpression: 'SET written = :n',
            ExpressionAttributeValues: { ':n': ++writes },
          }),
        )
      }
    }
  })()
  for (let isLeft = true; isLeft; ) {
    const left = (await stored()).filter(({ pk }) => pk.startsWith(OLD))
    for (const { pk, sk } of left)
      await steps[2].moveItem(TABLE, { pk, sk }).catch(error => {
        if (error.name !== 'TransactionCanceledException') throw error
      })
    isLeft = left.length > 0
  }
  isDone = true
  await load
  expect(writes).toBeGreaterThan(0)
  expect(await versions()).toEqual(emails.map(() => NEW))
  for (const email of emails) expect((await read(steps[3], email)).Item).toMatchObject({ email })
}, 60_000)

test('whatever is written by whom, there is one item, and it is the last one', async () => {
  const commands = fc.array(
    fc.record({
      // Those that know both search keys, whichever they write with.
      writer: fc.constantFrom(0, 1),
      action: fc.constantFrom('put', 'create', 'update', 'delete', 'move'),
      name: fc.string({ minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 12 },
  )
  const clients = [
    declaredClient(world, [keys[0], keys[1]], { declared }),
    declaredClient(world, [keys[1], keys[0]], { declared }),
  ] as const
  await fc.assert(
    fc.asyncProperty(commands, async list => {
      EMAIL = `random-${++count}@example.com`
      let model: string | undefined
      for (const { writer, action, name } of list) {
        const client = clients[writer]!
        const failed = (error: Error) => {
          expect(error.name).toBe('ConditionalCheckFailedException')
          return 'failed'
        }
        if (action === 'put') {
          await put(client, { name })
          model = name
        } else if (action === 'create') {
          const outcome = await put(
            client,
            { name },
            { ConditionExpression: 'attribute_not_exists(pk)' },
          ).catch(failed)
          expect(outcome === 'failed').toBe(model !== undefined)
          model ??= name
        } else if (action === 'update') {
          const command = new UpdateCommand({
            TableName: TABLE,
            Key: Key(),
            UpdateExpression: 'SET #n = :n',
            ExpressionAttributeNames: { '#n': 'name' },
            ExpressionAttributeValues: { ':n': name },
          })
          const outcome = await client.send(command).catch(failed)
          expect(outcome === 'failed').toBe(model === undefined)
          if (model !== undefined) model = name
        } else if (action === 'delete') {
          await client.send(new DeleteCommand({ TableName: TABLE, Key: Key() }))
          model = undefined
        } else for (const { pk, sk } of await stored()) await client.moveItem(TABLE, { pk, sk })
        expect((await stored()).length).toBe(model === undefined ? 0 : 1)
        for (const each of clients) expect((await get(each))?.name).toBe(model)
      }
    }),
    { numRuns: 15 },
  )
}, 60_000)

test('a query by the key finds items under both, each once', async () => {
  await put(older, { sk: '1' })
  await put(newer, { sk: '2' })
  const { Items } = await both.send(
    new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': search(EMAIL) },
      ConsistentRead: true,
    }),
  )
  expect(Items?.map(({ sk }) => sk)).toEqual(['1', '2'])
})
