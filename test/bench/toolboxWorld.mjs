import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { sealDocumentClient as sealDeclared } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
import { binary, Entity, item, string, Table } from 'dynamodb-toolbox'

const [EAST, WEST] = ['us-east-1', 'us-west-2']
export const FIELDS = ['name', 'street', 'city', 'phone', 'note']
export const FIELD_BYTES = 100
/** What format 2 adds to a field, and the envelope that it adds to an item. */
const [ADDED_BYTES, ENVELOPE_BYTES] = [36, 313]

/**
 * The same entity in a table each: with all of its fields encrypted, in both formats, with one, and with none; and `bytes`,
 * which stores, without us, as many bytes as format 2 does.
 */
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
  for (const name of ['plain', 'bytes', 'sealed', 'one', 'messages', 'documents', 'declared'])
    await createTable(dynamodb, name)
  const sealedClient = sealDocumentClient(client(), { keyring })
  const sealed = entity(sealedClient, 'sealed', FIELDS)
  const one = entity(sealedClient, 'one', FIELDS.slice(0, 1))
  sealedClient.register(sealed, one)
  const messageClient = sealDocumentClient(client(), { keyring, format: 'message' })
  const messages = entity(messageClient, 'messages', FIELDS)
  messageClient.register(messages)
  const declared = sealDeclared(client(), { keyring })
  declared.declare({ table: 'declared', key: ['pk', 'sk'], encrypted: FIELDS })
  return {
    engine,
    /** The same table for who has no schema: plain, and sealed as declared. */
    documents: {
      plain: { client: client(), table: 'documents', fields: texts },
      sealed: { client: declared, table: 'declared', fields: texts },
    },
    sides: {
      plain: { customer: entity(client(), 'plain', []), fields: texts },
      bytes: { customer: entityOfBytes(client()), fields: bytes },
      sealed: { customer: sealed, fields: texts },
      one: { customer: one, fields: texts },
      messages: { customer: messages, fields: texts },
    },
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

let made = 0

function texts() {
  return Object.fromEntries(FIELDS.map(field => [field, `${field} ${++made}`.padEnd(FIELD_BYTES, '.')]))
}

function bytes() {
  const values = FIELDS.map(field => [field, filled(FIELD_BYTES + ADDED_BYTES, field)])
  return { ...Object.fromEntries(values), envelope: filled(ENVELOPE_BYTES, 'envelope') }
}

function filled(length, text) {
  return Buffer.alloc(length, `${text} ${++made}`)
}

function entity(documentClient, name, encryptedFields) {
  const attribute = field => (encryptedFields.includes(field) ? encrypted(string()) : string())
  return entityOf(documentClient, name, Object.fromEntries(FIELDS.map(field => [field, attribute(field)])))
}

function entityOfBytes(documentClient) {
  const names = [...FIELDS, 'envelope']
  return entityOf(documentClient, 'bytes', Object.fromEntries(names.map(name => [name, binary()])))
}

function entityOf(documentClient, name, attributes) {
  const table = new Table({
    documentClient,
    name,
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
  })
  return new Entity({
    name: 'Customer',
    table,
    schema: item({ pk: string().key(), sk: string().key(), ...attributes }),
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
