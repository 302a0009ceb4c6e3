import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { createItemEncryptor, type Item as SdkItem } from '@dynaseal/db-esdk'
import { openPartially, sealDocumentClient, search } from '@dynaseal/document-client'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Intercept, intercept } from '../../support/intercept.js'
import {
  format,
  type Item,
  keyring,
  put,
  SEALED,
  sealedBase,
  sealedDocument,
  type Twins,
  twins,
} from './twins.js'

let world: Twins
beforeAll(async () => {
  world = await twins('dynoxide')
})
afterAll(() => world.stop())

const Key = { id: 'one' }
const wireKey = { id: { S: 'one' } }
const ITEM = { ...Key, plan: 'pro', n: 1, s: new Set(['x']), l: ['a'], secret: 'a secret' }

beforeEach(async () => {
  await world.raw.send(new DeleteItemCommand({ TableName: SEALED, Key: wireKey }))
  await sealedDocument(world.client()).send(new PutCommand({ TableName: SEALED, Item: ITEM }))
})

/** The same table in another application, which encrypts one attribute more. */
const other = () =>
  createItemEncryptor({
    keyring: keyring(),
    logicalTableName: SEALED,
    partitionKeyName: 'id',
    attributeActionsOnEncrypt: { secret: 'ENCRYPT_AND_SIGN', plan: 'ENCRYPT_AND_SIGN' },
  })

const update = (UpdateExpression: string, values: Record<string, unknown> = {}, more: object = {}) =>
  new UpdateCommand({
    ...{ TableName: SEALED, Key, UpdateExpression },
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    ...more,
  })

const load = async (client = sealedDocument(world.client())) =>
  (await client.send(new GetCommand({ TableName: SEALED, Key, ConsistentRead: true }))).Item

/** A sealed client, between which and the wire something is. */
function between(work: Intercept, config = {}, options = {}) {
  const client = world.client(config)
  intercept(client, work)
  return sealedDocument(client, options)
}

/** Does something once, between the read of an update and its write. */
function meanwhile(work: () => Promise<unknown>, times = 1): Intercept {
  return async (input, forward) => {
    if ('Item' in input && times-- > 0) await work()
    return forward(input)
  }
}

