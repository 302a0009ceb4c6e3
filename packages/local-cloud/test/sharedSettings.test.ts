import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { createGlobalTable, documentClient, dynamoClient } from './clients.js'
import { describeDynoxide, describeEngines } from './eachEngine.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const IRELAND = 'eu-west-1'
const REGIONS = [EAST, WEST, IRELAND]

const units = (read: number, write: number) => ({ ReadCapacityUnits: read, WriteCapacityUnits: write })
const index = (IndexName: string, AttributeName: string) => ({
  IndexName,
  KeySchema: [{ AttributeName, KeyType: 'HASH' as const }],
  Projection: { ProjectionType: 'ALL' as const },
})

describeEngines('UpdateTable on a replica', engine => {
  let cloud: LocalCloud
  let tables = 0
  let TableName: string

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: REGIONS, engine, replicationDelay: 1 })
  })

  afterAll(() => cloud.stop())

  const newTable = async (regions = REGIONS) => {
    TableName = `table-${++tables}`
    await createGlobalTable(cloud, TableName, regions)
  }

  const describeAll = () =>
    Promise.all(
      REGIONS.map(async region => (await dynamoClient(cloud, region).describeTable({ TableName })).Table),
    )

  it('changes the capacity mode and the throughput of all', async () => {
    await newTable()
    const { TableDescription } = await dynamoClient(cloud, WEST).updateTable({
      TableName,
      BillingMode: 'PROVISIONED',
      ProvisionedThroughput: units(5, 6),
    })
    expect(TableDescription?.TableArn).toContain(WEST)
    expect(TableDescription?.Replicas?.map(({ RegionName }) => RegionName)).toEqual([EAST, IRELAND])
    for (const table of await describeAll())
      expect(table).toMatchObject({ TableStatus: 'ACTIVE', ProvisionedThroughput: units(5, 6) })
    await dynamoClient(cloud, IRELAND).updateTable({ TableName, ProvisionedThroughput: units(7, 8) })
    for (const table of await describeAll()) expect(table?.ProvisionedThroughput).toMatchObject(units(7, 8))
    await dynamoClient(cloud, EAST).updateTable({ TableName, BillingMode: 'PAY_PER_REQUEST' })
    for (const table of await describeAll())
      expect(table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST')
  })

  it('that its own engine refuses changes none', async () => {
    await newTable()
    const before = await describeAll()
    await expect(
      dynamoClient(cloud, WEST).updateTable({ TableName, ProvisionedThroughput: units(5, 5) }),
    ).rejects.toMatchObject({ name: 'ValidationException' })
    expect(await describeAll()).toEqual(before)
  })

  if (engine === 'dynalite')
    it('does not pretend to add or remove an index', async () => {
      await newTable()
      const west = dynamoClient(cloud, WEST)
      const update = (input: object) =>
        west.updateTable({ TableName, AttributeDefinitions: [], GlobalSecondaryIndexUpdates: [input] })
      await expect(
        update({ Create: { ...index('byOwner', 'owner'), ProvisionedThroughput: units(1, 1) } }),
      ).rejects.toMatchObject({
        name: 'UnknownOperationException',
        message: expect.stringMatching(
          /^Adding an index to a table is not there: dynalite, .* dynoxide has it/,
        ),
      })
      await expect(update({ Delete: { IndexName: 'byOwner' } })).rejects.toMatchObject({
        message: expect.stringContaining('Removing an index from a table is not there: dynalite'),
      })
    })
  else {
    it('adds an index to all, filled, and removes it', async () => {
      await newTable()
      await documentClient(cloud, EAST).put({ TableName, Item: { id: '1', owner: 'ada' } })
      await cloud.waitForReplication()
      await dynamoClient(cloud, WEST).updateTable({
        TableName,
        AttributeDefinitions: [{ AttributeName: 'owner', AttributeType: 'S' }],
        GlobalSecondaryIndexUpdates: [{ Create: index('byOwner', 'owner') }],
      })
      await documentClient(cloud, IRELAND).put({ TableName, Item: { id: '2', owner: 'ada' } })
      await cloud.waitForReplication()
      for (const region of REGIONS) {
        const { Items } = await documentClient(cloud, region).query({
          TableName,
          IndexName: 'byOwner',
          KeyConditionExpression: '#o = :o',
          ExpressionAttributeNames: { '#o': 'owner' },
          ExpressionAttributeValues: { ':o': 'ada' },
        })
        expect(Items?.map(({ id }) => id).sort()).toEqual(['1', '2'])
      }
      await dynamoClient(cloud, EAST).updateTable({
        TableName,
        GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'byOwner' } }],
      })
      for (const table of await describeAll()) expect(table?.GlobalSecondaryIndexes).toBeUndefined()
    })

    it('starts the streams of all, and of replicas to come', async () => {
      await newTable([EAST, WEST])
      const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' as const }
      await dynamoClient(cloud, WEST).updateTable({ TableName, StreamSpecification })
      await dynamoClient(cloud, WEST).updateTable({
        TableName,
        ReplicaUpdates: [{ Create: { RegionName: IRELAND } }],
      })
      for (const [n, table] of (await describeAll()).entries()) {
        expect(table?.StreamSpecification).toEqual(StreamSpecification)
        expect(table?.LatestStreamArn).toContain(`arn:aws:dynamodb:${REGIONS[n]}:`)
      }
    })

    it('protects from deletion only what it is asked to', async () => {
      await newTable()
      await dynamoClient(cloud, WEST).updateTable({ TableName, DeletionProtectionEnabled: true })
      const all = await describeAll()
      expect(all.map(table => table?.DeletionProtectionEnabled)).toEqual([false, true, false])
      await expect(dynamoClient(cloud, WEST).deleteTable({ TableName })).rejects.toMatchObject({
        name: 'ValidationException',
      })
      // It is a replica as before.
      await documentClient(cloud, EAST).put({ TableName, Item: { id: '1' } })
      await cloud.waitForReplication()
      expect((await documentClient(cloud, WEST).get({ TableName, Key: { id: '1' } })).Item).toEqual({
        id: '1',
      })
    })
  }
})

