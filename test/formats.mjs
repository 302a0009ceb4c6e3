// The tests that seal and open once more: those from end to end with clients that write format 1, and with the AWS
// Encryption SDK itself in place of our codec, where a codec takes part. Tests that name a format or a codec, or both,
// do so here as well. `node test/formats.mjs message` or `client-node` runs one of the two alone.
import { spawnSync } from 'node:child_process'

const RUNS = {
  message: {
    env: { DYNASEAL_FORMAT: 'message' },
    run: ['test/endToEnd'],
    without: [
      'test/endToEnd/envelope/**', // they name the format
      'test/endToEnd/wholeItems/**', // a format of its own
      'test/endToEnd/hostileTable.test.ts', // messages, in any case
      'test/endToEnd/interop.test.ts',
      'test/endToEnd/searchMatrix/**', // it names the formats
      'test/endToEnd/slim/**', // clients that have been given none that writes it
      'test/endToEnd/matrix/scanner.test.ts', // the search for secrets by itself
    ],
  },
  'client-node': {
    env: { DYNASEAL_CODEC: 'client-node' },
    // Of what passes the toolbox, a codec sees bytes and values alone: the matrix would show it nothing new.
    run: [
      'packages/core',
      'test/endToEnd/roundTrip/',
      'test/endToEnd/tampering.test.ts',
      'test/endToEnd/modes.test.ts',
    ],
    without: [
      'packages/core/test/envelope/**', // of messages, the codec alone
      ...[
        'keyDerivation', // the HKDF of our codec alone
        'location', // bytes before they are sealed
        'number',
        'openingGrace', // data keys, with which nothing is sealed or opened
        'openingKeys',
        'refusals',
        'sealingKeys',
        'value', // bytes after they are opened
        'writer',
      ].map(name => `packages/core/test/${name}.test.ts`),
    ],
    // Of message.test.ts and properties.test.ts, what calls parseHeader, readMessage or writeMessage tests our parser and
    // writer by themselves, whatever the codec.
  },
}

const [, , chosen] = process.argv
const runs = chosen === undefined ? Object.values(RUNS) : [RUNS[chosen]]
if (runs.includes(undefined))
  throw new Error(`There is no run ${chosen}, only ${Object.keys(RUNS).join(', ')}.`)
for (const { env, run, without } of runs) {
  const { status } = spawnSync(
    'npx',
    [
      ...['vitest', 'run', ...run],
      ...without.flatMap(files => ['--exclude', files]),
      // Pages of thousands of fields take their time.
      ...['--testTimeout', '120000'],
    ],
    { stdio: 'inherit', env: { ...process.env, ...env } },
  )
  process.exitCode = process.exitCode || (status ?? 1)
}
