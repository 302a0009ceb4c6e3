import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
import { Entity, item, string, Table } from 'dynamodb-toolbox'

const [EAST, WEST] = ['us-east-1', 'us-west-2']
export const FIELDS = ['name', 'street', 'city', 'phone', 'note']
export const FIELD_BYTES = 100

/** The same entity in a table each: with all of its fields encrypted, in both formats, with one, and with none. */
export async function startWorld() {
  const child = fork(fileURLToPath(new URL('toolboxCloud.mjs', import.meta.url)))
  const [{ endpoint, engine }] = await once(child, 'message')
  const config = { endpoint, credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } }
  const dynamodb = new DynamoDBClient({ ...config, region: EAST })
  const keyring = new MrkKeyring({
    keyArns: await createKey(config),
    region: EAST,
    client: region => new KMSClient({ ...config, region }),
  })
  const client = () => DynamoDBDocumentClient.from(new DynamoDBClient({ ...config, region: EAST }))
  for (const name of ['plain', 'sealed', 'one', 'messages']) await createTable(dynamodb, name)
  const sealedClient = sealDocumentClient(client(), { keyring })
  const sealed = entity(sealedClient, 'sealed', FIELDS)
  const one = entity(sealedClient, 'one', FIELDS.slice(0, 1))
  sealedClient.register(sealed, one)
  const messageClient = sealDocumentClient(client(), { keyring, format: 'message' })
  const messages = entity(messageClient, 'messages', FIELDS)
  messageClient.register(messages)
  return {
    engine,
    sides: { plain: entity(client(), 'plain', []), sealed, one, messages },
    /** Since it was asked last. */
    kmsCalls: async () => {
      child.send({})
      const [{ kmsCalls }] = await once(child, 'message')
      return kmsCalls
    },
    stop: async () => {
      dynamodb.destroy()
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

function entity(documentClient, name, encryptedFields) {
  const table = new Table({
    documentClient,
    name,
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
  })
  return new Entity({
    name: 'Customer',
    table,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      ...Object.fromEntries(
        FIELDS.map(field => [field, encryptedFields.includes(field) ? encrypted(string()) : string()]),
      ),
    }),
  })
}

async function createKey(config) {
  const kms = new KMSClient({ ...config, region: EAST })
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
  const replica = await kms.send(new ReplicateKeyCommand({ KeyId: KeyMetadata.Arn, ReplicaRegion: WEST }))
  kms.destroy()
  return [KeyMetadata.Arn, replica.ReplicaKeyMetadata.Arn]
}

function createTable(dynamodb, TableName) {
  return dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )
}
