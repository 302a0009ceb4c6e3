import { describe, expect, it } from 'vitest'
import { GlobalTable, GlobalTables } from '../src/dynamodb/globalTable.js'
import { refuseUnclearWrites } from '../src/dynamodb/partiQl/request.js'
import { meaningOf } from '../src/dynamodb/partiQl/statement.js'

const id = { S: 'x' }

describe('a PartiQL statement', () => {
  it.each([
    ['SELECT * FROM "t" WHERE id = \'x\'', []],
    [' select id from t', []],
    ['EXISTS(SELECT * FROM "t" WHERE id = \'x\')', []],
  ])('reads: %s', (Statement, Parameters) => {
    expect(meaningOf({ Statement, Parameters })).toEqual({ kind: 'read' })
  })

  it.each([
    [`INSERT INTO "t" VALUE {'id': 'x'}`, [], { id }],
    [`insert into t value {id: 'x', "n": 1}`, [], { id, n: { N: '1' } }],
    [`INSERT INTO t VALUE {'a': ?, 'id': ?}`, [{ L: [] }, id], { a: { L: [] }, id }],
    [`INSERT INTO t VALUE {'m': {'id': 'y', 'l': [1, {'id': 'z'}]}, 'id': 'x', 's': <<1>>}`, [], { id }],
    [`INSERT INTO t VALUE {'id': 'it''s', 'n': -1.5e3}`, [], { id: { S: "it's" }, n: { N: '-1.5e3' } }],
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

  const region = 'us-east-1'
  const tables = new GlobalTables()
  tables.join(new GlobalTable('worldwide', ['id', 'sk']), region, 'ACTIVE')

  const refuse = (operation: string, input: unknown) => () =>
    refuseUnclearWrites(
      { service: 'dynamodb', region, operation, headers: {}, body: Buffer.from(JSON.stringify(input)) },
      tables,
    )

  it.each([
    `DELETE FROM "worldwide" WHERE id = 'x'`,
    `/* */ DELETE FROM "worldwide" WHERE id = 'x' AND sk = 's'`,
    `INSERT INTO worldwide VALUE {'id': 'x', 'sk': ['s']}`,
  ])('is refused when it may write an unknown item of a global table: %s', Statement => {
    const message = /cannot tell which item .* worldwide is a global table: .* for id and sk, joined by AND/
    expect(refuse('ExecuteStatement', { Statement })).toThrow(message)
    expect(refuse('BatchExecuteStatement', { Statements: [{ Statement }] })).toThrow(message)
    expect(refuse('ExecuteTransaction', { TransactStatements: [{ Statement }] })).toThrow(message)
  })

  it.each([
    `DELETE FROM "worldwide" WHERE id = 'x' AND sk = 's'`,
    'SELECT * FROM "worldwide"',
    `DELETE FROM "other" WHERE a = 1`,
    `/* */ DELETE FROM "other" WHERE a = 1`,
    5,
  ])('is not refused otherwise: %s', Statement => {
    expect(refuse('ExecuteStatement', { Statement })).not.toThrow()
    expect(refuse('BatchExecuteStatement', { Statements: [{ Statement }] })).not.toThrow()
  })
})
