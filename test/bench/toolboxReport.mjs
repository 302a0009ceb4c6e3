import { table } from './markdown.mjs'

/** At most so many times as long as without us. */
const TARGETS = {
  Get: 1.25,
  'Get, one field encrypted': 1.25,
  Put: 1.25,
  'Put, one field encrypted': 1.25,
}

/** The results as a page of Markdown, and the targets that are missed. */
export function report({ machine, engine, rounds, fields, fieldBytes, kmsCalls, operations }) {
  const rows = operations.map(({ name, calls, ms, cpu, ratio }) => {
    const target = TARGETS[name]
    const verdict = target === undefined ? '' : ratio <= target ? 'held' : '**missed**'
    return { name, calls, ms, cpu, ratio, target, verdict }
  })
  const missed = rows.filter(({ verdict }) => verdict === '**missed**').map(({ name }) => name)
  const text = `${[
    '# What a sealed command costs',
    '',
    'Written by `npx --yes pnpm@12 bench:toolbox`: commands of dynamodb-toolbox through a sealed client beside the same commands',
    `through an unsealed one, in turns, call by call, in one process; the local cloud, on ${engine}, in another. Items`,
    `have ${fields} fields of ${fieldBytes} characters, encrypted or in clear. Data keys are in the cache. Medians over all calls of`,
    `${rounds} rounds, one call at a time.`,
    '',
    `Machine: ${machine.cpus} CPUs, Node.js ${machine.node}.`,
    '',
    ...table(
      [
        'command',
        'calls',
        'plain, ms',
        'sealed, ms',
        'ratio',
        'target',
        '',
        'processor time, plain, ms',
        'sealed, ms',
      ],
      rows.map(({ name, calls, ms, cpu, ratio, target = '', verdict }) => [
        name,
        calls,
        ms.plain.toFixed(2),
        ms.sealed.toFixed(2),
        ratio.toFixed(2),
        target,
        verdict,
        cpu.plain.toFixed(2),
        cpu.sealed.toFixed(2),
      ]),
    ),
    '',
    `KMS calls: ${kmsCalls.warmUp} before the measurement, for the first items and the rounds that warm up, and`,
    `${kmsCalls.measured} during it.`,
    '',
    'What encryption adds is the difference in milliseconds; the ratio depends on how long the call takes without it.',
  ].join('\n')}\n`
  return { text, missed }
}
