// node test/bench/searchLarge.mjs [items]
// An index over 100,000 items, written in one region and looked up in another by search tokens, of 128 bits and of 12. Exits with 1
// when a search misses an item, returns another one, or tokens of 12 bits find another number of items than the formula says.
import { fork } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CreateTableCommand, DynamoDBClient, UpdateTableCommand } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, DescribeKeyCommand, KMSClient, ReplicateKeyCommand } from '@aws-sdk/client-kms'
import { BatchWriteCommand, DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { falsePositiveChannel, sealDocumentClient, search } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { machine } from './machine.mjs'
import { machineLine, table, targets } from './markdown.mjs'

const ITEMS = Number(process.argv[2] ?? 100_000)
const SEARCHES = 500
const SHORT_BITS = 12
const [EAST, WEST] = ['us-east-1', 'us-west-2']
const TABLE = 'people'
/** Most writes of one BatchWriteItem ("BatchWriteItem", Amazon DynamoDB API reference). */
const BATCH = 25
const WRITERS = 8

const child = fork(fileURLToPath(new URL('toolboxCloud.mjs', import.meta.url)))
const [{ endpoint, engine }] = await once(child, 'message')
const config = region => ({
  endpoint,
  region,
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
})
const keyArns = await createKey()
await createTable()
const keyring = region => new MrkKeyring({ keyArns, region, client: each => new KMSClient(config(each)) })
const searchKey = await createSearchKey(keyring(EAST))
const clientIn = region => {
  const own = keyring(region)
  const tokens = createSearchTokens({ keyring: own, writeWith: searchKey })
  const client = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(config(region))), {
    keyring: own,
    search: tokens,
  })
  client.declare({
    table: TABLE,
    key: ['pk'],
    encrypted: ['id', 'email'],
    indexKeys: { byEmail: ['emailToken'], byShort: ['shortToken'] },
    tokens: {
      pk: { of: 'id' },
      emailToken: { of: 'email', normalize: 'email' },
      shortToken: { of: 'email', normalize: 'email', bits: SHORT_BITS },
    },
  })
  return { client, tokens }
}
const emailOf = number => `person${number}@example.com`

const east = clientIn(EAST)
const written = await timed(async () => {
  let next = 0
  const write = async () => {
    while (next < ITEMS) {
      const start = next
      next += BATCH
      const numbers = Array.from({ length: Math.min(BATCH, ITEMS - start) }, (_, index) => start + index)
      let requests = numbers.map(number => ({
        PutRequest: { Item: { id: `${number}`, email: emailOf(number) } },
      }))
      while (requests.length > 0) {
        const { UnprocessedItems } = await east.client.send(
          new BatchWriteCommand({ RequestItems: { [TABLE]: requests } }),
        )
        requests = UnprocessedItems?.[TABLE] ?? []
      }
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, write))
})

const west = clientIn(WEST)
const byKey = number =>
  west.client.send(new GetCommand({ TableName: TABLE, Key: { pk: search(`${number}`) } }))
const replicated = await timed(async () => {
  for (let number = ITEMS - 1; number >= Math.max(0, ITEMS - WRITERS * BATCH); number--)
    while ((await byKey(number)).Item === undefined) await setTimeout(20)
})

