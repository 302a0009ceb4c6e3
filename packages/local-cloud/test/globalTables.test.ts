import { waitUntilTableExists, waitUntilTableNotExists } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { createGlobalTable, documentClient, dynamoClient } from './clients.js'
import { describeEngines } from './eachEngine.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const IRELAND = 'eu-west-1'
const MUMBAI = 'ap-south-1'

describeEngines('global tables', engine => {
  let cloud: LocalCloud
  let names = 0

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: [EAST, WEST, IRELAND, MUMBAI], engine, replicationDelay: 1 })
  })

  afterAll(() => cloud.stop())

  const newName = () => `table-${++names}`

  const replicas = async (region: string, TableName: string) => {
    const { Table } = await dynamoClient(cloud, region).describeTable({ TableName })
    return { version: Table?.GlobalTableVersion, replicas: Table?.Replicas }
  }

  const items = async (region: string, TableName: string) => {
    const { Items = [] } = await documentClient(cloud, region).scan({ TableName, ConsistentRead: true })
    return Items.sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  const add = (region: string, TableName: string, RegionName: string) =>
    dynamoClient(cloud, region).updateTable({ TableName, ReplicaUpdates: [{ Create: { RegionName } }] })

  const remove = (region: string, TableName: string, RegionName: string) =>
    dynamoClient(cloud, region).updateTable({ TableName, ReplicaUpdates: [{ Delete: { RegionName } }] })

  describe('a replica', () => {
    it('is described in every region, each naming the others', async () => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST])
      expect(await replicas(EAST, TableName)).toEqual({ version: undefined, replicas: undefined })
      const { TableDescription } = await add(EAST, TableName, WEST)
      expect(TableDescription).toMatchObject({ TableStatus: 'UPDATING', GlobalTableVersion: '2019.11.21' })
      // Any replica can add another: none is more than the others.
      await add(WEST, TableName, IRELAND)
      const active = (RegionName: string) => ({ RegionName, ReplicaStatus: 'ACTIVE' })
      const version = '2019.11.21'
      expect(await replicas(EAST, TableName)).toEqual({ version, replicas: [active(WEST), active(IRELAND)] })
      expect(await replicas(WEST, TableName)).toEqual({ version, replicas: [active(EAST), active(IRELAND)] })
      expect(await replicas(IRELAND, TableName)).toEqual({ version, replicas: [active(EAST), active(WEST)] })
    })

    it('has its own ARN, and the same keys and indexes', async () => {
      const TableName = newName()
      const east = dynamoClient(cloud, EAST)
      const throughput = { ReadCapacityUnits: 5, WriteCapacityUnits: 5 }
      const key = (hash: string, range: string) => [
        { AttributeName: hash, KeyType: 'HASH' as const },
        { AttributeName: range, KeyType: 'RANGE' as const },
      ]
      await east.createTable({
        TableName,
        AttributeDefinitions: ['pk', 'sk', 'by'].map(AttributeName => ({
          AttributeName,
          AttributeType: 'S',
        })),
        KeySchema: key('pk', 'sk'),
        LocalSecondaryIndexes: [
          { IndexName: 'local', KeySchema: key('pk', 'by'), Projection: { ProjectionType: 'KEYS_ONLY' } },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'global',
            KeySchema: key('by', 'sk'),
            Projection: { ProjectionType: 'ALL' },
            ProvisionedThroughput: throughput,
          },
        ],
        ProvisionedThroughput: throughput,
      })
      await add(EAST, TableName, WEST)
      const west = documentClient(cloud, WEST)
      const { Table } = await dynamoClient(cloud, WEST).describeTable({ TableName })
      expect(Table?.TableArn).toBe(`arn:aws:dynamodb:${WEST}:000000000000:table/${TableName}`)

      await documentClient(cloud, EAST).put({ TableName, Item: { pk: 'p', sk: 's', by: 'b', more: 1 } })
      await cloud.waitForReplication()
      const query = (IndexName: string, name: string, value: string) =>
        west.query({
          TableName,
          IndexName,
          KeyConditionExpression: '#k = :v',
          ExpressionAttributeNames: { '#k': name },
          ExpressionAttributeValues: { ':v': value },
        })
      expect((await query('local', 'pk', 'p')).Items).toEqual([{ pk: 'p', sk: 's', by: 'b' }])
      expect((await query('global', 'by', 'b')).Items).toEqual([{ pk: 'p', sk: 's', by: 'b', more: 1 }])
    })

    it('starts with what the table has, more than a page of it', async () => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST])
      const east = documentClient(cloud, EAST)
      // A scan answers at most 1 MB at a time.
      const filling = 'x'.repeat(300_000)
      for (let n = 0; n < 8; n++) await east.put({ TableName, Item: { id: `${n}`, filling } })
      await add(EAST, TableName, WEST)
      expect(await items(WEST, TableName)).toEqual(await items(EAST, TableName))
    })

    it('misses nothing that is written while it is being made', async () => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST])
      const east = documentClient(cloud, EAST)
      const put = (n: number) => east.put({ TableName, Item: { id: `${n % 40}`, n } })
      await Promise.all([...Array.from({ length: 60 }, (_, n) => put(n)), add(EAST, TableName, WEST)])
      await Promise.all(Array.from({ length: 60 }, (_, n) => put(60 + n)))
      await cloud.waitForReplication()
      expect(await items(WEST, TableName)).toEqual(await items(EAST, TableName))
    })

    it('gets what was held back from the region it was copied from', async () => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST, WEST])
      await documentClient(cloud, EAST).put({ TableName, Item: { id: '2', by: 'east' } })
      await cloud.waitForReplication()
      cloud.fault({ kind: 'cut', between: [EAST, WEST] })
      await documentClient(cloud, WEST).put({ TableName, Item: { id: '1', by: 'west' } })
      await documentClient(cloud, WEST).delete({ TableName, Key: { id: '2' } })
      await documentClient(cloud, EAST).put({ TableName, Item: { id: '2', by: 'east, later' } })
      await add(EAST, TableName, IRELAND)
      cloud.heal()
      await cloud.waitForReplication()
      const all = await Promise.all([EAST, WEST, IRELAND].map(region => items(region, TableName)))
      const expected = [
        { id: '1', by: 'west' },
        { id: '2', by: 'east, later' },
      ]
      expect(all).toEqual([expected, expected, expected])
    })

    it('is not given back what was deleted, by an older write that was held back', async () => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST, WEST, IRELAND])
      cloud.fault({ kind: 'cut', between: [WEST, IRELAND] })
      await documentClient(cloud, WEST).put({ TableName, Item: { id: '1' } })
      await cloud.waitForReplication()
      await documentClient(cloud, EAST).delete({ TableName, Key: { id: '1' } })
      await cloud.waitForReplication()
      await add(IRELAND, TableName, MUMBAI)
      cloud.heal()
      await cloud.waitForReplication()
      for (const region of [EAST, WEST, IRELAND, MUMBAI]) expect(await items(region, TableName)).toEqual([])
    })

    it('is removed with its table; the last region has an ordinary table', async () => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST, WEST])
      await remove(EAST, TableName, WEST)
      await expect(dynamoClient(cloud, WEST).describeTable({ TableName })).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
      })
      expect(await replicas(EAST, TableName)).toEqual({ version: undefined, replicas: undefined })
      await documentClient(cloud, EAST).put({ TableName, Item: { id: '1' } })
      await add(EAST, TableName, WEST)
      expect(await items(WEST, TableName)).toEqual([{ id: '1' }])
    })

    it('is removed by deleting the table in its region', async () => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST, WEST, IRELAND])
      await dynamoClient(cloud, EAST).deleteTable({ TableName })
      await documentClient(cloud, WEST).put({ TableName, Item: { id: '1' } })
      await cloud.waitForReplication()
      expect(await items(IRELAND, TableName)).toEqual([{ id: '1' }])
      expect((await replicas(WEST, TableName)).replicas).toMatchObject([{ RegionName: IRELAND }])
    })

    it.each<[string, string, () => Promise<unknown>]>([
      [
        'is the own region',
        'Cannot add, delete, or update the local region through ReplicaUpdates.',
        () => add(EAST, 'existing', EAST),
      ],
      [
        'is in a region that was not started',
        'Region eu-north-1 is not supported.',
        () => add(EAST, 'existing', 'eu-north-1'),
      ],
      [
        'exists',
        `Failed to create a the new replica of table with name: 'existing' because one or more replicas already existed as tables.`,
        () => add(EAST, 'existing', WEST),
      ],
      [
        'does not exist and is to be deleted',
        'Update global table operation failed because one or more replicas were not part of the global table.',
        () => remove(EAST, 'existing', IRELAND),
      ],
      [
        'is not named',
        'There are no actions specified',
        () => dynamoClient(cloud, EAST).updateTable({ TableName: 'existing', ReplicaUpdates: [{}] }),
      ],
    ])('is refused when it %s', async (_, message, update) => {
      await createGlobalTable(cloud, 'existing', [EAST, WEST]).catch(() => {})
      await expect(update()).rejects.toMatchObject({
        name: 'ValidationException',
        message: expect.stringContaining(message),
      })
    })

    it.each([
      [
        'a capacity of its own',
        { ReplicaUpdates: [{ Update: { RegionName: WEST } }] },
        'settings of its own',
      ],
      [
        'a table class of its own',
        { ReplicaUpdates: [{ Create: { RegionName: WEST, TableClassOverride: 'STANDARD' as const } }] },
        'A replica with settings of its own is not there',
      ],
      [
        'strong consistency',
        {
          ReplicaUpdates: [{ Create: { RegionName: WEST } }],
          MultiRegionConsistency: 'STRONG' as const,
        },
        'Multi-Region strong consistency is not there',
      ],
      [
        'another change at once',
        { ReplicaUpdates: [{ Create: { RegionName: WEST } }], DeletionProtectionEnabled: true },
        'UpdateTable with ReplicaUpdates and DeletionProtectionEnabled at once is not there',
      ],
    ])('with %s is refused by name', async (_, input, message) => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST])
      await expect(dynamoClient(cloud, EAST).updateTable({ TableName, ...input })).rejects.toMatchObject({
        name: 'UnknownOperationException',
        message: expect.stringContaining(message),
      })
      expect(await replicas(EAST, TableName)).toEqual({ version: undefined, replicas: undefined })
    })

    it('that is to be eventually consistent is what it is anyway', async () => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST])
      await dynamoClient(cloud, EAST).updateTable({
        TableName,
        ReplicaUpdates: [{ Create: { RegionName: WEST } }],
        MultiRegionConsistency: 'EVENTUAL',
      })
      expect((await replicas(EAST, TableName)).replicas).toHaveLength(1)
    })

    it('of a table that does not exist is refused', async () => {
      await expect(add(EAST, 'nowhere', WEST)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    })
  })

  describe('writing', () => {
    it('replicates batches, and what they delete', async () => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST, WEST])
      const east = documentClient(cloud, EAST)
      const PutRequest = (id: string) => ({ PutRequest: { Item: { id } } })
      await east.batchWrite({
        RequestItems: { [TableName]: [PutRequest('1'), PutRequest('2'), PutRequest('3')] },
      })
      await east.batchWrite({ RequestItems: { [TableName]: [{ DeleteRequest: { Key: { id: '2' } } }] } })
      await cloud.waitForReplication()
      expect(await items(WEST, TableName)).toEqual([{ id: '1' }, { id: '3' }])
    })

    it('does not replicate what a condition refused', async () => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST, WEST])
      const east = documentClient(cloud, EAST)
      await east.put({ TableName, Item: { id: '1', n: 1 } })
      await expect(
        east.put({ TableName, Item: { id: '1', n: 2 }, ConditionExpression: 'attribute_not_exists(id)' }),
      ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
      await cloud.waitForReplication()
      expect(await items(WEST, TableName)).toEqual([{ id: '1', n: 1 }])
    })

    it('of 200 concurrent updates in three regions ends the same everywhere', async () => {
      const TableName = newName()
      const regions = [EAST, WEST, IRELAND]
      await createGlobalTable(cloud, TableName, regions)
      const clients = regions.map(region => documentClient(cloud, region))
      await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          clients[n % 3]?.update({
            TableName,
            Key: { id: `${n % 7}` },
            UpdateExpression: 'SET #n = :n',
            ExpressionAttributeNames: { '#n': `from${n % 3}` },
            ExpressionAttributeValues: { ':n': n },
          }),
        ),
      )
      await cloud.waitForReplication()
      const [first, ...others] = await Promise.all(regions.map(region => items(region, TableName)))
      expect(first).toHaveLength(7)
      for (const other of others) expect(other).toEqual(first)
    })

    it('takes numbers that are written differently for one key', async () => {
      const TableName = newName()
      const dynamo = dynamoClient(cloud, EAST)
      await dynamo.createTable({
        TableName,
        AttributeDefinitions: [{ AttributeName: 'n', AttributeType: 'N' }],
        KeySchema: [{ AttributeName: 'n', KeyType: 'HASH' }],
        BillingMode: 'PAY_PER_REQUEST',
      })
      await add(EAST, TableName, WEST)
      cloud.fault({ kind: 'cut', between: [EAST, WEST] })
      await dynamo.putItem({ TableName, Item: { n: { N: '1.50' }, by: { S: 'east' } } })
      await dynamoClient(cloud, WEST).putItem({ TableName, Item: { n: { N: '15e-1' }, by: { S: 'west' } } })
      cloud.heal()
      await cloud.waitForReplication()
      for (const region of [EAST, WEST])
        expect(await items(region, TableName)).toEqual([{ n: 1.5, by: 'west' }])
    })
  })

  describe('tables', () => {
    it('have settled by the time of the answer, so that waiters do not wait', async () => {
      const TableName = newName()
      const client = dynamoClient(cloud, EAST)
      await createGlobalTable(cloud, TableName, [EAST])
      const wait = { client, minDelay: 30, maxDelay: 60, maxWaitTime: 61 }
      await waitUntilTableExists(wait, { TableName })
      await client.deleteTable({ TableName })
      await waitUntilTableNotExists(wait, { TableName })
    })

    it('of a region are not seen in another', async () => {
      const TableName = newName()
      await createGlobalTable(cloud, TableName, [EAST])
      await createGlobalTable(cloud, TableName, [WEST])
      await documentClient(cloud, EAST).put({ TableName, Item: { id: '1' } })
      await cloud.waitForReplication()
      expect(await items(WEST, TableName)).toEqual([])
    })
  })
})

it('tables take their time when told so', async () => {
  const slow = await startLocalCloud({ regions: [EAST, WEST], settleDelay: 3_600_000 })
  const TableName = 'slow'
  const { TableDescription } = await dynamoClient(slow, EAST).createTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  })
  expect(TableDescription?.TableStatus).toBe('CREATING')
  const { Table } = await dynamoClient(slow, EAST).describeTable({ TableName })
  expect(Table?.TableStatus).toBe('CREATING')
  await slow.stop()
})
