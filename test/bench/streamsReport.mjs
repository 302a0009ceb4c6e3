import { table, targets } from './markdown.mjs'

/** Of the rate of core's `open`. */
const TARGET = 0.9

const percent = rate => `${(rate * 100).toFixed(0)} %`

/** The rate that is left where records take no more than what nobody can do without. */
const bound = ({ core, floor }) => percent(core / floor)

const nameOf = ({ fields, bytes, way }) => `${fields} × ${bytes} B, ${way}`

/** The results as a page of Markdown, and the targets that are missed. */
export function report({ machine, rounds, results, too }) {
  const rows = results.map(result => ({
    name: nameOf(result),
    target: `at least ${percent(TARGET)}`,
    measured: percent(result.rate),
    held: result.rate >= TARGET,
  }))
  const long = results.reduce((one, other) => (other.bytes > one.bytes ? other : one))
  const short = results.reduce((one, other) => (other.core < one.core ? other : one))
  const text = `${[
    '# What opening records of a stream costs',
    '',
    'Written by `npx --yes pnpm@12 bench:streams`: `openStreamRecord(s)` with records as Lambda has them, beside `open` of `@dynaseal/core` with',
    'the same fields, found and decoded already. What the records take more: base64, the shape of each attribute value, keys, what is encrypted',
    `where. Format 2, data keys in the cache. Medians of ${rounds} rounds in turns; processor time, that of collecting garbage included: a turn is`,
    'long enough for V8 to do so ten times. Each shape in a process of its own.',
    '',
    `Machine: ${machine.cpus} CPUs, Node.js ${machine.node}; load average ${machine.load.map(each => each.toFixed(1)).join(' before, ')} after.`,
    '',
    ...targets(rows, 'The rate of records, of that of `open`:', ''),
    '',
    'Nobody can do without the base64, which `open` is spared here, since it gets bytes. The floor is that and nothing else: text decoded into',
    'memory that is used again, some 32 KB at a time, and opened there without a promise, where it was known before what to open. It would bring',
    `${nameOf(long)}, to ${bound(long)} of the rate, and ${nameOf(short)}, to ${bound(short)}.`,
    'Where an item has one short field, most of what a record takes more is the record itself, whose cost does not depend on the number of',
    'fields: its other values, each checked to be of its type, its keys, which have to be those of its image, and the objects of the result.',
    `That is ${(short.stream - short.floor).toFixed(1)} µs more than the floor for ${nameOf(short)}, whose opening takes ${short.core.toFixed(1)} µs.`,
    '',
    '## Times',
    '',
    ...times(results),
    ...(too === undefined ? [] : ['', `## With Node.js ${too.node}`, '', ...times(too.results)]),
  ].join('\n')}\n`
  return { text, missed: rows.filter(({ held }) => !held) }
}

function times(results) {
  return table(
    ['fields', 'B each', '', 'open in core, µs an item', 'a record, µs', 'more, µs', 'floor, µs', 'rate'],
    results.map(({ fields, bytes, way, core, stream, floor, rate }) => [
      fields,
      bytes,
      way,
      core.toFixed(1),
      stream.toFixed(1),
      (stream - core).toFixed(1),
      floor.toFixed(1),
      percent(rate),
    ]),
  )
}
