// Packs every package as it would be published, and installs the archives with npm into an empty folder.
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { check, run } from './checks.mjs'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const readJson = path => JSON.parse(readFileSync(join(root, path), 'utf8'))
export const { devDependencies } = readJson('package.json')
/** Of the tests alone: no package of ours wants them. */
export const { devDependencies: testDependencies } = readJson('test/package.json')

/** The versions that the workspace is tested with: the newest when they were last raised. */
const highest = Object.fromEntries(
  Object.entries(readJson('test/package.json').dependencies).filter(
    ([, version]) => !version.startsWith('workspace:'),
  ),
)
/** The lower ends of the ranges that the packages declare. */
const peers = {
  ...readJson('packages/core/package.json').peerDependencies,
  ...readJson('packages/mrk-keyring/package.json').peerDependencies,
  ...readJson('packages/branch-keyring/package.json').peerDependencies,
  ...readJson('packages/document-client/package.json').peerDependencies,
  ...readJson('packages/toolbox/package.json').peerDependencies,
}
// dynamodb-toolbox's first 2.10 on the registry may be a later patch: npm picks the newest that the range allows.
const lowest = Object.fromEntries(
  Object.entries(peers).map(([name, range]) => [
    name,
    name.startsWith('@aws-sdk/') ? range.replace('^', '') : range,
  ]),
)
export const LIBRARIES = { highest, lowest: { ...highest, ...lowest } }

/** @returns the folder of the archives */
export function pack(folder) {
  const archives = join(folder, 'archives')
  mkdirSync(archives)
  for (const name of readdirSync(join(root, 'packages'))) {
    const directory = join(root, 'packages', name)
    run('npx', ['--yes', 'pnpm@12', 'pack', '--pack-destination', archives], directory)
  }
  return archives
}

/** @returns the packages as dependencies of a folder beside that of the archives */
export function packagesIn(archives) {
  return Object.fromEntries(
    readdirSync(archives).map(archive => [
      `@${archive.replace(/^dynaseal-/, 'dynaseal/').replace(/-\d.*$/, '')}`,
      `file:../archives/${archive}`,
    ]),
  )
}

/** A folder with the packages, the libraries at one end of their ranges, and whatever else. */
export function install(folder, end, archives, more, name = end) {
  const app = join(folder, name)
  cpSync(fileURLToPath(new URL('./consumer', import.meta.url)), app, { recursive: true })
  const dependencies = { ...LIBRARIES[end], ...packagesIn(archives), ...more }
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, dependencies }))
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], app)
  const installed = name =>
    JSON.parse(readFileSync(join(app, 'node_modules', name, 'package.json'), 'utf8')).version
  const versions = Object.keys(peers).map(name => `${name} ${installed(name)}`)
  console.log(`# ${end} peers: ${versions.join(', ')}`)
  return app
}

/** The program as CommonJS and as TypeScript's CommonJS: what `import` says, `require` does. */
export function commonJs(app) {
  const program = readFileSync(join(app, 'app.mjs'), 'utf8')
  const required = program.replace(/import (\{[^}]*\}|\w+) from ('[^']*')/g, 'const $1 = require($2)')
  writeFileSync(join(app, 'app.cjs'), required)
  cpSync(join(app, 'app.mts'), join(app, 'app.cts'))
}

export function runsPrograms(app, label, node = process.execPath) {
  check(`${label}: an ES module saves, updates and loads encrypted fields`, () => run(node, ['app.mjs'], app))
  check(`${label}: one copy of the AWS SDK and of ours, and a schema's own dynamodb-toolbox`, () =>
    run(node, ['copies.mjs'], app),
  )
  check(`${label}: so does a CommonJS module that requires every package`, () => run(node, ['app.cjs'], app))
}
