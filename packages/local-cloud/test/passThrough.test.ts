import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DynaliteEngine } from '../src/dynamodb/dynaliteEngine.js'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { createGlobalTable } from './clients.js'
import { send, wireHeaders } from './wire.js'

/*
 * Through the front, an answer is the engine's own, to the byte: the same requests to an engine alone, to an
 * ordinary table behind the front, and to a global one.
 */

const EAST = 'us-east-1'
const WEST = 'us-west-2'

let cloud: LocalCloud
const alone = new DynaliteEngine(EAST, 0)

interface Answer {
  readonly status: number
  readonly text: string
  readonly checksum: string | null | undefined
}

type Send = (operation: string, input: unknown) => Promise<Answer>

const toEngine: Send = async (operation, input) => {
  const headers = wireHeaders({ service: 'dynamodb', region: EAST, operation })
  const body = Buffer.from(typeof input === 'string' ? input : JSON.stringify(input))
  const answer = await alone.send({ headers, body })
  return { status: answer.status, text: answer.body.toString(), checksum: answer.headers['x-amz-crc32'] }
}

const toFront: Send = async (operation, input) => {
  const answer = await send(cloud.endpoint, { service: 'dynamodb', region: EAST, operation, input })
  return { status: answer.status, text: answer.text, checksum: answer.headers.get('x-amz-crc32') }
}

beforeAll(async () => {
  cloud = await startLocalCloud({ regions: [EAST, WEST] })
  await createGlobalTable(cloud, 'ordinary', [EAST])
  await createGlobalTable(cloud, 'worldwide', [EAST, WEST])
  const create = {
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  }
  for (const TableName of ['ordinary', 'worldwide']) await toEngine('CreateTable', { TableName, ...create })
  // The engine alone is asked like any client would: not before its tables are there.
  for (const TableName of ['ordinary', 'worldwide'])
    while (!(await toEngine('DescribeTable', { TableName })).text.includes('"ACTIVE"'))
      await new Promise(setImmediate)
})

afterAll(() => cloud.stop())

const item = {
  id: { S: 'ä"\\ \u{1f600}' },
  n: { N: '1.50e2' },
  b: { B: 'AAH/' },
  flag: { BOOL: true },
  nothing: { NULL: true },
  list: { L: [{ S: 'x' }, { N: '-0.001' }] },
  map: { M: { deep: { M: { deeper: { SS: ['b', 'a'] } } } } },
  ns: { NS: ['2', '1'] },
  bs: { BS: ['AQ==', 'Ag=='] },
}
const Key = { id: item.id }
const values = (value: unknown) => ({ ':v': value })

