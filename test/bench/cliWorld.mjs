import { fork } from 'node:child_process'
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { projectOf } from '@dynaseal/cli/api'
import { sealDocumentClient } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'

const REGION = 'us-east-1'
export const FIELDS = ['name', 'street', 'city', 'phone', 'note']
export const FIELD_BYTES = 100
export const SEGMENTS = 4
export const CONCURRENCY = 32

const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }

/** The local cloud in a process of its own, and a KMS key in it. */
export async function startCloud() {
  const child = fork(fileURLToPath(new URL('toolboxCloud.mjs', import.meta.url)))
  const [{ endpoint, engine }] = await once(child, 'message')
  const kms = new KMSClient({ endpoint, region: REGION, credentials })
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
  kms.destroy()
  return {
    endpoint,
    engine,
    keyArn: KeyMetadata.Arn,
    /** Since it was asked last. */
    kmsCalls: async () => {
      child.send({})
      const [{ kmsCalls }] = await once(child, 'message')
      return kmsCalls
    },
    stop: async () => {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

export function plainClient({ endpoint }) {
  return new DynamoDBClient({ endpoint, region: REGION, credentials })
}

/** What the command works on: a client with a keyring and a cache of its own, as each process has. */
export async function targetOf({ endpoint, keyArn }, table, encrypted = FIELDS) {
  const keyring = new MrkKeyring({
    keyArns: [keyArn],
    client: region => new KMSClient({ endpoint, region, credentials }),
  })
  const client = sealDocumentClient(DynamoDBDocumentClient.from(plainClient({ endpoint })), { keyring })
  client.declare({ table, key: ['id'], encrypted })
  return (await projectOf({ clients: client })).target(table)
}

export async function createTable(client, TableName) {
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  )
}

const BATCH = 25
const BATCHES_AT_ONCE = 8

/** Writes items in clear, in the place of those that are there. */
export async function fill(client, table, items) {
  let next = 0
  const worker = async () => {
    while (next < items) {
      const start = next
      next += BATCH
      const numbers = Array.from({ length: Math.min(BATCH, items - start) }, (_, i) => start + i)
      const requests = numbers.map(number => ({ PutRequest: { Item: itemOf(number) } }))
      await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }))
    }
  }
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, worker))
}

function itemOf(number) {
  const values = FIELDS.map(field => [field, { S: `${field} ${number}`.padEnd(FIELD_BYTES, '.') }])
  return { id: { S: String(number) }, plan: { S: 'pro' }, ...Object.fromEntries(values) }
}

/** A parallel scan, its next page read while one is worked on. Returns the number of items. */
export async function plainScan(client, TableName, { consistent = false, work = async () => {} } = {}) {
  let count = 0
  const segment = async Segment => {
    const read = ExclusiveStartKey =>
      client.send(
        new ScanCommand({
          TableName,
          Segment,
          TotalSegments: SEGMENTS,
          ConsistentRead: consistent,
          ExclusiveStartKey,
        }),
      )
    for (let page = read(undefined); page !== undefined; ) {
      const { Items, LastEvaluatedKey } = await page
      page = LastEvaluatedKey === undefined ? undefined : read(LastEvaluatedKey)
      count += Items.length
      await work(Items)
    }
  }
  await Promise.all(Array.from({ length: SEGMENTS }, (_, i) => segment(i)))
  return count
}

/** The same, and each item put back, under the condition that its fields are those that were read. */
export async function plainPuts(client, TableName) {
  const condition = FIELDS.map((_, i) => `#${i} = :${i}`).join(' AND ')
  const names = Object.fromEntries(FIELDS.map((field, i) => [`#${i}`, field]))
  const put = Item =>
    client.send(
      new PutItemCommand({
        TableName,
        Item,
        ConditionExpression: condition,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: Object.fromEntries(FIELDS.map((field, i) => [`:${i}`, Item[field]])),
      }),
    )
  let underWay = 0
  const waiting = []
  const slot = async item => {
    if (underWay === CONCURRENCY) await new Promise(resolve => waiting.push(resolve))
    else underWay++
    await put(item)
    const next = waiting.shift()
    if (next === undefined) underWay--
    else next()
  }
  return plainScan(client, TableName, { consistent: true, work: items => Promise.all(items.map(slot)) })
}

const CIPHER = 'aes-256-gcm'
/** Of a field's ciphertext: what it is bound to, and its value with a type before it. */
const BOUND_BYTES = 16
const VALUE_BYTES = 2 + FIELD_BYTES

/** As many decryptions as there are fields, and nothing else: no scan that opens them takes less. */
export function ciphersAlone(fields) {
  const [key, nonce, additionalData] = [randomBytes(32), randomBytes(12), randomBytes(BOUND_BYTES)]
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(additionalData)
  const ciphertext = Buffer.concat([cipher.update(randomBytes(VALUE_BYTES)), cipher.final()])
  const tag = cipher.getAuthTag()
  for (let field = 0; field < fields; field++) {
    const decipher = createDecipheriv(CIPHER, key, nonce)
    decipher.setAAD(additionalData)
    decipher.setAuthTag(tag)
    decipher.update(ciphertext)
    decipher.final()
  }
}
