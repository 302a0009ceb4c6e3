// Search tokens as keys of the table, while there are two search keys: an item is under one of two keys.
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { createSearchKey } from '@dynaseal/core'
import { search } from '@dynaseal/document-client'
import { beforeEach, describe, expect, test } from 'vitest'
import { TABLE } from '../../support/searchTable.js'
import { EAST } from '../../support/world.js'
import { declaredClient } from './declaredClient.js'
import { conditionFailed, declared, NEW, OLD, underEachKey, withTwoKeys } from './twoKeys.js'

const own = withTwoKeys()

describe.each(underEachKey(own))('an item %s', (_, writer, version) => {
  beforeEach(async () => {
    await own.put(writer())
  })
  const isOld = version === OLD

  test('is got, with a request more if it is the older one', async () => {
    expect(await own.get()).toEqual(own.item())
    expect(own.requests).toEqual(isOld ? ['Get', 'Get'] : ['Get'])
    const { Responses } = await own.clients.both.send(
      new TransactGetCommand({ TransactItems: [{ Get: { TableName: TABLE, Key: own.Key() } }] }),
    )
    expect(Responses).toEqual([{ Item: own.item() }])
    const { Responses: batch } = await own.clients.both.send(
      new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: [own.Key()], ConsistentRead: true } } }),
    )
    expect(batch).toEqual({ [TABLE]: [own.item()] })
    expect(own.requests.slice(isOld ? 2 : 1)).toEqual(['TransactGet', 'BatchGet'])
  })

  test('is replaced by a put, with and without a condition, and is there once', async () => {
    await own.put(own.clients.both, { name: 'two' })
    expect(await own.versions()).toEqual([NEW])
    expect(await own.get()).toEqual(own.item({ name: 'two' }))
  })

  test('is replaced by a put whose condition holds for it', async () => {
    const condition = {
      ConditionExpression: 'nr = :nr AND attribute_exists(#n)',
      ExpressionAttributeNames: { '#n': 'name' },
    }
    await own.put(
      own.clients.both,
      { name: 'two' },
      { ...condition, ExpressionAttributeValues: { ':nr': own.count } },
    )
    expect(await own.versions()).toEqual([NEW])
    expect(await own.get()).toEqual(own.item({ name: 'two' }))
    const other = own.put(
      own.clients.both,
      { name: 'no' },
      { ...condition, ExpressionAttributeValues: { ':nr': 0 } },
    )
    await expect(other).rejects.toEqual(conditionFailed)
    expect(await own.get()).toEqual(own.item({ name: 'two' }))
  })

  test('is not created once more', async () => {
    const params = {
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    }
    const error = await own.put(own.clients.both, { name: 'two' }, params).catch(each => each)
    expect(error).toEqual(conditionFailed)
    expect(error.Item).toMatchObject({ email: { S: own.EMAIL } })
    expect(await own.versions()).toEqual([version])
    const transaction = own.clients.both.send(
      new TransactWriteCommand({
        TransactItems: [{ Put: { TableName: TABLE, Item: own.item(), ...params } }],
      }),
    )
    await expect(transaction).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'ConditionalCheckFailed' }],
    })
    expect(await own.versions()).toEqual([version])
  })

  test('is updated where it is', async () => {
    const update = (nr: number) =>
      own.clients.both.send(
        new UpdateCommand({
          TableName: TABLE,
          Key: own.Key(),
          UpdateExpression: 'SET #n = :n',
          ConditionExpression: 'nr = :nr',
          ExpressionAttributeNames: { '#n': 'name' },
          ExpressionAttributeValues: { ':n': 'two', ':nr': nr },
          ReturnValues: 'ALL_NEW',
        }),
      )
    expect((await update(own.count)).Attributes).toEqual(own.item({ name: 'two' }))
    expect(await own.versions()).toEqual([version])
    await expect(update(0)).rejects.toEqual(conditionFailed)
  })

  test('is deleted, and returned', async () => {
    const remove = (more: object = {}) =>
      own.clients.both.send(
        new DeleteCommand({ TableName: TABLE, Key: own.Key(), ReturnValues: 'ALL_OLD', ...more }),
      )
    const condition = (nr: number) => ({
      ConditionExpression: 'nr = :nr',
      ExpressionAttributeValues: { ':nr': nr },
    })
    await expect(remove(condition(0))).rejects.toEqual(conditionFailed)
    expect((await remove(condition(own.count))).Attributes).toEqual(own.item())
    expect(await own.stored()).toEqual([])
    await own.put(writer())
    expect((await remove()).Attributes).toEqual(own.item())
    expect(await own.stored()).toEqual([])
    expect((await remove()).Attributes).toBeUndefined()
  })

  test('is written in batches, which are transactions', async () => {
    await own.clients.both.send(
      new BatchWriteCommand({
        RequestItems: { [TABLE]: [{ PutRequest: { Item: own.item({ name: 'two' }) } }] },
      }),
    )
    expect(await own.versions()).toEqual([NEW])
    await own.put(writer())
    await own.clients.both.send(
      new BatchWriteCommand({ RequestItems: { [TABLE]: [{ DeleteRequest: { Key: own.Key() } }] } }),
    )
    expect(await own.stored()).toEqual([])
    expect(own.requests).toEqual(['TransactWrite', 'TransactWrite'])
  })

  test('is written in transactions', async () => {
    const write = (...TransactItems: object[]) =>
      own.clients.both.send(new TransactWriteCommand({ TransactItems: TransactItems as never }))
    const condition = { ConditionExpression: 'nr = :nr', ExpressionAttributeValues: { ':nr': own.count } }
    const table = { TableName: TABLE }
    await write({ ConditionCheck: { ...table, Key: own.Key(), ...condition } })
    await write({ Put: { ...table, Item: own.item({ name: 'two' }), ...condition } })
    expect(await own.versions()).toEqual([NEW])
    await write({
      Update: {
        ...table,
        Key: own.Key(),
        UpdateExpression: 'SET #n = :n',
        ExpressionAttributeNames: { '#n': 'name' },
        ExpressionAttributeValues: { ':n': 'three' },
      },
    })
    expect(await own.get()).toEqual(own.item({ name: 'three' }))
    const no = { ConditionExpression: 'nr = :nr', ExpressionAttributeValues: { ':nr': 0 } }
    await expect(write({ Delete: { ...table, Key: own.Key(), ...no } })).rejects.toMatchObject({
      CancellationReasons: [{ Code: 'ConditionalCheckFailed' }],
    })
    await write({ Delete: { ...table, Key: own.Key() } })
    expect(await own.stored()).toEqual([])
  })
})

