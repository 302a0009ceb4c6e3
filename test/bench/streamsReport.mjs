import { table, targets } from './markdown.mjs'

/** Of the rate of core's `open`. */
const TARGET = 0.9

const percent = rate => `${(rate * 100).toFixed(0)} %`

/** The results as a page of Markdown, and the targets that are missed. */
export function report({ machine, rounds, results }) {
  const rows = results.map(({ fields, bytes, way, rate }) => ({
    name: `${fields} × ${bytes} B, ${way}`,
    target: `at least ${percent(TARGET)}`,
    measured: percent(rate),
    held: rate >= TARGET,
  }))
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
        'of which Node.js decodes base64',
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
