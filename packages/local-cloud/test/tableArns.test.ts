import type { BatchGetItemCommandOutput, DynamoDB } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { createGlobalTable, dynamoClient } from './clients.js'
import { describeDynoxide, describeEngines } from './eachEngine.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const arn = (name: string, region = EAST) => `arn:aws:dynamodb:${region}:000000000000:table/${name}`

describeEngines('the ARN of a table stands for its name', engine => {
  let cloud: LocalCloud
  let dynamo: DynamoDB
  let tables = 0
  let name: string
  let TableName: string

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: [EAST, WEST], engine, replicationDelay: 1 })
    dynamo = dynamoClient(cloud, EAST)
  })

  afterAll(() => cloud.stop())

  const newTable = async () => {
    name = `table-${++tables}`
    TableName = arn(name)
    await createGlobalTable(cloud, name, [EAST, WEST])
  }

  const Key = { id: { S: '1' } }
  const item = (n: number) => ({ ...Key, n: { N: String(n) } })

  const there = async () => {
    await cloud.waitForReplication()
    const { Items } = await dynamoClient(cloud, WEST).scan({ TableName: arn(name, WEST) })
    return Items
  }

  it('in calls for one item, which are replicated', async () => {
    await newTable()
    await dynamo.putItem({ TableName, Item: item(1) })
    expect((await dynamo.getItem({ TableName, Key, ConsistentRead: true })).Item).toEqual(item(1))
    expect(await there()).toEqual([item(1)])
    await dynamo.updateItem({
      TableName,
      Key,
      UpdateExpression: 'SET n = :n',
      ExpressionAttributeValues: { ':n': { N: '2' } },
    })
    expect(await there()).toEqual([item(2)])
    const { Items } = await dynamo.query({
      TableName,
      KeyConditionExpression: 'id = :id',
      ExpressionAttributeValues: { ':id': { S: '1' } },
    })
    expect(Items).toEqual([item(2)])
    await dynamo.deleteItem({ TableName, Key })
    expect(await there()).toEqual([])
  })

  it('in batches, whose answers have it, too', async () => {
    await newTable()
    const { UnprocessedItems } = await dynamo.batchWriteItem({
      RequestItems: { [TableName]: [{ PutRequest: { Item: item(1) } }] },
    })
    expect(UnprocessedItems).toEqual({})
    expect(await there()).toEqual([item(1)])
    const { Responses, ConsumedCapacity } = await dynamo.batchGetItem({
      RequestItems: { [TableName]: { Keys: [Key] } },
      ReturnConsumedCapacity: 'TOTAL',
    })
    expect(Responses).toEqual({ [TableName]: [item(1)] })
    expect(ConsumedCapacity).toMatchObject([{ TableName }])
  })

  it('beside names of other tables, which stay as they are', async () => {
    await newTable()
    const other = name
    await newTable()
    const { Responses } = await dynamo.batchGetItem({
      RequestItems: { [TableName]: { Keys: [Key] }, [other]: { Keys: [Key] } },
    })
    expect(Responses).toEqual({ [TableName]: [], [other]: [] })
  })

  it('in what is left of a batch', async () => {
    await newTable()
    const big = 'x'.repeat(390_000)
    const ids = Array.from({ length: 45 }, (_, n) => ({ id: { S: String(n) } }))
    await Promise.all(ids.map(id => dynamo.putItem({ TableName, Item: { ...id, big: { S: big } } })))
    let RequestItems: Required<BatchGetItemCommandOutput>['UnprocessedKeys'] = { [TableName]: { Keys: ids } }
    const got: unknown[] = []
    let rounds = 0
    do {
      const { Responses, UnprocessedKeys } = await dynamo.batchGetItem({ RequestItems })
      got.push(...(Responses?.[TableName] ?? []))
      RequestItems = UnprocessedKeys ?? {}
      rounds++
      if (Object.keys(RequestItems).length > 0) expect(Object.keys(RequestItems)).toEqual([TableName])
    } while (Object.keys(RequestItems).length > 0)
    expect(rounds).toBeGreaterThan(1)
    expect(got).toHaveLength(45)
  })

  it('in consumed capacity', async () => {
    await newTable()
    const { ConsumedCapacity } = await dynamo.putItem({
      TableName,
      Item: item(1),
      ReturnConsumedCapacity: 'TOTAL',
    })
    expect(ConsumedCapacity?.TableName).toBe(TableName)
    const named = await dynamo.scan({ TableName: name, ReturnConsumedCapacity: 'TOTAL' })
    expect(named.ConsumedCapacity?.TableName).toBe(name)
  })

  it('in operations on tables', async () => {
    const created = await dynamo.createTable({
      TableName: arn('made-by-arn'),
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    })
    expect(created.TableDescription?.TableName).toBe('made-by-arn')
    TableName = arn('made-by-arn')
    await dynamo.updateTable({ TableName, ReplicaUpdates: [{ Create: { RegionName: WEST } }] })
    const { Table } = await dynamo.describeTable({ TableName })
    expect(Table).toMatchObject({ TableName: 'made-by-arn', Replicas: [{ RegionName: WEST }] })
    await dynamo.describeTimeToLive({ TableName })
    await dynamo.describeContinuousBackups({ TableName })
    await dynamo.updateTable({ TableName, ReplicaUpdates: [{ Delete: { RegionName: WEST } }] })
    await dynamo.deleteTable({ TableName })
    await expect(dynamo.describeTable({ TableName })).rejects.toThrow(
      expect.objectContaining({ name: 'ResourceNotFoundException' }),
    )
  })

  it('and a value that looks like one stays as it is', async () => {
    await newTable()
    const Item = { ...Key, TableName: { S: TableName }, __proto: { S: 'x' } }
    await dynamo.putItem({ TableName, Item })
    expect((await dynamo.getItem({ TableName: name, Key, ConsistentRead: true })).Item).toEqual(Item)
  })

  it.each([
    ['another region', arn('customers', WEST), 'ValidationException'],
    ['another account', 'arn:aws:dynamodb:us-east-1:111122223333:table/customers', 'AccessDeniedException'],
    ['an index', `${arn('customers')}/index/by-name`, 'ValidationException'],
    ['a stream', `${arn('customers')}/stream/2020-01-01T00:00:00.000`, 'ValidationException'],
    ['another service', 'arn:aws:kms:us-east-1:000000000000:table/customers', 'ValidationException'],
    ['no table', 'arn:aws:dynamodb:us-east-1:000000000000', 'ValidationException'],
    ['no name', arn(''), 'ValidationException'],
    ['an account that is none', 'arn:aws:dynamodb:us-east-1:12:table/customers', 'ValidationException'],
    ['nothing at all', 'arn:', 'ValidationException'],
  ])('but not one of %s', async (_, wrong, error) => {
    const refused = expect.objectContaining({ name: error, message: expect.stringContaining(wrong) })
    await expect(dynamo.getItem({ TableName: wrong, Key })).rejects.toThrow(refused)
    await expect(dynamo.deleteTable({ TableName: wrong })).rejects.toThrow(refused)
    await expect(dynamo.batchGetItem({ RequestItems: { [wrong]: { Keys: [Key] } } })).rejects.toThrow(refused)
  })

  it('of a table that is not there is said not to be there', async () => {
    const refused = expect.objectContaining({ name: 'ResourceNotFoundException' })
    await expect(dynamo.getItem({ TableName: arn('nobodys'), Key })).rejects.toThrow(refused)
  })

  it('but not beside that name in one batch', async () => {
    await newTable()
    const RequestItems = { [TableName]: { Keys: [Key] }, [name]: { Keys: [Key] } }
    await expect(dynamo.batchGetItem({ RequestItems })).rejects.toThrow(/only once in a batch/)
  })
})

