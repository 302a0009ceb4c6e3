import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { meaningOf } from '../src/dynamodb/partiQl/statement.js'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { dynamoClient } from './clients.js'
import { describeDynoxide } from './eachEngine.js'
import { send } from './wire.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'

const id = { S: 'x' }

describe('a PartiQL statement', () => {
  it.each([
    ['SELECT * FROM "t" WHERE id = \'x\'', []],
    [' select id from t', []],
    ['EXISTS(SELECT * FROM "t" WHERE id = \'x\')', []],
    ["SELECT * FROM t WHERE id = 'it is not closed", []],
    ["SELECT * FROM t WHERE id = '\\\\u0041' -- comment", []],
  ])('reads: %s', (Statement, Parameters) => {
    expect(meaningOf({ Statement, Parameters })).toEqual({ kind: 'read' })
  })

  it.each([
    [`INSERT INTO "t" VALUE {'id': 'x'}`, [], { id }],
    [`insert into t value {id: 'x', "n": 1}`, [], { id, n: { N: '1' } }],
    [`INSERT INTO t VALUE {'a': ?, 'id': ?}`, [{ L: [] }, id], { a: { L: [] }, id }],
    [`INSERT INTO t VALUE {'m': {'id': 'y', 'l': [1, {'id': 'z'}]}, 'id': 'x', 's': <<1>>}`, [], { id }],
    [`INSERT INTO t VALUE {'id': 'it''s', 'n': -1.5e3}`, [], { id: { S: "it's" }, n: { N: '-1.5e3' } }],
    [`INSERT INTO t VALUE {'__proto__': 'x'}`, [], { ['__proto__']: id }],
    [`UPDATE "t" SET a = 1 WHERE id = 'x'`, [], { id }],
    [`UPDATE "t" SET a = ? REMOVE b WHERE "id" = ?`, [{ N: '1' }, id], { id }],
    [`UPDATE t SET a = 'WHERE id = ''y''' WHERE id = 'x'`, [], { id }],
    [
      `UPDATE t SET a = list_append(a, [1]) WHERE id = 'x' AND sk = 5 RETURNING ALL NEW *`,
      [],
      { id, sk: { N: '5' } },
    ],
    [`UPDATE t SET a = 1 WHERE (id = 'x') AND (a < 5 OR id = 'y') AND NOT b = 1`, [], { id }],
    [`UPDATE t SET a = 1 WHERE (id = 'x' AND sk = 's')`, [], { id, sk: { S: 's' } }],
    [`UPDATE t SET a = 1 WHERE contains(a, 'q') AND id = 'x' AND m.id = 'y'`, [], { id }],
    [`DELETE FROM "t" WHERE id = 'x'`, [], { id }],
    [`DELETE FROM "t" WHERE id = ? RETURNING ALL OLD *`, [{ B: 'AQ==' }], { id: { B: 'AQ==' } }],
    // The engine will refuse these: no key.
    [`DELETE FROM "t" WHERE id = 'x' OR id = 'y'`, [], {}],
    [`UPDATE t SET a = 1 WHERE a BETWEEN 1 AND 2 AND id = 'x'`, [], {}],
    [`UPDATE t SET a = 1 WHERE id > 'x'`, [], {}],
    [`UPDATE t SET a = 1 WHERE id = ?`, [], {}],
  ])('writes: %s', (Statement, Parameters, item) => {
    expect(meaningOf({ Statement, Parameters })).toEqual({ kind: 'write', tableName: 't', item })
  })

  it.each([
    '',
    'UPSERT INTO t VALUE {}',
    `INSERT INTO t VALUE ?`,
    `INSERT INTO t VALUES <<{'id': 'x'}>>`,
    `INSERT INTO t VALUE {'id': 'x', 'id': 'y'}`,
    `INSERT INTO t VALUE {'id': 'x'} ON CONFLICT DO REPLACE EXCLUDED`,
    `INSERT INTO 't' VALUE {'id': 'x'}`,
    `UPDATE my-table SET a = 1 WHERE id = 'x'`,
    `UPDATE t SET a = 1`,
    `UPDATE t WHERE id = 'x' SET a = 1`,
    `UPDATE t SET a = 1 WHERE id = 'x' AND id = 'y'`,
    `UPDATE t SET a = 1 WHERE id = 'x' WHERE id = 'y'`,
    `DELETE t WHERE id = 'x'`,
    // Engines may read these differently.
    `UPDATE t SET a = 1 WHERE id = 'x' -- AND id = 'y'`,
    `UPDATE t SET a = b --5 WHERE id = 'x'`,
    `/* SELECT */ DELETE FROM t WHERE id = 'x'`,
    `DELETE FROM t WHERE id = '\\u0041'`,
    `DELETE FROM t WHERE id = 'x`,
  ])('is not understood: %s', Statement => {
    expect(meaningOf({ Statement })).toEqual({ kind: 'unknown' })
  })
})

