import { table, targets } from './markdown.mjs'

/** Bytes that Dynaseal may add to a bundle. */
const TARGET = 150_000

const kB = bytes => (bytes / 1000).toFixed(1)

/** The results as a page of Markdown, and the targets that are missed. */
export function report({ machine, rounds, measured, withFullMessages }) {
  const [plain, sealed] = measured.filter(({ format }) => format === 'esm')
  const added = sealed.bytes - plain.bytes
  const rows = [
    {
      name: 'the bundle, beyond what it is without',
      target: `at most ${kB(TARGET)} kB`,
      measured: `${kB(added)} kB`,
      held: added <= TARGET,
    },
  ]
  const parts = Object.entries(sealed.packages)
    .map(([name, bytes]) => [name, bytes - (plain.packages[name] ?? 0)])
    .filter(([, bytes]) => bytes > 100)
    .sort(([, a], [, b]) => b - a)
  const text = `${[
    '# What Dynaseal adds to a Lambda function',
    '',
    'Written by `npx --yes pnpm@12 bench:lambda`: [a function](lambda/sealed.mjs) that puts an item with two encrypted attributes, over an',
    '`MrkKeyring`, beside [the same one](lambda/plain.mjs) without Dynaseal; bundled by esbuild, minified, with the AWS SDK beside it, with the',
    '[slim entries](../../docs/decisions/slim-entries.md) and with [short messages](../../docs/decisions/short-messages.md) in errors.',
    `Times are medians of ${rounds} fresh processes each, in turns, against the local cloud: a put, and a call of KMS before it, which on AWS`,
    'takes longer by the way there.',
    '',
    `Machine: ${machine.cpus} CPUs, Node.js ${machine.node}; load average ${machine.load.map(each => each.toFixed(1)).join(' before, ')} after.`,
    '',
    ...targets(rows),
    '',
    '## Size and start',
    '',
    ...table(
      ['', 'kB', 'loaded after, ms', 'first put done after, ms'],
      measured.map(({ name, format, bytes, loaded, put }) => [
        `${name}, ${format}`,
        kB(bytes),
        loaded.toFixed(0),
        put.toFixed(0),
      ]),
    ),
    '',
    '## What takes the room',
    '',
    ...table(
      ['', 'kB more than without'],
      parts.map(([name, bytes]) => [name, kB(bytes)]),
    ),
    '',
    `With full messages in errors, as a bundle has them that does not ask for short ones, it is ${kB(withFullMessages - plain.bytes)} kB more than without.`,
    'Of dynamodb-toolbox, it is the class of `any()`, which an encrypted attribute is to it.',
  ].join('\n')}\n`
  return { text, missed: rows.filter(({ held }) => !held) }
}
