// node test/bench/declaredOverhead.mjs
// What sealing adds to a command of a declared table, beside what it adds to the same command of dynamodb-toolbox: prints it and
// writes it as declaredOverhead.json and declaredOverhead.md. Exits with 1 when a target is missed.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { GetItemCommand, PutItemCommand } from 'dynamodb-toolbox'
import { median } from './coreWorld.mjs'
import { table, targets } from './markdown.mjs'
import { FIELD_BYTES, FIELDS, startWorld } from './toolboxWorld.mjs'

const ROUNDS = 1000
/** Rounds before those that count. */
const WARM_UP = 200
const KEYS = 50
/** At most so many times what it adds to a command of dynamodb-toolbox. */
const TARGET = 1.03

const keyOf = n => ({ pk: 'item', sk: String(n % KEYS) })

/** What one call does, with a mapper and without. */
const COMMANDS = {
  Put: {
    mapped: ({ customer, fields }, n) =>
      customer
        .build(PutItemCommand)
        .item({ ...keyOf(n), ...fields() })
        .send(),
    document: ({ client, table, fields }, n) =>
      client.send(new PutCommand({ TableName: table, Item: { ...keyOf(n), ...fields() } })),
  },
  Get: {
    mapped: ({ customer }, n) => customer.build(GetItemCommand).key(keyOf(n)).send(),
    document: ({ client, table }, n) => client.send(new GetCommand({ TableName: table, Key: keyOf(n) })),
    check: ({ Item }) => FIELDS.every(field => Item[field].startsWith(field)),
  },
}

const load = [loadavg()[0]]
const world = await startWorld()
try {
  const { sides, documents, engine } = world
  const rows = []
  for (const [name, { mapped, document, check }] of Object.entries(COMMANDS)) {
    const contestants = {
      'mapped, plain': n => mapped(sides.plain, n),
      'mapped, sealed': n => mapped(sides.sealed, n),
      'document, plain': n => document(documents.plain, n),
      'document, sealed': n => document(documents.sealed, n),
    }
    const samples = await measure(contestants, check)
    for (const unit of ['ms', 'cpu']) {
      const of = contestant => median(samples[contestant].map(sample => sample[unit]))
      const added = way => of(`${way}, sealed`) - of(`${way}, plain`)
      rows.push({
        name,
        unit,
        ...Object.fromEntries(Object.keys(contestants).map(each => [each, of(each)])),
        mapped: added('mapped'),
        declared: added('document'),
      })
    }
  }
  load.push(loadavg()[0])
  const machine = { cpus: cpus().length, node: process.version, load }
  const { text, missed } = report({ machine, engine, rows })
  const here = name => fileURLToPath(new URL(name, import.meta.url))
  writeFileSync(here('declaredOverhead.json'), `${JSON.stringify({ machine, engine, rows }, null, 2)}\n`)
  writeFileSync(here('declaredOverhead.md'), text)
  console.log(text)
  if (missed) process.exitCode = 1
} finally {
  await world.stop()
}

/** All take turns, call by call, and the first turn as well. */
async function measure(contestants, check = () => true) {
  const names = Object.keys(contestants)
  const samples = Object.fromEntries(names.map(name => [name, []]))
  for (let n = 0; n < WARM_UP + ROUNDS; n++) {
    const first = n % names.length
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const used = process.cpuUsage()
      const started = performance.now()
      const output = await contestants[name](n)
      const ms = performance.now() - started
      const { user, system } = process.cpuUsage(used)
      if (!check(output)) throw new Error(`${name} did not do what it should.`)
      if (n >= WARM_UP) samples[name].push({ ms, cpu: (user + system) / 1000 })
    }
  }
  return samples
}

function report({ machine, engine, rows }) {
  const micro = ms => `${Math.round(ms * 1000)} µs`
  const judged = rows
    .filter(({ unit }) => unit === 'ms')
    .map(({ name, mapped, declared }) => ({
      name: `what sealing adds to a ${name} of a declared table`,
      target: `at most ${TARGET} times what it adds with dynamodb-toolbox, ${micro(mapped)}`,
      measured: micro(declared),
      held: declared <= TARGET * mapped,
    }))
  const columns = ['mapped, plain', 'mapped, sealed', 'document, plain', 'document, sealed']
  const text = `${[
    '# What a declared table costs',
    '',
    'Written by `npx --yes pnpm@12 bench:declared`: a Put and a Get of `@aws-sdk/lib-dynamodb` through a sealed client that was told a table, and of',
    `dynamodb-toolbox through one that was told an entity, each beside the same without Dynaseal; in turns, call by call, in one process; the local cloud, on ${engine}, in`,
    `another. Items have ${FIELDS.length} fields of ${FIELD_BYTES} characters, all encrypted in format 2. Medians of ${ROUNDS} calls each.`,
    '',
    `Machine: ${machine.cpus} CPUs, Node.js ${machine.node}; load average ${machine.load.map(each => each.toFixed(1)).join(' before, ')} after.`,
    '',
    ...targets(judged),
    '',
    '## Times',
    '',
    ...table(
      [
        'command',
        '',
        'dynamodb-toolbox, plain',
        'sealed',
        'lib-dynamodb, plain',
        'sealed',
        'added, dynamodb-toolbox',
        'added, declared',
      ],
      rows.map(({ name, unit, mapped, declared, ...times }) => [
        name,
        unit === 'ms' ? 'by the clock' : 'processor time',
        ...columns.map(column => micro(times[column])),
        micro(mapped),
        micro(declared),
      ]),
    ),
  ].join('\n')}\n`
  return { text, missed: judged.some(({ held }) => !held) }
}