describeDynoxide('a PartiQL statement that may write who knows what', () => {
  let cloud: LocalCloud
  const refusal = /cannot tell which item .* worldwide is a global table: .* for id and sk, joined by AND/

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: [EAST, WEST], engine: 'dynoxide', replicationDelay: 1 })
    for (const TableName of ['ordinary', 'worldwide'])
      await dynamoClient(cloud, EAST).createTable({
        TableName,
        AttributeDefinitions: ['id', 'sk'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: [
          { AttributeName: 'id', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
      })
    const ReplicaUpdates = [{ Create: { RegionName: WEST } }]
    await dynamoClient(cloud, EAST).updateTable({ TableName: 'worldwide', ReplicaUpdates })
    const Item = { id: { S: 'x' }, sk: { S: 's' } }
    for (const TableName of ['ordinary', 'worldwide'])
      await dynamoClient(cloud, EAST).putItem({ TableName, Item })
    await cloud.waitForReplication()
  })

  afterAll(() => cloud.stop())

  const shapes = (Statement: string) =>
    [
      ['ExecuteStatement', { Statement }],
      ['BatchExecuteStatement', { Statements: [{ Statement }] }],
      ['ExecuteTransaction', { TransactStatements: [{ Statement }] }],
    ] as const

  const answer = async (operation: string, input: unknown) => {
    const { status, text } = await send(cloud.endpoint, {
      service: 'dynamodb',
      region: EAST,
      operation,
      input,
    })
    return { status, text }
  }

  const itemsHere = async () => {
    const { Items } = await dynamoClient(cloud, EAST).scan({ TableName: 'worldwide', ConsistentRead: true })
    return Items
  }

  it.each([
    `DELETE FROM "worldwide" WHERE id = 'x' AND sk = 's' -- comment`,
    `INSERT INTO 'worldwide' VALUE {'id': 'x', 'sk': 't'}`,
    `INSERT INTO worldwide VALUE {'id': 'y', 'sk': 's', 'id': 'z'}`,
    `INSERT INTO worldwide VALUE {'id': 'y', 'sk': 's'} IF NOT EXISTS -- comment`,
    `DELETE FROM "worldwide" WHERE id = 'x' AND sk = 's' RETURNING ALL OLD * -- comment`,
    `DELETE FROM "worldwide" WHERE id = '\\u0078' AND sk = 's'`,
  ])('is refused on a global table, and writes nothing: %s', async Statement => {
    const before = await itemsHere()
    for (const [operation, input] of shapes(Statement)) {
      const { status, text } = await answer(operation, input)
      expect(text).toMatch(/UnknownOperationException/)
      expect(JSON.parse(text).message).toMatch(refusal)
      expect(status).toBe(400)
    }
    expect(await itemsHere()).toEqual(before)
  })

  it.each([
    'worldwide',
    'DELETE worldwide',
    'DROP TABLE worldwide',
    `DELETE FROM "worldwide" WHERE`,
    `DELETE FROM "worldwide" WHERE id = 'x`,
    `/* */ DELETE FROM "worldwide" WHERE id = 'x' AND sk = 's'`,
    `INSERT INTO worldwide VALUE ?`,
    `INSERT INTO worldwide VALUES {'id': 'x'}`,
    `UPSERT INTO worldwide VALUE {'id': 'x', 'sk': 's'}`,
    `UPDATE worldwide WHERE id = 'x' SET a = 1`,
    `SELECT * FROM worldwide WHERE`,
    `SELECT * FROM "worldwide" WHERE id = '\\u0078'`,
  ])('is answered as on any table when it does not parse, or is no write: %s', async Statement => {
    for (const [operation, input] of shapes(Statement)) {
      const [, there] = shapes(Statement.replaceAll('worldwide', 'ordinary')).find(
        ([one]) => one === operation,
      )!
      const expected = await answer(operation, there)
      const global = await answer(operation, input)
      expect({ ...global, text: global.text.replaceAll('worldwide', 'ordinary') }).toEqual(expected)
    }
  })

  it.each([
    ['DELETE FROM "worldwide"', 'DELETE requires a WHERE clause'],
    ['UPDATE worldwide SET a = 1', 'UPDATE requires a WHERE clause'],
    [`DELETE FROM "worldwide" WHERE id = 'x'`, /key/],
    [`INSERT INTO worldwide VALUE {'id': 'x', 'sk': ['s']}`, /key|type/i],
  ])('is invalid when it names no item: %s', async (Statement, message) => {
    for (const [operation, input] of shapes(Statement)) {
      const { text } = await answer(operation, input)
      expect(text).toMatch(/ValidationException/)
      expect(JSON.parse(text).message).toMatch(message)
    }
  })

  it.each([
    `DELETE FROM "worldwide" WHERE id = 'none' AND sk = 's'`,
    `DELETE FROM "ordinary" WHERE id = 'none' AND sk = 's' -- comment`,
  ])('is done when it is clear, or on another table: %s', async Statement => {
    for (const [operation, input] of shapes(Statement))
      expect(await answer(operation, input)).toMatchObject({ status: 200 })
  })
})
