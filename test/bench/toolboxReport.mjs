import { table } from './markdown.mjs'

const SIDES = {
  bytes: 'no, but as many bytes as format 2 stores',
  sealed: 'format 2',
  messages: 'format 1',
  one: 'format 2, one field',
}

/** At most so many times as long as without us. */
const TARGETS = {
  sealed: { Get: 1.12, Put: 1.15, 'Query of 100 items': 2, 'BatchWrite of 25 puts': 1.4 },
  messages: { Get: 1.25, Put: 1.25 },
  one: { Get: 1.25, Put: 1.25 },
}

/** The results as a page of Markdown, and the targets that are missed. */
export function report({ machine, engine, rounds, fields, fieldBytes, kmsCalls, operations }) {
  const rows = operations.map(({ name, side, calls, ms, cpu, ratio }) => {
    const target = TARGETS[side]?.[name]
    const verdict = target === undefined ? '' : ratio <= target ? 'held' : '**missed**'
    return { name, encrypted: SIDES[side], calls, ms, cpu, ratio, target, verdict }
  })
  const missed = rows.filter(({ verdict }) => verdict === '**missed**').map(({ name }) => name)
  const text = `${[
    '# What a sealed command costs',
    '',
    'Written by `npx --yes pnpm@12 bench:toolbox`: commands of dynamodb-toolbox through a sealed client beside the same commands',
    `through an unsealed one, in turns, call by call, in one process; the local cloud, on ${engine}, in another. Items`,
    `have ${fields} fields of ${fieldBytes} characters, all encrypted unless said, or in clear. Data keys are in the cache. Medians over all`,
    `calls of ${rounds} rounds, one call at a time.`,
    '',
    `Machine: ${machine.cpus} CPUs, Node.js ${machine.node}; load average ${machine.load.map(load => load.toFixed(1)).join(' before, ')} after.`,
    '',
    ...table(
      [
        'command',
        'encrypted',
        'calls',
        'plain, ms',
        'sealed, ms',
        'ratio',
        'target',
        '',
        'processor time, plain, ms',
        'sealed, ms',
      ],
      rows.map(({ name, encrypted, calls, ms, cpu, ratio, target = '', verdict }) => [
        name,
        encrypted,
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
    'What encryption adds is the difference in milliseconds; the ratio depends on how long the call takes without it. An update writes',
    'full fields, with their envelope inside, in format 2. Part of the difference is not ours: an item that stores as many bytes, in',
    'binary attributes and without us, takes longer as well, since they travel as base64, which the AWS SDK and the local cloud write and read.',
    '',
    ...['Get', 'Put'].map(name => {
      const added = side => {
        const { cpu } = rows.find(row => row.name === name && row.encrypted === SIDES[side])
        return Math.round((cpu.sealed - cpu.plain) * 1000)
      }
      return `A ${name} takes ${added('sealed')} µs more of processor time with five encrypted fields, ${added('one')} with one, and ${added('bytes')} for the bytes alone.`
    }),
    'So most of it is there once a command: a copy of it and of its response, the walk through the item, a call of the format, and, in a Get,',
    'what the formatter of dynamodb-toolbox does with an item that notices when it is read. Ciphers are the least of it.',
  ].join('\n')}\n`
  return { text, missed }
}
