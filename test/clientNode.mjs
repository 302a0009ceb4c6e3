// The end-to-end tests once more, with the AWS Encryption SDK itself in place of our codec.
import { spawnSync } from 'node:child_process'

const { status } = spawnSync('npx', ['vitest', 'run', 'test/endToEnd'], {
  stdio: 'inherit',
  env: { ...process.env, DYNASEAL_CODEC: 'client-node' },
})
process.exitCode = status ?? 1
