import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type InitialTable, type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../src/index.js'
import { documentClient, dynamoClient, kmsClient } from './clients.js'
import { describeEngines } from './eachEngine.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const regions = [EAST, WEST]

const KeyId = 'mrk-0123456789abcdef0123456789abcdef'
const key = { AliasName: 'alias/customers', ReplicaRegions: [WEST] }

const table: InitialTable = {
  TableName: 'customers',
  AttributeDefinitions: [
    { AttributeName: 'id', AttributeType: 'S' },
    { AttributeName: 'city', AttributeType: 'S' },
  ],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'by-city',
      KeySchema: [{ AttributeName: 'city', KeyType: 'HASH' }],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
  ReplicaRegions: [WEST],
}

let directory: string
let running: LocalCloud | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-cloud-'))
})

afterEach(async () => {
  await stop()
  await rm(directory, { recursive: true, force: true })
})

async function start(options: Partial<LocalCloudOptions>): Promise<LocalCloud> {
  await stop()
  running = await startLocalCloud({ regions, ...options })
  return running
}

async function stop(): Promise<void> {
  await running?.stop()
  running = undefined
}

describe('keys that are there at the start', () => {
  it('have replicas, an alias in each region, and are told of', async () => {
    const Tags = [{ TagKey: 'team', TagValue: 'payments' }]
    const cloud = await start({
      keys: [
        { ...key, Description: 'of customers', Tags },
        { AliasName: 'alias/mac', Region: WEST, KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
      ],
    })
    const [customers, mac] = cloud.keys
    expect(customers).toEqual({
      keyId: expect.stringMatching(/^mrk-[0-9a-f]{32}$/),
      aliasName: 'alias/customers',
      arns: {
        [EAST]: `arn:aws:kms:${EAST}:000000000000:key/${customers?.keyId}`,
        [WEST]: `arn:aws:kms:${WEST}:000000000000:key/${customers?.keyId}`,
      },
    })
    expect(Object.keys(mac?.arns ?? {})).toEqual([WEST])
    for (const region of regions) {
      const kms = kmsClient(cloud, region)
      const { KeyMetadata } = await kms.describeKey({ KeyId: 'alias/customers' })
      expect(KeyMetadata).toMatchObject({ Arn: customers?.arns[region], Description: 'of customers' })
      expect((await kms.listResourceTags({ KeyId: customers?.keyId })).Tags).toEqual(Tags)
    }
    const KeyId = 'alias/mac'
    const made = { KeyId, MacAlgorithm: 'HMAC_SHA_256', Message: Buffer.from('m') } as const
    expect((await kmsClient(cloud, WEST).generateMac(made)).Mac).toHaveLength(32)
    expect(cloud.calls({ operation: 'CreateKey' })).toEqual([])
  })

  it('have the id that they are given', async () => {
    const single = '12345678-1234-1234-1234-123456789abc'
    const cloud = await start({ keys: [{ KeyId }, { KeyId: single }] })
    expect(cloud.keys.map(({ arns }) => arns)).toEqual([
      { [EAST]: `arn:aws:kms:${EAST}:000000000000:key/${KeyId}` },
      { [EAST]: `arn:aws:kms:${EAST}:000000000000:key/${single}` },
    ])
  })

  it('may have one alias in different regions', async () => {
    const cloud = await start({
      keys: [{ AliasName: 'alias/one' }, { AliasName: 'alias/one', Region: WEST }],
    })
    expect(new Set(cloud.keys.map(({ keyId }) => keyId)).size).toBe(2)
  })

  it('wait until they can be used', async () => {
    const cloud = await start({ keys: [key], settleDelay: 50 })
    const { KeyMetadata } = await kmsClient(cloud, WEST).describeKey({ KeyId: 'alias/customers' })
    expect(KeyMetadata?.KeyState).toBe('Enabled')
  })

  it('are left as they are when they are there, wherever the primary is now', async () => {
    const first = await start({ directory, keys: [key] })
    const { keyId = '' } = first.keys[0] ?? {}
    const kms = kmsClient(first, EAST)
    const { CiphertextBlob } = await kms.encrypt({ KeyId: keyId, Plaintext: Buffer.from('secret') })
    await kms.updatePrimaryRegion({ KeyId: keyId, PrimaryRegion: WEST })
    await kms.updateKeyDescription({ KeyId: keyId, Description: 'changed' })
    const again = await start({ directory, keys: [key] })
    expect(again.keys).toEqual([{ ...first.keys[0], arns: { ...first.keys[0]?.arns } }])
    const { Plaintext } = await kmsClient(again, WEST).decrypt({ CiphertextBlob })
    expect(Buffer.from(Plaintext ?? []).toString()).toBe('secret')
    const { KeyMetadata } = await kmsClient(again, EAST).describeKey({ KeyId: keyId })
    expect(KeyMetadata?.Description).toBe('changed')
    expect((await kmsClient(again, EAST).listKeys({})).Keys).toHaveLength(1)
  })

  it('get what they do not have yet: replicas and aliases', async () => {
    await start({ directory, keys: [{ KeyId }] })
    const cloud = await start({ directory, keys: [{ KeyId, ...key }] })
    const { KeyMetadata } = await kmsClient(cloud, WEST).describeKey({ KeyId: 'alias/customers' })
    expect(KeyMetadata?.KeyId).toBe(KeyId)
  })

  it.each([
    [
      { ...key, KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
      'keys[0].KeySpec: is HMAC_256, but the key mrk-.* that is there has SYMMETRIC_DEFAULT',
    ],
    [{ AliasName: 'alias/customers' }, 'keys[0].MultiRegion: is false, but the key mrk-.* has true'],
    [
      { ...key, KeyId },
      `keys[0].AliasName: alias/customers is there in us-east-1, of the key mrk-.* and not of ${KeyId}`,
    ],
    [
      {
        AliasName: 'alias/customers',
        Region: WEST,
        KeyId: 'mrk-ffffffffffffffffffffffffffffffff',
        MultiRegion: true,
      },
      'keys[0].AliasName: alias/customers is there in us-west-2',
    ],
  ])('that are there and different are refused: %j', async (other, message) => {
    await start({ directory, keys: [key] })
    await stop()
    await expect(startLocalCloud({ regions, directory, keys: [other] })).rejects.toThrow(
      new RegExp(message.replace(/[[\]]/g, '\\$&')),
    )
    const cloud = await start({ directory, keys: [key] })
    expect((await kmsClient(cloud, EAST).listKeys({})).Keys).toHaveLength(1)
  })

  it('are refused where their id is in another region', async () => {
    await start({ directory, keys: [{ KeyId, Region: WEST }] })
    await stop()
    await expect(startLocalCloud({ regions, directory, keys: [{ KeyId }] })).rejects.toThrow(
      `keys[0].Region: is us-east-1, but the key ${KeyId} is there in us-west-2 and not in us-east-1.`,
    )
  })
})

describeEngines('tables that are there at the start', engine => {
  it('have indexes and replicas, and are ready', async () => {
    const cloud = await start({ engine, tables: [table], settleDelay: 20 })
    await documentClient(cloud, WEST).put({ TableName: 'customers', Item: { id: '1', city: 'Rome' } })
    await cloud.waitForReplication()
    const { Items } = await documentClient(cloud, EAST).query({
      TableName: 'customers',
      IndexName: 'by-city',
      KeyConditionExpression: 'city = :city',
      ExpressionAttributeValues: { ':city': 'Rome' },
    })
    expect(Items).toEqual([{ id: '1', city: 'Rome' }])
  })

  it('are left as they are when they are there, and get the replicas that they do not have', async () => {
    const { ReplicaRegions, ...alone } = table
    const first = await start({ engine, directory, tables: [alone] })
    await documentClient(first, EAST).put({ TableName: 'customers', Item: { id: '1', city: 'Rome' } })
    const again = await start({ engine, directory, tables: [table] })
    const { Item } = await documentClient(again, WEST).get({ TableName: 'customers', Key: { id: '1' } })
    expect(Item).toEqual({ id: '1', city: 'Rome' })
    await start({ engine, directory, tables: [table] })
  })

  it.each([
    [
      { ...table, KeySchema: [{ AttributeName: 'city', KeyType: 'HASH' }] },
      'tables[0].KeySchema: customers is there',
    ],
    [
      {
        ...table,
        GlobalSecondaryIndexes: [
          {
            IndexName: 'by-city',
            KeySchema: [{ AttributeName: 'city', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      },
      'tables[0].GlobalSecondaryIndexes[0]: customers is there',
    ],
    [
      {
        ...table,
        AttributeDefinitions: [
          { AttributeName: 'id', AttributeType: 'S' },
          { AttributeName: 'city', AttributeType: 'N' },
        ],
      },
      'tables[0].AttributeDefinitions[1]: customers is there',
    ],
  ])('that are there and different are refused (case %#)', async (other, message) => {
    await start({ engine, directory, tables: [table] })
    await stop()
    const started = startLocalCloud({ regions, engine, directory, tables: [other] })
    await expect(started).rejects.toThrow(message)
    await start({ engine, directory, tables: [table] })
  })

  it('have a TTL setting in every region, where the engine has one', async () => {
    const TimeToLiveSpecification = { AttributeName: 'expires', Enabled: true } as const
    const tables = [{ ...table, TimeToLiveSpecification }]
    if (engine === 'dynalite') {
      await expect(startLocalCloud({ regions, engine, tables })).rejects.toThrow(
        'tables[0].TimeToLiveSpecification: UnknownOperationException: UpdateTimeToLive is not there: dynalite',
      )
      return
    }
    const cloud = await start({ engine, directory, tables })
    for (const region of regions) {
      const found = await dynamoClient(cloud, region).describeTimeToLive({ TableName: 'customers' })
      expect(found.TimeToLiveDescription?.AttributeName).toBe('expires')
    }
    await start({ engine, directory, tables })
    await stop()
    const other = [{ ...table, TimeToLiveSpecification: { AttributeName: 'until', Enabled: true } as const }]
    await expect(startLocalCloud({ regions, engine, directory, tables: other })).rejects.toThrow(
      'tables[0].TimeToLiveSpecification: is until, but customers that is there has expires.',
    )
  })
})

describe('what cannot be is refused before anything is made', () => {
  const alias = { AliasName: 'alias/a' }
  it.each<[unknown, string]>([
    [{}, 'keys: must be a list, not {}'],
    [['alias/a'], 'keys[0]: must be an object, not "alias/a"'],
    [[{}], 'keys[0]: needs an AliasName or a KeyId, by which it is found again'],
    [[{ Alias: 'a' }], 'keys[0].Alias: there is no such member; there are AliasName, KeyId'],
    [[{ AliasName: 'a' }], 'keys[0].AliasName: must be alias/ and letters'],
    [[{ AliasName: 'alias/aws/dynamodb' }], 'keys[0].AliasName: must be alias/ and letters'],
    [[{ AliasName: 1 }], 'keys[0].AliasName: must be a string, not 1'],
    [[{ ...alias, MultiRegion: 'yes' }], 'keys[0].MultiRegion: must be true or false, not "yes"'],
    [[{ ...alias, MultiRegion: false, ReplicaRegions: [WEST] }], 'keys[0].MultiRegion: must be true'],
    [
      [{ ...alias, Region: 'eu-west-1' }],
      'keys[0].Region: must be one of the regions us-east-1, us-west-2, not',
    ],
    [
      [{ ...alias, ReplicaRegions: WEST }],
      'keys[0].ReplicaRegions: must be a list of regions, not "us-west-2"',
    ],
    [[{ ...alias, ReplicaRegions: [WEST, 'moon'] }], 'keys[0].ReplicaRegions[1]: must be one of the regions'],
    [[{ ...alias, ReplicaRegions: [EAST] }], 'keys[0].ReplicaRegions[0]: us-east-1 is named twice'],
    [[{ KeyId: 'customers' }], 'keys[0].KeyId: must be mrk- and 32 hexadecimal digits'],
    [[{ KeyId, MultiRegion: false }], 'keys[0].KeyId: must be mrk- and 32 hexadecimal digits'],
    [[{ ...alias, Tags: { team: 'a' } }], 'keys[0].Tags: must be a list of { "TagKey", "TagValue" }'],
    [[alias, alias], 'keys[1].AliasName: alias/a is there twice in us-east-1'],
    [[{ KeyId }, { KeyId, Region: WEST }], `keys[1].KeyId: ${KeyId} is there twice`],
    [[{ ...alias, KeySpec: 'RSA_2048' }], 'keys[0]: UnsupportedOperationException: The local cloud'],
  ])('keys %j', async (keys, message) => {
    await expect(startLocalCloud({ regions, keys } as LocalCloudOptions)).rejects.toThrow(message)
  })

  it.each<[unknown, string]>([
    [[{}], 'tables[0].TableName: must be a string, not undefined'],
    [[{ ...table, Region: 'moon' }], 'tables[0].Region: must be one of the regions'],
    [
      [{ ...table, TimeToLiveSpecification: 'expires' }],
      'tables[0].TimeToLiveSpecification: must be { "AttributeName"',
    ],
    [
      [table, { ...table, Region: WEST, ReplicaRegions: [] }],
      'tables[1].TableName: customers is there twice in us-west-2',
    ],
    [[{ TableName: 'customers' }], 'tables[0]: ValidationException: '],
  ])('tables %#', async (tables, message) => {
    await expect(startLocalCloud({ regions, tables } as LocalCloudOptions)).rejects.toThrow(message)
  })
})
