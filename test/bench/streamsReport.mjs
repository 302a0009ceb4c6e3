import { table, targets } from './markdown.mjs'

/** Of the rate of core's `open`. */
const TARGET = 0.9

const percent = rate => `${(rate * 100).toFixed(0)} %`

/** What base64 alone would leave of the rate, decoded value by value. */
const bound = ({ core, base64 }) => percent(core / (core + base64))

/** The results as a page of Markdown, and the targets that are missed. */
export function report({ machine, rounds, results }) {
  const rows = results.map(({ fields, bytes, way, rate }) => ({
    name: `${fields} × ${bytes} B, ${way}`,
    target: `at least ${percent(TARGET)}`,
    measured: percent(rate),
    held: rate >= TARGET,
  }))
  const long = results.reduce((one, other) => (other.bytes > one.bytes ? other : one))
  const short = results.reduce((one, other) => (other.core < one.core ? other : one))
  const text = `${[
    '# What opening records of a stream costs',
    '',
    'Written by `npx --yes pnpm@12 bench:streams`: `openStreamRecord(s)` with records as Lambda has them, beside `open` of `@dynaseal/core` with',
    'the same fields, found and decoded already. What the records take more: base64, the shape of each attribute value, keys, what is encrypted',
    `where. Format 2, data keys in the cache. Medians of ${rounds} rounds in turns; processor time.`,
    '',
    `Machine: ${machine.cpus} CPUs, Node.js ${machine.node}; load average ${machine.load.map(each => each.toFixed(1)).join(' before, ')} after.`,
    '',
    ...targets(rows, 'The rate of records, of that of `open`:', ''),
    '',
    'Nobody can do without the base64, which `open` is spared here, since it gets bytes. Decoded value by value, as `Buffer.from` does, it',
    `alone would bring ${long.fields} × ${long.bytes} B, ${long.way}, to ${bound(long)} of the rate, and ${short.fields} × ${short.bytes} B, ${short.way}, to ${bound(short)}. Records come near that, or do better: memory for long`,
    'values is used again, and an envelope that comes again is decoded once. Where an item has one short field, most of what is left is the',
    'record itself, whose cost does not depend on the number of fields: the shapes of its other values, its keys twice, the objects of the result.',
    '',
    'Part of a record is garbage, which V8 collects while records are opened, and of which `open` makes less: in some rounds a',
    'collection falls into the turn of the records and not into the other.',
    '',
    '## Times',
    '',
    ...table(
      [
        'fields',
        'B each',
        '',
        'open in core, µs an item',
        'a record, µs',
        'more, µs',
        'base64 by `Buffer.from`, µs',
      ],
      results.map(({ fields, bytes, way, core, stream, base64 }) => [
        fields,
        bytes,
        way,
        core.toFixed(1),
        stream.toFixed(1),
        (stream - core).toFixed(1),
        base64.toFixed(1),
      ]),
    ),
  ].join('\n')}\n`
  return { text, missed: rows.filter(({ held }) => !held) }
}