let falsePositives = 0
subscribe(falsePositiveChannel, () => falsePositives++)
const find = async (number, IndexName, attribute) => {
  const found = []
  let ExclusiveStartKey
  do {
    const output = await west.client.send(
      new QueryCommand({
        TableName: TABLE,
        IndexName,
        KeyConditionExpression: `${attribute} = :email`,
        ExpressionAttributeValues: { ':email': search(emailOf(number).toUpperCase()) },
        ExclusiveStartKey,
      }),
    )
    found.push(...output.Items)
    ExclusiveStartKey = output.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  return found
}
const numbers = Array.from({ length: SEARCHES }, () => randomInt(ITEMS))
const searches = [
  await searched('the key of the table, 128 bits', async number => [(await byKey(number)).Item]),
  await searched('an index, 128 bits', number => find(number, 'byEmail', 'emailToken')),
  await searched(`an index, ${SHORT_BITS} bits`, number => find(number, 'byShort', 'shortToken')),
]
const absent = (await find(ITEMS, 'byEmail', 'emailToken')).length
const { calls: keyringCalls } = west.tokens.statistics()
child.disconnect()

const expected = (ITEMS - 1) / 2 ** SHORT_BITS
const measured = searches[2].falsePositives / SEARCHES
const isRight = searches.every(({ wrong }) => wrong === 0) && absent === 0
// A search has a number of others that is nearly Poisson: four standard deviations of the mean of all.
const isAsExpected = Math.abs(measured - expected) <= 4 * Math.sqrt(expected / SEARCHES)
const results = {
  machine: machine(),
  engine,
  items: ITEMS,
  written,
  replicated,
  searches,
  expected,
  measured,
  keyringCalls,
}
const text = [
  '# A large index, searched in another region',
  '',
  `${ITEMS.toLocaleString('en')} items, each with a key of the table and two keys of indexes that are search tokens, put in batches of ${BATCH} in ${EAST} in ${(written / 1000).toFixed(0)} s, against the local cloud on ${engine} in a process of its own;`,
  `${(replicated / 1000).toFixed(1)} s later the last of them are in ${WEST}. There, another client searches for ${SEARCHES} of them by random, in another spelling.`,
  '',
  ...table(
    ['by', 'milliseconds, median', 'items of other values, dropped, for each search', 'missed or wrong'],
    searches.map(({ name, median, falsePositives: dropped, wrong }) => [
      name,
      median.toFixed(1),
      (dropped / SEARCHES).toFixed(1),
      wrong,
    ]),
  ),
  '',
  `Calls of KMS for the search key, in ${WEST}: ${keyringCalls}.`,
  '',
  machineLine(results.machine),
  '',
  ...targets([
    {
      name: 'every search returns the item that has the value, and no other',
      target: 'all',
      measured: isRight ? 'all' : 'not all',
      held: isRight,
    },
    {
      name: `other values with the same token of ${SHORT_BITS} bits`,
      target: `${expected.toFixed(1)} on average, within four standard deviations`,
      measured: measured.toFixed(1),
      held: isAsExpected,
    },
    {
      name: 'calls of KMS for a search key and process',
      target: '1',
      measured: `${keyringCalls}`,
      held: keyringCalls === 1,
    },
  ]),
  '',
].join('\n')
console.log(text)
if (process.argv[2] === undefined) {
  const here = name => new URL(name, import.meta.url)
  writeFileSync(here('searchLarge.json'), `${JSON.stringify(results, undefined, 2)}\n`)
  writeFileSync(here('searchLarge.md'), text)
}
process.exitCode = isRight && isAsExpected && keyringCalls === 1 ? 0 : 1

async function searched(name, find) {
  falsePositives = 0
  const times = []
  let wrong = 0
  for (const number of numbers) {
    const start = performance.now()
    const found = await find(number)
    times.push(performance.now() - start)
    if (found.length !== 1 || found[0]?.id !== `${number}` || found[0].email !== emailOf(number)) wrong++
  }
  return { name, median: times.toSorted((a, b) => a - b)[SEARCHES >> 1], falsePositives, wrong }
}

async function timed(work) {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function createKey() {
  const kms = new KMSClient(config(EAST))
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
  const { ReplicaKeyMetadata } = await kms.send(
    new ReplicateKeyCommand({ KeyId: KeyMetadata.Arn, ReplicaRegion: WEST }),
  )
  const replica = new KMSClient(config(WEST))
  const KeyId = ReplicaKeyMetadata.Arn
  while ((await replica.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata.KeyState !== 'Enabled')
    await setTimeout(20)
  return [KeyMetadata.Arn, KeyId]
}

async function createTable() {
  const dynamodb = new DynamoDBClient(config(EAST))
  const key = AttributeName => [{ AttributeName, KeyType: 'HASH' }]
  const index = (IndexName, name) => ({
    IndexName,
    KeySchema: key(name),
    Projection: { ProjectionType: 'ALL' },
  })
  await dynamodb.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'emailToken', 'shortToken'].map(AttributeName => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: key('pk'),
      GlobalSecondaryIndexes: [index('byEmail', 'emailToken'), index('byShort', 'shortToken')],
    }),
  )
  await dynamodb.send(
    new UpdateTableCommand({ TableName: TABLE, ReplicaUpdates: [{ Create: { RegionName: WEST } }] }),
  )
}