/** In this order: each finds what the ones before left. */
const requests = (TableName: string): [string, unknown][] => [
  ['GetItem', { TableName, Key }],
  ['PutItem', { TableName, Item: item }],
  ['PutItem', { TableName, Item: item, ReturnValues: 'ALL_OLD', ReturnConsumedCapacity: 'TOTAL' }],
  ['PutItem', { TableName, Item: item, ConditionExpression: 'attribute_not_exists(id)' }],
  ['GetItem', { TableName, Key, ConsistentRead: true, ReturnConsumedCapacity: 'INDEXES' }],
  ['GetItem', { TableName, Key, ProjectionExpression: 'n, list[1], map.deep' }],
  [
    'UpdateItem',
    {
      TableName,
      Key,
      UpdateExpression: 'SET n = n + :v',
      ExpressionAttributeValues: values({ N: '1' }),
      ReturnValues: 'ALL_NEW',
    },
  ],
  [
    'UpdateItem',
    {
      TableName,
      Key,
      UpdateExpression: 'REMOVE list[0] ADD ns :v',
      ExpressionAttributeValues: values({ NS: ['3'] }),
      ReturnValues: 'UPDATED_NEW',
    },
  ],
  [
    'UpdateItem',
    { TableName, Key, UpdateExpression: 'SET id = :v', ExpressionAttributeValues: values({ S: 'x' }) },
  ],
  [
    'UpdateItem',
    {
      TableName,
      Key,
      UpdateExpression: 'SET n = :v',
      ConditionExpression: 'n < :v',
      ExpressionAttributeValues: values({ N: '5' }),
    },
  ],
  [
    'UpdateItem',
    {
      TableName,
      Key,
      AttributeUpdates: { old: { Action: 'PUT', Value: { S: 'style' } } },
      ReturnValues: 'UPDATED_OLD',
    },
  ],
  ['UpdateItem', { TableName, Key: { id: { S: 'new' } }, ReturnValues: 'ALL_NEW' }],
  ['DeleteItem', { TableName, Key: { id: { S: 'absent' } }, ReturnValues: 'ALL_OLD' }],
  ['DeleteItem', { TableName, Key: { id: { S: 'new' } }, ReturnValues: 'ALL_OLD' }],
  [
    'BatchWriteItem',
    {
      RequestItems: {
        [TableName]: [
          { PutRequest: { Item: { id: { S: '1' } } } },
          { DeleteRequest: { Key: { id: { S: '2' } } } },
        ],
      },
    },
  ],
  [
    'BatchWriteItem',
    {
      RequestItems: {
        [TableName]: [
          { PutRequest: { Item: { id: { S: '1' } } } },
          { DeleteRequest: { Key: { id: { S: '1' } } } },
        ],
      },
    },
  ],
  ['BatchWriteItem', { RequestItems: { [TableName]: [], nowhere: [] } }],
  // One key: dynalite answers several in any order.
  ['BatchGetItem', { RequestItems: { [TableName]: { Keys: [Key] } } }],
  ['Query', { TableName, KeyConditionExpression: 'id = :v', ExpressionAttributeValues: values(item.id) }],
  ['Query', { TableName, KeyConditionExpression: 'n = :v', ExpressionAttributeValues: values(item.id) }],
  ['Scan', { TableName }],
  ['Scan', { TableName, Limit: 1 }],
  [
    'Scan',
    { TableName, FilterExpression: 'contains(ns, :v)', ExpressionAttributeValues: values({ N: '3' }) },
  ],
  // Malformed ones: the engine says what is wrong.
  ['PutItem', { TableName, Item: {} }],
  ['PutItem', { TableName, Item: { id: { N: '1' } } }],
  ['PutItem', { TableName, Item: { id: { S: '' } } }],
  ['PutItem', { TableName, Item: { id: { S: 'x' }, big: { S: 'x'.repeat(410_000) } } }],
  ['PutItem', { TableName }],
  ['PutItem', { TableName, Item: 'text' }],
  ['PutItem', { TableName, Item: null }],
  ['PutItem', '{"TableName":'],
  ['PutItem', '[]'],
  ['UpdateItem', { TableName, Key: { other: { S: 'x' } } }],
  ['UpdateItem', { TableName, Key, UpdateExpression: 'SET' }],
  ['DeleteItem', { TableName: 'nowhere', Key }],
  ['BatchWriteItem', { RequestItems: { [TableName]: [{}] } }],
  ['BatchWriteItem', { RequestItems: 'text' }],
  ['DescribeTable', { TableName: 'nowhere' }],
  ['DescribeTable', {}],
  ['UpdateTable', { TableName }],
  ['DeleteTable', { TableName: 'nowhere' }],
  ['CreateTable', { TableName }],
  ['ListTables', { Limit: 1 }],
]

describe.each(['ordinary', 'worldwide'])('%s table', TableName => {
  it.each(requests(TableName).map(([operation, input], n) => [n, operation, input] as const))(
    'request %d, %s',
    async (_, operation, input) => {
      expect(await toFront(operation, input)).toEqual(await toEngine(operation, input))
    },
  )
})

it('a table is described as by the engine, but for what tells them apart', async () => {
  const describe = async (to: Send) => {
    const { Table } = JSON.parse((await to('DescribeTable', { TableName: 'ordinary' })).text)
    const { TableId, CreationDateTime, BillingModeSummary, ...common } = Table
    return common
  }
  expect(await describe(toFront)).toEqual(await describe(toEngine))
})
