import { CreateTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { BranchKeyring, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { createFormat } from '@dynaseal/core'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
import { Entity, item, string, Table } from 'dynamodb-toolbox'
import { startCloud } from './cloudProcess.mjs'

export const TENANT = 'tenant-1'
const KEY_STORE = 'branch-keys'
const TABLE = 'customers'

/** Regions with a multi-Region key, a key store with a branch key, and a table. */
export async function startWorld(regions) {
  // Transactions, which the key store is written with, need this engine.
  const cloud = await startCloud({ regions, engine: 'dynoxide', replicationDelay: 1 })
  const clients = clientsOf(cloud.endpoint)
  const [home, ...others] = regions
  const { KeyMetadata } = await clients.kms(home).send(new CreateKeyCommand({ MultiRegion: true }))
  for (const ReplicaRegion of others)
    await clients.kms(home).send(new ReplicateKeyCommand({ KeyId: KeyMetadata.Arn, ReplicaRegion }))
  const keyArns = regions.map(region => KeyMetadata.Arn.replace(home, region))
  const administration = new KeyStoreAdministration(locationOf(clients, keyArns))
  await administration.createTable()
  await administration.createBranchKey({ branchKeyId: TENANT })
  await createTable(clients.dynamodb(home), others)
  await cloud.waitForReplication()
  return {
    cloud,
    regions,
    keyArns,
    clients,
    administration,
    /** A process's own keyring. */
    keyring: (region, options) => makeKeyring(clients, keyArns, region, options),
    stop: async () => {
      clients.destroy()
      await cloud.stop()
    },
  }
}

/** Clients of the AWS SDK, one for each service and region. */
export function clientsOf(endpoint) {
  const made = new Map()
  const once = (Client, region) => {
    const name = `${Client.name} ${region}`
    const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
    if (!made.has(name)) made.set(name, new Client({ region, endpoint, credentials, maxAttempts: 1 }))
    return made.get(name)
  }
  return {
    kms: region => once(KMSClient, region),
    dynamodb: region => once(DynamoDBClient, region),
    destroy: () => {
      for (const client of made.values()) client.destroy()
    },
  }
}

function locationOf({ kms, dynamodb }, keyArns) {
  return { keyArns, client: kms, keyStore: { tableName: KEY_STORE, client: dynamodb } }
}

export function makeKeyring(clients, keyArns, region, options = {}) {
  return new BranchKeyring({ ...locationOf(clients, keyArns), region, branchKeyId: TENANT, ...options })
}

/** What a process needs to save and load, with a cache of data keys of its own. */
export function makeApplication(clients, region, keyring, format) {
  const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(clients.dynamodb(region)), {
    format: createFormat({ keyring, cache: { maxKeys: 2_000 }, ...format }),
  })
  const table = new Table({
    documentClient,
    name: TABLE,
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
  })
  const schema = item({ pk: string().key(), sk: string().key(), name: encrypted(string()), plan: string() })
  const Customer = new Entity({ name: 'Customer', table, schema })
  documentClient.register(Customer)
  return { documentClient, table, Customer }
}

async function createTable(dynamodb, others) {
  await dynamodb.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )
  for (const RegionName of others)
    await dynamodb.send(
      new UpdateTableCommand({ TableName: TABLE, ReplicaUpdates: [{ Create: { RegionName } }] }),
    )
}
