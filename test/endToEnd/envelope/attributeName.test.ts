// The envelope attribute is the format's own: nobody else declares it, asks for it or writes it, whatever its name.
import {
  DeleteCommand,
  GetCommand,
  PutCommand,
  BatchGetCommand as RawBatchGet,
  BatchWriteCommand as RawBatchWrite,
  QueryCommand as RawQuery,
  ScanCommand as RawScan,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { encrypted, type SealedDocumentClient } from '@dynaseal/toolbox'
import {
  BatchPutRequest,
  BatchWriteCommand,
  Entity,
  executeBatchWrite,
  GetItemCommand,
  item,
  map,
  PutItemCommand,
  QueryCommand,
  string,
  Table,
} from 'dynamodb-toolbox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type PartialBatches, startPartialBatches } from '../../support/partialBatches.js'
import { leaks } from '../../support/recordingProxy.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'
import { type Attributes, type Buildable, on } from '../matrix/loose.js'
import type { Seal } from '../matrix/placement.js'
import { createTable, formsIn, PUT, people, person, storedIn } from './people.js'

const TABLE = 'people'
const seal = encrypted as Seal
let world: World

beforeAll(async () => {
  world = await createWorld()
  await createTable(world, TABLE)
})
afterAll(() => world.stop())
beforeEach(() => {
  world.proxy.sent.length = 0
})

const client = (options: object = {}, region = EAST) =>
  world.sealedClient(region, { format: 'envelope', ...options })
const sentRequests = () => world.cloud.calls({ service: 'dynamodb' }).length

describe.each(['dynaseal', 'e', 'an.odd name:#[0]'])('with the name %j', envelopeAttribute => {
  const key = { pk: envelopeAttribute, sk: '1' }
  let sealed: SealedDocumentClient
  let Person: Buildable

  beforeAll(async () => {
    sealed = client({ envelopeAttribute })
    Person = people(sealed, TABLE, seal).Person as Buildable
    await on(Person, PutItemCommand)
      .item({ ...key, ...person(1) })
      .send()
  })

  test('the envelope is stored there, read with any projection, and never handed out', async () => {
    const stored = await storedIn(world, TABLE, key)
    const { dynaseal: _, ...fields } = PUT
    expect(formsIn(stored)).toEqual({ [envelopeAttribute]: 'envelope', ...fields })
    await world.cloud.waitForReplication()
    const west = people(client({ envelopeAttribute }, WEST), TABLE, seal)
    const whole = await on(west.Person, GetItemCommand).key(key).send()
    expect(whole.Item).not.toHaveProperty([envelopeAttribute])
    expect(whole.Item).toMatchObject(person(1))
    const query = on(west.table as never, QueryCommand)
      .entities(west.Person)
      .query({ partition: key.pk })
    expect((await query.options({ attributes: ['codes[1]', 'plain'] }).send()).Items).toEqual([
      { codes: ['secret second 1'], plain: 'plain 1' },
    ])
    const raw = await sealed.send(new GetCommand({ TableName: TABLE, Key: key, ConsistentRead: true }))
    expect(raw.Item).not.toHaveProperty([envelopeAttribute])
  })

  const names = { '#e': envelopeAttribute, '#t': 'text', '#k': 'pk' }
  const expression = (more: object) => ({ TableName: TABLE, ExpressionAttributeNames: names, ...more })
  const operand = (value: unknown) => ({ ExpressionAttributeValues: { ':v': value } })
  const update = (UpdateExpression: string, more: object = {}) =>
    new UpdateCommand(expression({ Key: key, UpdateExpression, ...more }) as never)
  const bytes = new Uint8Array([0xda, 0x5e, 0x20])

  test.each<[string, string, () => object]>([
    ['an update that sets it', 'update-refused', () => update('SET #e = :v', operand(bytes))],
    ['an update inside of it', 'update-refused', () => update('SET #e.#t = :v', operand('x'))],
    ['an update that removes it', 'update-refused', () => update('REMOVE #e')],
    ['an update that adds to it', 'update-refused', () => update('ADD #e :v', operand(1))],
    [
      'an update that deletes from it',
      'update-refused',
      () => update('DELETE #e :v', operand(new Set(['x']))),
    ],
    ['an update that copies it', 'update-refused', () => update('SET plain = #e')],
    [
      'an update that asks for it',
      'update-refused',
      () => update('SET plain = if_not_exists(#e, :v)', operand('x')),
    ],
    [
      'the condition of an update',
      'condition-refused',
      () => update('SET plain = :v', { ...operand('x'), ConditionExpression: 'attribute_exists(#e)' }),
    ],
    [
      'the condition of a put',
      'condition-refused',
      () =>
        new PutCommand(
          expression({ Item: { ...key }, ConditionExpression: 'attribute_not_exists(#e)' }) as never,
        ),
    ],
    [
      'the condition of a delete',
      'condition-refused',
      () =>
        new DeleteCommand(
          expression({ Key: key, ConditionExpression: 'size(#e) > :v', ...operand(1) }) as never,
        ),
    ],
    [
      'a condition check',
      'condition-refused',
      () =>
        new TransactWriteCommand({
          TransactItems: [
            {
              ConditionCheck: expression({
                Key: key,
                ConditionExpression: 'attribute_type(#e, :v)',
                ...operand('B'),
              }) as never,
            },
          ],
        }),
    ],
    [
      'a filter',
      'condition-refused',
      () => new RawScan(expression({ FilterExpression: 'begins_with(#e, :v)', ...operand(bytes) })),
    ],
    [
      'a key condition',
      'condition-refused',
      () => new RawQuery(expression({ KeyConditionExpression: '#e = :v', ...operand('x') })),
    ],
    [
      'the projection of a get',
      'projection-refused',
      () => new GetCommand(expression({ Key: key, ProjectionExpression: '#t, #e' }) as never),
    ],
    [
      'the projection of a query',
      'projection-refused',
      () =>
        new RawQuery(
          expression({ ProjectionExpression: '#e', KeyConditionExpression: '#k = :v', ...operand('a') }),
        ),
    ],
    [
      'the projection of a scan',
      'projection-refused',
      () => new RawScan(expression({ ProjectionExpression: '#e[0]' })),
    ],
    [
      'the projection of a batch',
      'projection-refused',
      () =>
        new RawBatchGet({
          RequestItems: {
            [TABLE]: {
              Keys: [key],
              ProjectionExpression: '#e',
              ExpressionAttributeNames: { '#e': envelopeAttribute },
            },
          },
        }),
    ],
    [
      'the projection of a transaction',
      'projection-refused',
      () =>
        new TransactGetCommand({
          TransactItems: [{ Get: expression({ Key: key, ProjectionExpression: '#e' }) as never }],
        }),
    ],
  ])('nothing is sent of %s', async (_, code, command) => {
    const before = sentRequests()
    const error = await sealed.send(command() as never).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code })
    expect((error as Error).message).toContain(envelopeAttribute)
    expect((error as Error).message).toContain('envelopeAttribute')
    expect(sentRequests()).toBe(before)
  })

  test.each<[string, (stored: Attributes) => Attributes]>([
    ['text, and nothing to seal', () => ({ [envelopeAttribute]: 'mine' })],
    ['bytes, and nothing to seal', () => ({ [envelopeAttribute]: bytes })],
    ['an envelope, and nothing to seal', stored => ({ [envelopeAttribute]: stored[envelopeAttribute] })],
    ['a field', stored => ({ [envelopeAttribute]: stored.text })],
    ['text, beside what is sealed', stored => ({ ...stored, [envelopeAttribute]: 'mine' })],
    ['nothing, beside a short field', stored => ({ text: stored.text })],
    [
      'an envelope of another data key, beside a short field',
      stored => ({ text: stored.text, [envelopeAttribute]: stored.other }),
    ],
    [
      'an envelope, beside what is in clear',
      stored => ({ [envelopeAttribute]: stored[envelopeAttribute], text: 'secret' }),
    ],
  ])('nothing is sent of a put that has %s there', async (_, make) => {
    const other = people(client({ envelopeAttribute }), TABLE, seal).Person as Buildable
    await on(other, PutItemCommand)
      .item({ ...key, sk: 'other', text: 'x' })
      .send()
    const others = (await storedIn(world, TABLE, { ...key, sk: 'other' }))[envelopeAttribute]
    const made = make({ ...(await storedIn(world, TABLE, key)), other: others })
    const { other: _other, ...attributes } = made
    const Item = { ...attributes, ...key, _et: 'Person' }
    const before = sentRequests()
    for (const command of [
      new PutCommand({ TableName: TABLE, Item }),
      new RawBatchWrite({ RequestItems: { [TABLE]: [{ PutRequest: { Item } }] } }),
      new TransactWriteCommand({ TransactItems: [{ Put: { TableName: TABLE, Item } }] }),
    ])
      await expect(sealed.send(command as never)).rejects.toMatchObject({ code: 'plaintext-refused' })
    expect(sentRequests()).toBe(before)
    expect(leaks(world.proxy.sent, ['secret'])).toEqual([])
  })

  test('nothing is sent of a put through the entity whose item was given it on its way', async () => {
    const before = sentRequests()
    // What the entity makes of an item is pending; something between it and the client adds the attribute.
    const params = on(Person, PutItemCommand)
      .item({ ...key, text: 'secret' })
      .params() as { Item: Attributes }
    for (const planted of ['mine', bytes, null]) {
      const Item = { ...params.Item, [envelopeAttribute]: planted }
      const put = sealed.send(new PutCommand({ TableName: TABLE, Item }))
      await expect(put).rejects.toMatchObject({ code: 'plaintext-refused' })
    }
    expect(sentRequests()).toBe(before)
  })

  test('no entity is registered that has it', () => {
    const table = new Table({
      documentClient: sealed,
      name: TABLE,
      partitionKey: { name: 'pk', type: 'string' },
      sortKey: { name: 'sk', type: 'string' },
    })
    const keys = { pk: string().key(), sk: string().key() }
    for (const attribute of [
      { [envelopeAttribute]: string() },
      { [envelopeAttribute]: encrypted(string()) },
      { renamed: string().savedAs(envelopeAttribute) },
      { [envelopeAttribute]: map({ inside: string() }) },
    ]) {
      const E = new Entity({
        name: 'E',
        table,
        schema: item({ ...keys, ...(attribute as { x: ReturnType<typeof string> }) }),
      })
      expect(() => sealed.register(E)).toThrow(
        expect.objectContaining({
          code: 'invalid-schema',
          message: expect.stringContaining('envelopeAttribute'),
        }),
      )
    }
    const E = new Entity({
      name: 'E',
      table,
      schema: item({ ...keys, inside: map({ dynaseal: string(), e: string().optional() }).optional() }),
    })
    expect(() => sealed.register(E)).not.toThrow()
  })
})

