import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, DescribeKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient, type TranslateConfig } from '@aws-sdk/lib-dynamodb'
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '@dynaseal/local-cloud'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { type SealOptions, sealDocumentClient } from '@dynaseal/toolbox'
import { optionsOfRun } from './formatOfRun.js'
import { type RecordingProxy, startRecordingProxy } from './recordingProxy.js'

export const EAST = 'us-east-1'
export const WEST = 'us-west-2'

export interface World {
  readonly cloud: LocalCloud
  readonly proxy: RecordingProxy
  readonly keyArns: string[]
  config(region: string): {
    region: string
    endpoint: string
    credentials: { accessKeyId: string; secretAccessKey: string }
  }
  /** A table with keys `pk` and `sk` and an index on `gsi`, in both regions. */
  createTable(name: string): Promise<void>
  keyring(region: string): MrkKeyring
  /** A sealed client with a cache of its own, as another process would have. */
  sealedClient(
    region: string,
    options?: Partial<SealOptions>,
    translate?: TranslateConfig,
  ): ReturnType<typeof sealDocumentClient>
  rawClient(region: string): DynamoDBDocumentClient
  kmsCalls(region?: string): string[]
  stop(): Promise<void>
}

/** Two regions, a multi-Region key in both, and a proxy that records what is sent. */
export async function createWorld(options: Partial<LocalCloudOptions> = {}): Promise<World> {
  const cloud = await startLocalCloud({ regions: [EAST, WEST], replicationDelay: 1, ...options })
  const proxy = await startRecordingProxy(cloud.endpoint)
  const config = (region: string) => ({
    region,
    endpoint: proxy.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const dynamodb = new DynamoDBClient(config(EAST))
  const keyArns = await createKey(config)

  const world: World = {
    cloud,
    proxy,
    keyArns,
    config,
    async createTable(TableName) {
      await dynamodb.send(
        new CreateTableCommand({
          TableName,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: ['pk', 'sk', 'gsi'].map(AttributeName => ({
            AttributeName,
            AttributeType: 'S',
          })),
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          GlobalSecondaryIndexes: [
            {
              IndexName: 'byGsi',
              KeySchema: [{ AttributeName: 'gsi', KeyType: 'HASH' }],
              Projection: { ProjectionType: 'ALL' },
            },
          ],
        }),
      )
      await until(async () => (await describe(TableName))?.TableStatus === 'ACTIVE')
      await dynamodb.send(
        new UpdateTableCommand({ TableName, ReplicaUpdates: [{ Create: { RegionName: WEST } }] }),
      )
      await until(
        async () =>
          (await describe(TableName))?.Replicas?.some(({ ReplicaStatus }) => ReplicaStatus === 'ACTIVE') ===
          true,
      )
    },
    keyring: region =>
      new MrkKeyring({
        keyArns,
        region,
        // Tests count calls: a second region that is asked because this machine is busy would be counted too.
        hedge: false,
        attemptTimeout: 20_000,
        timeout: 25_000,
        client: kmsRegion => new KMSClient({ ...config(kmsRegion), maxAttempts: 1 }),
      }),
    sealedClient: (region, options, translate) =>
      sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(config(region)), translate), {
        keyring: world.keyring(region),
        ...optionsOfRun,
        ...options,
      }),
    rawClient: region => DynamoDBDocumentClient.from(new DynamoDBClient(config(region))),
    kmsCalls: region =>
      cloud
        .calls({ service: 'kms', ...(region === undefined ? {} : { region }) })
        .map(call => `${call.operation} ${call.region}`),
    async stop() {
      dynamodb.destroy()
      await proxy.stop()
      await cloud.stop()
    },
  }
  return world

  async function describe(TableName: string) {
    return (await dynamodb.send(new DescribeTableCommand({ TableName }))).Table
  }
}

async function createKey(config: World['config']): Promise<string[]> {
  const east = new KMSClient(config(EAST))
  const west = new KMSClient(config(WEST))
  const created = await east.send(new CreateKeyCommand({ MultiRegion: true }))
  const primary = created.KeyMetadata?.Arn as string
  const replicated = await east.send(new ReplicateKeyCommand({ KeyId: primary, ReplicaRegion: WEST }))
  const replica = replicated.ReplicaKeyMetadata?.Arn as string
  await until(async () => {
    const { KeyMetadata } = await west.send(new DescribeKeyCommand({ KeyId: replica }))
    return KeyMetadata?.KeyState === 'Enabled'
  })
  return [primary, replica]
}

/** Asks again until it is so: AWS offers no event for a key's or a table's state. */
async function until(done: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    if (await done()) return
    await new Promise(resolve => setImmediate(resolve))
  }
  throw new Error('not ready in time')
}
