// Beacons of the AWS Database Encryption SDK as the search tokens of its items: stored, found, compared, hidden.
import { createHmac, hkdfSync } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { CreateTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import {
  BatchWriteCommand,
  QueryCommand as DocumentQuery,
  ScanCommand as DocumentScan,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { BranchKeyring, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { type BeaconOptions, createBeacons, dbEsdkFormat, transforms } from '@dynaseal/db-esdk'
import { falsePositiveChannel, sealDocumentClient as sealDeclared } from '@dynaseal/document-client'
import { encrypted, openPartially, sealDocumentClient, search, token } from '@dynaseal/toolbox'
import {
  Entity,
  GetItemCommand,
  item,
  number,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  set,
  string,
  Table,
} from 'dynamodb-toolbox'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { leaks } from '../support/recordingProxy.js'
import { createWorld, EAST, WEST, type World } from '../support/world.js'

const TABLE = 'patients'
const SECRETS = ['ada-secret@example.com', 'secret diagnosis', 'tag-secret', 'street-secret']
const [EMAIL, DIAGNOSIS, TAG, STREET] = SECRETS as [string, string, string, string]
const BRANCH_KEY = 'clinic'

let world: World
let beaconKey: Uint8Array
const dynamodb: Record<string, DynamoDBClient> = {}
const kms: Record<string, KMSClient> = {}
const location = () => ({
  keyArns: world.keyArns,
  client: (region: string) => kms[region]!,
  keyStore: { tableName: 'branch-keys', client: (region: string) => dynamodb[region]! },
})
const keyringIn = (region: string, branchKeyId: string | (() => string) = BRANCH_KEY) =>
  new BranchKeyring({
    ...location(),
    region,
    branchKeyId,
    hedge: false,
    attemptTimeout: 20_000,
    timeout: 25_000,
  })

beforeAll(async () => {
  world = await createWorld({ engine: 'dynoxide' })
  for (const region of [EAST, WEST]) {
    kms[region] = new KMSClient({ ...world.config(region), maxAttempts: 1 })
    dynamodb[region] = new DynamoDBClient({ ...world.config(region), maxAttempts: 1 })
  }
  const administration = new KeyStoreAdministration(location())
  await administration.createTable()
  for (const branchKeyId of [BRANCH_KEY, 'tenant-1', 'tenant-2'])
    await administration.createBranchKey({ branchKeyId })
  await dynamodb[EAST]!.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'id', AttributeType: 'S' },
        { AttributeName: 'at', AttributeType: 'N' },
        { AttributeName: 'aws_dbe_b_email', AttributeType: 'S' },
      ],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byEmail',
          KeySchema: [
            { AttributeName: 'aws_dbe_b_email', KeyType: 'HASH' },
            { AttributeName: 'at', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  )
  await dynamodb[EAST]!.send(
    new UpdateTableCommand({ TableName: TABLE, ReplicaUpdates: [{ Create: { RegionName: WEST } }] }),
  )
  await world.cloud.waitForReplication()
  const key = await keyringIn(EAST).beaconKey(BRANCH_KEY)
  beaconKey = Uint8Array.from(key.secret)
  key.release()
}, 60_000)
afterAll(() => world.stop())
async function clear(): Promise<void> {
  const raw = world.rawClient(EAST)
  const { Items = [] } = await raw.send(new DocumentScan({ TableName: TABLE }))
  for (const { id } of Items)
    await raw.send(new BatchWriteCommand({ RequestItems: { [TABLE]: [{ DeleteRequest: { Key: { id } } }] } }))
}
beforeEach(async () => {
  await clear()
  world.proxy.sent.length = 0
  world.cloud.clearCalls()
})

/** As the specification has it, by other means. */
function beacon(name: string, bytes: string, length: number, key = beaconKey): string {
  const hmacKey = Buffer.from(hkdfSync('sha512', key, '', `AWS_DBE_SCAN_BEACON${name}`, 64))
  const number =
    createHmac('sha384', hmacKey).update(bytes).digest().readBigUInt64BE() & ((1n << BigInt(length)) - 1n)
  return number.toString(16).padStart(Math.ceil(length / 4), '0')
}

async function stored(id: string): Promise<Record<string, unknown>> {
  const { Item } = await world
    .rawClient(EAST)
    .send(new GetCommand({ TableName: TABLE, Key: { id }, ConsistentRead: true }))
  return Item!
}

type Beacons = Partial<BeaconOptions>
const optionsIn = (region: string, beacons: Beacons = {}) => {
  const keyring = keyringIn(region)
  const base = beacons.keyFieldName === undefined ? { branchKeyId: BRANCH_KEY } : {}
  return {
    format: dbEsdkFormat({ keyring, algorithmSuite: '0x6700' as const }),
    search: createBeacons({ keyring, ...base, ...beacons }),
  }
}

describe('with entities', () => {
  const patients = (region = EAST) => {
    const documentClient = sealDocumentClient(
      DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region))),
      optionsIn(region),
    )
    const table = new Table({
      documentClient,
      name: TABLE,
      partitionKey: { name: 'id', type: 'string' },
      indexes: {
        byEmail: {
          type: 'global',
          partitionKey: { name: 'aws_dbe_b_email', type: 'string' },
          sortKey: { name: 'at', type: 'number' },
        },
      },
    })
    const Patient = new Entity({
      name: 'Patient',
      table,
      timestamps: false,
      schema: item({
        id: string().key(),
        at: number().default(0),
        email: encrypted(string()).optional(),
        emailBeacon: token('email', { bits: 40, savedAs: 'aws_dbe_b_email' }),
        tags: encrypted(set(string())).optional(),
        tagsBeacon: token('tags', { bits: 24, savedAs: 'aws_dbe_b_tags' }),
        diagnosis: encrypted(string()).optional(),
        aws_dbe_b_diagnosis: token('diagnosis', { bits: 63, normalize: transforms.lower }),
      }),
    })
    documentClient.register(Patient)
    return { Patient, table }
  }
  const ADA = { id: 'ada', at: 1, email: EMAIL, tags: new Set([TAG, 'b']), diagnosis: 'Secret Diagnosis' }

  test('a put stores beacons as the SDK computes them, unsigned, and nobody sees them', async () => {
    const { Patient } = patients()
    await Patient.build(PutItemCommand).item(ADA).send()
    const raw = await stored('ada')
    expect(raw).toMatchObject({
      aws_dbe_b_email: beacon('email', EMAIL, 40),
      aws_dbe_b_tags: new Set([beacon('tags', TAG, 24), beacon('tags', 'b', 24)]),
      aws_dbe_b_diagnosis: beacon('diagnosis', DIAGNOSIS, 63),
    })
    const { Item } = await Patient.build(GetItemCommand)
      .key({ id: 'ada' })
      .options({ consistent: true })
      .send()
    expect(Item).toEqual(ADA)
    expect(leaks(world.proxy.sent, SECRETS)).toEqual([])
    // Whoever can write the table can take them away, and the item opens: the format does not sign them.
    const { aws_dbe_b_email: _, ...without } = raw
    await world.rawClient(EAST).send(new PutCommand({ TableName: TABLE, Item: without }))
    expect(
      (await Patient.build(GetItemCommand).key({ id: 'ada' }).options({ consistent: true }).send()).Item,
    ).toEqual(ADA)
  })

  test('where a value is absent there is no beacon', async () => {
    const { Patient } = patients()
    await Patient.build(PutItemCommand).item({ id: 'bob' }).send()
    expect(Object.keys(await stored('bob')).filter(name => name.startsWith('aws_dbe_b_'))).toEqual([])
  })

  test('queries by the index and filters find by what is given in clear, in two regions', async () => {
    await patients().Patient.build(PutItemCommand).item(ADA).send()
    await patients().Patient.build(PutItemCommand).item({ id: 'bob', at: 2, email: 'bob' }).send()
    await world.cloud.waitForReplication()
    for (const region of [EAST, WEST]) {
      const { Patient, table } = patients(region)
      const { Items } = await table
        .build(QueryCommand)
        .entities(Patient)
        .query({ index: 'byEmail', partition: search(EMAIL) })
        .send()
      expect(Items).toEqual([ADA])
      const scan = () => table.build(ScanCommand).entities(Patient)
      const results = [
        scan()
          .options({ filters: { Patient: { attr: 'tagsBeacon', contains: search(TAG) } } })
          .send(),
        scan()
          .options({ filters: { Patient: { attr: 'emailBeacon', eq: search(EMAIL) } } })
          .send(),
        scan()
          .options({ filters: { Patient: { attr: 'emailBeacon', in: [search(EMAIL), search('nobody')] } } })
          .send(),
        scan()
          .options({
            filters: { Patient: { attr: 'aws_dbe_b_diagnosis', eq: search(DIAGNOSIS.toUpperCase()) } },
          })
          .send(),
      ]
      for (const { Items } of await Promise.all(results)) expect(Items).toEqual([ADA])
    }
    expect(leaks(world.proxy.sent, SECRETS)).toEqual([])
  })

  test('a condition of a write takes the longest beacon, and no shorter one', async () => {
    const { Patient } = patients()
    await Patient.build(PutItemCommand).item(ADA).send()
    const putIf = (diagnosis: string) =>
      Patient.build(PutItemCommand)
        .item({ ...ADA, at: 9 })
        .options({ condition: { attr: 'aws_dbe_b_diagnosis', eq: search(diagnosis) } })
        .send()
    await expect(putIf('health')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    await putIf(DIAGNOSIS)
    expect((await stored('ada')).at).toBe(9)
    const short = Patient.build(PutItemCommand)
      .item(ADA)
      .options({ condition: { attr: 'emailBeacon', eq: search(EMAIL) } })
      .send()
    await expect(short).rejects.toMatchObject({
      code: 'condition-refused',
      message: expect.stringMatching(/63 bits/),
    })
  })

  test('the key store and KMS are asked once for the beacon key, however many items are written', async () => {
    const { Patient } = patients()
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        Patient.build(PutItemCommand)
          .item({ id: `p${n}`, email: `${n}@example.com` })
          .send(),
      ),
    )
    // The branch key is the other.
    expect(world.kmsCalls()).toEqual([`Decrypt ${EAST}`, `Decrypt ${EAST}`])
  })
})

