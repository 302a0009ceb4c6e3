import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb'
import { startLocalCloud } from '@dynaseal/local-cloud'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { describeDynoxide } from '../../local-cloud/test/eachEngine.js'
import {
  administrationOf,
  decrypt,
  EAST,
  EU,
  generate,
  rejection,
  startWorld,
  TABLE,
  WEST,
  type World,
} from './world.js'

describeDynoxide('the administration of a key store', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld([EAST, WEST, EU])
  })
  afterAll(() => world.stop())
  afterEach(() => world.cloud.heal())

  const stored = async (branchKeyId: string) => {
    const { Items } = await world.dynamodb(EAST).send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: '#id = :id',
        ExpressionAttributeNames: { '#id': 'branch-key-id' },
        ExpressionAttributeValues: { ':id': { S: branchKeyId } },
      }),
    )
    return Items!
  }

  describe('creates the table', () => {
    it('with a replica in every region, and again without changing anything', async () => {
      const administration = administrationOf(world, 'new-store')
      expect(await administration.createTable()).toEqual({ created: true, replicasAdded: [WEST, EU] })
      expect(await administration.createTable()).toEqual({ created: false, replicasAdded: [] })
      for (const region of [EAST, WEST, EU]) {
        const { Table } = await world
          .dynamodb(region)
          .send(new DescribeTableCommand({ TableName: 'new-store' }))
        expect(Table).toMatchObject({
          TableStatus: 'ACTIVE',
          KeySchema: [
            { AttributeName: 'branch-key-id', KeyType: 'HASH' },
            { AttributeName: 'type', KeyType: 'RANGE' },
          ],
        })
      }
    })

    it('and adds the replicas that are missing', async () => {
      const keyStore = { tableName: 'growing', client: world.dynamodb, regions: [EAST] }
      expect(await administrationOf(world, 'growing', { keyStore }).createTable()).toEqual({
        created: true,
        replicasAdded: [],
      })
      expect(await administrationOf(world, 'growing').createTable()).toEqual({
        created: false,
        replicasAdded: [WEST, EU],
      })
    })

    it('with two operators at once', async () => {
      const results = await Promise.all([1, 2].map(() => administrationOf(world, 'at-once').createTable()))
      expect(results.filter(({ created }) => created)).toHaveLength(1)
      expect(results.flatMap(({ replicasAdded }) => replicasAdded).sort()).toEqual([EU, WEST])
    })

    it('but not out of another one', async () => {
      await world.dynamodb(EAST).send(
        new CreateTableCommand({
          TableName: 'customers',
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        }),
      )
      expect(await rejection(administrationOf(world, 'customers').createTable())).toMatchObject({
        code: 'NOT_A_KEY_STORE',
      })
    })

    it('and waits until it can be used', async () => {
      const cloud = await startLocalCloud({ regions: [EAST, WEST], settleDelay: 20 })
      const clients = [EAST, WEST].map(
        region =>
          new DynamoDBClient({
            region,
            endpoint: cloud.endpoint,
            credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
          }),
      )
      const [east, west] = clients as [DynamoDBClient, DynamoDBClient]
      try {
        await administrationOf(world, 'settling', {
          keyArns: [world.arnIn(EAST), world.arnIn(WEST)],
          keyStore: { tableName: 'settling', client: region => (region === EAST ? east : west) },
        }).createTable()
        for (const client of clients)
          expect(await client.send(new DescribeTableCommand({ TableName: 'settling' }))).toMatchObject({
            Table: { TableStatus: 'ACTIVE' },
          })
        const looks = cloud.calls({ service: 'dynamodb', operation: 'DescribeTable' })
        // Before it, until it is there, until its replica is; and the two of this test.
        expect(looks.length).toBeGreaterThan(1 + 1 + 1 + 2)
      } finally {
        for (const client of clients) client.destroy()
        await cloud.stop()
      }
    })
  })

  describe('creates a branch key', () => {
    it('with a version, its copy that is active, and a beacon key, in one go', async () => {
      const { branchKeyId, version, created } = await world.administration.createBranchKey()
      expect(created).toBe(true)
      expect(branchKeyId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/)
      const rows = await stored(branchKeyId)
      expect(rows.map(({ type }) => type!.S)).toEqual([
        'beacon:ACTIVE',
        'branch:ACTIVE',
        `branch:version:${version}`,
      ])
      const blobs = rows.map(({ enc }) => Buffer.from(enc!.B!).toString('hex'))
      expect(new Set(blobs).size).toBe(3)
      const call = world.cloud.calls({ service: 'dynamodb', operation: 'TransactWriteItems' }).at(-1)
      expect(call).toMatchObject({ region: EAST, status: 200 })
    })

    it('again without changing anything', async () => {
      const given = { branchKeyId: 'again', encryptionContext: { purpose: 'test' } }
      const first = await world.administration.createBranchKey(given)
      const rows = await stored('again')
      expect(await world.administration.createBranchKey(given)).toEqual({ ...first, created: false })
      expect(await stored('again')).toEqual(rows)
    })

    it.each([[{}], [{ purpose: 'other' }], [{ purpose: 'test', more: 'x' }]])(
      'but not over one with another encryption context: %o',
      async encryptionContext => {
        await world.administration.createBranchKey({
          branchKeyId: 'different',
          encryptionContext: { purpose: 'test' },
        })
        expect(
          await rejection(
            world.administration.createBranchKey({ branchKeyId: 'different', encryptionContext }),
          ),
        ).toMatchObject({ code: 'DIFFERENT_BRANCH_KEY' })
      },
    )

    it('once, with ten operators at once', async () => {
      const results = await Promise.all(
        Array.from({ length: 10 }, () => world.administration.createBranchKey({ branchKeyId: 'ten' })),
      )
      expect(results.filter(({ created }) => created)).toHaveLength(1)
      expect(new Set(results.map(({ version }) => version)).size).toBe(1)
      expect(await stored('ten')).toHaveLength(3)
    })

    it.each([[{ '': 'x' }], [{ a: '' }], [{ a: 1 as unknown as string }]])(
      'but not with the pairs %o',
      async encryptionContext => {
        expect(await rejection(world.administration.createBranchKey({ encryptionContext }))).toMatchObject({
          code: 'BAD_CONTEXT',
        })
      },
    )

    it('whose key was never in this process', async () => {
      world.cloud.clearCalls()
      await world.administration.createBranchKey()
      expect(
        world.cloud
          .calls({ service: 'kms' })
          .map(({ operation }) => operation)
          .sort(),
      ).toEqual(['GenerateDataKeyWithoutPlaintext', 'GenerateDataKeyWithoutPlaintext', 'ReEncrypt'])
    })
  })

  describe('rotates a branch key', () => {
    it('with each call, and keeps the old versions, the beacon key and the context', async () => {
      const branchKeyId = 'rotated'
      const created = await world.administration.createBranchKey({
        branchKeyId,
        encryptionContext: { purpose: 'test' },
      })
      const before = await stored(branchKeyId)
      const dataKey = await generate(world.keyring(EAST, { branchKeyId }))
      const first = await world.administration.rotateBranchKey(branchKeyId)
      const second = await world.administration.rotateBranchKey(branchKeyId)
      const versions = await world.administration.listVersions(branchKeyId)
      expect(versions.map(({ version, active }) => [version, active])).toEqual([
        [created.version, false],
        [first.version, false],
        [second.version, true],
      ])
      const after = await stored(branchKeyId)
      for (const row of before) if (row.type!.S !== 'branch:ACTIVE') expect(after).toContainEqual(row)
      for (const row of after) expect(row['aws-crypto-ec:purpose']).toEqual({ S: 'test' })
      expect(await decrypt(world.keyring(EAST, { branchKeyId }), dataKey.encryptedDataKeys)).toBe(
        dataKey.plaintext,
      )
    })

    it('once where it is said from which version', async () => {
      const branchKeyId = 'from'
      const { version: from } = await world.administration.createBranchKey({ branchKeyId })
      const first = await world.administration.rotateBranchKey(branchKeyId, { from })
      expect(first.rotated).toBe(true)
      expect(await world.administration.rotateBranchKey(branchKeyId, { from })).toEqual({
        ...first,
        rotated: false,
      })
      expect(await world.administration.listVersions(branchKeyId)).toHaveLength(2)
    })

    it('once, with ten operators at once', async () => {
      const branchKeyId = 'ten-rotate'
      const { version: from } = await world.administration.createBranchKey({ branchKeyId })
      const results = await Promise.all(
        Array.from({ length: 10 }, () => world.administration.rotateBranchKey(branchKeyId, { from })),
      )
      expect(results.filter(({ rotated }) => rotated)).toHaveLength(1)
      expect(new Set(results.map(({ version }) => version)).size).toBe(1)
      expect(await world.administration.listVersions(branchKeyId)).toHaveLength(2)
    })

    it('in two regions at once, which leaves both versions readable everywhere', async () => {
      const branchKeyId = 'two-regions'
      await world.administration.createBranchKey({ branchKeyId })
      await world.cloud.waitForReplication()
      const elsewhere = administrationOf(world, TABLE, {
        home: WEST,
        keyStore: { tableName: TABLE, logicalName: 'the key store', client: world.dynamodb },
      })
      world.cloud.fault({ kind: 'cut', between: [EAST, WEST] })
      const both = await Promise.all([
        world.administration.rotateBranchKey(branchKeyId),
        elsewhere.rotateBranchKey(branchKeyId),
      ])
      world.cloud.heal()
      await world.cloud.waitForReplication()
      expect(both.map(({ rotated }) => rotated)).toEqual([true, true])
      expect(await world.administration.checkBranchKey(branchKeyId)).toMatchObject({ ok: true })
      const versions = await world.administration.listVersions(branchKeyId)
      expect(versions.map(({ version }) => version)).toEqual(
        expect.arrayContaining(both.map(({ version }) => version)),
      )
      expect(await elsewhere.listVersions(branchKeyId)).toEqual(versions)
    })

    it('but takes over nothing that KMS does not confirm', async () => {
      const branchKeyId = 'spoiled'
      await world.administration.createBranchKey({ branchKeyId })
      const active = (await stored(branchKeyId)).find(({ type }) => type!.S === 'branch:ACTIVE')!
      const put = (Item: typeof active) =>
        world.dynamodb(EAST).send(new PutItemCommand({ TableName: TABLE, Item }))
      await put({ ...active, 'aws-crypto-ec:purpose': { S: 'planted' } })
      expect(await rejection(world.administration.rotateBranchKey(branchKeyId))).toMatchObject({
        code: 'BRANCH_KEY_REFUSED',
      })
      await put({ ...active, 'kms-arn': { S: active['kms-arn']!.S!.replace(/.$/, 'x') } })
      expect(await rejection(world.administration.rotateBranchKey(branchKeyId))).toMatchObject({
        code: 'BRANCH_KEY_REFUSED',
      })
    })

    it('but none that is not there', async () => {
      expect(await rejection(world.administration.rotateBranchKey('nobody'))).toMatchObject({
        code: 'NO_BRANCH_KEY',
      })
    })

    it('and finds that it was destroyed meanwhile', async () => {
      const branchKeyId = 'destroyed-meanwhile'
      await world.administration.createBranchKey({ branchKeyId })
      // Between reading the row and writing the new one, another operator destroys the branch key.
      const client = interfering(world.dynamodb(EAST), () =>
        world.administration.destroyBranchKey(branchKeyId),
      )
      const slow = administrationOf(world, TABLE, {
        keyStore: { tableName: TABLE, logicalName: 'the key store', client: () => client },
      })
      expect(await rejection(slow.rotateBranchKey(branchKeyId))).toMatchObject({ code: 'NO_BRANCH_KEY' })
      expect(await stored(branchKeyId)).toEqual([])
    })
  })
})

/** A client before whose first transaction something else happens. */
function interfering(client: DynamoDBClient, interfere: () => Promise<unknown>): DynamoDBClient {
  let first = true
  const send = async (command: unknown, options?: unknown) => {
    if (first && (command as object).constructor.name === 'TransactWriteItemsCommand') {
      first = false
      await interfere()
    }
    return Reflect.apply(client.send, client, [command, options])
  }
  return Object.assign(Object.create(client), { send })
}
