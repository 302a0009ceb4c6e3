// Packs every package as it would be published, installs the archives with npm into an empty folder,
// and uses them there as an ES module, from CommonJS and from TypeScript.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const consumer = fileURLToPath(new URL('./consumer', import.meta.url))
const versions = JSON.parse(readFileSync(join(root, 'test/package.json'), 'utf8')).dependencies
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

const folder = mkdtempSync(join(tmpdir(), 'dynaseal-packaging-'))
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })

let passed = 0
const check = (name, work) => {
  work()
  passed++
  console.log(`ok  ${name}`)
}

try {
  const archives = join(folder, 'archives')
  mkdirSync(archives)
  const names = readdirSync(join(root, 'packages'))
  for (const name of names) {
    const directory = join(root, 'packages', name)
    check(`${name}: publint finds nothing`, () =>
      run(process.execPath, [join(root, 'node_modules/publint/src/cli.js'), '--strict', directory], root),
    )
    run('npx', ['--yes', 'pnpm@12', 'pack', '--pack-destination', archives], directory)
  }
  const packed = readdirSync(archives)
  for (const archive of packed) {
    const files = run('tar', ['-tzf', join(archives, archive)], archives).split('\n')
    check(`${archive}: readme, licence and types, and nothing that is not the product`, () => {
      for (const needed of [
        'package/README.md',
        'package/LICENSE',
        'package/dist/index.js',
        'package/dist/index.d.ts',
      ]) {
        if (!files.includes(needed)) throw new Error(`${archive} lacks ${needed}`)
      }
      const stray = files.filter(file => /\/test\/|tsbuildinfo|node_modules/.test(file))
      if (stray.length > 0) throw new Error(`${archive} contains ${stray.join(', ')}`)
    })
  }

  const app = join(folder, 'app')
  cpSync(consumer, app, { recursive: true })
  const libraries = Object.entries(versions).filter(([, version]) => !version.startsWith('workspace:'))
  writeFileSync(
    join(app, 'package.json'),
    JSON.stringify({
      private: true,
      dependencies: {
        ...Object.fromEntries(libraries),
        ...Object.fromEntries(
          packed.map(archive => [
            `@${archive.replace(/^dynaseal-/, 'dynaseal/').replace(/-\d.*$/, '')}`,
            `file:../archives/${archive}`,
          ]),
        ),
        typescript: devDependencies.typescript,
        '@types/node': devDependencies['@types/node'],
      },
    }),
  )
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], app)
  check('an ES module saves and loads an encrypted field', () => run(process.execPath, ['app.mjs'], app))
  check('CommonJS requires every package', () => run(process.execPath, ['app.cjs'], app))
  check('TypeScript accepts the types, with library checks on', () =>
    run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'], app),
  )
  check('the local cloud runs as a command', () => {
    const help = run('npx', ['dynaseal-local-cloud', '--help'], app)
    if (!help.includes('--regions')) throw new Error(help)
  })
  console.log(`${passed} packaging checks passed`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
