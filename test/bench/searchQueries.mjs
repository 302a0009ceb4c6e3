// node test/bench/searchQueries.mjs
// A query of 25 items by a search token beside the same query by an attribute in clear, both with five encrypted fields: prints
// it and writes it as searchQueries.json and searchQueries.md. Exits with 1 when the target is missed.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { sealDocumentClient, search } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { machine } from './machine.mjs'
import { machineLine, targets } from './markdown.mjs'

const ROUNDS = Number(process.argv[2] ?? 2000)
// What is done once for a query is compiled after some hundreds of them.
const WARM_UP = 1000
const ITEMS = 25
const FIELDS = ['a', 'b', 'c', 'd', 'email']
// As long as its token, so that the key of the index, requests and responses are of one length on both sides.
const EMAIL = 'ada.lovelace@example.com'
const TARGET = 1.05

const child = fork(fileURLToPath(new URL('toolboxCloud.mjs', import.meta.url)))
const [{ endpoint, engine }] = await once(child, 'message')
const config = {
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
}
const kms = new KMSClient(config)
const { KeyMetadata } = await kms.send(new CreateKeyCommand({ MultiRegion: true }))
const dynamodb = new DynamoDBClient(config)
const keyring = new MrkKeyring({
  keyArns: [KeyMetadata.Arn],
  client: region => new KMSClient({ ...config, region }),
})
const tokens = createSearchTokens({ keyring, writeWith: await createSearchKey(keyring) })
const client = sealDocumentClient(DynamoDBDocumentClient.from(dynamodb), { keyring, search: tokens })
const shape = { key: ['id'], encrypted: FIELDS, indexKeys: { byEmail: ['gsi', 'id'] } }
client.declare(
  { ...shape, table: 'token', tokens: { gsi: { of: 'email', normalize: 'email' } } },
  { ...shape, table: 'clear' },
)
for (const table of ['token', 'clear']) await fill(table)

const inClear = () => query('clear', EMAIL)
// The second one in clear shows how far two of the same are apart.
const queries = { token: () => query('token', search(EMAIL)), clear: inClear, again: inClear }
for (let round = 0; round < WARM_UP; round++) for (const each of Object.values(queries)) await each()
const times = { token: [], clear: [], again: [] }
const processor = { token: [], clear: [], again: [] }
const names = Object.keys(queries)
for (let round = 0; round < ROUNDS; round++) {
  // Who comes after whom changes, so that none has another one's garbage.
  names.push(names.shift())
  if (round % 2 === 1) names.reverse()
  for (const name of names) {
    const used = process.cpuUsage()
    const start = performance.now()
    await queries[name]()
    times[name].push(performance.now() - start)
    const { user, system } = process.cpuUsage(used)
    processor[name].push((user + system) / 1000)
  }
}
child.disconnect()

const [byToken, byClear] = [median(times.token), median(times.clear)]
const ratio = byToken / byClear
const noise = median(times.again) / byClear
const ofClient = { byToken: median(processor.token), byClear: median(processor.clear) }
const milliseconds = { byToken, byClear, ofClient }
const results = { machine: machine(), engine, rounds: ROUNDS, milliseconds, ratio, noise }
const text = [
  '# Queries by search tokens',
  '',
  `Of ${ITEMS} items with ${FIELDS.length} encrypted fields, against the local cloud on ${engine} in a process of its own: medians of ${ROUNDS} queries each, in turns, after ${WARM_UP} of each that are not counted.`,
  `By token ${byToken.toFixed(3)} ms, by an attribute in clear that is as long as a token ${byClear.toFixed(3)} ms; by the latter once more, ${noise.toFixed(3)} times as long.`,
  `Processor time of the client, helper threads included: ${ofClient.byToken.toFixed(3)} ms and ${ofClient.byClear.toFixed(3)} ms, ${(ofClient.byToken / ofClient.byClear).toFixed(3)} times.`,
  '',
  machineLine(results.machine),
  '',
  ...targets([
    {
      name: 'a query by token, against the same by an attribute in clear',
      target: `at most ${TARGET} times`,
      measured: `${ratio.toFixed(3)} times`,
      held: ratio <= TARGET,
    },
  ]),
  '',
].join('\n')
console.log(text)
if (process.argv[2] === undefined) {
  const here = name => new URL(name, import.meta.url)
  writeFileSync(here('searchQueries.json'), `${JSON.stringify(results, undefined, 2)}\n`)
  writeFileSync(here('searchQueries.md'), text)
}
process.exitCode = ratio <= TARGET ? 0 : 1

async function fill(TableName) {
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['id', 'gsi'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byEmail',
          KeySchema: [
            { AttributeName: 'gsi', KeyType: 'HASH' },
            { AttributeName: 'id', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  )
  for (let id = 0; id < ITEMS; id++) {
    const fields = Object.fromEntries(FIELDS.map(field => [field, `${field} ${id}`.padEnd(100, '.')]))
    const key = TableName === 'clear' ? { gsi: EMAIL } : {}
    await client.send(new PutCommand({ TableName, Item: { ...fields, ...key, id: `${id}`, email: EMAIL } }))
  }
}

async function query(TableName, email) {
  const { Items } = await client.send(
    new QueryCommand({
      TableName,
      IndexName: 'byEmail',
      KeyConditionExpression: 'gsi = :email',
      ExpressionAttributeValues: { ':email': email },
    }),
  )
  if (Items?.length !== ITEMS) throw new Error(`${Items?.length} items of ${ITEMS}`)
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
}
