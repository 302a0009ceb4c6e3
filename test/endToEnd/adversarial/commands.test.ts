// Commands that others made, watch or send again.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  GetCommand,
  BatchGetCommand as RawBatchGetCommand,
} from '@aws-sdk/lib-dynamodb'
import { sealDocumentClient } from '@dynaseal/toolbox'
import {
  ConditionCheck,
  DeleteTransaction,
  executeTransactWrite,
  PutItemCommand,
  PutTransaction,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { userEntity } from '../../support/user.js'
import { EAST } from '../../support/world.js'
import { key, SECRET, tableName, world } from './entities.js'

test("the caller's command, its middleware and a cached response stay as they are", async () => {
  const base = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)))
  const cached = new Map<string, unknown>()
  const caching = Object.create(base) as DynamoDBDocumentClient
  Object.defineProperty(caching, 'send', {
    value: async (command: GetCommand) => {
      const id = command.constructor.name + JSON.stringify(command.input.Key)
      if (command instanceof GetCommand && cached.has(id)) return cached.get(id)
      const output = await base.send(command)
      cached.set(id, output)
      return output
    },
  })
  const client = sealDocumentClient(caching, { keyring: world.keyring(EAST) })
  const { User } = userEntity(client, tableName)
  await User.build(PutItemCommand)
    .item({ ...key, text: SECRET })
    .send()
  const command = new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true })
  let ran = 0
  command.middlewareStack.add(
    next => args => {
      ran++
      return next(args)
    },
    { step: 'initialize' },
  )
  await base.send(command)
  const plainly = ran
  for (let i = 0; i < 2; i++) expect((await client.send(command)).Item?.text).toBe(SECRET)
  expect(ran).toBe(2 * plainly)
  expect(command.input).toEqual({ TableName: tableName, Key: key, ConsistentRead: true })
})

test('unprocessed keys that are sent again bring no attribute that was not asked for', async () => {
  const client = world.sealedClient(EAST)
  const { User } = userEntity(client, tableName)
  await User.build(PutItemCommand)
    .item({ ...key, text: SECRET })
    .send()
  const again = {
    Keys: [key],
    ConsistentRead: true,
    ProjectionExpression: '#t, #dynaseal_0, #dynaseal_1, #dynaseal_2',
    ExpressionAttributeNames: {
      '#t': 'text',
      '#dynaseal_0': 'pk',
      '#dynaseal_1': 'sk',
      '#dynaseal_2': '_et',
    },
  }
  const { Responses } = await client.send(new RawBatchGetCommand({ RequestItems: { [tableName]: again } }))
  expect(Responses?.[tableName]).toEqual([{ text: SECRET }])
})

describe('transactions', () => {
  /** dynalite has none, so what would be sent is taken before it leaves. */
  function transacting() {
    const base = new DynamoDBClient(world.config(EAST))
    const bodies: Buffer[] = []
    base.middlewareStack.add(
      next => async args => {
        const { request } = args as unknown as { request: { headers: Record<string, string>; body: string } }
        if (!request.headers['x-amz-target']?.includes('Transact')) return next(args)
        bodies.push(Buffer.from(request.body))
        return { response: {} as never, output: { $metadata: {} } as never }
      },
      { step: 'finalizeRequest', priority: 'low' },
    )
    return {
      bodies,
      client: sealDocumentClient(DynamoDBDocumentClient.from(base), { keyring: world.keyring(EAST) }),
    }
  }

  test('carry no plaintext, and a sealed value at every encrypted place', async () => {
    const { bodies, client } = transacting()
    const { User } = userEntity(client, tableName)
    await executeTransactWrite(
      User.build(PutTransaction).item({ ...key, text: SECRET, codes: [SECRET] }),
      User.build(UpdateTransaction).item({ ...key, sk: '2', text: SECRET }),
      User.build(DeleteTransaction).key({ ...key, sk: '3' }),
      User.build(ConditionCheck)
        .key({ ...key, sk: '4' })
        .condition({ attr: 'text', exists: true }),
    )
    expect(bodies).toHaveLength(1)
    expect(leaks(bodies, [SECRET])).toEqual([])
    const [{ Put }, { Update }] = JSON.parse(String(bodies[0])).TransactItems
    expect(Put.Item.text).toEqual({ B: expect.any(String) })
    expect(Put.Item.codes.L).toEqual([{ B: expect.any(String) }])
    expect(Object.values(Update.ExpressionAttributeValues)).toContainEqual({ B: expect.any(String) })
  })

  test('with a refused condition send nothing', async () => {
    const { bodies, client } = transacting()
    const { User } = userEntity(client, tableName)
    await expect(
      executeTransactWrite(
        User.build(ConditionCheck)
          .key(key)
          .condition({ attr: 'text', eq: SECRET, transform: false } as never) as never,
      ),
    ).rejects.toMatchObject({ code: 'condition-refused' })
    expect(bodies).toEqual([])
  })
})
