import { DynamoDBClient, GetItemCommand as RawGet } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { BranchKeyring, type BranchKeyringOptions, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { encrypted } from '@dynaseal/toolbox'
import { Entity, GetItemCommand, item, PutItemCommand, QueryCommand, string } from 'dynamodb-toolbox'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { describeDynoxide } from '../../packages/local-cloud/test/eachEngine.js'
import { toolboxTable } from '../support/toolboxTable.js'
import { createWorld, EAST, WEST, type World } from '../support/world.js'

const TABLE = 'customers'
const PROCESSES = 50

describeDynoxide('sealed clients with branch keys', () => {
  let world: World
  let administration: KeyStoreAdministration
  const clients = {
    kms: {} as Record<string, KMSClient>,
    dynamodb: {} as Record<string, DynamoDBClient>,
  }
  beforeAll(async () => {
    // Transactions, which the key store is written with, need this engine.
    world = await createWorld({ engine: 'dynoxide' })
    for (const region of [EAST, WEST]) {
      clients.kms[region] = new KMSClient({ ...world.config(region), maxAttempts: 1 })
      clients.dynamodb[region] = new DynamoDBClient({ ...world.config(region), maxAttempts: 1 })
    }
    administration = new KeyStoreAdministration(location())
    await world.createTable(TABLE)
    await administration.createTable()
    for (const tenant of ['a', 'b']) await administration.createBranchKey({ branchKeyId: `tenant-${tenant}` })
    await world.cloud.waitForReplication()
  })
  afterAll(() => world.stop())
  beforeEach(() => world.cloud.clearCalls())
  afterEach(() => world.cloud.heal())

  const location = () => ({
    keyArns: world.keyArns,
    client: (region: string) => clients.kms[region]!,
    keyStore: { tableName: 'branch-keys', client: (region: string) => clients.dynamodb[region]! },
  })

  /** A process that has just started, for one tenant. */
  function fresh(region: string, tenant = 'a', options: Partial<BranchKeyringOptions> = {}) {
    const keyring = new BranchKeyring({
      ...location(),
      region,
      branchKeyId: context => `tenant-${context.tenant}`,
      // Tests count calls: a second region that is asked because this machine is busy would be counted too.
      hedge: false,
      attemptTimeout: 20_000,
      timeout: 25_000,
      ...options,
    })
    const documentClient = world.sealedClient(region, { keyring, encryptionContext: { tenant } })
    const table = toolboxTable(documentClient, TABLE)
    const schema = item({ pk: string().key(), sk: string().key(), name: encrypted(string()) })
    const Customer = new Entity({ name: 'Customer', table, schema })
    documentClient.register(Customer)
    return {
      put: (pk: string, sk: string, name: string) =>
        Customer.build(PutItemCommand).item({ pk, sk, name }).send(),
      get: async (pk: string, sk: string) =>
        (await Customer.build(GetItemCommand).key({ pk, sk }).send()).Item?.name,
      query: async (partition: string) =>
        (await table.build(QueryCommand).query({ partition }).entities(Customer).send()).Items?.map(
          ({ name }) => name,
        ),
    }
  }

  /** Calls to KMS, and reads of the key store: whatever is got while items are put and queried. */
  const keyCalls = () => ({ kms: world.kmsCalls(), keyStore: dynamodbCalls('GetItem') })
  const dynamodbCalls = (operation: string) =>
    world.cloud.calls({ service: 'dynamodb', operation }).map(({ region }) => `${operation} ${region}`)

  test('a fresh process’s first put takes one read of the key store and one call to KMS, the next none', async () => {
    const process = fresh(EAST)
    await process.put('first', '1', 'Ada')
    expect(keyCalls()).toEqual({ kms: [`Decrypt ${EAST}`], keyStore: [`GetItem ${EAST}`] })
    await process.put('first', '2', 'Grace')
    expect(keyCalls()).toEqual({ kms: [`Decrypt ${EAST}`], keyStore: [`GetItem ${EAST}`] })
  })

  test('what as many processes wrote is read cold, elsewhere, with one read of the key store and one call to KMS', {
    timeout: 120_000,
  }, async () => {
    for (let n = 0; n < PROCESSES; n++) await fresh(EAST).put('page', String(n).padStart(4, '0'), `Ada ${n}`)
    await world.cloud.waitForReplication()
    expect(await storedDataKeys('page')).toBe(PROCESSES)
    world.cloud.clearCalls()
    const names = await fresh(WEST).query('page')
    expect(names).toEqual(Array.from({ length: PROCESSES }, (_, n) => `Ada ${n}`))
    expect(keyCalls()).toEqual({ kms: [`Decrypt ${WEST}`], keyStore: [`GetItem ${WEST}`] })
  })

  /** Distinct data keys among items, by what is stored of them. */
  async function storedDataKeys(pk: string): Promise<number> {
    const stored = new Set<string>()
    for (let n = 0; n < PROCESSES; n++) {
      const { Item } = await clients.dynamodb[WEST]!.send(
        new RawGet({ TableName: TABLE, Key: { pk: { S: pk }, sk: { S: String(n).padStart(4, '0') } } }),
      )
      const text = Object.values(Item!)
        .map(({ B }) => (B === undefined ? '' : Buffer.from(B).toString('latin1')))
        .join('')
      // The encrypted data key: behind the branch key's id, its length and 92 bytes.
      const start = text.indexOf('tenant-a') + 'tenant-a'.length + 2
      stored.add(text.slice(start, start + 92))
    }
    return stored.size
  }

  test('each version of a branch key takes one of each more, however many items', async () => {
    for (let version = 0; version < 3; version++) {
      if (version > 0) await administration.rotateBranchKey('tenant-a')
      for (let n = 0; n < 5; n++) await fresh(EAST).put('versions', `${version}-${n}`, `Ada ${version} ${n}`)
    }
    await world.cloud.waitForReplication()
    world.cloud.clearCalls()
    expect(await fresh(WEST).query('versions')).toHaveLength(15)
    expect(world.kmsCalls()).toEqual(Array.from({ length: 3 }, () => `Decrypt ${WEST}`))
    const pageQuery = 1
    const reads = dynamodbCalls('GetItem').length + dynamodbCalls('Query').length - pageQuery
    expect(reads).toBeLessThanOrEqual(2 * 3)
  })

  test('an item of one tenant does not open for another', async () => {
    await fresh(EAST).put('tenants', '1', 'Ada')
    await expect(fresh(EAST, 'b').get('tenants', '1')).rejects.toMatchObject({
      failures: [{ code: expect.stringMatching(/wrong-context|key-unavailable/) }],
    })
    expect(await fresh(EAST).get('tenants', '1')).toBe('Ada')
  })

  test('a region is lost, its KMS and its key store: nothing fails', async () => {
    await fresh(EAST).put('lost', '1', 'Ada')
    await world.cloud.waitForReplication()
    for (const service of ['kms', 'dynamodb'] as const)
      world.cloud.fault({
        region: WEST,
        service,
        kind: 'error',
        operation: service === 'kms' ? 'Decrypt' : 'GetItem',
      })
    const process = fresh(WEST)
    await process.put('lost', '2', 'Grace')
    expect(await process.query('lost')).toEqual(['Ada', 'Grace'])
    expect(await fresh(WEST).query('lost')).toEqual(['Ada', 'Grace'])
  })

  test('a tenant that is destroyed is unreadable, and the other is not', async () => {
    await administration.createBranchKey({ branchKeyId: 'tenant-gone' })
    await fresh(EAST, 'gone').put('gone', '1', 'Ada')
    await fresh(EAST, 'b').put('stays', '1', 'Grace')
    await administration.destroyBranchKey('tenant-gone')
    await world.cloud.waitForReplication()
    await expect(fresh(WEST, 'gone').get('gone', '1')).rejects.toMatchObject({
      failures: [{ code: 'key-unavailable' }],
      cause: { name: 'BranchKeyError', code: 'NO_BRANCH_KEY', permanent: true },
    })
    await expect(fresh(WEST, 'gone').put('gone', '2', 'Ada')).rejects.toMatchObject({
      code: 'key-unavailable',
      cause: { name: 'BranchKeyError', code: 'NO_BRANCH_KEY', permanent: true },
    })
    expect(await fresh(WEST, 'b').get('stays', '1')).toBe('Grace')
  })
})
