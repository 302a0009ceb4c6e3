import { machineLine, table, targets } from './markdown.mjs'

/** The results as a page of Markdown. Each target is held or missed, and says so. */
export function report(results) {
  const { machine, process, wrapping, pages, loss } = results
  const firsts = process.filter(({ puts }) => puts === 1)
  const seconds = process.filter(({ puts }) => puts === 2)
  const worst = (runs, member) => Math.max(...runs.map(run => run[member]))
  const failures = loss.reduce((sum, { failures }) => sum + failures, 0)
  const rows = [
    ...Object.entries(pages).flatMap(([format, { cold, rotated, ms }]) => [
      atMost(`1,000 items by 1,000 processes, read cold elsewhere: KMS calls (${format})`, cold.kms, 1),
      atMost(`the same: reads of the key store (${format})`, cold.keyStore, 2),
      atMost(`the same under 4 versions: KMS calls (${format})`, rotated.kms, 4),
      atMost(`the same under 4 versions: reads of the key store (${format})`, rotated.keyStore, 8),
      atMost(
        `reading that page, against one under one data key (${format})`,
        ms.many / ms.one,
        1.6,
        'times as long',
      ),
    ]),
    atMost('a fresh process’s first put: KMS calls', worst(firsts, 'kms'), 1),
    atMost('the same: reads of the key store', worst(firsts, 'keyStore'), 1),
    atMost('its second put: more of either', worst(seconds, 'kms') + worst(seconds, 'keyStore') - 2, 0),
    atMost('wrapping one data key', wrapping['ours, wrap'], 60, 'µs'),
    atMost('unwrapping one data key', wrapping['ours, unwrap'], 60, 'µs'),
    atMost('calls that failed while a region was lost', failures, 0),
  ]
  const text = `${[
    '# What branch keys cost and save',
    '',
    'Written by `npx --yes pnpm@12 bench:branch-keyring`. The local cloud runs in a process of its own and counts the calls; the AWS SDK speaks',
    'HTTP to it.',
    '',
    machineLine(machine),
    '',
    ...targets(rows),
    '',
    '## A page written by a thousand processes',
    '',
    '1,000 items with one encrypted field, each put by a fresh client with a keyring and data keys of its own in us-east-1, and read',
    'by a fresh client in us-west-2; beside the same items put by one client. Medians of 11 rounds by turns, each by a client whose',
    'caches are empty; with the requests to DynamoDB and KMS.',
    '',
    ...table(
      [
        'format',
        'written: KMS calls',
        'reads of the key store',
        'read: KMS calls',
        'reads of the key store',
        'page under one data key',
        'under 1,000',
        'processor time',
        'under 1,000',
      ],
      Object.entries(pages).map(([format, { written, cold, ms, cpu }]) => [
        format,
        written.kms,
        written.keyStore,
        cold.kms,
        cold.keyStore,
        milliseconds(ms.one),
        milliseconds(ms.many),
        milliseconds(cpu.one),
        milliseconds(cpu.many),
      ]),
    ),
    '',
    'With a plain MRK keyring, writing takes 1,000 calls to KMS as well, and reading 1,000 in place of one.',
    '',
    '## Wrapping and unwrapping',
    '',
    'Processor time of one data key of 32 bytes with the branch key in memory, the materials of the AWS Encryption SDK included.',
    '*Stock* is `KmsHierarchicalKeyRingNode` of `@aws-crypto/kms-keyring-node`.',
    '',
    ...table(
      ['', 'wrap', 'unwrap'],
      ['ours', 'stock'].map(who => [
        who,
        ...['wrap', 'unwrap'].map(what => `${wrapping[`${who}, ${what}`].toFixed(0)} µs`),
      ]),
    ),
    '',
    '## A process that has just started',
    '',
    'Node.js with everything loaded, its first put, and one more; medians of 5 processes.',
    '',
    ...table(
      ['until it is loaded', 'first put', 'second put'],
      [
        [
          milliseconds(median(process.map(({ loaded }) => loaded))),
          milliseconds(median(process.map(({ ms }) => ms[0]))),
          milliseconds(median(seconds.map(({ ms }) => ms[1]))),
        ],
      ],
    ),
    '',
    '## Losing the nearest region',
    '',
    'us-east-1 is 2 ms away, us-west-2 60 ms, eu-west-1 140 ms, for KMS and for DynamoDB each. 1,000 calls, 32 at a time, each of which',
    'needs a branch key that is not in memory: a read of the key store and a call to KMS.',
    '',
    ...table(
      ['in us-east-1', '', 'calls', 'failed', 'p50', 'p99', 'slowest'],
      loss.map(({ service, name, calls, failures, p50, p99, max }) => [
        service === 'dynamodb' ? 'the key store’s DynamoDB' : service === 'kms' ? 'KMS' : 'both',
        name,
        calls,
        failures,
        milliseconds(p50),
        milliseconds(p99),
        milliseconds(max),
      ]),
    ),
  ].join('\n')}\n`
  return { text, missed: rows.some(({ held }) => !held) }
}

function atMost(name, value, limit, unit = '') {
  const inUnit = number => `${Number.isInteger(number) ? number : number.toFixed(2)} ${unit}`.trim()
  return { name, target: `at most ${inUnit(limit)}`, measured: inUnit(value), held: value <= limit }
}

function milliseconds(ms) {
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
}