test('a reader that looks for it under another name says which attribute is missing', async () => {
  const writer = people(client(), TABLE, seal).Person as Buildable
  await on(writer, PutItemCommand).item({ pk: 'name', sk: '1', text: 'secret' }).send()
  const reader = people(client({ envelopeAttribute: 'e' }), TABLE, seal).Person as Buildable
  const get = on(reader, GetItemCommand).key({ pk: 'name', sk: '1' }).options({ consistent: true })
  await expect(get.send()).rejects.toMatchObject({
    failures: [{ code: 'missing-envelope', message: expect.stringContaining("'e'") }],
  })
})

describe('items that DynamoDB did not process', () => {
  let partial: PartialBatches
  beforeAll(async () => {
    partial = await startPartialBatches(world.cloud.endpoint, 1)
  })
  afterAll(() => partial.stop())

  test.each([
    ['short fields', {}],
    ["fields: 'full'", { fields: 'full' }],
    ['messages', { format: 'message' }],
  ])('are sent again as they were, with %s', async (pk, options) => {
    const behind: World = {
      ...world,
      config: region => ({ ...world.config(region), endpoint: partial.endpoint }),
    }
    const base = behind.config(EAST)
    const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb')
    const { DynamoDBDocumentClient } = await import('@aws-sdk/lib-dynamodb')
    const { sealDocumentClient } = await import('@dynaseal/toolbox')
    const sealed = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(base)), {
      keyring: world.keyring(EAST),
      ...(options as { format: 'message' }),
    })
    const { table, Person } = people(sealed, TABLE, seal)
    const requests = ['1', '2', '3'].map(sk => on(Person, BatchPutRequest).item({ pk, sk, ...person(sk) }))
    world.cloud.clearCalls()
    await executeBatchWrite(
      { maxAttempts: 3 },
      on(table as never, BatchWriteCommand).requests(...requests) as never,
    )
    expect(world.kmsCalls()).toEqual([`GenerateDataKey ${EAST}`])
    const reader = people(client(), TABLE, seal).Person as Buildable
    for (const sk of ['1', '2', '3']) {
      const get = on(reader, GetItemCommand).key({ pk, sk }).options({ consistent: true })
      expect((await get.send()).Item).toMatchObject(person(sk))
    }
  })
})
