import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { BranchKeyring, type BranchKeyringOptions, KeyStoreAdministration } from '@dynaseal/branch-keyring'
import { type Beacons, type DbEsdkFormatOptions, dbEsdkFormat } from '@dynaseal/db-esdk'
import { type Declaration, sealDocumentClient } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { EAST, users, WEST, type World } from './cloud.js'

/** Where somebody's requests go, and as who. */
export type Access = (region: string) => ConstructorParameters<typeof KMS>[0] & {}

export function mrkKeyring(world: World, region = EAST, access: Access = world.config): MrkKeyring {
  return new MrkKeyring({
    keyArns: [...world.keyArns],
    region,
    hedge: false,
    attemptTimeout: 20_000,
    timeout: 25_000,
    client: one => new KMS({ ...access(one), maxAttempts: 1 }),
  })
}

export const KEY_STORE = 'branch-keys'

function branchKeys(world: World, access: Access, regions: string[]) {
  return {
    keyArns: [...world.keyArns],
    client: (one: string) => new KMS({ ...access(one), maxAttempts: 1 }),
    keyStore: {
      tableName: KEY_STORE,
      regions,
      client: (one: string) => new DynamoDB({ ...access(one), maxAttempts: 1 }),
    },
  }
}

/** A keyring under branch keys, which has the same replicas of its KMS key. */
export function branchKeyring(
  world: World,
  branchKeyId: BranchKeyringOptions['branchKeyId'],
  { access = world.config, regions = [EAST, WEST] }: { access?: Access; regions?: string[] } = {},
): BranchKeyring {
  return new BranchKeyring({ ...branchKeys(world, access, regions), branchKeyId })
}

/** The table of branch keys, in one region or as a global table, with a branch key of each id. */
export async function createKeyStore(world: World, ids: readonly string[], regions = [EAST, WEST]) {
  const administration = new KeyStoreAdministration(branchKeys(world, world.config, [EAST]))
  await administration.createTable()
  for (const RegionName of regions.filter(region => region !== EAST))
    await world.dynamodb.updateTable({
      TableName: KEY_STORE,
      ReplicaUpdates: [{ Create: { RegionName } }],
    })
  for (const branchKeyId of ids) await administration.createBranchKey({ branchKeyId })
  await world.cloud.waitForReplication()
  return administration
}

export interface WholeClientOptions extends Partial<DbEsdkFormatOptions> {
  readonly region?: string
  readonly access?: Access
  readonly search?: Beacons
  readonly declaration?: Declaration
  /** Of each request to DynamoDB. Default 1. */
  readonly attempts?: number
  readonly plaintext?: 'allow'
  readonly updates?: 'read-change-write'
}

/** What is encrypted in the items of the table of users. */
export const DECLARED: Declaration = { table: users.name, key: ['id'], encrypted: ['ssn', 'address'] }

/** A client that seals items as wholes, as one process has it. */
export function wholeClient(
  world: World,
  {
    region = EAST,
    access = world.config,
    search,
    declaration = DECLARED,
    keyring = mrkKeyring(world, region, access),
    attempts: maxAttempts = 1,
    plaintext,
    updates,
    ...format
  }: WholeClientOptions = {},
) {
  const documents = DynamoDBDocumentClient.from(new DynamoDB({ ...access(region), maxAttempts }))
  const options = {
    format: dbEsdkFormat({ keyring, ...format }),
    ...(search && { search }),
    ...(plaintext && { plaintext }),
    ...(updates && { updates }),
  }
  return sealDocumentClient(documents, options).declare(declaration)
}

/** The same as a module for the command: in both regions, with an `MrkKeyring`. */
export const wholeConfig = ({ cloud, keyArns }: World, tables = '{}') => `
  import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
  import { KMSClient } from '@aws-sdk/client-kms'
  import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
  import { dbEsdkFormat } from '@dynaseal/db-esdk'
  import { sealDocumentClient } from '@dynaseal/document-client'
  import { MrkKeyring } from '@dynaseal/mrk-keyring'

  const aws = region => ({ region, endpoint: '${cloud.endpoint}', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
  const client = region => {
    const keyring = new MrkKeyring({ keyArns: ${JSON.stringify(keyArns)}, region, client: one => new KMSClient(aws(one)) })
    const format = dbEsdkFormat({ keyring, tables: ${tables} })
    return sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(aws(region))), { format }).declare(${JSON.stringify(DECLARED)})
  }
  export default { clients: [client('${EAST}'), client('${WEST}')] }
`
