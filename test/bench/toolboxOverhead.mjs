// node test/bench/toolboxOverhead.mjs
// What sealed commands of dynamodb-toolbox cost beside unsealed ones, each on the same local cloud in turns: prints it
// and writes it as toolboxOverhead.json and toolboxOverhead.md. Exits with 1 when a target is missed.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import {
  BatchPutRequest,
  BatchWriteCommand,
  executeBatchWrite,
  executeTransactWrite,
  GetItemCommand,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { median } from './coreWorld.mjs'
import { report } from './toolboxReport.mjs'
import { FIELD_BYTES, FIELDS, startWorld } from './toolboxWorld.mjs'

const ROUNDS = 30
/** Rounds before those that count, in which code is compiled and data keys are fetched. */
const WARM_UP = 5
const PAGE = 100
const BATCH = 25

const put = ({ customer, fields }, key) => customer.build(PutItemCommand).item({ ...key, ...fields() })
const update = ({ customer, fields }, key) => customer.build(UpdateItemCommand).item({ ...key, ...fields() })
const get = key => ({
  calls: 20,
  run: ({ customer }) => customer.build(GetItemCommand).key(key).send(),
  check: ({ Item }) => FIELDS.every(field => begins(Item[field], field)),
})
const begins = (value, text) => Buffer.from(value).subarray(0, text.length).toString() === text

/**
 * What one call does, how many calls one round has of it, and who makes them `beside` the plain side: with all fields
 * encrypted, in either format, unless said.
 */
const OPERATIONS = {
  Get: { ...get({ pk: 'page', sk: '7' }), beside: ['bytes', 'sealed', 'messages', 'one'] },
  // In format 2, each field has its envelope inside then. Not the items of the page, whose fields are short.
  'Get after an update of all fields': get({ pk: 'updated', sk: '7' }),
  Put: {
    calls: 20,
    beside: ['bytes', 'sealed', 'messages', 'one'],
    run: (side, n) => put(side, { pk: 'put', sk: String(n % 50) }).send(),
  },
  Update: {
    calls: 20,
    run: (side, n) => update(side, { pk: 'updated', sk: String(n % PAGE) }).send(),
  },
  [`Query of ${PAGE} items`]: {
    calls: 3,
    beside: ['bytes', 'sealed', 'messages'],
    run: ({ customer }) =>
      customer.table.build(QueryCommand).entities(customer).query({ partition: 'page' }).send(),
    check: ({ Items }) => Items.length === PAGE && Items.every(item => begins(item.note, 'note')),
  },
  [`BatchWrite of ${BATCH} puts`]: {
    calls: 5,
    beside: ['bytes', 'sealed', 'messages'],
    run: ({ customer, fields }) =>
      executeBatchWrite(
        customer.table
          .build(BatchWriteCommand)
          .requests(
            ...Array.from({ length: BATCH }, (_, i) =>
              customer.build(BatchPutRequest).item({ pk: 'batch', sk: String(i), ...fields() }),
            ),
          ),
      ),
    check: ({ UnprocessedItems }) => Object.keys(UnprocessedItems).length === 0,
  },
  'TransactWrite of a put and an update': {
    calls: 5,
    needs: 'dynoxide',
    run: ({ customer, fields }, n) =>
      executeTransactWrite(
        customer.build(PutTransaction).item({ pk: 'transaction', sk: String(n % 50), ...fields() }),
        customer.build(UpdateTransaction).item({ pk: 'updated', sk: String(n % PAGE), note: fields().note }),
      ),
  },
}

const loadBefore = loadavg()[0]
const world = await startWorld()
try {
  const { sides, engine } = world
  // Those that made the key.
  await world.kmsCalls()
  for (const side of Object.values(sides))
    for (let sk = 0; sk < PAGE; sk++) {
      await put(side, { pk: 'page', sk: String(sk) }).send()
      await update(side, { pk: 'updated', sk: String(sk) }).send()
    }
  const operations = Object.entries(OPERATIONS).filter(
    ([, { needs }]) => needs === undefined || needs === engine,
  )
  const samples = new Map(
    operations.map(([name, operation]) => [
      name,
      Object.fromEntries(sidesOf(operation).map(side => [side, []])),
    ]),
  )
  for (let round = 0; round < WARM_UP; round++) await runRound(sides, operations, samples, round)
  for (const each of samples.values()) for (const side of Object.values(each)) side.length = 0
  const coldCalls = await world.kmsCalls()
  for (let round = 0; round < ROUNDS; round++) await runRound(sides, operations, samples, round)
  const results = {
    machine: { cpus: cpus().length, node: process.version, load: [loadBefore, loadavg()[0]] },
    engine,
    rounds: ROUNDS,
    fields: FIELDS.length,
    fieldBytes: FIELD_BYTES,
    kmsCalls: { warmUp: coldCalls, measured: await world.kmsCalls() },
    operations: operations.flatMap(([name]) => summaries(name, samples.get(name))),
  }
  const { text, missed } = report(results)
  console.log(text)
  writeFileSync(
    new URL('toolboxOverhead.json', import.meta.url),
    `${JSON.stringify(results, undefined, 2)}\n`,
  )
  writeFileSync(new URL('toolboxOverhead.md', import.meta.url), text)
  if (missed.length > 0) process.exitCode = 1
} finally {
  await world.stop()
}

function sidesOf({ beside = ['sealed', 'messages'] }) {
  return ['plain', ...beside]
}

/** All sides take turns, call by call, and the first turn as well. */
async function runRound(sides, operations, samples, round) {
  for (const [name, operation] of operations) {
    const { calls, run, check } = operation
    const turns = sidesOf(operation)
    for (let call = 0; call < calls; call++) {
      const n = round * calls + call
      const first = n % turns.length
      for (const side of [...turns.slice(first), ...turns.slice(0, first)]) {
        const used = process.cpuUsage()
        const started = performance.now()
        const output = await run(sides[side], n)
        const ms = performance.now() - started
        const { user, system } = process.cpuUsage(used)
        if (check !== undefined && !check(output)) throw new Error(`${name} did not do what it should.`)
        samples.get(name)[side].push({ ms, cpu: (user + system) / 1000 })
      }
    }
  }
}

/** One for each side but the plain one. */
function summaries(name, sides) {
  const of = (side, member) => median(sides[side].map(sample => sample[member]))
  return Object.keys(sides)
    .filter(side => side !== 'plain')
    .map(side => {
      const measured = member => ({ plain: of('plain', member), sealed: of(side, member) })
      const ms = measured('ms')
      return { name, side, calls: sides[side].length, ms, cpu: measured('cpu'), ratio: ms.sealed / ms.plain }
    })
}
