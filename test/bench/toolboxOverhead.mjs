// node test/bench/toolboxOverhead.mjs
// What sealed commands of dynamodb-toolbox cost beside unsealed ones, each on the same local cloud in turns: prints it
// and writes it as toolboxOverhead.json and toolboxOverhead.md. Exits with 1 when a target is missed.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
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

let made = 0
const fields = () =>
  Object.fromEntries(FIELDS.map(field => [field, `${field} ${++made}`.padEnd(FIELD_BYTES, '.')]))
const put = (customer, key) => customer.build(PutItemCommand).item({ ...key, ...fields() })

const get = {
  calls: 20,
  run: customer => customer.build(GetItemCommand).key({ pk: 'page', sk: '7' }).send(),
  check: ({ Item }) => FIELDS.every(field => Item[field].startsWith(field)),
}
const putOne = {
  calls: 20,
  run: (customer, n) => put(customer, { pk: 'put', sk: String(n % 50) }).send(),
}

/**
 * What one call does, and how many calls one round has of it: `beside` the plain one, that of the side with all fields
 * encrypted unless said.
 */
const OPERATIONS = {
  Get: get,
  'Get, one field encrypted': { ...get, beside: 'one' },
  Put: putOne,
  'Put, one field encrypted': { ...putOne, beside: 'one' },
  Update: {
    calls: 20,
    run: (customer, n) =>
      customer
        .build(UpdateItemCommand)
        .item({ pk: 'page', sk: String(n % PAGE), ...fields() })
        .send(),
  },
  [`Query of ${PAGE} items`]: {
    calls: 3,
    run: customer =>
      customer.table.build(QueryCommand).entities(customer).query({ partition: 'page' }).send(),
    check: ({ Items }) => Items.length === PAGE && Items.every(item => item.note.startsWith('note')),
  },
  [`BatchWrite of ${BATCH} puts`]: {
    calls: 5,
    run: customer =>
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
    run: (customer, n) =>
      executeTransactWrite(
        customer.build(PutTransaction).item({ pk: 'transaction', sk: String(n % 50), ...fields() }),
        customer.build(UpdateTransaction).item({ pk: 'page', sk: String(n % PAGE), note: fields().note }),
      ),
  },
}

const world = await startWorld()
try {
  const { sides, engine } = world
  // Those that made the key.
  await world.kmsCalls()
  for (const customer of Object.values(sides))
    for (let sk = 0; sk < PAGE; sk++) await put(customer, { pk: 'page', sk: String(sk) }).send()
  const operations = Object.entries(OPERATIONS).filter(
    ([, { needs }]) => needs === undefined || needs === engine,
  )
  const samples = new Map(operations.map(([name]) => [name, { plain: [], sealed: [] }]))
  for (let round = 0; round < WARM_UP; round++) await runRound(sides, operations, samples, round)
  for (const each of samples.values()) for (const side of Object.values(each)) side.length = 0
  const coldCalls = await world.kmsCalls()
  for (let round = 0; round < ROUNDS; round++) await runRound(sides, operations, samples, round)
  const results = {
    machine: { cpus: cpus().length, node: process.version },
    engine,
    rounds: ROUNDS,
    fields: FIELDS.length,
    fieldBytes: FIELD_BYTES,
    kmsCalls: { warmUp: coldCalls, measured: await world.kmsCalls() },
    operations: operations.map(([name]) => summary(name, samples.get(name))),
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

/** Sealed and plain take turns, call by call, and the first turn as well. */
async function runRound(sides, operations, samples, round) {
  for (const [name, { calls, run, check, beside = 'sealed' }] of operations) {
    for (let call = 0; call < calls; call++) {
      const n = round * calls + call
      for (const side of n % 2 === 0 ? ['plain', beside] : [beside, 'plain']) {
        const used = process.cpuUsage()
        const started = performance.now()
        const output = await run(sides[side], n)
        const ms = performance.now() - started
        const { user, system } = process.cpuUsage(used)
        if (check !== undefined && !check(output)) throw new Error(`${name} did not do what it should.`)
        samples.get(name)[side === 'plain' ? 'plain' : 'sealed'].push({ ms, cpu: (user + system) / 1000 })
      }
    }
  }
}

function summary(name, sides) {
  const of = (side, member) => median(sides[side].map(sample => sample[member]))
  const measured = member => ({ plain: of('plain', member), sealed: of('sealed', member) })
  const ms = measured('ms')
  return { name, calls: sides.plain.length, ms, cpu: measured('cpu'), ratio: ms.sealed / ms.plain }
}