describeDynoxide('the ARN of a table stands for its name on dynoxide', () => {
  let cloud: LocalCloud
  let dynamo: DynamoDB
  const name = 'customers'
  const TableName = arn(name)

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: [EAST, WEST], engine: 'dynoxide', replicationDelay: 1 })
    dynamo = dynamoClient(cloud, EAST)
    await createGlobalTable(cloud, name, [EAST, WEST])
  })

  afterAll(() => cloud.stop())

  const idsThere = async () => {
    await cloud.waitForReplication()
    const { Items = [] } = await dynamoClient(cloud, WEST).scan({ TableName: name })
    return Items.map(({ id }) => id?.S).sort()
  }

  it('in transactions, which are replicated', async () => {
    const id = (text: string) => ({ id: { S: text } })
    await dynamo.putItem({ TableName, Item: id('checked') })
    await dynamo.putItem({ TableName, Item: id('gone') })
    const { ConsumedCapacity } = await dynamo.transactWriteItems({
      TransactItems: [
        { Put: { TableName, Item: id('put') } },
        { Delete: { TableName, Key: id('gone') } },
        {
          Update: {
            TableName,
            Key: id('updated'),
            UpdateExpression: 'SET n = :n',
            ExpressionAttributeValues: { ':n': { N: '1' } },
          },
        },
        { ConditionCheck: { TableName, Key: id('checked'), ConditionExpression: 'attribute_exists(id)' } },
      ],
      ReturnConsumedCapacity: 'TOTAL',
    })
    expect(ConsumedCapacity).toMatchObject([{ TableName }])
    expect(await idsThere()).toEqual(['checked', 'put', 'updated'])
    const { Responses } = await dynamo.transactGetItems({
      TransactItems: [{ Get: { TableName, Key: id('put') } }],
    })
    expect(Responses).toEqual([{ Item: id('put') }])
  })

  it('in PartiQL statements, which are replicated', async () => {
    await dynamo.executeStatement({ Statement: `INSERT INTO "${TableName}" VALUE {'id': 'one'}` })
    await dynamo.batchExecuteStatement({
      Statements: [
        { Statement: `insert into "${TableName}" value {'id': ?}`, Parameters: [{ S: 'two' }] },
        { Statement: `UPDATE "${TableName}" SET a = 'FROM "${TableName}"' WHERE id = 'one'` },
      ],
    })
    await dynamo.executeTransaction({
      TransactStatements: [{ Statement: `DELETE FROM "${TableName}" WHERE id = 'two'` }],
    })
    expect(await idsThere()).toEqual(expect.arrayContaining(['one']))
    expect(await idsThere()).not.toContain('two')
    const { Items } = await dynamo.executeStatement({
      Statement: `SELECT a, id FROM "${TableName}" WHERE id = 'one' AND a <> 'FROM "arn:"'`,
    })
    expect(Items).toEqual([{ id: { S: 'one' }, a: { S: `FROM "${TableName}"` } }])
  })

  it('in the setting of TTL', async () => {
    const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true }
    await dynamo.updateTimeToLive({ TableName, TimeToLiveSpecification })
    const { TimeToLiveDescription } = await dynamoClient(cloud, WEST).describeTimeToLive({
      TableName: arn(name, WEST),
    })
    expect(TimeToLiveDescription?.AttributeName).toBe('expires')
  })

  it('but not one of elsewhere, in transactions and statements', async () => {
    const elsewhere = arn(name, WEST)
    const refused = expect.objectContaining({ name: 'ValidationException' })
    const Key = { id: { S: '1' } }
    await expect(
      dynamo.transactWriteItems({ TransactItems: [{ Delete: { TableName: elsewhere, Key } }] }),
    ).rejects.toThrow(refused)
    await expect(dynamo.executeStatement({ Statement: `SELECT * FROM "${elsewhere}"` })).rejects.toThrow(
      refused,
    )
  })
})
