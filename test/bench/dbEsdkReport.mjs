import { machineLine, table, targets } from './markdown.mjs'

/** The results as a page of Markdown. Each target is held or missed, and says so. */
export function report({ machine, micros }) {
  const rows = [
    ...['seal', 'open'].flatMap(what => [
      atMost(`0x6700, ${what}: against Java`, ratio(micros, '0x6700 branch keys', '0x6700 Java', what), 0.5),
      atMost(`0x6701, ${what}: against Java`, ratio(micros, '0x6701 branch keys', '0x6701 Java', what), 0.85),
      atMost(`0x6700, ${what}: against format 2`, micros['0x6700 branch keys'][what].toFormat2, 2.5),
    ]),
  ]
  return `${[
    '# What an item of the AWS Database Encryption SDK costs',
    '',
    'Written by `npx --yes pnpm@12 bench:db-esdk`: sealing and opening an item of 1 KB with five encrypted and five signed fields beside its key, one at',
    'a time, warm. Medians; the contestants here take turns, Java runs right after them in a process of its own and is compared by the clock. Format 2 is',
    'compared by processor time, in which is what each takes to collect its own garbage: a turn has thousands of items.',
    '',
    machineLine(machine).replace(', Node.js', `, Java ${machine.java}, Node.js`),
    '',
    ...targets(
      rows,
      'With branch keys, which is the keyring to use here. Java has raw AES, which is its quickest.',
      '',
    ),
    '',
    '## Times',
    '',
    ...table(
      ['µs', 'seal', 'of processor time', 'times format 2', 'open', 'of processor time', 'times format 2'],
      Object.entries(micros).map(([name, { seal, open }]) => [
        name === 'format2' ? 'format 2, five fields' : name,
        ...[seal, open].flatMap(time => [
          clockOf(time).toFixed(1),
          time.processor?.toFixed(1) ?? '',
          time.toFormat2?.toFixed(2) ?? '',
        ]),
      ]),
    ),
    '',
    'What 0x6701 costs is P-384: a key pair and a signature for each item that is sealed, a verification for each that is opened. The raw AES keyring of `@aws-crypto/client-node` builds materials for each item.',
  ].join('\n')}\n`
}

function ratio(micros, a, b, what) {
  return micros[a][what].clock / clockOf(micros[b][what])
}

/** Of Java there is the clock's alone. */
function clockOf(time) {
  return time.clock ?? time
}

function atMost(name, measured, limit) {
  return {
    name,
    target: `at most ${limit} times`,
    measured: `${measured.toFixed(2)} times`,
    held: measured <= limit,
  }
}
