// node --expose-gc test/bench/streams.mjs
// The rate at which records of a stream are opened, beside that of core, which is given the same fields as bytes: prints it
// and writes it as streams.json and streams.md. Exits with 1 when the target is missed. Where NODE_TOO is the path of another
// Node.js, its figures are in the report, too.
// Each shape of items is measured in a process of its own, as what reads the stream of one table is one: V8 compiles for what
// it has seen.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { createFormat } from '@dynaseal/core'
import { formatParts } from '@dynaseal/core/parts'
import { sealDocumentClient } from '@dynaseal/document-client'
import { checkOpened, collectYoung, median, startWorld } from './coreWorld.mjs'
import { report } from './streamsReport.mjs'

const ROUNDS = 20
/** Until all code is compiled. */
const WARM_UP = 3
/**
 * Fields in a turn, one by one or in batches: so many that V8 collects garbage ten times in each, and each contestant
 * pays for what it makes. Of some 5,000 short fields at a time, it collects it; where a turn has not many more, one
 * contestant's is collected in the turn, and another one's, who makes a little less, after it.
 */
const FIELDS = 60_000
const BATCH = 100
const TABLE = 'customers'
const SHAPES = [
  { fields: 1, bytes: 256 },
  { fields: 5, bytes: 256 },
  { fields: 5, bytes: 4096 },
  { fields: 10, bytes: 32 },
]

/** That text is decoded into. */
const memory = Buffer.alloc(64 * 1024)
/** What is decoded before it is opened: as much as stays in the cache that is nearest to the processor, or the next one. */
const AT_ONCE = 32 * 1024

const script = fileURLToPath(import.meta.url)
const ONLY_RESULTS = 'results'
const [what, shape] = process.argv.slice(2)
if (what === ONLY_RESULTS) console.log(JSON.stringify(await measure(SHAPES[Number(shape)])))
else writeReport()

function writeReport() {
  const load = [loadavg()[0]]
  const results = measureBy(process.execPath)
  const { NODE_TOO } = process.env
  const too = NODE_TOO && { node: versionOf(NODE_TOO), results: measureBy(NODE_TOO) }
  load.push(loadavg()[0])
  const machine = { cpus: cpus().length, node: process.version, load }
  const result = { machine, rounds: ROUNDS, results, too }
  const { text, missed } = report(result)
  const here = name => fileURLToPath(new URL(name, import.meta.url))
  writeFileSync(here('streams.json'), `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(here('streams.md'), text)
  console.log(text)
  process.exitCode = missed.length === 0 ? 0 : 1
}

function measureBy(node) {
  const run = index => execFileSync(node, ['--expose-gc', script, ONLY_RESULTS, index], { encoding: 'utf8' })
  return SHAPES.flatMap((_, index) => JSON.parse(run(String(index))))
}

function versionOf(node) {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
}

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
  const inMemory = items.map(item => ({ ...item, fields: fieldsInMemory(item.fields, 0) }))
  const groups = groupsOf(items)
  const format = createFormat({ keyring })
  const { openNow } = formatParts(format)
  const openedNow = some => {
    const opened = openNow(some)
    return opened instanceof Promise ? opened.then(checkOpened) : checkOpened(opened)
  }
  // With that, the data key is in memory.
  checkOpened(await format.open(items))
  const turn = FIELDS / fields
  const one = async run => {
    for (let n = 0; n < turn; n++) await run(n % BATCH)
  }
  const batches = async run => {
    for (let n = 0; n < turn / BATCH; n++) await run()
  }
  const checkRecords = results => {
    for (const { error } of results) if (error !== undefined) throw error
  }
  const ways = {
    'one by one': {
      core: () => one(async n => checkOpened(await format.open([items[n]]))),
      stream: () => one(n => client.openStreamRecord(records[n])),
      floor: () =>
        one(n => {
          decode(records[n], inMemory[n])
          return openedNow([inMemory[n]])
        }),
    },
    [`${BATCH} at once`]: {
      core: () => batches(async () => checkOpened(await format.open(items))),
      stream: () => batches(async () => checkRecords(await client.openStreamRecords(records))),
      floor: () =>
        batches(async () => {
          let record = 0
          for (const group of groups) {
            for (const item of group) decode(records[record++], item)
            const wait = openedNow(group)
            if (wait !== undefined) await wait
          }
        }),
    },
  }
  const measured = []
  for (const [way, contestants] of Object.entries(ways)) {
    const times = { core: [], stream: [], floor: [] }
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      const order = Object.keys(times)
      if (round % 2 === 0) order.reverse()
      for (const name of order) {
        collectYoung()
        const start = process.cpuUsage()
        await contestants[name]()
        const { user, system } = process.cpuUsage(start)
        if (round >= 0) times[name].push((user + system) / turn)
      }
    }
    measured.push({
      fields,
      bytes,
      way,
      core: median(times.core),
      stream: median(times.stream),
      floor: median(times.floor),
      rate: median(times.core.map((time, round) => time / times.stream[round])),
    })
  }
  return measured
}

/** Fields whose bytes are in that memory, one after the other. */
function fieldsInMemory(fields, from) {
  let end = from
  return fields.map(({ path, value }) => {
    const start = end
    end += value.length
    return { path, memory, start, end, value }
  })
}

/** Items that are in the memory at once, one after the other. */
function groupsOf(items) {
  const groups = []
  let used = AT_ONCE
  for (const item of items) {
    if (used >= AT_ONCE) {
      groups.push([])
      used = 0
    }
    const fields = fieldsInMemory(item.fields, used)
    groups.at(-1).push({ ...item, fields })
    used = fields.at(-1).end
  }
  return groups
}

/** To where the fields are opened: nobody can do with less. */
function decode({ dynamodb }, { fields }) {
  for (let index = 0; index < fields.length; index++) {
    const { path, start } = fields[index]
    memory.write(dynamodb.NewImage[path[0]].B, start, 'base64')
  }
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