describe('an update', () => {
  test('changes what is encrypted, and the item opens for others', async () => {
    const client = sealedDocument(world.client())
    const changes = update(
      'SET #n = n + :two, l = list_append(l, :more), secret = if_not_exists(nothing, :new) ADD s :s REMOVE plan',
      { ':two': 2, ':more': ['b'], ':new': 'another', ':s': new Set(['y']) },
      { ExpressionAttributeNames: { '#n': 'n' }, ReturnValues: 'ALL_NEW' },
    )
    const expected = { ...Key, n: 3, l: ['a', 'b'], s: new Set(['x', 'y']), secret: 'another' }
    expect((await client.send(changes)).Attributes).toEqual(expected)
    expect(await load()).toEqual(expected)
    const stored = (await world.stored(SEALED)) as SdkItem
    expect([stored.n, stored.secret]).toEqual([{ B: expect.any(Uint8Array) }, { B: expect.any(Uint8Array) }])
    expect(await other().decryptItem(stored)).toMatchObject({ n: { N: '3' }, secret: { S: 'another' } })
  })

  test('of an item that is not there makes a sealed one', async () => {
    const client = sealedDocument(world.client())
    await client.send(new DeleteCommand({ TableName: SEALED, Key }))
    await client.send(update('ADD n :n', { ':n': 5 }))
    expect(await load()).toEqual({ ...Key, n: 5 })
    await client.send(new DeleteCommand({ TableName: SEALED, Key }))
    await client.send(new UpdateCommand({ TableName: SEALED, Key }))
    expect(await load()).toEqual(Key)
    expect(await world.stored(SEALED)).toHaveProperty('aws_dbe_foot')
  })

  test('sends as little as there is: one read and one write', async () => {
    world.cloud.clearCalls()
    await sealedDocument(world.client()).send(update('ADD n :n', { ':n': 1 }))
    expect(world.cloud.calls({ service: 'dynamodb' }).map(({ operation }) => operation)).toEqual([
      'GetItem',
      'PutItem',
    ])
  })

  test('keeps encrypted what another application has encrypted', async () => {
    const theirs = await other().encryptItem({
      ...wireKey,
      plan: { S: 'free' },
      secret: { S: 's' },
      n: { N: '1' },
    })
    // An application in which n is in clear, and this one in which nobody knows of plan.
    const declaration = { encrypted: ['secret'] }
    await world.raw.send(put(SEALED, theirs as Item))
    const client = sealedDocument(world.client(), {}, declaration)
    await client.send(update('SET secret = :s, n = n + :one', { ':s': 't', ':one': 1 }))
    expect(await world.stored(SEALED)).toMatchObject({ plan: { B: expect.any(Uint8Array) }, n: { N: '2' } })
    expect(await load(client)).toEqual({ ...Key, plan: 'free', secret: 't', n: 2 })
    await client.send(update('REMOVE plan'))
    expect(await load(client)).toEqual({ ...Key, secret: 't', n: 2 })
  })

  test('does not take away by what another application finds the item', async () => {
    const found = { ...(await world.stored(SEALED))!, aws_dbe_b_secret: { S: 'a beacon' } }
    await world.raw.send(put(SEALED, found))
    await expect(sealedDocument(world.client()).send(update('REMOVE plan'))).rejects.toMatchObject({
      code: 'update-refused',
      message: expect.stringContaining('aws_dbe_b_secret'),
    })
    expect(await world.stored(SEALED)).toEqual(found)
  })

  test('makes anew by what this application finds the item', async () => {
    const key = await createSearchKey(keyring())
    const options = { search: createSearchTokens({ keyring: keyring(), writeWith: key }) }
    const tokens = { found: { of: 'secret' } }
    const client = sealedDocument(world.client(), options, { tokens })
    const found = async (value: string) => {
      const scan = new ScanCommand({
        ...{ TableName: SEALED, FilterExpression: '#f = :f', ConsistentRead: true },
        ExpressionAttributeNames: { '#f': 'found' },
        ExpressionAttributeValues: { ':f': search(value) },
      })
      return (await client.send(scan)).Items
    }
    await client.send(new PutCommand({ TableName: SEALED, Item: ITEM }))
    const { Attributes } = await client.send(
      update('SET secret = :s', { ':s': 'new' }, { ReturnValues: 'ALL_NEW' }),
    )
    expect(Attributes).toEqual({ ...ITEM, secret: 'new' })
    expect([await found('a secret'), await found('new')]).toEqual([[], [Attributes]])
    const compared = { ConditionExpression: 'found = :f' }
    await expect(
      client.send(update('REMOVE plan', { ':f': search('a secret') }, compared)),
    ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    await client.send(update('REMOVE secret', { ':f': search('new') }, compared))
    expect(await world.stored(SEALED)).not.toHaveProperty('found')
    await expect(client.send(update('SET l = :l', { ':l': [search('new')] }))).rejects.toMatchObject({
      code: 'invalid-value',
    })
  })

  test('leaves numbers alone that JavaScript cannot hold', async () => {
    const digits = '12345678901234567890123456789012345678'
    const given: Item = { ...wireKey, n: { N: digits }, clear: { N: `0.${digits}` }, t: { S: '' } }
    await sealedBase(world.client()).send(put(SEALED, given))
    const marshallOptions = { convertEmptyValues: true, removeUndefinedValues: true }
    const client = sealDocumentClient(DynamoDBDocumentClient.from(world.client(), { marshallOptions }), {
      ...{ format: format(), updates: 'read-change-write' },
    }).declare({ table: SEALED, key: ['id'], encrypted: ['n', 't', 'secret'] })
    await client.send(update('SET secret = :s', { ':s': 'x' }))
    const { Item } = await sealedBase(world.client()).send(
      new GetItemCommand({ TableName: SEALED, Key: wireKey, ConsistentRead: true }),
    )
    expect(Item).toEqual({ ...given, secret: { S: 'x' } })
  })

  test('of attribute values is one of attribute values', async () => {
    const command = new UpdateItemCommand({
      ...{ TableName: SEALED, Key: wireKey, UpdateExpression: 'ADD n :n' },
      ExpressionAttributeValues: { ':n': { N: '0.5' } },
      ReturnValues: 'UPDATED_NEW',
    })
    expect((await sealedBase(world.client()).send(command)).Attributes).toEqual({ n: { N: '1.5' } })
  })

  test('of an item in clear seals it, where these may be read', async () => {
    await world.raw.send(put(SEALED, { ...wireKey, n: { N: '1' }, plan: { S: 'pro' } }))
    await expect(sealedDocument(world.client()).send(update('ADD n :n', { ':n': 1 }))).rejects.toMatchObject({
      code: 'fields-not-opened',
    })
    await sealedDocument(world.client(), { plaintext: 'allow' }).send(update('ADD n :n', { ':n': 1 }))
    expect(await load()).toEqual({ ...Key, n: 2, plan: 'pro' })
  })

  test('tells what it consumed: the read, and the write', async () => {
    const returned = { ReturnConsumedCapacity: 'TOTAL', ReturnItemCollectionMetrics: 'SIZE' } as const
    const { raw } = world
    const { ConsumedCapacity: read } = await raw.send(
      new GetItemCommand({ TableName: SEALED, Key: wireKey, ConsistentRead: true, ...returned }),
    )
    const { ConsumedCapacity: write } = await raw.send(
      new PutItemCommand({ TableName: SEALED, Item: (await world.stored(SEALED))!, ...returned }),
    )
    const output = await sealedDocument(world.client()).send(update('ADD n :n', { ':n': 1 }, returned))
    expect(output.ConsumedCapacity).toEqual({
      TableName: SEALED,
      CapacityUnits: read!.CapacityUnits! + write!.CapacityUnits!,
    })
    expect(
      (await sealedDocument(world.client()).send(update('ADD n :n', { ':n': 1 }))).ConsumedCapacity,
    ).toBe(undefined)
  })
})

describe('a condition on what is encrypted', () => {
  const failing = { ConditionExpression: 'secret = :wrong' }
  const values = { ':wrong': 'a guess' }
  const returned = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const

  test.each([
    ['an update', () => update('REMOVE plan', values, { ...failing, ...returned })],
    [
      'a put',
      () =>
        new PutCommand({
          ...{ TableName: SEALED, Item: { ...Key, secret: 'other' }, ExpressionAttributeValues: values },
          ...{ ...failing, ...returned },
        }),
    ],
    [
      'a delete',
      () =>
        new DeleteCommand({
          TableName: SEALED,
          Key,
          ExpressionAttributeValues: values,
          ...failing,
          ...returned,
        }),
    ],
  ])('of %s fails as DynamoDB fails it, with the item opened', async (_, command) => {
    const error = await sealedDocument(world.client())
      .send(command() as PutCommand)
      .catch((thrown: ConditionalCheckFailedException) => thrown)
    expect(error).toBeInstanceOf(ConditionalCheckFailedException)
    const failed = error as ConditionalCheckFailedException
    expect(failed).toMatchObject({
      ...{ name: 'ConditionalCheckFailedException', message: 'The conditional request failed' },
      $metadata: { httpStatusCode: 400, requestId: expect.any(String) },
      Item: { id: { S: 'one' }, plan: { S: 'pro' }, n: { N: '1' }, secret: { S: 'a secret' } },
    })
    expect(failed.Item).not.toHaveProperty('aws_dbe_head')
    expect(JSON.stringify(error)).not.toContain('a secret')
    expect(await load()).toEqual(ITEM)
  })

  test('has no item with it that nobody asked for, or that is not there', async () => {
    const client = sealedDocument(world.client())
    await expect(client.send(update('REMOVE plan', values, failing))).rejects.toMatchObject({
      ...{ name: 'ConditionalCheckFailedException', Item: undefined },
    })
    await client.send(new DeleteCommand({ TableName: SEALED, Key }))
    await expect(
      client.send(update('REMOVE plan', values, { ...failing, ...returned })),
    ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', Item: undefined })
  })

  test('of a delete holds, and the item is returned', async () => {
    const client = sealedDocument(world.client())
    const { Attributes } = await client.send(
      new DeleteCommand({
        ...{ TableName: SEALED, Key, ConditionExpression: 'n < :two' },
        ExpressionAttributeValues: { ':two': 2 },
        ReturnValues: 'ALL_OLD',
      }),
    )
    expect(Attributes).toEqual(ITEM)
    expect(await world.stored(SEALED)).toBe(undefined)
  })

  test('on clear attributes reads nothing', async () => {
    world.cloud.clearCalls()
    await sealedDocument(world.client()).send(
      new PutCommand({
        ...{ TableName: SEALED, Item: ITEM, ConditionExpression: '#p = :pro AND attribute_exists(secret)' },
        ...{ ExpressionAttributeNames: { '#p': 'plan' }, ExpressionAttributeValues: { ':pro': 'pro' } },
      }),
    )
    expect(world.cloud.calls({ service: 'dynamodb' }).map(({ operation }) => operation)).toEqual(['PutItem'])
  })

  test('may not be on header and footer', async () => {
    const client = sealedDocument(world.client())
    const own = { ConditionExpression: 'attribute_exists(aws_dbe_head)' }
    await expect(client.send(update('REMOVE plan', {}, own))).rejects.toMatchObject({
      code: 'condition-refused',
    })
    await expect(client.send(update('REMOVE aws_dbe_head'))).rejects.toMatchObject({ code: 'update-refused' })
  })
})

describe('others write at the same time', () => {
  test('many add, and all that they added is there', async () => {
    const count = 10
    const add = () => sealedDocument(world.client()).send(update('ADD n :one', { ':one': 1 }))
    await Promise.all(Array.from({ length: count }, add))
    expect(await load()).toMatchObject({ n: ITEM.n + count })
  })

  test('what they wrote in between is not lost', async () => {
    const theirs = sealedDocument(world.client())
    const client = between(meanwhile(() => theirs.send(update('SET plan = :p', { ':p': 'free' }))))
    const { Attributes } = await client.send(update('ADD n :one', { ':one': 1 }, { ReturnValues: 'ALL_OLD' }))
    expect(Attributes).toEqual({ ...ITEM, plan: 'free' })
    expect(await load()).toEqual({ ...ITEM, plan: 'free', n: 2 })
  })

  test('that they deleted it is noticed', async () => {
    const client = between(
      meanwhile(() => world.raw.send(new DeleteItemCommand({ TableName: SEALED, Key: wireKey }))),
    )
    const conditional = { ConditionExpression: 'attribute_exists(id)' }
    await expect(client.send(update('ADD n :one', { ':one': 1 }, conditional))).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
    })
    expect(await world.stored(SEALED)).toBe(undefined)
  })

  test('that they made it is noticed', async () => {
    await world.raw.send(new DeleteItemCommand({ TableName: SEALED, Key: wireKey }))
    const theirs = sealedDocument(world.client())
    const client = between(meanwhile(() => theirs.send(new PutCommand({ TableName: SEALED, Item: ITEM }))))
    await client.send(update('ADD n :one', { ':one': 1 }))
    expect(await load()).toEqual({ ...ITEM, n: 2 })
  })

  test('what is not signed is not lost either', async () => {
    const options = () => ({
      format: format({
        tables: { [SEALED]: { allowedUnsignedAttributes: ['hits'], allowedUnsignedAttributePrefix: ':' } },
      }),
    })
    const mine = sealedDocument(world.client(), options())
    await mine.send(new PutCommand({ TableName: SEALED, Item: { ...ITEM, hits: 1, ':x': 1 } }))
    // As the official client does it: the header stays.
    const hit = (name: string) =>
      world.raw.send(
        new UpdateItemCommand({
          ...{ TableName: SEALED, Key: wireKey, UpdateExpression: 'ADD #h :one' },
          ...{ ExpressionAttributeNames: { '#h': name }, ExpressionAttributeValues: { ':one': { N: '1' } } },
        }),
      )
    for (const name of ['hits', ':x'])
      await between(
        meanwhile(() => hit(name)),
        {},
        options(),
      ).send(update('ADD n :one', { ':one': 1 }))
    expect(await load(mine)).toEqual({ ...ITEM, n: 3, hits: 2, ':x': 2 })
    await mine.send(update('REMOVE hits'))
    await between(
      meanwhile(() => hit('hits')),
      {},
      options(),
    ).send(update('ADD n :one', { ':one': 1 }))
    expect(await load(mine)).toEqual({ ...ITEM, n: 4, hits: 1, ':x': 2 })
  })

  test('an item in clear that somebody changes is read again', async () => {
    await world.raw.send(put(SEALED, { ...wireKey, n: { N: '1' }, plan: { S: 'pro' } }))
    const change = () => world.raw.send(put(SEALED, { ...wireKey, n: { N: '1' }, plan: { S: 'free' } }))
    await between(meanwhile(change), {}, { plaintext: 'allow' }).send(update('ADD n :one', { ':one': 1 }))
    expect(await load()).toEqual({ ...Key, n: 2, plan: 'free' })
  })

  test('an item in clear to which somebody adds what is to be encrypted is read again', async () => {
    await world.raw.send(put(SEALED, { ...wireKey, n: { N: '1' } }))
    const change = () => world.raw.send(put(SEALED, { ...wireKey, n: { N: '1' }, secret: { S: 'new' } }))
    await between(meanwhile(change), {}, { plaintext: 'allow' }).send(update('ADD n :one', { ':one': 1 }))
    expect(await load()).toEqual({ ...Key, n: 2, secret: 'new' })
  })

  test('always: it ends with an error, and nothing is written', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0)
    const theirs = sealedDocument(world.client())
    let times = 0
    const change = () => theirs.send(update('SET plan = :p', { ':p': `plan ${++times}` }))
    const client = between(meanwhile(change, 1000))
    await expect(client.send(update('ADD n :one', { ':one': 1 }))).rejects.toMatchObject({
      code: 'write-conflict',
      message: expect.stringMatching(/table sealed \(key id\).*12 times/),
    })
    vi.restoreAllMocks()
    expect(times).toBe(12)
    expect(await load()).toMatchObject({ n: 1, plan: 'plan 12' })
  })

  test('and the caller gives up: it ends', async () => {
    const controller = new AbortController()
    const theirs = sealedDocument(world.client())
    const client = between(
      meanwhile(async () => {
        await theirs.send(update('SET plan = :p', { ':p': 'free' }))
        controller.abort()
      }, 1000),
    )
    const sent = client.send(update('ADD n :one', { ':one': 1 }), { abortSignal: controller.signal })
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('faults', () => {
  test('a write that was done and not answered is not done twice', async () => {
    let lost = 0
    const client = between(
      async (input, forward) => {
        const output = await forward(input)
        // The SDK sends again from below; so it looks to the engine.
        if ('Item' in input && lost++ === 0) return forward(input)
        return output
      },
      { maxAttempts: 2 },
    )
    const { Attributes } = await client.send(
      update('ADD n :one', { ':one': 1 }, { ReturnValues: 'UPDATED_NEW' }),
    )
    expect(lost).toBe(1)
    expect(Attributes).toEqual({ n: 2 })
    expect(await load()).toMatchObject({ n: 2 })
  })

  test('an item that was tampered with is not changed, also where others are left out', async () => {
    const stored = (await world.stored(SEALED))!
    await world.raw.send(put(SEALED, { ...stored, plan: { S: 'enterprise' } }))
    const client = sealedDocument(world.client())
    const changed = () => client.send(update('ADD n :one', { ':one': 1 }))
    await expect(changed()).rejects.toMatchObject({ code: 'fields-not-opened' })
    await expect(openPartially(changed)).rejects.toMatchObject({ code: 'fields-not-opened' })
    expect(await world.stored(SEALED)).toEqual({ ...stored, plan: { S: 'enterprise' } })
  })

  test('an error of DynamoDB is handed on, and nothing is tried again', async () => {
    let puts = 0
    const client = between(async (input, forward) => {
      if (!('Item' in input)) return forward(input)
      puts++
      throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' })
    })
    await expect(client.send(update('ADD n :one', { ':one': 1 }))).rejects.toMatchObject({
      name: 'ThrottlingException',
    })
    expect(puts).toBe(1)
  })

  test.each([
    ['an attribute that is not there', 'SET n = nothing + :one', 'ValidationException'],
    ['a text that is added to', 'SET n = secret + :one', 'ValidationException'],
    ['a key', 'SET id = secret', 'ValidationException'],
    ['a placeholder without a value', 'SET n = :none', 'ValidationException'],
  ])('what DynamoDB refuses is refused as it does: %s', async (_, expression, name) => {
    const before = await world.stored(SEALED)
    const sent = sealedDocument(world.client()).send(update(expression, { ':one': 1 }))
    await expect(sent).rejects.toMatchObject({ name, $fault: 'client', $metadata: { httpStatusCode: 400 } })
    expect(await world.stored(SEALED)).toEqual(before)
  })
})

describe('what is refused', () => {
  test('updates, unless they are asked for', async () => {
    const client = sealedDocument(world.client(), { updates: 'refuse' })
    await expect(client.send(update('REMOVE plan'))).rejects.toMatchObject({
      code: 'update-refused',
      message: expect.stringContaining("updates: 'read-change-write'"),
    })
    const conditional = new DeleteCommand({
      ...{
        TableName: SEALED,
        Key,
        ConditionExpression: 'n = :one',
        ExpressionAttributeValues: { ':one': 1 },
      },
    })
    await expect(client.send(conditional)).rejects.toMatchObject({
      code: 'condition-refused',
      message: expect.stringContaining("updates: 'read-change-write'"),
    })
  })

  test.each([
    ['SET plan = secret', {}],
    ['SET copy = if_not_exists(missing, secret)', {}],
    ['SET copy = if_not_exists(secret, :v)', { ':v': 'none' }],
    ['SET copy = n + :v', { ':v': 1 }],
    ['SET copy = list_append(:v, l)', { ':v': [] }],
    ['SET copy = l[0]', {}],
    ['SET secret = :v, plan = secret', { ':v': 'another' }],
  ])('what would copy something encrypted into the clear: %s', async (expression, values) => {
    const before = await world.stored(SEALED)
    await expect(sealedDocument(world.client()).send(update(expression, values))).rejects.toMatchObject({
      code: 'update-refused',
      message: expect.stringMatching(/'(secret|n|l|l\[0\])' of table sealed is encrypted.*in clear/),
    })
    expect(await world.stored(SEALED)).toEqual(before)
  })

  test('also what another application has encrypted, but not a copy that is encrypted, or of what is in clear', async () => {
    const client = sealedDocument(world.client())
    await client.send(update('SET secret = l[0], t = plan, copy = plan, n = n + :one', { ':one': 1 }))
    expect(await load()).toEqual({ ...ITEM, secret: 'a', t: 'pro', copy: 'pro', n: 2 })
    const theirs = await other().encryptItem({ ...wireKey, plan: { S: 'free' }, secret: { S: 's' } })
    await world.raw.send(put(SEALED, theirs as Item))
    await expect(client.send(update('SET copy = plan'))).rejects.toMatchObject({ code: 'update-refused' })
    await client.send(update('SET secret = plan'))
    expect(await load()).toEqual({ ...Key, plan: 'free', secret: 'free' })
  })

  test.each(['seal', 'open'] as const)('a client that may only %s', async role => {
    const client = sealedDocument(world.client(), { role })
    world.cloud.clearCalls()
    await expect(client.send(update('REMOVE plan'))).rejects.toMatchObject({ code: 'role-refused' })
    expect(world.cloud.calls({ service: 'dynamodb' })).toEqual([])
  })

  test('the option for a format that seals attributes', () => {
    const options = { updates: 'read-change-write', keyring: keyring(), format: 'message' } as const
    expect(() => sealedDocument(world.client(), options)).toThrow(
      /updates is for formats that seal items as wholes/,
    )
    expect(() => sealedDocument(world.client(), { updates: 'sometimes' as never })).toThrow(/updates must be/)
  })

  test.each(['AttributeUpdates', 'Expected'])('%s', async name => {
    const sent = sealedDocument(world.client()).send(update('REMOVE plan', {}, { [name]: {} }))
    await expect(sent).rejects.toMatchObject({ code: 'command-unsupported' })
  })

  test('ReturnValues that there are not', async () => {
    const sent = sealedDocument(world.client()).send(update('REMOVE plan', {}, { ReturnValues: 'SOME' }))
    await expect(sent).rejects.toMatchObject({ code: 'command-unsupported' })
  })
})
