import { type CreateTableCommandInput, DynamoDB } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { BranchKeyring, type BranchKeyringOptions, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { createSearchKey, createSearchTokens, type Keyring } from '@dynaseal/core'
import { type Declaration, type SealOptions, sealDocumentClient } from '@dynaseal/document-client'
import { type InitialKey, type LocalCloud, startLocalCloud } from '@dynaseal/local-cloud'
import { MrkKeyring, type MrkKeyringOptions } from '@dynaseal/mrk-keyring'
import { type Project, projectOf } from '../../src/api.js'

export const EAST = 'us-east-1'
export const WEST = 'us-west-2'
export const EU = 'eu-west-1'

/** An application in several regions: what is in the cloud, and what its configuration says. */
export interface Plan {
  /** Of the cloud. */
  readonly regions: readonly string[]
  readonly engine: 'dynalite' | 'dynoxide'
  readonly settleDelay: number
  readonly tables: readonly string[]
  readonly tableIn: readonly string[]
  readonly table: Omit<CreateTableCommandInput, 'TableName'>
  readonly recoveryIn: readonly string[]
  readonly keyIn: readonly string[]
  readonly key: Partial<InitialKey>
  /** Regions whose replicas the keyrings name. */
  readonly named: readonly string[]
  readonly clientsFor: readonly string[]
  /** Options of the keyring of each client. */
  keyring(region: string): Partial<MrkKeyringOptions>
  declarations(region: string): readonly Declaration[]
  /** Of each sealed client; with a format in place of the keyring, if it has one. */
  options(region: string, world: World): Partial<SealOptions>
  /** The keyring that search keys are made with; none without search. */
  readonly searchKeyOf: 'the key' | 'another key' | undefined
}

export interface World {
  readonly cloud: LocalCloud
  readonly keyId: string
  /** A second key, in the regions of the first. */
  readonly otherKeyId: string
  kms(region: string): KMS
  dynamodb(region: string): DynamoDB
  keyringOf(keyId: string, region: string, more?: Partial<MrkKeyringOptions>): MrkKeyring
  /** A keyring over branch keys. */
  branchKeyringOf(
    region: string,
    regions?: readonly string[],
    branchKeyId?: BranchKeyringOptions['branchKeyId'],
  ): BranchKeyring
  /** Makes their table and a branch key. Takes dynoxide. */
  createBranchKeys(): Promise<void>
  project(): Promise<Project>
  stop(): Promise<void>
}

const person: Declaration = {
  table: 'people',
  key: ['id'],
  encrypted: ['email', 'ssn', 'address.street'],
  tokens: { emailToken: { of: 'email' } },
  when: { attribute: 'kind', equals: 'Person' },
}
const company: Declaration = {
  table: 'people',
  key: ['id'],
  encrypted: ['vat'],
  when: { attribute: 'kind', equals: 'Company' },
}
export const declared = { person, company }

export const keyed = (IndexName: string, name: string, ...NonKeyAttributes: string[]) => ({
  IndexName,
  KeySchema: [{ AttributeName: name, KeyType: 'HASH' as const }],
  Projection:
    NonKeyAttributes.length === 0
      ? ({ ProjectionType: 'ALL' } as const)
      : ({ ProjectionType: 'INCLUDE', NonKeyAttributes } as const),
})

export const defined = (types: Readonly<Record<string, 'S' | 'N'>>) =>
  Object.entries(types).map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType }))

/** Nothing is wrong with it. */
export const healthy: Plan = {
  regions: [EAST, WEST],
  engine: 'dynalite',
  settleDelay: 0,
  tables: ['people'],
  tableIn: [EAST, WEST],
  table: {
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: defined({ id: 'S', plan: 'S', emailToken: 'S' }),
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      keyed('byPlan', 'plan'),
      keyed('byEmail', 'emailToken', 'email', 'kind', 'dynaseal'),
    ],
  },
  recoveryIn: [EAST, WEST],
  keyIn: [EAST, WEST],
  key: {},
  named: [EAST, WEST],
  clientsFor: [EAST, WEST],
  keyring: () => ({}),
  declarations: () => [person, company],
  options: () => ({}),
  searchKeyOf: 'the key',
}

