import { BranchKeyStoreNode } from '@aws-crypto/branch-keystore-node'
import { KmsHierarchicalKeyRingNode } from '@aws-crypto/kms-keyring-node'
import {
  AlgorithmSuiteIdentifier,
  type EncryptedDataKey,
  type KeyringNode,
  NodeAlgorithmSuite,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
  unwrapDataKey,
} from '@aws-crypto/material-management'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '@dynaseal/local-cloud'
import {
  BranchKeyring,
  type BranchKeyringOptions,
  KeyStoreAdministration,
  type KeyStoreAdministrationOptions,
} from '../src/index.js'

export const EAST = 'us-east-1'
export const WEST = 'us-west-2'
export const EU = 'eu-west-1'
export const TABLE = 'branch-keys'
export const LOGICAL = 'the key store'
export const TENANT = 'tenant-1'
export const CONTEXT = { 'dynaseal:table': 'customers', tenant: '1' }

export interface World {
  cloud: LocalCloud
  arns: string[]
  arnIn(region: string): string
  kms(region: string): KMSClient
  dynamodb(region: string): DynamoDBClient
  administration: KeyStoreAdministration
  /** Ours, in a process of that region. */
  keyring(region: string, options?: Partial<BranchKeyringOptions>): BranchKeyring
  /** That of the AWS Encryption SDK, in that region. */
  stock(region: string, options?: { branchKeyId?: string; ttl?: number }): KmsHierarchicalKeyRingNode
  stockStore(region: string): BranchKeyStoreNode
  /** `operation region` of the calls since they were cleared, in order. */
  calls(service?: 'kms' | 'dynamodb'): string[]
  stop(): Promise<void>
}

/** Regions with a multi-Region key and a key store that has one branch key. */
export async function startWorld(
  regions = [EAST, WEST, EU],
  options: Partial<LocalCloudOptions> = {},
): Promise<World> {
  // Transactions, which the key store is written with, need this engine.
  const cloud = await startLocalCloud({ regions, engine: 'dynoxide', replicationDelay: 1, ...options })
  const clients = new Map<string, KMSClient | DynamoDBClient>()
  const config = (region: string) => ({
    region,
    endpoint: cloud.endpoint,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  const once = <T extends KMSClient | DynamoDBClient>(name: string, make: () => T): T => {
    if (!clients.has(name)) clients.set(name, make())
    return clients.get(name) as T
  }
  const kms = (region: string) => once(`kms ${region}`, () => new KMSClient(config(region)))
  const dynamodb = (region: string) => once(`dynamodb ${region}`, () => new DynamoDBClient(config(region)))
  const [first, ...others] = regions as [string, ...string[]]
  const { KeyMetadata } = await kms(first).send(new CreateKeyCommand({ MultiRegion: true }))
  const primary = KeyMetadata!.Arn!
  for (const ReplicaRegion of others)
    await kms(first).send(new ReplicateKeyCommand({ KeyId: primary, ReplicaRegion }))
  const arnIn = (region: string) => primary.replace(`:${first}:`, `:${region}:`)
  const location = {
    keyArns: regions.map(arnIn),
    keyStore: { tableName: TABLE, logicalName: LOGICAL, client: dynamodb },
    client: kms,
  }
  const administration = new KeyStoreAdministration(location)
  await administration.createTable()
  await administration.createBranchKey({ branchKeyId: TENANT })
  await cloud.waitForReplication()
  cloud.clearCalls()
  const stockStore = (region: string) =>
    new BranchKeyStoreNode({
      storage: { ddbTableName: TABLE, ddbClient: dynamodb(region) },
      logicalKeyStoreName: LOGICAL,
      kmsConfiguration: { mrkIdentifier: arnIn(region) },
      keyManagement: { kmsClient: kms(region) },
    })
  return {
    cloud,
    arns: location.keyArns,
    arnIn,
    kms,
    dynamodb,
    administration,
    keyring: (region, changes = {}) =>
      new BranchKeyring({
        ...location,
        region,
        branchKeyId: TENANT,
        // Tests say which region is asked: one that is hedged because this machine is busy would be asked as well.
        hedge: false,
        attemptTimeout: 20_000,
        timeout: 60_000,
        ...changes,
      }),
    stock: (region, { branchKeyId = TENANT, ttl = 60 } = {}) =>
      new KmsHierarchicalKeyRingNode({ branchKeyId, keyStore: stockStore(region), cacheLimitTtl: ttl }),
    stockStore,
    calls: service =>
      cloud
        .calls(service === undefined ? {} : { service })
        .map(({ operation, region }) => `${operation} ${region}`),
    async stop() {
      for (const client of clients.values()) client.destroy()
      await cloud.stop()
    },
  }
}

/** Administers another key store than the one that the world begins with, or that one otherwise. */
export function administrationOf(
  world: World,
  tableName: string,
  changes: Partial<KeyStoreAdministrationOptions> = {},
): KeyStoreAdministration {
  return new KeyStoreAdministration({
    keyArns: world.arns,
    client: world.kms,
    keyStore: { tableName, client: world.dynamodb },
    ...changes,
  })
}

const SUITE = new NodeAlgorithmSuite(
  AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
)

export interface DataKey {
  plaintext: string
  encryptedDataKeys: EncryptedDataKey[]
}

/** A data key from a keyring, its plaintext in hex. */
export async function generate(
  keyring: KeyringNode,
  context: Readonly<Record<string, string>> = CONTEXT,
): Promise<DataKey> {
  const material = await keyring.onEncrypt(new NodeEncryptionMaterial(SUITE, { ...context }))
  const plaintext = hex(unwrapDataKey(material.getUnencryptedDataKey()))
  return { plaintext, encryptedDataKeys: material.encryptedDataKeys }
}

/** What a keyring makes of encrypted data keys, in hex. */
export async function decrypt(
  keyring: KeyringNode,
  encryptedDataKeys: EncryptedDataKey[],
  context: Readonly<Record<string, string>> = CONTEXT,
): Promise<string> {
  const material = await keyring.onDecrypt(
    new NodeDecryptionMaterial(SUITE, { ...context }),
    encryptedDataKeys,
  )
  return hex(unwrapDataKey(material.getUnencryptedDataKey()))
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** What a call rejects with. */
export async function rejection(call: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await call
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
  throw new Error('it succeeded')
}
