// A table of patients in two regions, found by beacons, whose keys are in a key store.
import { createHmac, hkdfSync } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import {
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb'
import { BranchKeyring, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { type BeaconOptions, createBeacons, dbEsdkFormat } from '@dynaseal/db-esdk'
import { type Declaration, type SealOptions, sealDocumentClient, search } from '@dynaseal/document-client'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { createBeaconTable } from '../../support/beaconTable.mjs'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'

export const TABLE = 'patients'
export const SECRETS = ['ada-secret@example.com', 'secret diagnosis', 'tag-secret', 'street-secret']
export const [EMAIL, DIAGNOSIS, TAG, STREET] = SECRETS as [string, string, string, string]
const BRANCH_KEY = 'clinic'

export type Beacons = Partial<BeaconOptions>
export type Client = ReturnType<ReturnType<typeof clinic>['declared']>

/** The same before each test of a file: an empty table, and nothing that was sent. */
export function clinic() {
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
  const raw = () => world.rawClient(EAST)

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
    await createBeaconTable(dynamodb[EAST]!, TABLE, WEST)
    await world.cloud.waitForReplication()
    const key = await keyringIn(EAST).beaconKey(BRANCH_KEY)
    beaconKey = Uint8Array.from(key.secret)
    key.release()
  }, 60_000)
  afterAll(() => world.stop())
  beforeEach(async () => {
    await clear()
    world.proxy.sent.length = 0
    world.cloud.clearCalls()
  })

  async function clear(): Promise<void> {
    const { Items = [] } = await raw().send(new ScanCommand({ TableName: TABLE }))
    for (const { id } of Items)
      await raw().send(
        new BatchWriteCommand({ RequestItems: { [TABLE]: [{ DeleteRequest: { Key: { id } } }] } }),
      )
  }

  const optionsIn = (region: string, beacons: Beacons = {}) => {
    const keyring = keyringIn(region)
    const base = beacons.keyFieldName === undefined ? { branchKeyId: BRANCH_KEY } : {}
    return {
      format: dbEsdkFormat({ keyring, algorithmSuite: '0x6700' as const }),
      search: createBeacons({ keyring, ...base, ...beacons }),
    }
  }

  return {
    get world() {
      return world
    },
    clear,
    keyringIn,
    optionsIn,
    /** As the specification has it, by other means. */
    beacon(name: string, bytes: string, length: number, key = beaconKey): string {
      const hmacKey = Buffer.from(hkdfSync('sha512', key, '', `AWS_DBE_SCAN_BEACON${name}`, 64))
      const number =
        createHmac('sha384', hmacKey).update(bytes).digest().readBigUInt64BE() & ((1n << BigInt(length)) - 1n)
      return number.toString(16).padStart(Math.ceil(length / 4), '0')
    },
    async stored(id: string): Promise<Record<string, unknown>> {
      const command = new GetCommand({ TableName: TABLE, Key: { id }, ConsistentRead: true })
      return (await raw().send(command)).Item!
    },
    /** As somebody does who can write the table and nothing else. */
    plant: (Item: Record<string, unknown>) => raw().send(new PutCommand({ TableName: TABLE, Item })),
    declared(tokens: object, beacons: Beacons = {}, options: Partial<SealOptions> = {}) {
      const base = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)))
      return sealDocumentClient(base, { ...optionsIn(EAST, beacons), ...options } as SealOptions).declare({
        table: TABLE,
        key: ['id'],
        encrypted: ['email', 'address', 'tags'],
        indexKeys: { byEmail: ['aws_dbe_b_email', 'at'] },
        tokens: tokens as NonNullable<Declaration['tokens']>,
      })
    },
  }
}

export const put = (client: Client, Item: Record<string, unknown>) =>
  client.send(new PutCommand({ TableName: TABLE, Item }))

/** The ids of what a filter finds. */
export async function scan(
  client: Client,
  FilterExpression: string,
  given: Record<string, string>,
): Promise<string[]> {
  const ExpressionAttributeValues = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, search(value)]),
  )
  const { Items = [] } = await client.send(
    new ScanCommand({ TableName: TABLE, FilterExpression, ExpressionAttributeValues }),
  )
  return Items.map(({ id }) => id as string).sort()
}

export const byEmail = (email: string, more: object = {}, tenant?: string) =>
  new QueryCommand({
    TableName: TABLE,
    IndexName: 'byEmail',
    KeyConditionExpression: 'aws_dbe_b_email = :e',
    ExpressionAttributeValues: { ':e': search(email, tenant === undefined ? {} : { tenant }) },
    ...more,
  })