describe('with declared tables', () => {
  const declared = (tokens: object, beacons: Beacons = {}, region = EAST, options: object = {}) => {
    const client = sealDeclared(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region))), {
      ...optionsIn(region, beacons),
      ...options,
    })
    client.declare({
      table: TABLE,
      key: ['id'],
      encrypted: ['email', 'address', 'tags'],
      indexKeys: { byEmail: ['aws_dbe_b_email', 'at'] },
      tokens: tokens as never,
    })
    return client
  }
  type Client = ReturnType<typeof declared>
  const put = (client: Client, Item: Record<string, unknown>) =>
    client.send(new PutCommand({ TableName: TABLE, Item }))
  const scan = async (client: Client, FilterExpression: string, given: Record<string, unknown>) => {
    const ExpressionAttributeValues = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, search(value as string)]),
    )
    const { Items = [] } = await client.send(
      new DocumentScan({ TableName: TABLE, FilterExpression, ExpressionAttributeValues }),
    )
    return Items.map(({ id }) => id as string).sort()
  }
  const byEmail = (email: string, more: object = {}, tenant?: string) =>
    new DocumentQuery({
      TableName: TABLE,
      IndexName: 'byEmail',
      KeyConditionExpression: 'aws_dbe_b_email = :e',
      ExpressionAttributeValues: { ':e': search(email, tenant === undefined ? {} : { tenant }) },
      ...more,
    })

  test('locations in maps, sets and shared keys', async () => {
    const client = declared(
      {
        aws_dbe_b_email: { of: 'email', bits: 16 },
        aws_dbe_b_street: { of: 'address.street', bits: 16 },
        aws_dbe_b_labels: { of: 'tags', members: true, bits: 16 },
      },
      { tables: { [TABLE]: { shared: { labels: 'email' } } } },
    )
    await put(client, {
      id: 'a',
      at: 1,
      email: EMAIL,
      address: { street: STREET },
      tags: new Set([EMAIL, TAG]),
    })
    await put(client, { id: 'b', at: 1, email: 'bob', address: 'no map' })
    expect(await stored('a')).toMatchObject({
      aws_dbe_b_email: beacon('email', EMAIL, 16),
      aws_dbe_b_street: beacon('street', STREET, 16),
      aws_dbe_b_labels: new Set([beacon('email', EMAIL, 16), beacon('email', TAG, 16)]),
    })
    expect(await scan(client, 'aws_dbe_b_street = :s', { ':s': STREET })).toEqual(['a'])
    expect(await scan(client, 'contains(aws_dbe_b_labels, :t)', { ':t': TAG })).toEqual(['a'])
    expect(leaks(world.proxy.sent, SECRETS)).toEqual([])
  })

  test('what has the same beacon and another value is dropped and published, and pages stay honest', async () => {
    const client = declared({ aws_dbe_b_email: { of: 'email', bits: 1 } })
    const emails = Array.from({ length: 24 }, (_, n) => `${n}@example.com`)
    for (const [n, email] of emails.entries()) await put(client, { id: `${n}`, at: n, email })
    const events: unknown[] = []
    const listen = (event: unknown) => events.push(event)
    subscribe(falsePositiveChannel, listen)
    const found: unknown[] = []
    let scanned = 0
    let ExclusiveStartKey: Record<string, unknown> | undefined
    do {
      const page = await client.send(
        byEmail('7@example.com', { Limit: 5, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
      )
      expect(page.Count).toBe(page.Items!.length)
      scanned += page.ScannedCount!
      found.push(...page.Items!)
      ExclusiveStartKey = page.LastEvaluatedKey
    } while (ExclusiveStartKey !== undefined)
    unsubscribe(falsePositiveChannel, listen)
    expect(found).toEqual([{ id: '7', at: 7, email: '7@example.com' }])
    const sharing = emails.filter(each => beacon('email', each, 1) === beacon('email', '7@example.com', 1))
    expect(scanned).toBe(sharing.length)
    expect(events).toHaveLength(sharing.length - 1)
    expect(events[0]).toEqual({ table: TABLE, keyNames: ['id'], path: ['aws_dbe_b_email'] })
  })

  test('an item with the beacon of another value was tampered with, and is not returned', async () => {
    const client = declared({ aws_dbe_b_email: { of: 'email', bits: 32 } })
    await put(client, { id: 'a', at: 1, email: EMAIL })
    await put(client, { id: 'b', at: 2, email: 'bob' })
    const planted = { ...(await stored('b')), aws_dbe_b_email: beacon('email', EMAIL, 32) }
    await world.rawClient(EAST).send(new PutCommand({ TableName: TABLE, Item: planted }))
    await expect(client.send(byEmail(EMAIL))).rejects.toMatchObject({
      name: 'FieldsNotOpenedError',
      failures: [{ code: 'wrong-token', path: ['aws_dbe_b_email'] }],
    })
    const { result, unopened } = await openPartially(() => client.send(byEmail(EMAIL)))
    expect(result.Items).toEqual([{ id: 'a', at: 1, email: EMAIL }])
    expect(unopened).toHaveLength(1)
  })

  test('partitions: a query asks each, and merges them in order; a filter compares with all', async () => {
    const tables = { [TABLE]: { maximumNumberOfPartitions: 4, numberOfPartitions: { tags: 2 } } }
    const tokens = {
      aws_dbe_b_email: { of: 'email', bits: 32 },
      aws_dbe_b_tags: { of: 'tags', members: true, bits: 32 },
    }
    const client = declared(tokens, { tables })
    for (let n = 0; n < 20; n++)
      await put(client, { id: `${n}`, at: n, email: n % 5 === 4 ? 'bob' : EMAIL, tags: new Set(['x']) })
    const beacons = new Set(
      (await Promise.all(Array.from({ length: 20 }, (_, n) => stored(`${n}`))))
        .filter((_, n) => n % 5 !== 4)
        .map(item => item.aws_dbe_b_email),
    )
    expect(beacons.size).toBeGreaterThan(1)
    const expected = Array.from({ length: 20 }, (_, n) => n).filter(n => n % 5 !== 4)
    for (const [ScanIndexForward, order] of [
      [true, expected],
      [false, expected.toReversed()],
    ] as const) {
      const ats: number[] = []
      let ExclusiveStartKey: Record<string, unknown> | undefined
      let pages = 0
      do {
        world.cloud.clearCalls()
        const page = await client.send(
          byEmail(EMAIL, { Limit: 3, ScanIndexForward, ...(ExclusiveStartKey && { ExclusiveStartKey }) }),
        )
        ats.push(...page.Items!.map(({ at }) => at as number))
        if (pages++ === 0) expect(world.cloud.calls({ operation: 'Query' })).toHaveLength(4)
        ExclusiveStartKey = page.LastEvaluatedKey
      } while (ExclusiveStartKey !== undefined)
      expect(ats).toEqual(order)
    }
    expect(
      await scan(client, 'contains(aws_dbe_b_tags, :x) AND aws_dbe_b_email = :b', { ':x': 'x', ':b': 'bob' }),
    ).toEqual(['14', '19', '4', '9'])
    // A put of the same item again stays in its partition.
    const before = (await stored('3')).aws_dbe_b_email
    await put(client, { id: '3', at: 3, email: EMAIL })
    expect((await stored('3')).aws_dbe_b_email).toBe(before)
  })

  test('for random items, lengths and partitions, a search finds what a filter in clear does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'ä', '1', '😀'), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 5 }),
        async (emails, bits, maximumNumberOfPartitions, Limit) => {
          const tables = { [TABLE]: { maximumNumberOfPartitions } }
          const client = declared({ aws_dbe_b_email: { of: 'email', bits } }, { tables })
          await clear()
          await Promise.all(emails.map((email, at) => put(client, { id: `${at}`, at, email })))
          for (const wanted of new Set(emails)) {
            const ats: unknown[] = []
            let ExclusiveStartKey: Record<string, unknown> | undefined
            do {
              const start = ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }
              const page = await client.send(byEmail(wanted, { Limit, ...start }))
              ats.push(...page.Items!.map(({ at }) => at))
              ExclusiveStartKey = page.LastEvaluatedKey
            } while (ExclusiveStartKey !== undefined)
            expect(ats).toEqual([...emails.keys()].filter(at => emails[at] === wanted))
          }
        },
      ),
      { numRuns: 12 },
    )
  })

  test('items that arrive without a command have theirs, too, and show none', async () => {
    const client = declared({ aws_dbe_b_email: { of: 'email', bits: 32 } })
    const item = { id: 'a', at: 1, email: EMAIL }
    const sealed = await client.sealItem(TABLE, item)
    expect(sealed).toMatchObject({ aws_dbe_b_email: beacon('email', EMAIL, 32) })
    expect(await client.openItem(TABLE, sealed)).toEqual(item)
  })

  test('a multi key store: each item has the beacons of the branch key that it names', async () => {
    const client = declared(
      {
        aws_dbe_b_email: { of: 'email', tenant: 'tenant', bits: 32 },
        aws_dbe_b_tags: { of: 'tags', members: true, tenant: 'tenant', bits: 32 },
      },
      { keyFieldName: 'tenant' },
    )
    for (const n of [1, 2])
      await put(client, { id: `${n}`, at: n, tenant: `tenant-${n}`, email: EMAIL, tags: new Set([TAG]) })
    const [one, two] = [await stored('1'), await stored('2')]
    expect(one.aws_dbe_b_email).not.toBe(two.aws_dbe_b_email)
    const key = await keyringIn(EAST).beaconKey('tenant-1')
    expect(one.aws_dbe_b_email).toBe(beacon('email', EMAIL, 32, key.secret))
    key.release()
    const { Items } = await client.send(byEmail(EMAIL, {}, 'tenant-2'))
    expect(Items).toEqual([{ id: '2', at: 2, tenant: 'tenant-2', email: EMAIL, tags: new Set([TAG]) }])
    const ofTags = new DocumentScan({
      TableName: TABLE,
      FilterExpression: 'contains(aws_dbe_b_tags, :t)',
      ExpressionAttributeValues: { ':t': search(TAG, { tenant: 'tenant-1' }) },
    })
    expect((await client.send(ofTags)).Items?.map(({ id }) => id)).toEqual(['1'])
    await expect(client.send(byEmail(EMAIL))).rejects.toMatchObject({ code: 'invalid-value' })
    const ofNobody = put(client, { id: '3', at: 3, email: EMAIL })
    await expect(ofNobody).rejects.toMatchObject({ code: 'invalid-value' })
  })

  test('batches and transactions store beacons, and what is sealed already is sent again as it is', async () => {
    const client = declared({ aws_dbe_b_email: { of: 'email', bits: 32 } })
    const Item = (id: string) => ({ id, at: 1, email: EMAIL })
    await client.send(
      new TransactWriteCommand({ TransactItems: [{ Put: { TableName: TABLE, Item: Item('t') } }] }),
    )
    await client.send(
      new BatchWriteCommand({ RequestItems: { [TABLE]: [{ PutRequest: { Item: Item('b') } }] } }),
    )
    const sealed = await stored('b')
    await client.send(
      new BatchWriteCommand({ RequestItems: { [TABLE]: [{ PutRequest: { Item: sealed } }] } }),
    )
    expect(await stored('b')).toEqual(sealed)
    const { Items = [] } = await client.send(byEmail(EMAIL))
    expect(Items.map(({ id }) => id).sort()).toEqual(['b', 't'])
  })

  describe('updates, which read the item first', () => {
    const tokens = {
      aws_dbe_b_email: { of: 'email', bits: 32 },
      aws_dbe_b_tags: { of: 'tags', members: true, bits: 32 },
      aws_dbe_b_street: { of: 'address.street', bits: 63 },
    }
    const tables = { [TABLE]: { maximumNumberOfPartitions: 3 } }
    const updating = () => declared(tokens, { tables }, EAST, { updates: 'read-change-write' as const })
    const Key = { id: 'a' }
    const update = (client: Client, UpdateExpression: string, values: object, more: object = {}) =>
      client.send(
        new UpdateCommand({
          TableName: TABLE,
          Key,
          UpdateExpression,
          ExpressionAttributeValues: values as Record<string, unknown>,
          ...more,
        }),
      )

    test('store the beacons of what they write, and take those away of what they remove', async () => {
      const client = updating()
      await put(client, { ...Key, at: 1, email: 'before', tags: new Set(['x']), address: { street: STREET } })
      const before = await stored('a')
      const { Attributes } = await update(
        client,
        'SET email = :e, #at = #at + :one ADD tags :t REMOVE address.street',
        { ':e': EMAIL, ':one': 1, ':t': new Set([TAG]) },
        { ExpressionAttributeNames: { '#at': 'at' }, ReturnValues: 'ALL_NEW' },
      )
      expect(Attributes).toEqual({ ...Key, at: 2, email: EMAIL, tags: new Set(['x', TAG]), address: {} })
      const after = await stored('a')
      expect(after.aws_dbe_b_email).not.toBe(before.aws_dbe_b_email)
      expect((after.aws_dbe_b_tags as Set<string>).size).toBe(2)
      expect(Object.keys(after)).not.toContain('aws_dbe_b_street')
      expect((await client.send(byEmail(EMAIL))).Items).toEqual([Attributes])
      expect((await client.send(byEmail('before'))).Items).toEqual([])
      expect(await scan(client, 'contains(aws_dbe_b_tags, :t)', { ':t': TAG })).toEqual(['a'])
      expect(leaks(world.proxy.sent, SECRETS)).toEqual([])
    })

    test('in transactions, too', async () => {
      const client = updating()
      await put(client, { ...Key, at: 1, email: 'before' })
      const Update = {
        TableName: TABLE,
        Key,
        UpdateExpression: 'SET email = :e',
        ConditionExpression: 'email = :b',
        ExpressionAttributeValues: { ':e': EMAIL, ':b': 'before' },
      }
      await client.send(new TransactWriteCommand({ TransactItems: [{ Update }] }))
      expect((await client.send(byEmail(EMAIL))).Items).toEqual([{ ...Key, at: 1, email: EMAIL }])
    })

    test('have conditions by beacons, however short, compared with what is searched for', async () => {
      const client = updating()
      await put(client, { ...Key, at: 1, email: 'x', tags: new Set([TAG]), address: { street: STREET } })
      const fails = { name: 'ConditionalCheckFailedException' }
      const updateIf = (ConditionExpression: string, given: Record<string, string>, at = 2) =>
        update(
          client,
          'SET #at = :at',
          {
            ':at': at,
            ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, search(value)])),
          },
          { ConditionExpression, ExpressionAttributeNames: { '#at': 'at' } },
        )
      await expect(updateIf('aws_dbe_b_street = :s', { ':s': 'nowhere' })).rejects.toMatchObject(fails)
      await expect(updateIf('aws_dbe_b_email IN (:a, :b)', { ':a': 'y', ':b': 'z' })).rejects.toMatchObject(
        fails,
      )
      await expect(updateIf('attribute_not_exists(aws_dbe_b_street)', {})).rejects.toMatchObject(fails)
      expect((await stored('a')).at).toBe(1)
      const condition =
        'aws_dbe_b_street = :s AND aws_dbe_b_email IN (:a, :b) AND contains(aws_dbe_b_tags, :t) AND attribute_exists(aws_dbe_b_email) AND #at < :at'
      await updateIf(condition, { ':s': STREET, ':a': 'y', ':b': 'x', ':t': TAG })
      expect((await stored('a')).at).toBe(2)
      // A put, whose condition looks at what is encrypted as well.
      const putIf = (email: string) =>
        client.send(
          new PutCommand({
            TableName: TABLE,
            Item: { ...Key, at: 3, email: 'new' },
            ConditionExpression: 'email = :e AND aws_dbe_b_email = :s',
            ExpressionAttributeValues: { ':e': email, ':s': search(email) },
          }),
        )
      await expect(putIf('y')).rejects.toMatchObject(fails)
      await putIf('x')
      expect((await client.send(byEmail('new'))).Items).toEqual([{ ...Key, at: 3, email: 'new' }])
      await expect(updateIf('aws_dbe_b_email = :at', {})).rejects.toMatchObject({ code: 'condition-refused' })
      await expect(updateIf('NOT aws_dbe_b_email = :s', { ':s': 'x' })).rejects.toMatchObject({
        code: 'condition-refused',
      })
      await expect(update(client, 'SET email = :s', { ':s': search('x') })).rejects.toMatchObject({
        code: 'condition-refused',
      })
      expect(leaks(world.proxy.sent, SECRETS)).toEqual([])
    })

    test('write no beacon by its name, and leave no item without those of others', async () => {
      const client = updating()
      await put(client, { ...Key, at: 1, email: EMAIL })
      const byName = update(client, 'SET aws_dbe_b_email = :e', { ':e': '12345678' })
      await expect(byName).rejects.toMatchObject({ code: 'plaintext-refused' })
      const copied = update(client, 'SET copied = if_not_exists(aws_dbe_b_email, :e)', { ':e': 'x' })
      await expect(copied).rejects.toMatchObject({
        code: 'update-refused',
        message: expect.stringMatching(/'aws_dbe_b_email' is a search token/),
      })
      const raw = { ...(await stored('a')), aws_dbe_b_theirs: '1' }
      await world.rawClient(EAST).send(new PutCommand({ TableName: TABLE, Item: raw }))
      const lost = update(client, 'SET email = :e', { ':e': 'x' })
      await expect(lost).rejects.toMatchObject({
        code: 'update-refused',
        message: expect.stringMatching(/aws_dbe_b_theirs/),
      })
    })
  })

  test('an update leaves no item without what only another kind of items has a beacon of here', async () => {
    const client = sealDeclared(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
      ...optionsIn(EAST, {}),
      updates: 'read-change-write',
    })
    const kind = (equals: string, name: string) => ({
      table: TABLE,
      key: ['id'] as const,
      encrypted: [name],
      tokens: { [`aws_dbe_b_${name}`]: { of: name, bits: 32 } },
      when: { attribute: 'type', equals },
    })
    client.declare(kind('one', 'email'), kind('other', 'phone'))
    const update = () =>
      client.send(
        new UpdateCommand({
          ...{ TableName: TABLE, Key: { id: 'a' }, UpdateExpression: 'SET email = :e' },
          ExpressionAttributeValues: { ':e': EMAIL },
        }),
      )
    await put(client, { id: 'a', at: 1, type: 'one', email: 'before' })
    await update()
    const raw = { ...(await stored('a')), aws_dbe_b_phone: '12345678' }
    await world.rawClient(EAST).send(new PutCommand({ TableName: TABLE, Item: raw }))
    await expect(update()).rejects.toMatchObject({ code: 'update-refused' })
    expect(await stored('a')).toEqual(raw)
  })

  test('nobody else writes an attribute with the name of a beacon', async () => {
    const client = declared({ aws_dbe_b_email: { of: 'email', bits: 32 } })
    const given = put(client, { id: 'a', at: 1, email: EMAIL, aws_dbe_b_email: '12345678' })
    await expect(given).rejects.toMatchObject({ code: 'plaintext-refused' })
    const unknown = put(client, { id: 'a', at: 1, email: EMAIL, aws_dbe_b_other: '12345678' })
    await expect(unknown).rejects.toMatchObject({ name: 'SealError', path: ['aws_dbe_b_other'] })
    const none = put(client, { id: 'a', at: 1, aws_dbe_b_email: '12345678' })
    await expect(none).rejects.toMatchObject({ code: 'plaintext-refused' })
    await expect(scan(client, 'aws_dbe_b_email = :e', { ':e': EMAIL })).resolves.toEqual([])
  })

  test('other search tokens have other names', async () => {
    const searchKey = await createSearchKey(world.keyring(EAST))
    const client = sealDeclared(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
      ...optionsIn(EAST),
      search: createSearchTokens({ keyring: world.keyring(EAST), writeWith: searchKey }),
    })
    const tokens = { aws_dbe_b_email: { of: 'email' }, tagToken: { of: 'tag' } }
    client.declare({ table: TABLE, key: ['id'], encrypted: ['email', 'tag'], tokens })
    await expect(put(client as Client, { id: 'a', email: EMAIL })).rejects.toMatchObject({
      name: 'SealError',
      reason: expect.stringMatching(/createBeacons/),
    })
    // They are attributes like others, and signed.
    await put(client as Client, { id: 'a', tag: TAG })
    expect(await stored('a')).toMatchObject({ tagToken: expect.stringMatching(/^1\./) })
    expect(await scan(client as Client, 'tagToken = :t', { ':t': TAG })).toEqual(['a'])
  })

  test.each([
    [
      'under another name',
      { emailToken: { of: 'email', bits: 32 } },
      {},
      /stored as aws_dbe_b_ and its name/,
    ],
    [
      'in a map',
      { 'meta.aws_dbe_b_email': { of: ['meta.x', 'email'], bits: 32 } },
      {},
      /an attribute of the item itself/,
    ],
    [
      'of no said length',
      { aws_dbe_b_email: { of: 'email' } },
      {},
      /has to be said, and be an integer from 1 to 63/,
    ],
    ['of 64 bits', { aws_dbe_b_email: { of: 'email', bits: 64 } }, {}, /from 1 to 63/],
    ['of 0 bits', { aws_dbe_b_email: { of: 'email', bits: 0 } }, {}, /bits must be an integer/],
    ['of what is clear', { aws_dbe_b_at: { of: 'at', bits: 8 } }, {}, /at is stored in clear/],
    [
      'of what another one is of',
      { aws_dbe_b_email: { of: 'email', bits: 8 }, aws_dbe_b_mail: { of: 'email', bits: 8 } },
      {},
      /one beacon of one place/,
    ],
    [
      'shared with one that is not there',
      { aws_dbe_b_email: { of: 'email', bits: 8 } },
      { tables: { [TABLE]: { shared: { email: 'mail' } } } },
      /shared with mail/,
    ],
    [
      'without its key field',
      { aws_dbe_b_email: { of: 'email', bits: 8 } },
      { keyFieldName: 'tenant' },
      /its tenant has to be the attribute tenant/,
    ],
    [
      'of a tenant, where there is one branch key',
      { aws_dbe_b_email: { of: 'email', tenant: 'tenant', bits: 8 } },
      {},
      /Give createBeacons\(\) the option keyFieldName/,
    ],
    [
      'with a key field that is encrypted',
      { aws_dbe_b_email: { of: 'email', tenant: 'tags', bits: 8 } },
      { keyFieldName: 'tags' },
      /'tags', is encrypted/,
    ],
  ])('a beacon that is %s is refused when it is declared', (_, tokens, beacons, message) => {
    expect(() => declared(tokens, beacons as Beacons)).toThrow(
      expect.objectContaining({ code: 'invalid-schema', message: expect.stringMatching(message) }),
    )
  })
})