describeDynoxide('replicas on different engines', () => {
  it('share no setting that one of them does not have', async () => {
    const server = await startLocalCloud({ regions: [WEST], engine: 'dynoxide' })
    // A cloud is a DynamoDB server, too: its one region is this one's west, on dynoxide; east is on dynalite.
    const cloud = await startLocalCloud({ regions: [EAST, WEST], engines: { [WEST]: server.endpoint } })
    const TableName = 'mixed'
    await createGlobalTable(cloud, TableName, [EAST, WEST])
    const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true }
    await expect(
      dynamoClient(cloud, WEST).updateTimeToLive({ TableName, TimeToLiveSpecification }),
    ).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: expect.stringContaining('UpdateTimeToLive is not there: dynalite'),
    })
    const { TimeToLiveDescription } = await dynamoClient(cloud, WEST).describeTimeToLive({ TableName })
    expect(TimeToLiveDescription?.TimeToLiveStatus).toBe('DISABLED')
    await cloud.stop()
    await server.stop()
  })

  it('that differ already end the same', async () => {
    const server = await startLocalCloud({ regions: [WEST], engine: 'dynoxide' })
    const cloud = await startLocalCloud({ regions: [EAST, WEST], engines: { [WEST]: server.endpoint } })
    const TableName = 'mixed'
    await createGlobalTable(cloud, TableName, [EAST, WEST])
    const update = { TableName, BillingMode: 'PROVISIONED' as const, ProvisionedThroughput: units(3, 4) }
    await dynamoClient(server, WEST).updateTable(update)
    await dynamoClient(cloud, EAST).updateTable(update)
    for (const region of [EAST, WEST]) {
      const { Table } = await dynamoClient(cloud, region).describeTable({ TableName })
      expect(Table?.ProvisionedThroughput).toMatchObject(units(3, 4))
    }
    await dynamoClient(server, WEST).deleteTable({ TableName })
    await expect(
      dynamoClient(cloud, EAST).updateTable({ TableName, ProvisionedThroughput: units(5, 5) }),
    ).rejects.toMatchObject({
      name: 'InternalServerError',
      message: expect.stringMatching(
        /^UpdateTable was done in us-east-1, but the engine of us-west-2 refused it: ResourceNotFoundException: /,
      ),
    })
    await cloud.stop()
    await server.stop()
  })
})

describe('UpdateTable of a table that is in one region', () => {
  it('is the engine’s own', async () => {
    const cloud = await startLocalCloud({ regions: [EAST, WEST] })
    for (const region of [EAST, WEST]) await createGlobalTable(cloud, 'alone', [region])
    await dynamoClient(cloud, EAST).updateTable({
      TableName: 'alone',
      BillingMode: 'PROVISIONED',
      ProvisionedThroughput: units(5, 5),
    })
    const { Table } = await dynamoClient(cloud, WEST).describeTable({ TableName: 'alone' })
    expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST')
    await cloud.stop()
  })
})
