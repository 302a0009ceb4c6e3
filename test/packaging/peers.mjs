// The built packages under every Node and with both ends of the ranges that they declare: the end-to-end tests, the
// examples' test and the main job, run by what is installed from the archives and not by the sources.
// `node test/packaging/peers.mjs lowest` is one end alone.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, run, skip, summary } from './checks.mjs'
import { devDependencies, install, pack, root } from './consumer.mjs'
import { nodes } from './nodes.mjs'

const ends = process.argv.slice(2)

/** Which engines there are, the tests ask the local cloud's own tests; and those of core, what an attacker forges. */
const SUPPORT = [
  'packages/local-cloud/test/eachEngine.ts',
  'packages/local-cloud/src',
  'packages/core/test/support',
  'packages/core/src',
]

/**
 * The matrix keeps numbers' digits with a function as `wrapNumbers`, which the lowest SDK does not know; nor do its clients
 * have paginators as methods.
 */
const NOT_THERE = {
  highest: [],
  lowest: ['test/endToEnd/matrix/**', 'test/endToEnd/declared/aggregatedClient.test.ts'],
}

const config = end => `export default {
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ${JSON.stringify(NOT_THERE[end])},
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
}
`

/** The tests as they stand in the repository, without what points them at the sources. */
function copyTests(app, end) {
  const isInstalled = path => /node_modules|tsbuildinfo/.test(path)
  for (const path of [
    'test/endToEnd',
    'test/support',
    'test/examples',
    'examples/single-table/src',
    ...SUPPORT,
  ])
    cpSync(join(root, path), join(app, path), { recursive: true, filter: from => !isInstalled(from) })
  cpSync(join(root, 'examples/main-job/dist'), join(app, 'main-job'), { recursive: true })
  writeFileSync(join(app, 'main-job/package.json'), '{ "type": "module" }')
  writeFileSync(join(app, 'vitest.config.mjs'), config(end))
}

const folder = mkdtempSync(join(tmpdir(), 'dynaseal-peers-'))
try {
  const archives = pack(folder)
  const engines = nodes(folder)
  for (const end of ends.length === 0 ? ['highest', 'lowest'] : ends) {
    const { vitest, 'fast-check': fastCheck } = devDependencies
    const app = install(folder, end, archives, { vitest, 'fast-check': fastCheck })
    copyTests(app, end)
    if (NOT_THERE[end].length > 0)
      skip(`${end} peers: the matrix`, 'its wrapNumbers is a function, which this AWS SDK does not take')
    for (const [node, path] of engines) {
      check(`${end} peers, ${node}: the main job`, () => run(path, ['main-job/main.js'], app))
      check(`${end} peers, ${node}: the end-to-end tests`, () => {
        const output = run(path, ['node_modules/vitest/vitest.mjs', 'run', '--no-color'], app)
        console.log(
          output
            .split('\n')
            .filter(line => /^ *Tests /.test(line))
            .join('\n'),
        )
      })
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
summary()
