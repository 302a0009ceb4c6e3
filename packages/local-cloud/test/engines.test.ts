import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import dynalite from 'dynalite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCloud, ReplicationError, startLocalCloud } from '../src/index.js'
import { createGlobalTable, documentClient, dynamoClient } from './clients.js'
import { send } from './wire.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'

describe('a DynamoDB server that somebody else runs', () => {
  let server: Server
  let url: string
  let cloud: LocalCloud

  beforeAll(async () => {
    server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    cloud = await startLocalCloud({ regions: [EAST, WEST], engines: { [WEST]: url } })
  })

  afterAll(async () => {
    await cloud.stop()
    server.close()
  })

  it('is one region of a global table', async () => {
    const TableName = 'mixed'
    await createGlobalTable(cloud, TableName, [EAST, WEST])
    await documentClient(cloud, EAST).put({ TableName, Item: { id: '1', by: 'east' } })
    await documentClient(cloud, WEST).put({ TableName, Item: { id: '2', by: 'west' } })
    await cloud.waitForReplication()
    for (const region of [EAST, WEST]) {
      const { Items } = await documentClient(cloud, region).scan({ TableName })
      expect(Items).toHaveLength(2)
    }
  })

  it('where a table was deleted directly misses what is written elsewhere, and the wait says so', async () => {
    const TableName = 'deleted'
    await createGlobalTable(cloud, TableName, [EAST, WEST])
    await dynamoClient({ endpoint: url }, WEST).deleteTable({ TableName })
    const east = documentClient(cloud, EAST)
    await east.put({ TableName, Item: { id: '1' } })
    const refused = (id: string) => [
      {
        tableName: TableName,
        key: { id: { S: id } },
        from: EAST,
        to: WEST,
        error: 'ResourceNotFoundException',
        message: 'Requested resource not found',
      },
    ]
    const error = await cloud.waitForReplication().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ReplicationError)
    expect((error as ReplicationError).refused).toEqual(refused('1'))
    await east.put({ TableName, Item: { id: '2' } })
    const answer = await fetch(`${cloud.endpoint}/_local/replication/wait`, { method: 'POST' })
    expect(answer.status).toBe(409)
    expect(await answer.json()).toEqual({
      error: expect.stringContaining('1 write was refused in another region, for good.'),
      refused: refused('2'),
    })
    await cloud.waitForReplication()
  })

  it('answers for itself what it does not have', async () => {
    await expect(dynamoClient(cloud, WEST).transactWriteItems({ TransactItems: [] })).rejects.toMatchObject({
      name: 'UnknownOperationException',
    })
  })

  it.each([
    [{ 'eu-west-1': 'http://127.0.0.1:8000' }, 'There is an engine for eu-west-1, but no such region'],
    [{ [EAST]: 'localhost' }, 'The engine of us-east-1 is an http:// URL, not "localhost"'],
  ])('is refused as %j', async (engines, message) => {
    await expect(startLocalCloud({ regions: [EAST], engines })).rejects.toThrow(new RangeError(message))
  })

  it('is refused by a name that is not one', async () => {
    const engine = 'sqlite' as 'dynoxide'
    await expect(startLocalCloud({ regions: [EAST], engine })).rejects.toThrow(
      new RangeError('There is no engine "sqlite"; there are dynalite and dynoxide'),
    )
  })

  it('that does not answer is named', async () => {
    const lost = await startLocalCloud({ regions: [EAST], engines: { [EAST]: 'http://127.0.0.1:1' } })
    await expect(dynamoClient(lost, EAST).listTables({})).rejects.toMatchObject({
      name: 'InternalServerError',
      message: expect.stringContaining('http://127.0.0.1:1 does not answer'),
    })
    await lost.stop()
  })
})

describe('a request that makes dynalite throw', () => {
  let cloud: LocalCloud

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: [EAST] })
    await createGlobalTable(cloud, 'table', [EAST])
  })

  afterAll(() => cloud.stop())

  // None of these is one that an SDK's types allow.
  it.each([
    ['at once', 'PutItem', { TableName: 'table', Item: { id: { S: '1' }, set: { SS: [null] } } }],
    [
      'in a callback',
      'TagResource',
      { ResourceArn: `arn:aws:dynamodb:${EAST}:000000000000:table/table`, Tags: [{ Key: 'no value' }] },
    ],
    [
      'in another callback',
      'UpdateItem',
      {
        TableName: 'table',
        Key: { id: { S: '2' } },
        UpdateExpression: 'ADD tags :v',
        ExpressionAttributeValues: { ':v': { SS: [null] } },
      },
    ],
  ])('%s is answered with 500, and others go on', async (_, operation, input) => {
    const answer = await send(cloud.endpoint, { service: 'dynamodb', region: EAST, operation, input })
    expect(answer.status).toBe(500)
    expect(answer.json).toMatchObject({
      __type: 'com.amazonaws.dynamodb.v20120810#InternalServerError',
      message: expect.stringMatching(/^The local cloud failed: dynalite failed: /),
    })
    // The item that it was about is not locked for ever.
    const client = documentClient(cloud, EAST)
    for (const id of ['1', '2', 'other']) {
      await client.put({ TableName: 'table', Item: { id } })
      expect((await client.get({ TableName: 'table', Key: { id } })).Item).toEqual({ id })
    }
  })
})

describe('an operation that dynalite does not have', () => {
  let cloud: LocalCloud

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: [EAST] })
  })

  afterAll(() => cloud.stop())

  const arn = `arn:aws:dynamodb:${EAST}:000000000000:table/any`
  const statement = { Statement: 'SELECT * FROM any' }

  it.each([
    ['TransactWriteItems', { TransactItems: [] }],
    ['TransactGetItems', { TransactItems: [] }],
    ['ExecuteStatement', statement],
    ['BatchExecuteStatement', { Statements: [statement] }],
    ['ExecuteTransaction', { TransactStatements: [statement] }],
    ['UpdateTimeToLive', { TableName: 'any' }],
    ['ListStreams', {}],
    ['DescribeStream', { StreamArn: arn }],
    ['GetShardIterator', { StreamArn: arn }],
    ['GetRecords', {}],
  ])('is refused with the engine that has it: %s', async (operation, input) => {
    const { status, json } = await send(cloud.endpoint, {
      service: 'dynamodb',
      region: EAST,
      operation,
      input,
    })
    expect(status).toBe(400)
    expect(json).toEqual({
      __type: 'com.amazonaws.dynamodb.v20120810#UnknownOperationException',
      message:
        `${operation} is not there: dynalite, the engine behind this DynamoDB, does not have it. ` +
        "dynoxide has it: start the local cloud with --engine dynoxide (in TypeScript engine: 'dynoxide'), " +
        'or run a DynamoDB server yourself and give its URL as `engines`.',
    })
  })

  it('may be wanted by the definition of a table, not by a change of one: a stream', async () => {
    const client = dynamoClient(cloud, EAST)
    const TableName = 'streaming'
    const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' as const }
    await client.createTable({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification,
    })
    const { Table } = await client.describeTable({ TableName })
    expect(Table?.StreamSpecification).toBeUndefined()
    expect(Table?.LatestStreamArn).toBeUndefined()
    const change = { TableName, BillingMode: 'PAY_PER_REQUEST' as const }
    await expect(client.updateTable({ ...change, StreamSpecification })).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringMatching(/^Starting a stream is not there: dynalite, .* dynoxide has it: /),
    })
  })

  it('and dynoxide neither is refused, too', async () => {
    await expect(dynamoClient(cloud, EAST).listBackups({})).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('No engine that the local cloud starts has it: run a DynamoDB server'),
    })
  })
})
