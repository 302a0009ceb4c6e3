// The tests of what applications load, and the main job, on the versions of Node that the whole of the tests does not
// run on. `peers.mjs` runs more, with what was packed; this is quick enough for every change.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, run, summary } from './checks.mjs'
import { root } from './consumer.mjs'
import { nodes } from './nodes.mjs'

/** Not the matrices, nor the local cloud's own tests: they take minutes, and no user's application loads them. */
const TESTS = [
  'packages/core',
  'packages/mrk-keyring',
  'packages/db-esdk',
  'packages/document-client',
  'packages/toolbox',
  'packages/cli',
  'test/endToEnd',
]
const LEFT_OUT = ['matrix', 'searchMatrix'].flatMap(name => ['--exclude', `test/endToEnd/${name}/**`])

const folder = mkdtempSync(join(tmpdir(), 'dynaseal-nodes-'))
try {
  for (const [node, path] of nodes(folder)) {
    if (path === process.execPath) continue
    check(`${node}: the main job`, () => run(path, ['examples/main-job/dist/main.js'], root))
    check(`${node}: the tests of the packages`, () => {
      const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--no-color', ...TESTS, ...LEFT_OUT]
      const output = run(path, vitest, root)
      console.log(output.match(/^ *Tests .*$/m)?.[0])
    })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
summary()
