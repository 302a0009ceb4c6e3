// The built packages under every Node and with both ends of the ranges that they declare: the end-to-end tests, that of
// an example and the main job, run by what is installed from the archives and not by the sources.
// `node test/packaging/peers.mjs lowest` is one end alone; `lowest test/endToEnd/arriving`, a part of its tests.
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { check, run, skip, summary } from './checks.mjs'
import { devDependencies, install, pack, root, testDependencies } from './consumer.mjs'
import { nodes } from './nodes.mjs'

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

/** What the tests import: files of this repository, and packages. */
async function importedBy(tests) {
  const { metafile } = await build({
    entryPoints: tests,
    absWorkingDir: root,
    bundle: true,
    // Ours as well, whatever tsconfig.json says of them.
    packages: 'external',
    tsconfigRaw: '{}',
    platform: 'node',
    format: 'esm',
    metafile: true,
    write: false,
    outdir: 'unused',
  })
  const imports = Object.values(metafile.inputs).flatMap(file => file.imports)
  const packages = imports.filter(({ external }) => external).map(({ path }) => packageOf(path))
  return { files: Object.keys(metafile.inputs), packages: new Set(packages) }
}

function packageOf(path) {
  const [scope, name] = path.split('/')
  return scope.startsWith('@') ? `${scope}/${name}` : scope
}

/** The tests as they stand in the repository, without what points them at the sources. */
function copyTests(app, end, files) {
  // Besides: the pages whose tables the tests compare with.
  for (const path of [...files, 'docs']) cpSync(join(root, path), join(app, path), { recursive: true })
  cpSync(join(root, 'examples/main-job/dist'), join(app, 'main-job'), { recursive: true })
  writeFileSync(join(app, 'main-job/package.json'), '{ "type": "module" }')
  writeFileSync(join(app, 'vitest.config.mjs'), config(end))
}

const given = process.argv.slice(2)
const ends = Object.keys(NOT_THERE).filter(end => given.includes(end))
const only = given.filter(argument => !ends.includes(argument))

const endToEnd = readdirSync(join(root, 'test/endToEnd'), { recursive: true })
  .filter(name => name.endsWith('.test.ts'))
  .map(name => join('test/endToEnd', name))
const { files, packages } = await importedBy([...endToEnd, 'test/examples/singleTable.test.ts'])
const libraries = Object.fromEntries(
  Object.entries({ ...devDependencies, ...testDependencies }).filter(([name]) => packages.has(name)),
)
const folder = mkdtempSync(join(tmpdir(), 'dynaseal-peers-'))
try {
  const archives = pack(folder)
  const engines = nodes(folder)
  for (const end of ends.length === 0 ? ['highest', 'lowest'] : ends) {
    const app = install(folder, end, archives, libraries)
    copyTests(app, end, files)
    if (NOT_THERE[end].length > 0)
      skip(`${end} peers: the matrix`, 'its wrapNumbers is a function, which this AWS SDK does not take')
    for (const [node, path] of engines) {
      check(`${end} peers, ${node}: the main job`, () => run(path, ['main-job/main.js'], app))
      check(`${end} peers, ${node}: the end-to-end tests`, () => {
        const output = run(path, ['node_modules/vitest/vitest.mjs', 'run', '--no-color', ...only], app)
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
