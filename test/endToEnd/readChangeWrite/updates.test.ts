// Updates of items that are sealed as wholes: what is changed, sent and returned, and what fails.
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  PutCommand,
  ScanCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import type { Item as SdkItem } from '@dynaseal/db-esdk'
import { openPartially, sealDocumentClient, search } from '@dynaseal/document-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ITEM, Key, other, update, wireKey, withItem } from './oneItem.js'
import {
  format,
  type Item,
  keyring,
  PLAIN,
  put,
  SEALED,
  sealedBase,
  sealedDocument,
  type Twins,
  twins,
} from './twins.js'

const given = withItem()

describe('what DynamoDB refuses before it looks at the item, it refuses before the condition', () => {
  // The other engine looks at the item before it sees that a key would change.
  let dynalite: Twins
  beforeAll(async () => {
    dynalite = await twins('dynalite')
  })
  afterAll(() => dynalite.stop())
  const never = { ConditionExpression: 'attribute_exists(nothing)' }
  test.each<[string, Record<string, unknown>]>([
    ['SET m = :v, m.x = :v', { ':v': 1 }],
    ['SET n = :v REMOVE n', { ':v': 1 }],
    ['SET id = :v', { ':v': 'two' }],
    ['SET n = n + :v', { ':v': 'text' }],
    ['SET l = list_append(l, :v)', { ':v': 1 }],
    ['SET l = if_not_exists(l, :w)', { ':v': 1 }],
    ['ADD n :v', { ':v': 'text' }],
    ['DELETE s :v', { ':v': 1 }],
  ])('%s', async (expression, values) => {
    const send = (client: Pick<DynamoDBDocumentClient, 'send'>, TableName: string) =>
      client.send(
        new UpdateCommand({ ...update(expression, values, never).input, TableName } as UpdateCommandInput),
      )
    const sealed = send(sealedDocument(given.world.client()), SEALED)
    await expect(sealed).rejects.toMatchObject({ name: 'ValidationException' })
    const inClear = send(DynamoDBDocumentClient.from(dynalite.client()), PLAIN)
    await expect(inClear).rejects.toMatchObject({ name: 'ValidationException' })
  })
})

