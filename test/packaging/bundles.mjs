// What is deployed as one file works where nothing is installed: made by each bundler, as an ES module without a banner
// and as CommonJS, minified and not, with the AWS SDK inside and beside it.
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { check, run } from './checks.mjs'
import { LIBRARIES, packagesIn } from './consumer.mjs'

const BUNDLERS = {
  esbuild: '0.28.2',
  rollup: '4.68.8',
  '@rollup/plugin-commonjs': '29.0.3',
  '@rollup/plugin-json': '6.1.0',
  '@rollup/plugin-node-resolve': '16.0.3',
  '@rollup/plugin-terser': '1.0.2',
  webpack: '5.113.0',
}
const CLIENT_NODE = '@aws-crypto/client-node'

export async function checkBundles(folder, archives) {
  const app = install(folder, archives)
  const world = await startWorld(app)
  try {
    for (const bundler of ['esbuild', 'webpack', 'rollup'])
      for (const format of ['esm', 'cjs'])
        for (const minify of [false, true])
          for (const external of [[], ['@aws-sdk']])
            checkBundle({ app, world, bundler, entry: 'app.mjs', format, minify, external })
    for (const bundler of ['esbuild', 'webpack', 'rollup']) checkSlim({ app, world, bundler })
    run('npm', ['install', `${CLIENT_NODE}@${LIBRARIES.highest[CLIENT_NODE]}`, ...QUIET], app)
    const entry = 'clientNode.mjs'
    for (const bundler of ['esbuild', 'webpack', 'rollup'])
      checkBundle({ app, world, bundler, entry, format: 'cjs', minify: true, external: [] })
    for (const bundler of ['webpack', 'rollup'])
      checkBundle({ app, world, bundler, entry, format: 'esm', minify: true, external: [] })
    // esbuild cannot put the AWS Encryption SDK into an ES module: it is CommonJS that requires Node's modules.
    const external = ['@aws-crypto', '@aws-sdk']
    checkBundle({ app, world, bundler: 'esbuild', entry, format: 'esm', minify: true, external })
  } finally {
    world.stop()
  }
}

const QUIET = ['--no-audit', '--no-fund', '--loglevel=error']

/** Without client-node, which is optional: no bundler may stop at that. */
function install(folder, archives) {
  const app = join(folder, 'bundled')
  cpSync(fileURLToPath(new URL('./bundled', import.meta.url)), app, { recursive: true })
  const main = readFileSync(join(app, 'app.mjs'), 'utf8')
  writeFileSync(
    join(app, 'slim.mjs'),
    main.replaceAll(/'(@dynaseal\/(?:toolbox|mrk-keyring))'/g, "'$1/slim'"),
  )
  const { [CLIENT_NODE]: _, ...libraries } = LIBRARIES.highest
  const dependencies = { ...libraries, ...packagesIn(archives), ...BUNDLERS }
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, dependencies }))
  run('npm', ['install', ...QUIET], app)
  return app
}

/** What a bundle has that begins with the slim entry: nobody else tells whether another bundler than esbuild leaves out the rest. */
const LEAST_SAVED_BYTES = 60_000
/** Errors with codes in the place of sentences. */
const SHORT = ['dynaseal-short-messages']
const LEAST_SAVED_BY_MESSAGES = 18_000

function checkSlim({ app, world, bundler }) {
  const options = { app, world, bundler, format: 'esm', minify: true, external: ['@aws-sdk'] }
  const sizeOf = more => statSync(fileOf({ ...options, ...more })).size
  checkBundle({ ...options, entry: 'slim.mjs' })
  check(`slim.mjs as a bundle: ${bundler} leaves out what it does not import`, () => {
    const [main, slim] = ['app.mjs', 'slim.mjs'].map(entry => sizeOf({ entry }))
    if (main - slim < LEAST_SAVED_BYTES) throw new Error(`${slim} bytes, and ${main} with the main entry`)
  })
  for (const format of ['esm', 'cjs'])
    checkBundle({ ...options, format, entry: 'slim.mjs', conditions: SHORT })
  check(`slim.mjs as a bundle: ${bundler} takes short messages`, () => {
    const [full, short] = [[], SHORT].map(conditions => sizeOf({ entry: 'slim.mjs', conditions }))
    if (full - short < LEAST_SAVED_BY_MESSAGES)
      throw new Error(`${short} bytes, and ${full} with full messages`)
  })
}

function fileOf({ app, bundler, entry, format, minify, external, conditions = [] }) {
  const name = [entry, bundler, format, minify, ...external, ...conditions].join('-').replaceAll(/[@/]/g, '')
  return join(app, '..', 'deployed', name, `main.${format === 'esm' ? 'mjs' : 'cjs'}`)
}

function checkBundle({ app, world, bundler, entry, format, minify, external, conditions = [] }) {
  const what = [
    bundler,
    format,
    ...(minify ? ['minified'] : []),
    external.length === 0 ? 'all in one' : `without ${external.join(' and ')}`,
    ...conditions,
  ]
  check(`${entry} as a bundle: ${what.join(', ')}`, () => {
    const file = fileOf({ app, bundler, entry, format, minify, external, conditions })
    const place = dirname(file)
    // Nothing is there but what the bundle leaves out.
    for (const scope of external) {
      mkdirSync(join(place, 'node_modules'), { recursive: true })
      symlinkSync(join(app, 'node_modules', scope), join(place, 'node_modules', scope))
    }
    const job = { entry: join(app, entry), file, format, minify, external, conditions }
    run(process.execPath, ['bundle.mjs', bundler, JSON.stringify(job)], app)
    run(process.execPath, [file], place, { WORLD: world.line })
  })
}

/** The local cloud in a process of its own: bundles are run while this process waits for them. */
async function startWorld(app) {
  const child = spawn(process.execPath, ['world.mjs'], { cwd: app, stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface({ input: child.stdout }))
    return { line, stop: () => child.kill('SIGTERM') }
  throw new Error('The local cloud did not start.')
}
