import { CreateTableCommand, DynamoDB, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '@dynaseal/local-cloud'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, type SealOptions, sealDocumentClient } from '@dynaseal/toolbox'
import { Entity, item, list, map, number, string, Table } from 'dynamodb-toolbox'
import type { WireItem } from '../../src/api.js'
import { type Project, projectOf } from '../../src/api.js'

export const EAST = 'us-east-1'
export const WEST = 'us-west-2'

export const users = { name: 'users', partitionKey: { name: 'id', type: 'string' } } as const

/** Two entities in one table. */
export function entities() {
  const table = new Table(users)
  const User = new Entity({
    name: 'User',
    table,
    timestamps: false,
    schema: item({
      id: string().key(),
      plan: string().optional(),
      ssn: encrypted(string()).optional(),
      income: encrypted(number()).optional(),
      address: map({ city: string(), street: encrypted(string()) }).optional(),
      phones: list(encrypted(string())).optional(),
    }),
  })
  const Order = new Entity({
    name: 'Order',
    table,
    timestamps: false,
    schema: item({ id: string().key(), note: encrypted(string()).optional() }),
  })
  return [User, Order] as const
}

export interface World {
  readonly cloud: LocalCloud
  readonly keyArns: readonly string[]
  config(region: string): DynamoDBClientConfig
  readonly dynamodb: DynamoDB
  /** A sealed client with a data-key cache of its own, as each process has. */
  client(region?: string, options?: Partial<SealOptions>): ReturnType<typeof sealDocumentClient>
  /** A project with clients of its own, as each process has. */
  project(options?: Partial<SealOptions>): Promise<Project>
  items(): Promise<WireItem[]>
  stop(): Promise<void>
}

/** Two regions, a multi-Region key in both, and a table of users in the first. */
export async function createWorld(options: Partial<LocalCloudOptions> = {}): Promise<World> {
  const cloud = await startLocalCloud({
    regions: [EAST, WEST],
    replicationDelay: 1,
    keys: [{ AliasName: 'alias/users', ReplicaRegions: [WEST] }],
    ...options,
  })
  const config = (region: string) => ({
    region,
    endpoint: cloud.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const dynamodb = new DynamoDB(config(EAST))
  await dynamodb.send(
    new CreateTableCommand({
      TableName: users.name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
  const keyArns = Object.values(cloud.keys[0]!.arns)
  const world: World = {
    cloud,
    keyArns,
    config,
    dynamodb,
    client(region = EAST, more = {}) {
      const keyring = new MrkKeyring({
        keyArns,
        region,
        hedge: false,
        attemptTimeout: 20_000,
        timeout: 25_000,
        client: kmsRegion => new KMS({ ...config(kmsRegion), maxAttempts: 1 }),
      })
      const documents = DynamoDBDocumentClient.from(new DynamoDB(config(region)))
      return sealDocumentClient(documents, { keyring, ...more }).register(...entities())
    },
    project: more => projectOf({ clients: [world.client(EAST, more), world.client(WEST, more)] }),
    async items() {
      const { Items = [] } = await dynamodb.scan({ TableName: users.name, ConsistentRead: true })
      return Items
    },
    async stop() {
      dynamodb.destroy()
      await cloud.stop()
    },
  }
  return world
}

/**
 * A configuration as an application has it, with clients of the world.
 *
 * @param options more of them for each client, as code, in which `keyring` is its keyring
 */
export const configText = ({ cloud, keyArns }: World, options = '') => `
  import { readFileSync } from 'node:fs'
  import { createSearchTokens } from '@dynaseal/core'
  import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
  import { KMSClient } from '@aws-sdk/client-kms'
  import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
  import { defineConfig } from '@dynaseal/cli'
  import { MrkKeyring } from '@dynaseal/mrk-keyring'
  import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
  import { Entity, item, list, map, number, string, Table } from 'dynamodb-toolbox'

  const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
  const User = new Entity({ name: 'User', table, schema: item({
    id: string().key(), ssn: encrypted(string()).optional(), income: encrypted(number()).optional(),
    address: map({ city: string(), street: encrypted(string()) }).optional(), phones: list(encrypted(string())).optional(),
  })})
  const Order = new Entity({ name: 'Order', table, schema: item({ id: string().key(), note: encrypted(string()).optional() }) })
  const aws = (region: string) => ({ region, endpoint: '${cloud.endpoint}', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
  const client = (region: string) => {
    const keyring = new MrkKeyring({ keyArns: ${JSON.stringify(keyArns)}, region, client: one => new KMSClient(aws(one)) })
    return sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(aws(region))), { keyring, ${options} }).register(User, Order)
  }
  export default defineConfig({ clients: [client('${EAST}'), client('${WEST}')] })
`