export async function startWorld(changes: Partial<Plan> = {}): Promise<World> {
  const plan = { ...healthy, ...changes }
  const [home, ...away] = plan.tableIn
  const [keyHome, ...keyAway] = plan.keyIn as [string, ...string[]]
  const cloud = await startLocalCloud({
    regions: plan.regions,
    engine: plan.engine,
    settleDelay: plan.settleDelay,
    replicationDelay: 1,
    keys: ['alias/people', 'alias/others'].map(AliasName => ({
      AliasName,
      MultiRegion: true,
      Region: keyHome,
      ReplicaRegions: keyAway,
      ...plan.key,
    })),
    tables:
      home === undefined
        ? []
        : plan.tables.map(TableName => ({ TableName, Region: home, ReplicaRegions: away, ...plan.table })),
  })
  const config = (region: string) => ({
    region,
    endpoint: cloud.endpoint,
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const kms = (region: string) => new KMS(config(region))
  const dynamodb = (region: string) => new DynamoDB(config(region))
  const [keyId, otherKeyId] = cloud.keys.map(key => key.keyId) as [string, string]
  // Nothing here is about a machine that is busy.
  const patience = { attemptTimeout: 20_000, timeout: 25_000 }
  const keyringOf: World['keyringOf'] = (id, region, more = {}) =>
    new MrkKeyring({
      keyArns: plan.named.map(one => `arn:aws:kms:${one}:000000000000:key/${id}`),
      region,
      ...patience,
      client: kms,
      ...more,
    })
  for (const region of plan.recoveryIn)
    for (const TableName of plan.tables)
      await dynamodb(region)
        .updateContinuousBackups({
          TableName,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        })
        .catch((error: Error) => {
          if (error.name !== 'TableNotFoundException') throw error
        })
  const branchKeys = (regions?: readonly string[]) => ({
    keyArns: plan.keyIn.map(one => `arn:aws:kms:${one}:000000000000:key/${keyId}`),
    keyStore: {
      tableName: 'branch-keys',
      client: dynamodb,
      ...(regions && { regions: [...regions] }),
    },
    client: kms,
  })
  const searchKeyring: Keyring | undefined =
    plan.searchKeyOf && keyringOf(plan.searchKeyOf === 'the key' ? keyId : otherKeyId, keyHome)
  const searchKey = searchKeyring && (await createSearchKey(searchKeyring))
  const world: World = {
    cloud,
    keyId,
    otherKeyId,
    kms,
    dynamodb,
    keyringOf,
    branchKeyringOf: (region, regions, branchKeyId = 'one') =>
      new BranchKeyring({ ...branchKeys(regions), ...patience, region, branchKeyId }),
    async createBranchKeys() {
      const administration = new KeyStoreAdministration(branchKeys())
      await administration.createTable()
      await administration.createBranchKey({ branchKeyId: 'one' })
      await cloud.waitForReplication()
    },
    project() {
      const clients = plan.clientsFor.map(region => {
        const keyring = keyringOf(keyId, region, plan.keyring(region))
        const search = searchKey && createSearchTokens({ keyring, writeWith: searchKey })
        const more = plan.options(region, world)
        const ofField = typeof more.format === 'object' ? {} : { keyring, ...(search && { search }) }
        const options = { ...ofField, ...more } as SealOptions
        const declarations = plan
          .declarations(region)
          .map(({ tokens, ...rest }) => (search && tokens ? { tokens, ...rest } : rest))
        return sealDocumentClient(DynamoDBDocumentClient.from(dynamodb(region)), options).declare(
          ...declarations,
        )
      })
      return projectOf({ clients })
    },
    stop: () => cloud.stop(),
  }
  return world
}
