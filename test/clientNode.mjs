// The tests that seal and open once more, with the AWS Encryption SDK itself in place of our codec: those from end to
// end, and those of core, with format 1 alone. Tests that name a codec, or both, do so here as well.
import { spawnSync } from 'node:child_process'

/** Tests of core in which no codec takes part: they would be the same. */
const EXEMPT = [
  'encryptedDataKeys', // bytes of a header
  'envelope/*', // format 2
  'keyDerivation', // the HKDF of our codec alone
  'limiter',
  'location', // bytes before they are sealed
  'number',
  'openingGrace', // data keys, with which nothing is sealed or opened
  'openingKeys',
  'options',
  'randomness',
  'refusals',
  'sealingKeys',
  'tenants', // format 2
  'value', // bytes after they are opened
  'writer',
]
// Of message.test.ts and properties.test.ts, what calls parseHeader, readMessage or writeMessage tests our parser and
// writer by themselves, whatever the codec.

const { status } = spawnSync(
  'npx',
  [
    ...['vitest', 'run', 'test/endToEnd', 'packages/core'],
    ...EXEMPT.flatMap(name => ['--exclude', `packages/core/test/${name}.test.ts`]),
    // Pages of thousands of fields take their time.
    ...['--testTimeout', '120000'],
  ],
  { stdio: 'inherit', env: { ...process.env, DYNASEAL_CODEC: 'client-node' } },
)
process.exitCode = status ?? 1