describe('an update', () => {
  test('changes what is encrypted, and the item opens for others', async () => {
    const client = sealedDocument(given.world.client())
    const changes = update(
      'SET #n = n + :two, l = list_append(l, :more), secret = if_not_exists(nothing, :new) ADD s :s REMOVE plan',
      { ':two': 2, ':more': ['b'], ':new': 'another', ':s': new Set(['y']) },
      { ExpressionAttributeNames: { '#n': 'n' }, ReturnValues: 'ALL_NEW' },
    )
    const expected = { ...Key, n: 3, l: ['a', 'b'], s: new Set(['x', 'y']), secret: 'another' }
    expect((await client.send(changes)).Attributes).toEqual(expected)
    expect(await given.load()).toEqual(expected)
    const stored = (await given.world.stored(SEALED)) as SdkItem
    expect([stored.n, stored.secret]).toEqual([{ B: expect.any(Uint8Array) }, { B: expect.any(Uint8Array) }])
    expect(await other().decryptItem(stored)).toMatchObject({ n: { N: '3' }, secret: { S: 'another' } })
  })

  test('of an item that is not there makes a sealed one', async () => {
    const client = sealedDocument(given.world.client())
    await client.send(new DeleteCommand({ TableName: SEALED, Key }))
    await client.send(update('ADD n :n', { ':n': 5 }))
    expect(await given.load()).toEqual({ ...Key, n: 5 })
    await client.send(new DeleteCommand({ TableName: SEALED, Key }))
    await client.send(new UpdateCommand({ TableName: SEALED, Key }))
    expect(await given.load()).toEqual(Key)
    expect(await given.world.stored(SEALED)).toHaveProperty('aws_dbe_foot')
  })

  test('sends as little as there is: one read and one write', async () => {
    given.world.cloud.clearCalls()
    await sealedDocument(given.world.client()).send(update('ADD n :n', { ':n': 1 }))
    expect(given.world.cloud.calls({ service: 'dynamodb' }).map(({ operation }) => operation)).toEqual([
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
    await given.world.raw.send(put(SEALED, theirs as Item))
    const client = sealedDocument(given.world.client(), {}, declaration)
    await client.send(update('SET secret = :s, n = n + :one', { ':s': 't', ':one': 1 }))
    expect(await given.world.stored(SEALED)).toMatchObject({
      plan: { B: expect.any(Uint8Array) },
      n: { N: '2' },
    })
    expect(await given.load(client)).toEqual({ ...Key, plan: 'free', secret: 't', n: 2 })
    await client.send(update('REMOVE plan'))
    expect(await given.load(client)).toEqual({ ...Key, secret: 't', n: 2 })
  })

  test('does not take away by what another application finds the item', async () => {
    const found = { ...(await given.world.stored(SEALED))!, aws_dbe_b_secret: { S: 'a beacon' } }
    await given.world.raw.send(put(SEALED, found))
    await expect(sealedDocument(given.world.client()).send(update('REMOVE plan'))).rejects.toMatchObject({
      code: 'update-refused',
      message: expect.stringContaining('aws_dbe_b_secret'),
    })
    expect(await given.world.stored(SEALED)).toEqual(found)
  })

  test('makes anew by what this application finds the item', async () => {
    const key = await createSearchKey(keyring())
    const options = { search: createSearchTokens({ keyring: keyring(), writeWith: key }) }
    const tokens = { found: { of: 'secret' } }
    const client = sealedDocument(given.world.client(), options, { tokens })
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
    expect(await given.world.stored(SEALED)).not.toHaveProperty('found')
    await expect(client.send(update('SET l = :l', { ':l': [search('new')] }))).rejects.toMatchObject({
      code: 'invalid-value',
    })
  })

  test('leaves numbers alone that JavaScript cannot hold', async () => {
    const digits = '12345678901234567890123456789012345678'
    const stored: Item = { ...wireKey, n: { N: digits }, clear: { N: `0.${digits}` }, t: { S: '' } }
    await sealedBase(given.world.client()).send(put(SEALED, stored))
    const marshallOptions = { convertEmptyValues: true, removeUndefinedValues: true }
    const client = sealDocumentClient(
      DynamoDBDocumentClient.from(given.world.client(), { marshallOptions }),
      {
        ...{ format: format(), updates: 'read-change-write' },
      },
    ).declare({ table: SEALED, key: ['id'], encrypted: ['n', 't', 'secret'] })
    await client.send(update('SET secret = :s', { ':s': 'x' }))
    const { Item } = await sealedBase(given.world.client()).send(
      new GetItemCommand({ TableName: SEALED, Key: wireKey, ConsistentRead: true }),
    )
    expect(Item).toEqual({ ...stored, secret: { S: 'x' } })
  })

  test('of attribute values is one of attribute values', async () => {
    const command = new UpdateItemCommand({
      ...{ TableName: SEALED, Key: wireKey, UpdateExpression: 'ADD n :n' },
      ExpressionAttributeValues: { ':n': { N: '0.5' } },
      ReturnValues: 'UPDATED_NEW',
    })
    expect((await sealedBase(given.world.client()).send(command)).Attributes).toEqual({ n: { N: '1.5' } })
  })

  test('of an item in clear seals it, where these may be read', async () => {
    await given.world.raw.send(put(SEALED, { ...wireKey, n: { N: '1' }, plan: { S: 'pro' } }))
    await expect(
      sealedDocument(given.world.client()).send(update('ADD n :n', { ':n': 1 })),
    ).rejects.toMatchObject({
      code: 'fields-not-opened',
    })
    await sealedDocument(given.world.client(), { plaintext: 'allow' }).send(update('ADD n :n', { ':n': 1 }))
    expect(await given.load()).toEqual({ ...Key, n: 2, plan: 'pro' })
  })

  test('tells what it consumed: the read, and the write', async () => {
    const returned = { ReturnConsumedCapacity: 'TOTAL', ReturnItemCollectionMetrics: 'SIZE' } as const
    const { raw } = given.world
    const { ConsumedCapacity: read } = await raw.send(
      new GetItemCommand({ TableName: SEALED, Key: wireKey, ConsistentRead: true, ...returned }),
    )
    const { ConsumedCapacity: write } = await raw.send(
      new PutItemCommand({ TableName: SEALED, Item: (await given.world.stored(SEALED))!, ...returned }),
    )
    const output = await sealedDocument(given.world.client()).send(update('ADD n :n', { ':n': 1 }, returned))
    expect(output.ConsumedCapacity).toEqual({
      TableName: SEALED,
      CapacityUnits: read!.CapacityUnits! + write!.CapacityUnits!,
    })
    expect(
      (await sealedDocument(given.world.client()).send(update('ADD n :n', { ':n': 1 }))).ConsumedCapacity,
    ).toBe(undefined)
  })
})

describe('faults', () => {
  test('a write that was done and not answered is not done twice', async () => {
    let lost = 0
    const client = given.between(
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
    expect(await given.load()).toMatchObject({ n: 2 })
  })

  test('an item that was tampered with is not changed, also where others are left out', async () => {
    const stored = (await given.world.stored(SEALED))!
    await given.world.raw.send(put(SEALED, { ...stored, plan: { S: 'enterprise' } }))
    const client = sealedDocument(given.world.client())
    const changed = () => client.send(update('ADD n :one', { ':one': 1 }))
    await expect(changed()).rejects.toMatchObject({ code: 'fields-not-opened' })
    await expect(openPartially(changed)).rejects.toMatchObject({ code: 'fields-not-opened' })
    expect(await given.world.stored(SEALED)).toEqual({ ...stored, plan: { S: 'enterprise' } })
  })

  test('an error of DynamoDB is handed on, and nothing is tried again', async () => {
    let puts = 0
    const client = given.between(async (input, forward) => {
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
    const before = await given.world.stored(SEALED)
    const sent = sealedDocument(given.world.client()).send(update(expression, { ':one': 1 }))
    await expect(sent).rejects.toMatchObject({ name, $fault: 'client', $metadata: { httpStatusCode: 400 } })
    expect(await given.world.stored(SEALED)).toEqual(before)
  })
})
