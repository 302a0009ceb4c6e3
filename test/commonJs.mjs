// The matrix once more, as a CommonJS application has it: every package required, and not imported.
import { spawnSync } from 'node:child_process'

const chosen = process.argv.slice(2)
const tests = chosen.length > 0 ? chosen : ['test/endToEnd/matrix']
const { status } = spawnSync('npx', ['vitest', 'run', ...tests], {
  stdio: 'inherit',
  env: { ...process.env, DYNASEAL_MODULES: 'commonjs' },
})
process.exitCode = status ?? 1
