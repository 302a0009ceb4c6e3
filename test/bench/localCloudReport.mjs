import { machineLine, table, targets } from './markdown.mjs'

/** The results as a page of Markdown. Each target is held or missed, and says so. */
export function report({ machine, start, speed }) {
  const loaded = speed.at(-1)
  const rows = [
    atMost('import to ready, two regions against two engines that listen', start.times.all, 2),
    atMost('start to ready after the import, likewise', start.times.start, 2),
    atMost('import to the first answers of DynamoDB, likewise', start.times.answered, 2),
    atMost('puts, one region', loaded.times['put, one region'], 1.5),
    atMost(
      'puts, a global table in two regions, until all have arrived',
      loaded.times['put, two regions'],
      2.2,
    ),
    atMost('gets, one region', loaded.times['get, one region'], 1.3),
    atMost('gets, two regions', loaded.times['get, two regions'], 1.3),
    atLeast('rate of KMS GenerateDataKey against a bare HTTP server', loaded.rate.GenerateDataKey, 0.5),
  ]
  return `${[
    '# What the local cloud costs beside its engines',
    '',
    'Written by `npx --yes pnpm@12 bench:local-cloud`. Each contestant is a process of its own; one client calls them in turns, with',
    `bodies of about 300 bytes over kept connections. Times and ratios are medians over the rounds.`,
    '',
    machineLine(machine),
    '',
    ...targets(
      rows,
      `Times the engine alone (dynalite, as its own HTTP server), with ${loaded.inFlight} calls in flight.`,
      '',
    ),
    '',
    '## Start, in ms, in fresh processes',
    '',
    ...table(
      ['', 'import to ready', 'ready after the import', 'import to the first answers of DynamoDB'],
      [
        ['two dynalites that listen', ...startCells(start.engines, ms)],
        ['the local cloud with two regions', ...startCells(start.localCloud, ms)],
        ['times', ...startCells(start.times, times)],
      ],
    ),
    '',
    'The local cloud loads dynalite with the first call to DynamoDB: who only uses KMS does without.',
    '',
    '## Calls, in µs per call',
    '',
    ...table(
      ['', ...speed.flatMap(({ inFlight }) => [`${inFlight} in flight`, 'the server’s processor'])],
      Object.keys(loaded.waited).map(name => [
        name,
        ...speed.flatMap(one => [us(one.waited[name]), us(one.processor[name])]),
      ]),
    ),
    '',
    'The first is what the client waits, which is the server’s time and its own; ratios and targets are of that.',
    '',
    ...table(
      ['times the engine', ...speed.map(({ inFlight }) => `${inFlight} in flight`)],
      Object.keys(loaded.times).map(name => [name, ...speed.map(one => times(one.times[name]))]),
    ),
    '',
    `Rate of GenerateDataKey against bare HTTP: ${speed.map(one => `${times(one.rate.GenerateDataKey)} with ${one.inFlight} in flight`).join(', ')}.`,
  ].join('\n')}\n`
}

const ms = value => value.toFixed(1)
const us = value => value.toFixed(0)
const times = value => value.toFixed(2)

const startCells = ({ all, start, answered }, format) => [all, start, answered].map(format)

function atMost(name, value, limit) {
  return { name, target: `at most ${limit}`, measured: times(value), held: value <= limit }
}

function atLeast(name, value, limit) {
  return { name, target: `at least ${limit}`, measured: times(value), held: value >= limit }
}
