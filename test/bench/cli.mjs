// node test/bench/cli.mjs [million]
// What `dynaseal backfill` and `scan` take beside a plain parallel scan, and conditional puts of the same items, in turns, on the
// same local cloud; and their memory by the number of items. Writes cli.json (with `million`, that run alone as
// cliMillion.json), and both as cli.md. Exits with 1 when a target is missed.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Backfill, runJob, scan } from '@dynaseal/cli/api'
import { report } from './cliReport.mjs'
import {
  ciphersAlone,
  createTable,
  FIELDS,
  fill,
  plainClient,
  plainPuts,
  plainScan,
  SEGMENTS,
  startCloud,
  targetOf,
} from './cliWorld.mjs'
import { median } from './coreWorld.mjs'
import { machine } from './machine.mjs'

const ITEMS = 4000
/** Of a table that is only read: several pages for each segment, or nobody has anything to do while the first are made. */
const READ_ITEMS = 20_000
const ROUNDS = 7
const SIZES = [10_000, 100_000]
const MILLION = 1_000_000
/** Of runs whose memory is measured: one alone, with which dynoxide reads no more for a page than the page. */
const ONE_SEGMENT = 1

const ONE_FIELD = FIELDS.slice(0, 1)
/** Sealed once, and then read in each round. */
const READ_TABLES = { read: FIELDS, readOne: ONE_FIELD }

const here = name => new URL(name, import.meta.url)
const isMillion = process.argv[2] === 'million'
const cloud = await startCloud()
const client = plainClient(cloud)
try {
  const measured = isMillion ? { memory: await memory(MILLION, ONE_SEGMENT) } : await small()
  const results = { machine: machine(), engine: cloud.engine, ...measured }
  writeFileSync(
    here(isMillion ? 'cliMillion.json' : 'cli.json'),
    `${JSON.stringify(results, undefined, 2)}\n`,
  )
  const stored = name => (existsSync(here(name)) ? JSON.parse(readFileSync(here(name), 'utf8')) : undefined)
  const { text, missed } = report(stored('cli.json'), stored('cliMillion.json'))
  console.log(text)
  writeFileSync(here('cli.md'), text)
  if (missed.length > 0) process.exitCode = 1
} finally {
  client.destroy()
  await cloud.stop()
}

async function small() {
  for (const table of ['plain', 'sealed', 'one']) await createTable(client, table)
  for (const [table, fields] of Object.entries(READ_TABLES)) {
    await createTable(client, table)
    await fill(client, table, READ_ITEMS)
    await (await sealAll(table, fields, READ_ITEMS))()
  }
  const rates = []
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = await rateRound(round)
    // The first one compiles.
    if (round > 0) rates.push(measured)
    console.error(`round ${round} of ${ROUNDS}`)
  }
  const names = Object.keys(rates[0])
  const of = (name, member) => median(rates.map(round => round[name][member]))
  const rate = Object.fromEntries(names.map(name => [name, { ms: of(name, 'ms'), cpu: of(name, 'cpu') }]))
  const ratio = (ours, plain, member = 'ms') =>
    median(rates.map(round => round[plain][member] / round[ours][member]))
  const pairs = [
    ['backfill', 'puts'],
    ['backfill, one field', 'puts'],
    ['scan', 'read'],
    ['scan --no-open', 'read'],
    ['scan, one field', 'read, one field'],
    ['scan --no-open, one field', 'read, one field'],
  ]
  const ratios = pairs.map(([ours, plain]) => ({
    ours,
    plain,
    ratio: ratio(ours, plain),
    cpu: ratio(ours, plain, 'cpu'),
  }))
  const runs = []
  // The larger ones after the smaller: the items are written over those that are there.
  for (const size of SIZES)
    for (const segments of [ONE_SEGMENT, SEGMENTS]) runs.push(...(await memory(size, segments)))
  return { items: ITEMS, readItems: READ_ITEMS, rounds: ROUNDS, rate, ratios, memory: runs }
}

/** What seals a table of so many items. */
async function sealAll(table, fields, items) {
  const target = await targetOf(cloud, table, fields)
  return async () => {
    const { changed } = await runJob(target, new Backfill(target), { apply: true })
    if (changed !== items) throw new Error(`${changed} of ${items} were sealed.`)
  }
}

/** Who is first changes. */
async function rateRound(round) {
  for (const table of ['plain', 'sealed', 'one']) await fill(client, table, ITEMS)
  const count = async (table, options) => {
    const target = await targetOf(cloud, table, READ_TABLES[table])
    return async () => {
      const { items } = await scan(target, options)
      if (items !== READ_ITEMS) throw new Error(`${items} of ${READ_ITEMS} were read.`)
    }
  }
  const groups = [
    {
      puts: () => plainPuts(client, 'plain'),
      backfill: await sealAll('sealed', FIELDS, ITEMS),
      'backfill, one field': await sealAll('one', ONE_FIELD, ITEMS),
    },
    {
      read: () => plainScan(client, 'read'),
      'read, one field': () => plainScan(client, 'readOne'),
      scan: await count('read', {}),
      'scan, one field': await count('readOne', {}),
      'scan --no-open': await count('read', { open: false }),
      'scan --no-open, one field': await count('readOne', { open: false }),
      'ciphers alone': () => ciphersAlone(READ_ITEMS * FIELDS.length),
    },
  ]
  const items = [ITEMS, READ_ITEMS]
  const measured = {}
  for (const [index, group] of groups.entries()) {
    const names = Object.keys(group)
    const first = round % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const used = process.cpuUsage()
      const start = performance.now()
      await group[name]()
      const ms = performance.now() - start
      const { user, system } = process.cpuUsage(used)
      measured[name] = { ms: ms / items[index], cpu: (user + system) / 1000 / items[index] }
    }
  }
  return measured
}

/** A table of so many items, sealed and then counted, by processes of their own. */
async function memory(size, segments) {
  await createTable(client, 'memory').catch(({ name }) => {
    if (name !== 'ResourceInUseException') throw new Error(name)
  })
  await fill(client, 'memory', size)
  const results = []
  for (const task of ['backfill', 'scan']) {
    await cloud.kmsCalls()
    const { endpoint, keyArn } = cloud
    const child = fork(
      fileURLToPath(here('cliProcess.mjs')),
      [JSON.stringify({ endpoint, keyArn }), task, String(size), String(segments)],
      { execArgv: ['--expose-gc'] },
    )
    const [result] = await once(child, 'message')
    // The cloud forgets its oldest calls in a long run; a job counts its own.
    results.push({ ...result, kmsCalls: result.kmsCalls ?? (await cloud.kmsCalls()) })
    console.error(`${task} of ${size} items: ${Math.round(result.seconds)} s`)
  }
  return results
}
