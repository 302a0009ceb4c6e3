import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } from '@aws-crypto/client-node'
import {
  CreateTableCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { AttributeValue } from '@dynaseal/core'
import { type DbEsdkFormatOptions, dbEsdkFormat } from '@dynaseal/db-esdk'
import {
  type Declaration,
  type SealOptions,
  sealDocumentClient,
  sealDynamoDBClient,
} from '@dynaseal/document-client'
import { type LocalCloud, startLocalCloud } from '@dynaseal/local-cloud'

// Items of the AWS Database Encryption SDK that are updated, beside the same items in clear.

export type Item = Record<string, AttributeValue>
export type EngineName = 'dynalite' | 'dynoxide'

export const SEALED = 'sealed'
export const PLAIN = 'plain'
const ENCRYPTED = ['n', 'l', 's', 't', 'm', 'a', 'b', 'secret']

export interface Twins {
  readonly cloud: LocalCloud
  /** For both tables, past the encryption. */
  readonly raw: DynamoDBClient
  /** Another client, that does not send again what fails. */
  client(config?: DynamoDBClientConfig): DynamoDBClient
  stored(table: string, id?: string): Promise<Item | undefined>
  stop(): Promise<void>
}

export function keyring() {
  return new RawAesKeyringNode({
    keyName: 'test',
    keyNamespace: 'dynaseal-tests',
    unencryptedMasterKey: new Uint8Array(32).fill(7),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    utf8Sorting: true,
  })
}

export const format = (options: Partial<DbEsdkFormatOptions> = {}) =>
  dbEsdkFormat({ keyring: keyring(), algorithmSuite: '0x6700', ...options })

const defaults = () => ({ format: format(), updates: 'read-change-write' as const })
const declared = (declaration: Partial<Declaration>): Declaration => ({
  ...{ table: SEALED, key: ['id'], encrypted: ENCRYPTED },
  ...declaration,
})

export function sealedBase(
  client: DynamoDBClient,
  options: Partial<SealOptions> = {},
  declaration: Partial<Declaration> = {},
) {
  return sealDynamoDBClient(client, { ...defaults(), ...options } as SealOptions).declare(
    declared(declaration),
  )
}

export function sealedDocument(
  client: DynamoDBClient,
  options: Partial<SealOptions> = {},
  declaration: Partial<Declaration> = {},
) {
  return sealDocumentClient(DynamoDBDocumentClient.from(client), {
    ...defaults(),
    ...options,
  } as SealOptions).declare(declared(declaration))
}

/** Two tables with the key `id`, on one engine. */
export async function twins(engine: EngineName): Promise<Twins> {
  const cloud = await startLocalCloud({ regions: ['us-east-1'], engine })
  const clients: DynamoDBClient[] = []
  const client = (config: DynamoDBClientConfig = {}) => {
    const made = new DynamoDBClient({
      ...{ region: 'us-east-1', endpoint: cloud.endpoint, maxAttempts: 1 },
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      ...config,
    })
    clients.push(made)
    return made
  }
  const raw = client()
  for (const TableName of [SEALED, PLAIN]) {
    await raw.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    )
    await waitUntilTableExists({ client: raw, minDelay: 1, maxDelay: 1, maxWaitTime: 20 }, { TableName })
  }
  return {
    cloud,
    raw,
    client,
    stored: async (TableName, id = 'one') =>
      (await raw.send(new GetItemCommand({ TableName, Key: { id: { S: id } }, ConsistentRead: true })))
        .Item as Item | undefined,
    async stop() {
      for (const each of clients) each.destroy()
      await cloud.stop()
    },
  }
}

export const put = (TableName: string, Item: Item) => new PutItemCommand({ TableName, Item })
