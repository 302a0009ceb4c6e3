// Packs every package as it would be published, installs the archives with npm into empty folders, with the
// highest and the lowest peers that they declare, and uses them there as an ES module, from CommonJS and from
// several versions of TypeScript.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const consumer = fileURLToPath(new URL('./consumer', import.meta.url))
const readJson = path => JSON.parse(readFileSync(join(root, path), 'utf8'))
const { devDependencies } = readJson('package.json')
const COMPILERS = {
  typescript: devDependencies.typescript,
  'typescript-5.9': 'npm:typescript@~5.9.0',
  'typescript-5.4': 'npm:typescript@~5.4.0',
}

/** The versions that the workspace is tested with: the newest when they were last raised. */
const highest = Object.fromEntries(
  Object.entries(readJson('test/package.json').dependencies).filter(
    ([, version]) => !version.startsWith('workspace:'),
  ),
)
/** The lower ends of the ranges that the packages declare. */
const peers = {
  ...readJson('packages/mrk-keyring/package.json').peerDependencies,
  ...readJson('packages/toolbox/package.json').peerDependencies,
}
// dynamodb-toolbox's first 2.10 on the registry may be a later patch: npm picks the newest that the range allows.
const lowest = Object.fromEntries(
  Object.entries(peers).map(([name, range]) => [
    name,
    name.startsWith('@aws-sdk/') ? range.replace('^', '') : range,
  ]),
)

const folder = mkdtempSync(join(tmpdir(), 'dynaseal-packaging-'))
const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' }
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })

let passed = 0
let failed = 0
const check = (name, work) => {
  try {
    work()
    passed++
    console.log(`ok  ${name}`)
  } catch (error) {
    failed++
    console.log(`NOT OK  ${name}\n${error.stdout ?? ''}${error.message}`)
  }
}

function pack(archives) {
  mkdirSync(archives)
  for (const name of readdirSync(join(root, 'packages'))) {
    const directory = join(root, 'packages', name)
    check(`${name}: publint finds nothing`, () =>
      run(process.execPath, [join(root, 'node_modules/publint/src/cli.js'), '--strict', directory], root),
    )
    run('npx', ['--yes', 'pnpm@12', 'pack', '--pack-destination', archives], directory)
  }
  for (const archive of readdirSync(archives)) {
    const files = run('tar', ['-tzf', join(archives, archive)], archives).split('\n')
    check(`${archive}: readme, licence and types, and nothing that is not the product`, () => {
      for (const needed of ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']) {
        if (!files.includes(`package/${needed}`)) throw new Error(`it lacks ${needed}`)
      }
      const stray = files.filter(file => /\/test\/|tsbuildinfo|node_modules/.test(file))
      if (stray.length > 0) throw new Error(`it contains ${stray.join(', ')}`)
    })
  }
}

function consume(name, libraries, archives) {
  const app = join(folder, name)
  cpSync(consumer, app, { recursive: true })
  const packages = readdirSync(archives).map(archive => [
    `@${archive.replace(/^dynaseal-/, 'dynaseal/').replace(/-\d.*$/, '')}`,
    `file:../archives/${archive}`,
  ])
  const dependencies = {
    ...libraries,
    ...Object.fromEntries(packages),
    ...COMPILERS,
    '@types/node': devDependencies['@types/node'],
  }
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, dependencies }))
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], app)
  check(`${name} peers: an ES module saves and loads an encrypted field`, () =>
    run(process.execPath, ['app.mjs'], app),
  )
  check(`${name} peers: CommonJS requires every package`, () => run(process.execPath, ['app.cjs'], app))
  for (const compiler of Object.keys(COMPILERS)) {
    check(`${name} peers: ${compiler} accepts the types, and refuses what is wrong`, () =>
      run(process.execPath, [`node_modules/${compiler}/bin/tsc`, '-p', '.'], app),
    )
  }
  // Before 5.8, TypeScript did not know that Node can require an ES module.
  for (const compiler of ['typescript', 'typescript-5.9']) {
    check(`${name} peers: ${compiler} accepts require() from CommonJS`, () =>
      run(process.execPath, [`node_modules/${compiler}/bin/tsc`, '-p', 'tsconfig.commonjs.json'], app),
    )
  }
  check(`${name} peers: the local cloud runs as a command`, () => {
    const help = run('npx', ['dynaseal-local-cloud', '--help'], app)
    if (!help.includes('--regions')) throw new Error(help)
  })
}

try {
  const archives = join(folder, 'archives')
  pack(archives)
  consume('highest', highest, archives)
  consume('lowest', lowest, archives)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