test('an item that somebody put under both keys is one, and is deleted', async () => {
  const twice = async () => {
    await own.put(own.clients.older)
    await own.put(own.clients.newer, { name: 'two' })
  }
  await twice()
  expect(await own.get()).toEqual(own.item({ name: 'two' }))
  const { Responses } = await own.clients.both.send(
    new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: [own.Key(), { ...own.Key(), sk: '2' }] } } }),
  )
  expect(Responses).toEqual({ [TABLE]: [own.item({ name: 'two' })] })
  const { Attributes } = await own.clients.both.send(
    new DeleteCommand({ TableName: TABLE, Key: own.Key(), ReturnValues: 'ALL_OLD' }),
  )
  expect(Attributes).toEqual(own.item({ name: 'two' }))
  expect(await own.stored()).toEqual([])
})

test('a batch asks for nothing again that was found', async () => {
  const { older, newer } = own.clients
  const under = { newer, older }
  for (const [name, writer] of Object.entries(under)) {
    await own.put(writer)
    own.between = async (command, send) => {
      const output = (await send()) as { UnprocessedKeys?: object }
      const keys = (command.input as { RequestItems?: Record<string, { Keys: { pk: string }[] }> })
        .RequestItems?.[TABLE]?.Keys
      const other = keys?.filter(({ pk }) => pk.startsWith(name === 'older' ? NEW : OLD))
      return other === undefined ? output : { ...output, UnprocessedKeys: { [TABLE]: { Keys: other } } }
    }
    const output = await own.clients.both.send(
      new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: [own.Key()] } } }),
    )
    expect(output.Responses).toEqual({ [TABLE]: [own.item()] })
    expect(output.UnprocessedKeys).toEqual({})
    await own.put(own.clients.both)
  }
})

