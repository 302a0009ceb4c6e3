// node --expose-gc test/bench/streams.mjs
// The rate at which records of a stream are opened, beside that of core, which is given the same fields as bytes: prints it
// and writes it as streams.json and streams.md. Exits with 1 when the target is missed.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { createFormat } from '@dynaseal/core'
import { sealDocumentClient } from '@dynaseal/document-client'
import { checkOpened, collectYoung, median, startWorld } from './coreWorld.mjs'
import { report } from './streamsReport.mjs'

const ROUNDS = 30
/** Until all code is compiled. */
const WARM_UP = 10
/** Records in a turn, one by one or in batches. */
const TURN = 600
const BATCH = 100
const TABLE = 'customers'
const SHAPES = [
  { fields: 1, bytes: 256 },
  { fields: 5, bytes: 256 },
  { fields: 5, bytes: 4096 },
  { fields: 10, bytes: 32 },
]

const load = [loadavg()[0]]
const results = []
for (const shape of SHAPES) results.push(...(await measure(shape)))
load.push(loadavg()[0])
const result = { machine: { cpus: cpus().length, node: process.version, load }, rounds: ROUNDS, results }
const { text, missed } = report(result)
const here = name => fileURLToPath(new URL(name, import.meta.url))
writeFileSync(here('streams.json'), `${JSON.stringify(result, null, 2)}\n`)
writeFileSync(here('streams.md'), text)
console.log(text)
process.exitCode = missed.length === 0 ? 0 : 1

async function measure({ fields, bytes }) {
  const names = Array.from({ length: fields }, (_, n) => `field${n}`)
  const { keyring } = startWorld()
  const client = sealDocumentClient(
    DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' })),
    {
      keyring,
    },
  )
  client.declare({ table: TABLE, key: ['id'], encrypted: names })
  const sealed = await client.sealItems(
    TABLE,
    Array.from({ length: BATCH }, (_, n) => ({
      id: `customer-${n}`,
      plan: 'pro',
      ...Object.fromEntries(names.map(name => [name, 'x'.repeat(bytes)])),
    })),
  )
  const items = sealed.map(({ id, dynaseal, ...attributes }) => ({
    table: TABLE,
    key: { id: { S: id } },
    fields: names.map(name => ({ path: [name], value: attributes[name] })),
    attributes: { dynaseal },
  }))
  const records = sealed.map(recordOf)
  const format = createFormat({ keyring })
  const one = async run => {
    for (let n = 0; n < TURN; n++) await run(n % BATCH)
  }
  const batches = async run => {
    for (let n = 0; n < TURN / BATCH; n++) await run()
  }
  const checkRecords = results => {
    for (const { error } of results) if (error !== undefined) throw error
  }
  const ways = {
    'one by one': {
      core: () => one(async n => checkOpened(await format.open([items[n]]))),
      stream: () => one(n => client.openStreamRecord(records[n])),
      base64: () => one(async n => decode(records[n])),
    },
    [`${BATCH} at once`]: {
      core: () => batches(async () => checkOpened(await format.open(items))),
      stream: () => batches(async () => checkRecords(await client.openStreamRecords(records))),
      base64: () => batches(async () => records.forEach(decode)),
    },
  }
  const measured = []
  for (const [way, contestants] of Object.entries(ways)) {
    const times = { core: [], stream: [], base64: [] }
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      const order = Object.keys(times)
      if (round % 2 === 0) order.reverse()
      for (const name of order) {
        collectYoung()
        const start = process.cpuUsage()
        await contestants[name]()
        const { user, system } = process.cpuUsage(start)
        if (round >= 0) times[name].push((user + system) / TURN)
      }
    }
    measured.push({
      fields,
      bytes,
      way,
      core: median(times.core),
      stream: median(times.stream),
      base64: median(times.base64),
      rate: median(times.core.map((time, round) => time / times.stream[round])),
    })
  }
  return measured
}

/** What nobody can do without. */
function decode({ dynamodb }) {
  for (const { B } of Object.values(dynamodb.NewImage)) if (B !== undefined) Buffer.from(B, 'base64')
}

/** As Lambda's event has it, out of JSON. */
function recordOf({ id, plan, ...attributes }) {
  const binary = Object.entries(attributes).map(([name, value]) => [
    name,
    { B: Buffer.from(value).toString('base64') },
  ])
  const Keys = { id: { S: id } }
  return JSON.parse(
    JSON.stringify({
      eventName: 'INSERT',
      eventSource: 'aws:dynamodb',
      eventSourceARN: `arn:aws:dynamodb:us-east-1:111122223333:table/${TABLE}/stream/2026-01-01T00:00:00.000`,
      dynamodb: {
        ApproximateCreationDateTime: 1,
        Keys,
        NewImage: { ...Keys, plan: { S: plan }, ...Object.fromEntries(binary) },
        SequenceNumber: '1',
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    }),
  )
}
