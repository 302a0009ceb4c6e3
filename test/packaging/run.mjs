// What is published works where it is installed: with the highest and the lowest peers that the packages declare, as
// an ES module and from CommonJS, under each Node, for several versions of TypeScript, and in an editor.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkBundles } from './bundles.mjs'
import { check, output, run, summary } from './checks.mjs'
import { commonJs, devDependencies, install, pack, root, runsPrograms } from './consumer.mjs'
import { nodes } from './nodes.mjs'
import { checkResolution } from './resolution.mjs'
import { checkTestingPage } from './testingPage.mjs'

const COMPILERS = {
  typescript: devDependencies.typescript,
  'typescript-5.9': 'npm:typescript@~5.9.0',
  'typescript-5.4': 'npm:typescript@~5.4.0',
}
/** dynamodb-toolbox is the same at both ends, so the types hardly differ: the oldest compiler sees both. */
const COMPILED = { highest: Object.keys(COMPILERS), lowest: ['typescript-5.4'] }

function checkArchives(archives) {
  for (const name of readdirSync(join(root, 'packages'))) {
    check(`${name}: publint finds nothing`, () =>
      run(
        process.execPath,
        [
          join(root, 'node_modules/publint/src/cli.js'),
          '--pack',
          'npm',
          '--strict',
          join(root, 'packages', name),
        ],
        root,
      ),
    )
  }
  for (const archive of readdirSync(archives)) {
    const files = run('tar', ['-tzf', join(archives, archive)], archives).split('\n')
    check(`${archive}: readme, licence and types, and nothing that is not the product`, () => {
      for (const needed of ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'dist/index.d.cts']) {
        if (!files.includes(`package/${needed}`)) throw new Error(`it lacks ${needed}`)
      }
      const stray = files.filter(file => /\/test\/|tsbuildinfo|node_modules/.test(file))
      if (stray.length > 0) throw new Error(`it contains ${stray.join(', ')}`)
    })
    checkResolution(join(archives, archive), archive)
  }
}

/** The client is there when the message names its region. */
const CONFIGURATION = `
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { defineConfig } from '@dynaseal/cli'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { sealDocumentClient } from '@dynaseal/toolbox'

const region: string = 'us-west-2'
const keyring = new MrkKeyring({ keyArns: [\`arn:aws:kms:\${region}:111122223333:key/mrk-\${'0'.repeat(32)}\`] })
const client = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient({ region })), { keyring })
export default defineConfig({ clients: client })
`

/** The toolbox's own tests of its types, as a consumer would have written them. */
function copyTypeTests(app) {
  for (const name of ['types', 'conditionTypes', 'genericTypes']) {
    const source = readFileSync(join(root, 'packages/toolbox/test', `${name}.test.ts`), 'utf8')
    for (const extension of ['mts', 'cts']) {
      const text = source
        .replace('../src/index.js', '@dynaseal/toolbox')
        .replace("from 'vitest'", "from './testRunner.cjs'")
      if (/'\.\.\/src/.test(text)) throw new Error(`${name}.test.ts imports more than the package exports`)
      writeFileSync(join(app, `${name}.test.${extension}`), text)
    }
  }
}

/** What does not compile says why, each in one line. */
function saysWhy(app, end, compiler) {
  const source = readFileSync(join(app, 'refused.mts'), 'utf8').split('\n')
  const expected = source.flatMap((line, i) => {
    const [, reason] = /\/\/ (.+)/.exec(line) ?? []
    return reason === undefined ? [] : [{ line: i + 1, reason }]
  })
  check(`${end} peers, ${compiler}: type errors are one line each, and say why`, () => {
    const tsc = [`node_modules/${compiler}/bin/tsc`, '-p', 'tsconfig.refused.json', '--pretty', 'false']
    const messages = output(process.execPath, tsc, app).trim().split('\n')
    const said = messages.map(message => ({ line: Number(/\((\d+),/.exec(message)?.[1]), message }))
    const wrong =
      said.length !== expected.length ||
      expected.some(({ line, reason }, i) => said[i].line !== line || !said[i].message.includes(reason))
    if (wrong)
      throw new Error(`expected ${JSON.stringify(expected, null, 1)}, and got\n${messages.join('\n')}`)
  })
}

function consume(folder, end, archives, engines) {
  const more = { ...COMPILERS, '@types/node': devDependencies['@types/node'], 'expect-type': '^1.2.0' }
  const app = install(folder, end, archives, more)
  commonJs(app)
  for (const [node, path] of engines) runsPrograms(app, `${end} peers, ${node}`, path)
  copyTypeTests(app)
  for (const compiler of COMPILED[end]) {
    const { version } = JSON.parse(readFileSync(join(app, 'node_modules', compiler, 'package.json'), 'utf8'))
    for (const [project, what] of Object.entries({
      'tsconfig.json': 'import and require',
      'tsconfig.bundler.json': 'what a bundler resolves',
      'tsconfig.exact.json': 'optional members that are there or not, and never undefined',
    })) {
      check(`${end} peers, TypeScript ${version}: the types are right for ${what}`, () =>
        run(process.execPath, [`node_modules/${compiler}/bin/tsc`, '-p', project], app),
      )
    }
  }
  for (const compiler of COMPILED[end]) saysWhy(app, end, compiler)
  check(`${end} peers: an editor explains encrypted()`, () => run(process.execPath, ['hover.mjs'], app))
  check(`${end} peers: the local cloud runs as a command`, () => {
    const help = run('npx', ['dynaseal-local-cloud', '--help'], app)
    if (!help.includes('--regions')) throw new Error(help)
  })
  for (const [node, path] of engines) {
    check(`${end} peers, ${node}: dynaseal runs, and loads a configuration in TypeScript`, () => {
      writeFileSync(join(app, 'dynaseal.config.ts'), CONFIGURATION)
      const command = join(app, 'node_modules/@dynaseal/cli/dist/cli.js')
      const { stderr } = spawnSync(path, [command, 'inspect', 'orders', '42'], { cwd: app, encoding: 'utf8' })
      if (!stderr.includes('for us-west-2 knows no table orders.')) throw new Error(stderr)
    })
  }
}

const folder = mkdtempSync(join(tmpdir(), 'dynaseal-packaging-'))
try {
  const archives = pack(folder)
  checkArchives(archives)
  const engines = nodes(folder)
  consume(folder, 'highest', archives, engines)
  consume(folder, 'lowest', archives, engines)
  checkTestingPage(folder, archives, engines)
  await checkBundles(folder, archives)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
summary()
