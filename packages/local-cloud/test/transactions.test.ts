import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { createGlobalTable, documentClient, dynamoClient } from './clients.js'
import { describeDynoxide } from './eachEngine.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'

describeDynoxide('writes that only dynoxide has', () => {
  let cloud: LocalCloud
  let tables = 0
  let TableName: string

  beforeAll(async () => {
    cloud = await startLocalCloud({ regions: [EAST, WEST], engine: 'dynoxide', replicationDelay: 1 })
  })

  afterAll(() => cloud.stop())

  const newTable = async () => {
    TableName = `table-${++tables}`
    await createGlobalTable(cloud, TableName, [EAST, WEST])
    return { east: documentClient(cloud, EAST), west: documentClient(cloud, WEST) }
  }

  const items = async (region: string) => {
    const { Items = [] } = await documentClient(cloud, region).scan({ TableName, ConsistentRead: true })
    return Items.sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  const bothHave = async (expected: unknown[]) => {
    await cloud.waitForReplication()
    expect(await items(EAST)).toEqual(expected)
    expect(await items(WEST)).toEqual(expected)
  }

  describe('a transaction', () => {
    it('replicates all that it writes', async () => {
      const { east } = await newTable()
      for (const id of ['checked', 'deleted', 'updated']) await east.put({ TableName, Item: { id, n: 1 } })
      await east.transactWrite({
        TransactItems: [
          { Put: { TableName, Item: { id: 'put', n: 1 } } },
          { Delete: { TableName, Key: { id: 'deleted' } } },
          {
            Update: {
              TableName,
              Key: { id: 'updated' },
              UpdateExpression: 'ADD n :one',
              ExpressionAttributeValues: { ':one': 1 },
            },
          },
          {
            ConditionCheck: {
              TableName,
              Key: { id: 'checked' },
              ConditionExpression: 'attribute_exists(id)',
            },
          },
        ],
      })
      await bothHave([
        { id: 'checked', n: 1 },
        { id: 'put', n: 1 },
        { id: 'updated', n: 2 },
      ])
      const { Responses } = await documentClient(cloud, WEST).transactGet({
        TransactItems: [{ Get: { TableName, Key: { id: 'updated' } } }],
      })
      expect(Responses).toEqual([{ Item: { id: 'updated', n: 2 } }])
    })

    it('that is cancelled replicates nothing', async () => {
      const { east } = await newTable()
      await east.put({ TableName, Item: { id: '1' } })
      await expect(
        east.transactWrite({
          TransactItems: [
            { Put: { TableName, Item: { id: '2' } } },
            { Put: { TableName, Item: { id: '1', n: 1 }, ConditionExpression: 'attribute_not_exists(id)' } },
          ],
        }),
      ).rejects.toMatchObject({ name: 'TransactionCanceledException' })
      await bothHave([{ id: '1' }])
    })

    it('that is repeated with its token writes nothing, and so undoes no later write elsewhere', async () => {
      const { east, west } = await newTable()
      const input = {
        ClientRequestToken: 'once',
        TransactItems: [{ Put: { TableName, Item: { id: '1', by: 'east' } } }],
      }
      await east.transactWrite(input)
      await cloud.waitForReplication()
      const heal = cloud.fault({ kind: 'cut', between: [EAST, WEST] })
      await west.put({ TableName, Item: { id: '1', by: 'west, later' } })
      await east.transactWrite(input)
      heal()
      await bothHave([{ id: '1', by: 'west, later' }])
    })

    it('with the token of another one is refused', async () => {
      const { east } = await newTable()
      const transaction = (id: string) =>
        east.transactWrite({
          ClientRequestToken: 'twice',
          TransactItems: [{ Put: { TableName, Item: { id } } }],
        })
      await transaction('1')
      await expect(transaction('2')).rejects.toMatchObject({ name: 'IdempotentParameterMismatchException' })
      await bothHave([{ id: '1' }])
    })

    it('has a token of its own in each region', async () => {
      const { east, west } = await newTable()
      const input = (by: string) => ({
        ClientRequestToken: 'both',
        TransactItems: [{ Put: { TableName, Item: { id: '1', by } } }],
      })
      await east.transactWrite(input('east'))
      await cloud.waitForReplication()
      await west.transactWrite(input('west'))
      await bothHave([{ id: '1', by: 'west' }])
    })
  })

  describe('PartiQL', () => {
    it('replicates what one statement writes', async () => {
      await newTable()
      const east = dynamoClient(cloud, EAST)
      const run = (Statement: string, ...values: string[]) =>
        east.executeStatement({
          Statement,
          ...(values.length > 0 ? { Parameters: values.map(S => ({ S })) } : {}),
        })
      for (const id of ['deleted', 'updated'])
        await run(`INSERT INTO "${TableName}" VALUE {'id': ?, 'n': 1}`, id)
      const { Items } = await run(
        `UPDATE "${TableName}" SET n = n + 1 WHERE id = 'updated' RETURNING ALL NEW *`,
      )
      expect(Items).toEqual([{ id: { S: 'updated' }, n: { N: '2' } }])
      await run(`DELETE FROM "${TableName}" WHERE id = ?`, 'deleted')
      await bothHave([{ id: 'updated', n: 2 }])
    })

    it('replicates the statements of a batch that succeed', async () => {
      const { east, west } = await newTable()
      await east.put({ TableName, Item: { id: 'there', by: 'east' } })
      await cloud.waitForReplication()
      const heal = cloud.fault({ kind: 'cut', between: [EAST, WEST] })
      await west.put({ TableName, Item: { id: 'there', by: 'west, later' } })
      const { Responses } = await dynamoClient(cloud, EAST).batchExecuteStatement({
        Statements: [
          { Statement: `INSERT INTO "${TableName}" VALUE {'id': 'there', 'by': 'insert'}` },
          { Statement: `INSERT INTO "${TableName}" VALUE {'id': 'new'}` },
        ],
      })
      expect(Responses?.[0]?.Error?.Code).toBe('DuplicateItem')
      heal()
      await bothHave([{ id: 'new' }, { id: 'there', by: 'west, later' }])
    })

    it('replicates a transaction, once', async () => {
      const { east, west } = await newTable()
      await east.put({ TableName, Item: { id: '1', n: 1 } })
      const input = {
        ClientRequestToken: 'statements',
        TransactStatements: [
          { Statement: `UPDATE "${TableName}" SET n = n + 1 WHERE id = '1'` },
          { Statement: `INSERT INTO "${TableName}" VALUE {'id': '2'}` },
        ],
      }
      await dynamoClient(cloud, EAST).executeTransaction(input)
      await bothHave([{ id: '1', n: 2 }, { id: '2' }])
      const heal = cloud.fault({ kind: 'cut', between: [EAST, WEST] })
      await west.delete({ TableName, Key: { id: '2' } })
      await dynamoClient(cloud, EAST).executeTransaction(input)
      heal()
      await bothHave([{ id: '1', n: 2 }])
    })

    it('is refused where it is not clear what it writes', async () => {
      await newTable()
      const east = dynamoClient(cloud, EAST)
      const Statement = `INSERT INTO '${TableName}' VALUE {'id': '1'}`
      await expect(east.executeStatement({ Statement })).rejects.toMatchObject({
        name: 'UnknownOperationException',
        message: expect.stringContaining('cannot tell which item this statement writes'),
      })
      await bothHave([])
      const { Items } = await east.executeStatement({ Statement: `SELECT * FROM "${TableName}"` })
      expect(Items).toEqual([])
    })
  })

  describe('the TTL setting', () => {
    const setting = (region: string) =>
      dynamoClient(cloud, region)
        .describeTimeToLive({ TableName })
        .then(({ TimeToLiveDescription }) => TimeToLiveDescription)

    it('is the same in all regions, wherever it is changed, and for replicas to come', async () => {
      TableName = `table-${++tables}`
      await createGlobalTable(cloud, TableName, [EAST])
      const specification = (Enabled: boolean) => ({
        TableName,
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled },
      })
      await dynamoClient(cloud, EAST).updateTimeToLive(specification(true))
      await dynamoClient(cloud, EAST).updateTable({
        TableName,
        ReplicaUpdates: [{ Create: { RegionName: WEST } }],
      })
      const enabled = { AttributeName: 'expires', TimeToLiveStatus: 'ENABLED' }
      expect(await setting(WEST)).toEqual(enabled)
      await dynamoClient(cloud, WEST).updateTimeToLive(specification(false))
      expect(await setting(EAST)).toEqual({ TimeToLiveStatus: 'DISABLED' })
      await dynamoClient(cloud, WEST).updateTimeToLive(specification(true))
      expect(await setting(EAST)).toEqual(enabled)
    })
  })
})
