import {
  DeleteItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { GetCommand, PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { intercept } from '../../support/intercept.js'
import { PLAIN, SEALED, sealedBase, sealedDocument, type Twins, twins } from './twins.js'

let world: Twins
beforeAll(async () => {
  world = await twins('dynoxide')
})
afterAll(() => world.stop())

const ITEMS = [
  { id: 'one', n: 1, plan: 'pro', secret: 'a secret' },
  { id: 'two', n: 2, plan: 'free' },
]

const document = (table = SEALED) =>
  table === SEALED
    ? sealedDocument(world.client())
    : sealedDocument(world.client(), {}, { table, encrypted: [] })

beforeEach(async () => {
  for (const TableName of [SEALED, PLAIN]) {
    for (const id of ['one', 'two', 'three'])
      await world.raw.send(new DeleteItemCommand({ TableName, Key: { id: { S: id } } }))
  }
  const client = sealedDocument(world.client())
  for (const Item of ITEMS) await client.send(new PutCommand({ TableName: SEALED, Item }))
})

const load = async (id: string) =>
  (await document().send(new GetCommand({ TableName: SEALED, Key: { id }, ConsistentRead: true }))).Item

type Actions = NonNullable<ConstructorParameters<typeof TransactWriteCommand>[0]['TransactItems']>
const transaction = (...TransactItems: Actions) => new TransactWriteCommand({ TransactItems })
const add = (id: string, more: object = {}): Actions[number] => ({
  Update: {
    ...{ TableName: SEALED, Key: { id }, UpdateExpression: 'ADD n :one' },
    ...{ ExpressionAttributeValues: { ':one': 1 }, ...more },
  },
})

/** What a transaction is cancelled with. */
async function cancelled(sent: Promise<unknown>): Promise<TransactionCanceledException> {
  const error = await sent.then(
    () => undefined,
    thrown => thrown,
  )
  expect(error).toBeInstanceOf(TransactionCanceledException)
  return error
}
const codes = ({ CancellationReasons }: TransactionCanceledException) =>
  CancellationReasons!.map(({ Code }) => Code)

describe('a transaction', () => {
  test('updates, checks, puts and deletes, all of it or nothing', async () => {
    const client = document()
    const values = { ':one': 1, ':two': 2, ':s': 'a secret' }
    await client.send(
      transaction(
        add('one', {
          ConditionExpression: 'secret = :s',
          ExpressionAttributeValues: { ':one': 1, ':s': values[':s'] },
        }),
        {
          ConditionCheck: {
            ...{ TableName: SEALED, Key: { id: 'two' }, ConditionExpression: 'n = :two' },
            ExpressionAttributeValues: { ':two': 2 },
          },
        },
        {
          Put: {
            TableName: SEALED,
            Item: { id: 'three', n: 3 },
            ConditionExpression: 'attribute_not_exists(n)',
          },
        },
      ),
    )
    expect(await load('one')).toEqual({ ...ITEMS[0], n: 2 })
    expect(await load('three')).toEqual({ id: 'three', n: 3 })
    await client.send(
      transaction(
        {
          Delete: {
            ...{ TableName: SEALED, Key: { id: 'three' }, ConditionExpression: 'n = :three' },
            ExpressionAttributeValues: { ':three': 3 },
          },
        },
        add('two'),
      ),
    )
    expect(await load('three')).toBe(undefined)
    expect(await load('two')).toEqual({ ...ITEMS[1], n: 3 })
  })

  test('of attribute values is one of attribute values', async () => {
    await sealedBase(world.client()).send(
      new TransactWriteItemsCommand({
        TransactItems: [
          {
            Update: {
              ...{ TableName: SEALED, Key: { id: { S: 'one' } }, UpdateExpression: 'SET secret = :s' },
              ExpressionAttributeValues: { ':s': { S: 'new' } },
            },
          },
        ],
      }),
    )
    expect(await load('one')).toEqual({ ...ITEMS[0], secret: 'new' })
  })

  test('is cancelled for the reasons that it has, with the items opened', async () => {
    const returned = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const
    const wrong = {
      ConditionExpression: 'secret = :s',
      ExpressionAttributeValues: { ':one': 1, ':s': 'guess' },
    }
    const error = await cancelled(
      document().send(
        transaction(add('two'), add('one', { ...wrong, ...returned }), {
          Put: { TableName: SEALED, Item: { id: 'three' }, ConditionExpression: 'attribute_exists(id)' },
        }),
      ),
    )
    expect(codes(error)).toEqual(['None', 'ConditionalCheckFailed', 'ConditionalCheckFailed'])
    expect(error.CancellationReasons![1]!.Item).toEqual({
      ...{ id: { S: 'one' }, n: { N: '1' }, plan: { S: 'pro' }, secret: { S: 'a secret' } },
    })
    expect(JSON.stringify(error)).not.toContain('a secret')
    expect([await load('one'), await load('two')]).toEqual(ITEMS)
  })

  test('is cancelled for what cannot be evaluated', async () => {
    const error = await cancelled(
      document().send(transaction(add('one'), add('two', { UpdateExpression: 'SET plan = plan + :one' }))),
    )
    expect(codes(error)).toEqual(['None', 'ValidationError'])
    expect(error).toMatchObject({
      $metadata: { httpStatusCode: 400 },
      message: expect.stringContaining('[None, ValidationError]'),
    })
    expect([await load('one'), await load('two')]).toEqual(ITEMS)
  })

  test('reads again what others wrote in between, and what they made of it decides', async () => {
    const theirs = document()
    let times = 1
    const client = world.client()
    intercept(client, async (input, forward) => {
      if ('TransactItems' in input && times-- > 0)
        await theirs.send(
          new UpdateCommand({
            ...{ TableName: SEALED, Key: { id: 'one' }, UpdateExpression: 'SET n = :n' },
            ExpressionAttributeValues: { ':n': 10 },
          }),
        )
      return forward(input)
    })
    await sealedDocument(client).send(transaction(add('one'), add('two')))
    expect([await load('one'), await load('two')]).toMatchObject([{ n: 11 }, { n: 3 }])
    times = 1
    const small = { ConditionExpression: 'n > :ten', ExpressionAttributeValues: { ':one': 1, ':ten': 10 } }
    // When it was read it held; when it is read again, it does not.
    const error = await cancelled(sealedDocument(client).send(transaction(add('one', small), add('two'))))
    expect(codes(error)).toEqual(['ConditionalCheckFailed', 'None'])
    expect(await load('two')).toMatchObject({ n: 3 })
  })

  test('gives up when others always write in between', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const theirs = document()
    const client = world.client()
    intercept(client, async (input, forward) => {
      if ('TransactItems' in input) await theirs.send(transaction(add('two')))
      return forward(input)
    })
    await expect(sealedDocument(client).send(transaction(add('one'), add('two')))).rejects.toMatchObject({
      code: 'write-conflict',
    })
    vi.restoreAllMocks()
    expect(await load('one')).toEqual(ITEMS[0])
  })

  test('of many at the same time: each is done once', async () => {
    const count = 5
    await Promise.all(
      Array.from({ length: count }, () => document().send(transaction(add('one'), add('two')))),
    )
    expect([await load('one'), await load('two')]).toMatchObject([{ n: 1 + count }, { n: 2 + count }])
  })

  test('tells what all of it consumed', async () => {
    const command = transaction(add('one'), add('two'))
    const { ConsumedCapacity } = await document().send(
      new TransactWriteCommand({ ...command.input, ReturnConsumedCapacity: 'TOTAL' }),
    )
    expect(ConsumedCapacity).toMatchObject([{ TableName: SEALED, CapacityUnits: expect.any(Number) }])
    // Two reads of up to 4 KB, and two writes of up to 1 KB in a transaction, at least.
    expect(ConsumedCapacity![0]!.CapacityUnits).toBeGreaterThanOrEqual(2 + 4)
  })
})
