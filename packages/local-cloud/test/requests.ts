/*
 * The requests whose answers must be the engine's own: at least one for each operation that is forwarded, with
 * success and with failure. In this order: each finds what the ones before left.
 */

export type Request = readonly [operation: string, input: unknown]

export const arn = (region: string, TableName: string) =>
  `arn:aws:dynamodb:${region}:000000000000:table/${TableName}`

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
export const values = (value: unknown) => ({ ':v': value })

/** For every engine. */
export const commonRequests = (TableName: string, region: string): Request[] => [
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
  ['BatchWriteItem', { RequestItems: { [TableName]: [] } }],
  ['BatchWriteItem', { RequestItems: { nowhere: [{ DeleteRequest: { Key } }] } }],
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
  ['ListTables', { Limit: 0 }],
  ['DescribeTimeToLive', { TableName }],
  ['DescribeTimeToLive', { TableName: 'nowhere' }],
  ['DescribeTimeToLive', {}],
  ['TagResource', { ResourceArn: arn(region, TableName), Tags: [{ Key: 'team', Value: 'ä' }] }],
  ['TagResource', { ResourceArn: arn(region, TableName), Tags: [] }],
  ['TagResource', { ResourceArn: arn(region, 'nowhere'), Tags: [{ Key: 'a', Value: 'b' }] }],
  ['TagResource', { ResourceArn: 'no ARN', Tags: [{ Key: 'a', Value: 'b' }] }],
  ['ListTagsOfResource', { ResourceArn: arn(region, TableName) }],
  ['ListTagsOfResource', { ResourceArn: arn(region, 'nowhere') }],
  ['UntagResource', { ResourceArn: arn(region, TableName), TagKeys: ['team', 'other'] }],
  ['UntagResource', { ResourceArn: arn(region, TableName), TagKeys: [] }],
  ['ListTagsOfResource', { ResourceArn: arn(region, TableName) }],
  ['GetItem', { TableName: 'nowhere', Key }],
  ['GetItem', { TableName, Key: {} }],
  ['GetItem', { TableName, Key, ProjectionExpression: 'a..b' }],
  ['BatchGetItem', { RequestItems: { [TableName]: { Keys: [Key, Key] } } }],
  ['BatchGetItem', { RequestItems: { nowhere: { Keys: [Key] } } }],
  ['BatchGetItem', { RequestItems: {} }],
  [
    'Query',
    { TableName: 'nowhere', KeyConditionExpression: 'id = :v', ExpressionAttributeValues: values(item.id) },
  ],
  [
    'Query',
    {
      TableName,
      IndexName: 'none',
      KeyConditionExpression: 'id = :v',
      ExpressionAttributeValues: values(item.id),
    },
  ],
  ['Query', { TableName }],
  ['Scan', { TableName: 'nowhere' }],
  ['Scan', { TableName, Segment: 3, TotalSegments: 2 }],
  ['Scan', { TableName, FilterExpression: 'n >' }],
]

/** Requests that change or describe tables: their answers have dates and ids, and names of replicas. */
export const tableRequests = (TableName: string): Request[] => [
  ['DescribeTable', { TableName }],
  [
    'UpdateTable',
    {
      TableName,
      BillingMode: 'PROVISIONED',
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
    },
  ],
  ['DescribeTable', { TableName }],
  ['UpdateTable', { TableName, ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 } }],
  ['UpdateTable', { TableName, BillingMode: 'PAY_PER_REQUEST' }],
  ['ListTables', {}],
  ['DeleteTable', { TableName }],
  ['DescribeTable', { TableName }],
]