test('an item that is nowhere is asked for everywhere, and where it could have been moved to once more', async () => {
  expect(await own.get()).toBeUndefined()
  expect(own.requests).toEqual(['Get', 'Get', 'Get'])
})

test('ReturnValues of a put, an update that creates and batches that are too large are refused', async () => {
  await expect(own.put(own.clients.both, {}, { ReturnValues: 'ALL_OLD' })).rejects.toMatchObject({
    code: 'command-unsupported',
    message: expect.stringMatching(/put in a transaction, which returns no ReturnValues/),
  })
  const update = new UpdateCommand({
    TableName: TABLE,
    Key: own.Key(),
    UpdateExpression: 'SET email = :e',
    ExpressionAttributeValues: { ':e': own.EMAIL },
  })
  await expect(own.clients.both.send(update)).rejects.toEqual(conditionFailed)
  const keysOf = (length: number) => Array.from({ length }, (_, n) => ({ pk: search(`${n}`), sk: '1' }))
  await expect(
    own.clients.both.send(new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: keysOf(51) } } })),
  ).rejects.toMatchObject({
    code: 'command-unsupported',
    message: expect.stringMatching(/51 keys asks for 102/),
  })
  const deletes = keysOf(51).map(key => ({ DeleteRequest: { Key: key } }))
  await expect(
    own.clients.both.send(new BatchWriteCommand({ RequestItems: { [TABLE]: deletes } })),
  ).rejects.toMatchObject({ code: 'command-unsupported', message: expect.stringMatching(/102 actions/) })
  expect(await own.stored()).toEqual([])
})

test('a query by the key finds items under both, each once', async () => {
  await own.put(own.clients.older, { sk: '1' })
  await own.put(own.clients.newer, { sk: '2' })
  const { Items } = await own.clients.both.send(
    new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': search(own.EMAIL) },
      ConsistentRead: true,
    }),
  )
  expect(Items?.map(({ sk }) => sk)).toEqual(['1', '2'])
})

test.each(['nr = :nr OR nr = :nr', '(nr = :nr OR nr = :nr)', '(nr = :nr)', ' (nr = :nr) OR (nr = :nr)'])(
  'a condition is in no redundant parentheses: %s',
  async ConditionExpression => {
    await own.put(own.clients.older)
    const sent: string[] = []
    own.between = async ({ input }, send) => {
      if (input.ConditionExpression !== undefined) sent.push(String(input.ConditionExpression))
      return send()
    }
    const update = (nr: number) =>
      own.clients.both.send(
        new UpdateCommand({
          TableName: TABLE,
          Key: own.Key(),
          UpdateExpression: 'SET more = :nr',
          ConditionExpression,
          ExpressionAttributeValues: { ':nr': nr },
        }),
      )
    await update(own.count)
    expect(await own.get()).toEqual(own.item({ more: own.count }))
    await expect(update(0)).rejects.toEqual(conditionFailed)
    // DynamoDB refuses them.
    expect(sent).toHaveLength(2)
    for (const each of sent) expect(each).not.toMatch(/\(\s*\([^()]*\)\s*\)/)
  },
)

test('with three search keys, a put with a condition leaves no other one under the third', async () => {
  const key = await createSearchKey(own.world.keyring(EAST), { version: 3 })
  const all = declaredClient(own.world, [key, own.keys[1], own.keys[0]], { declared })
  await own.put(own.clients.older)
  const replaced = { ConditionExpression: 'attribute_exists(pk)' }
  await own.put(all, { name: 'two' }, replaced)
  expect(await own.versions()).toEqual(['3.'])
  // Each by who does not know of the others.
  own.nextEmail('thrice')
  await own.put(own.clients.older)
  await own.put(own.clients.newer)
  await expect(own.put(all, { name: 'two' }, replaced)).rejects.toEqual(conditionFailed)
  expect((await own.versions()).sort()).toEqual([OLD, NEW])
})
