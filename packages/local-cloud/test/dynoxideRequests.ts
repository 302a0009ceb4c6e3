import { arn, type Request, values } from './requests.js'

/** Requests for what dynoxide has and dynalite has not; like those for every engine. */
export const moreRequests = (TableName: string): Request[] => [
  ...transactions(TableName),
  ...partiQl(TableName),
  ...timeToLive(TableName),
  ...streams(),
]

const condition = {
  ConditionExpression: 'attribute_not_exists(id)',
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
}

const transactions = (TableName: string): Request[] => {
  const put = (id: string, more: object = {}) => ({
    Put: { TableName, Item: { id: { S: id }, n: { N: '1' } }, ...more },
  })
  const key = (id: string) => ({ TableName, Key: { id: { S: id } } })
  const add = { UpdateExpression: 'ADD n :v', ExpressionAttributeValues: values({ N: '1' }) }
  return [
    ['TransactWriteItems', { TransactItems: [put('t1'), put('t2')], ReturnConsumedCapacity: 'TOTAL' }],
    [
      'TransactWriteItems',
      {
        TransactItems: [
          { Update: { ...key('t1'), ...add } },
          { Delete: key('t2') },
          { ConditionCheck: { ...key('t3'), ConditionExpression: 'attribute_not_exists(id)' } },
        ],
        ClientRequestToken: 'token',
      },
    ],
    ['TransactGetItems', { TransactItems: ['t1', 't2'].map(id => ({ Get: key(id) })) }],
    ['TransactWriteItems', { TransactItems: [put('t4'), put('t1', condition)] }],
    ['GetItem', key('t4')],
    ['TransactWriteItems', { TransactItems: [put('t5')], ClientRequestToken: 'token' }],
    ['TransactWriteItems', { TransactItems: [put('t6'), { Delete: key('t6') }] }],
    ['TransactWriteItems', { TransactItems: [] }],
    ['TransactWriteItems', { TransactItems: [{}] }],
    [
      'TransactWriteItems',
      { TransactItems: Array.from({ length: 101 }, (_, n) => ({ Delete: key(`${n}`) })) },
    ],
    ['TransactWriteItems', { TransactItems: [{ Put: { TableName: 'nowhere', Item: { id: { S: '1' } } } }] }],
    ['TransactWriteItems', { TransactItems: [{ Put: { TableName, Item: { other: { S: '1' } } } }] }],
    ['TransactWriteItems', {}],
    ['TransactGetItems', { TransactItems: [{ Get: { TableName: 'nowhere', Key: { id: { S: '1' } } } }] }],
    ['TransactGetItems', { TransactItems: [] }],
  ]
}

const partiQl = (table: string): Request[] => {
  const run = (Statement: string, ...Parameters: unknown[]): Request => [
    'ExecuteStatement',
    Parameters.length > 0 ? { Statement, Parameters } : { Statement },
  ]
  return [
    run(`INSERT INTO "${table}" VALUE {'id': 'p1', 'n': 1}`),
    run(`INSERT INTO "${table}" VALUE {'id': ?, 'l': ?}`, { S: 'p2' }, { L: [{ N: '1' }] }),
    run(`INSERT INTO "${table}" VALUE {'id': 'p1'}`),
    run(`UPDATE "${table}" SET n = n + 1 WHERE id = 'p1' RETURNING ALL NEW *`),
    run(`UPDATE "${table}" SET n = 1 WHERE id = 'nobody'`),
    run(`UPDATE "${table}" SET n = 9 WHERE id = 'p1' AND n = 77`),
    run(`UPDATE "${table}" SET id = 'other' WHERE id = 'p1'`),
    run(`SELECT * FROM "${table}" WHERE id = 'p1'`),
    run(`SELECT n FROM "${table}" WHERE id = ?`, { S: 'p1' }),
    run(`DELETE FROM "${table}" WHERE id = 'p2'`),
    run(`INSERT INTO "${table}" VALUE {'id': 5}`),
    run(`SELECT * FROM "nowhere"`),
    run(`INSERT INTO "nowhere" VALUE {'id': 'p1'}`),
    run('SELECT'),
    run('nonsense'),
    run(''),
    ['ExecuteStatement', {}],
    [
      'BatchExecuteStatement',
      {
        Statements: [
          { Statement: `INSERT INTO "${table}" VALUE {'id': 'p3'}` },
          { Statement: `INSERT INTO "${table}" VALUE {'id': 'p1'}` },
          { Statement: `UPDATE "${table}" SET n = 1 WHERE id = 'nobody'` },
        ],
      },
    ],
    ['BatchExecuteStatement', { Statements: [{ Statement: `SELECT * FROM "${table}" WHERE id = 'p3'` }] }],
    ['BatchExecuteStatement', { Statements: [] }],
    ['BatchExecuteStatement', {}],
    [
      'ExecuteTransaction',
      {
        TransactStatements: [
          { Statement: `UPDATE "${table}" SET n = n + 1 WHERE id = 'p1'` },
          { Statement: `DELETE FROM "${table}" WHERE id = 'p3'` },
        ],
        ClientRequestToken: 'statements',
      },
    ],
    [
      'ExecuteTransaction',
      {
        TransactStatements: [
          { Statement: `INSERT INTO "${table}" VALUE {'id': 'p4'}` },
          { Statement: `INSERT INTO "${table}" VALUE {'id': 'p1'}` },
        ],
      },
    ],
    ['ExecuteTransaction', { TransactStatements: [] }],
    ['GetItem', { TableName: table, Key: { id: { S: 'p4' } } }],
    ['GetItem', { TableName: table, Key: { id: { S: 'p1' } } }],
  ]
}

const timeToLive = (TableName: string): Request[] => {
  const set = (AttributeName: string, Enabled: boolean): Request => [
    'UpdateTimeToLive',
    { TableName, TimeToLiveSpecification: { AttributeName, Enabled } },
  ]
  return [
    set('expires', false),
    set('expires', true),
    set('expires', true),
    set('other', true),
    ['DescribeTimeToLive', { TableName }],
    set('expires', false),
    ['DescribeTimeToLive', { TableName }],
    set('', true),
    ['UpdateTimeToLive', { TableName }],
    [
      'UpdateTimeToLive',
      { TableName: 'nowhere', TimeToLiveSpecification: { AttributeName: 'e', Enabled: true } },
    ],
  ]
}

/** Only what does not depend on when a stream was started; see the tests of streams for the rest. */
const streams = (): Request[] => {
  const StreamArn = `${arn('us-east-1', 'nowhere')}/stream/2026-01-01T00:00:00.000`
  return [
    ['ListStreams', {}],
    ['ListStreams', { TableName: 'nowhere' }],
    ['DescribeStream', { StreamArn }],
    ['DescribeStream', {}],
    ['GetShardIterator', { StreamArn, ShardId: 'shardId-0', ShardIteratorType: 'LATEST' }],
    ['GetShardIterator', { StreamArn }],
    ['GetRecords', { ShardIterator: 'none' }],
    ['GetRecords', {}],
  ]
}
