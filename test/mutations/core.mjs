// node test/mutations/core.mjs [TEXT...]
// Breaks the checks of packages/core/src one by one, in a copy, and says which of them no test misses. With TEXT,
// only those whose source file and description have one of these. Takes some ten seconds for each: it is not part of CI.
// Nothing is broken, and it fails, where the lists name code or tests that have moved.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mutate, readMutations } from './mutation.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const texts = process.argv.slice(2)
/** Longer than any test takes, in milliseconds; what hangs is noticed, too. */
const TIMEOUT = 180_000
/** For all tests together. */
const WHOLE_TIMEOUT = 1_200_000

const CACHE = [
  'abort',
  'dataKeyCache',
  'dataKeySource',
  'limiter',
  'sealingKeys',
  'openingKeys',
  'openingGrace',
  'refusals',
  'dataKeySource',
  'outages',
  'keyringCalls',
  'tenants',
  'hostileTable',
  'keysAtOnce',
]
const SEALING = ['sealItems', 'failingCodec']
const MESSAGE = [
  ...['message', 'interop', 'vectors', 'signedSuite', 'zeroing', 'format', 'errors', 'events'],
  ...['encryptedDataKeys', 'encryptionContext', 'options', 'eventLoop', 'openNow'],
  ...SEALING,
  ...CACHE,
]
const ENVELOPE = [
  ...[
    'envelope/envelope',
    'envelope/keys',
    'envelope/isSealed',
    'envelope/vectors',
    'envelope/longEnvelope',
    'envelope/envelopeAttributes',
    'contexts',
    'tenants',
  ],
  ...[
    'format',
    'encryptionContext',
    'options',
    'zeroing',
    'errors',
    'hostileTable',
    'sealItems',
    'properties',
    'openNow',
  ],
]
const SEARCH = ['vectors', 'searchTokens', 'zeroing', 'searchKeys', 'properties', 'findNow'].map(
  name => `search/${name}`,
)
const VALUE = ['value', 'number', 'vectors', 'properties']
/** The tests that a source file may concern, by the beginning of its path. The first that fits. */
const TESTS = [
  ['bytes/randomness', ['randomness', 'message', 'format']],
  ['message/hmac', ['keyDerivation', 'zeroing']],
  ['message/keyDerivation', ['keyDerivation', 'zeroing', 'message']],
  ['message/', [...MESSAGE, 'properties']],
  ['envelope/options', ['envelope/envelope', 'options']],
  ['envelope/isSealed', ['envelope/isSealed', 'format', 'properties']],
  [
    'envelope/envelopeAttributes',
    ['envelope/envelopeAttributes', 'envelope/envelope', 'contexts', 'tenants'],
  ],
  ['envelope/keys', ['envelope/keys', 'envelope/envelope', 'envelope/vectors', 'zeroing']],
  ['envelope/', ENVELOPE],
  ['search/', SEARCH],
  ['hmacSha256', ['envelope/keys', 'search/vectors', 'zeroing', 'search/zeroing']],
  ['contexts', ['contexts', 'tenants', 'encryptionContext']],
  ['anyFieldReader', ENVELOPE],
  ['fieldWriter', ['errors', 'format', 'envelope/vectors']],
  ['fieldFormat', [...ENVELOPE, 'signedSuite']],
  ['dataKeyCache/keyringOf', ['tenants', 'options', 'envelope/envelope']],
  ['dataKeyCache/combineKeyrings', ['tenants']],
  ['materials/', [...MESSAGE, ...ENVELOPE, ...SEARCH]],
  ['bytes/', ['writer', ...VALUE, ...MESSAGE, ...ENVELOPE, 'location']],
  ['value/', [...VALUE, 'zeroing']],
  [
    'dataKeyCache/',
    [
      ...CACHE,
      'envelope/longEnvelope',
      'format',
      'options',
      'zeroing',
      'errors',
      'envelope/keys',
      'sealItems',
    ],
  ],
  ['events', ['events', 'openingGrace', 'outages']],
  ['notOpened', ['events', 'errors', 'format', 'failingCodec']],
  ['location', ['location', 'vectors', 'envelope/vectors', 'format', 'errors']],
  ['formatPath', ['formatPath', 'errors']],
  ['', [...new Set([...MESSAGE, ...ENVELOPE, 'value'])]],
]

const FIRST = 3

const all = await readMutations(new URL('core/', import.meta.url))
await refuseOutdated()
const isChosen = name => texts.length === 0 || texts.some(text => name.includes(text))
const mutations = all.filter(mutation => isChosen(nameOf(mutation)))
if (mutations.length === 0) throw new Error(`None has ${texts.join(' or ')}.`)
const copy = await mkdtemp(join(tmpdir(), 'dynaseal-mutations-'))
const stop = new AbortController()
process.once('SIGINT', () => stop.abort())
const outcomes = { noticed: 0, survived: [], unusable: [] }
try {
  await copyTree()
  // What fails without a mutation would seem to notice every one.
  const whole = await run([...new Set(mutations.flatMap(({ file }) => testsOf(file)))], WHOLE_TIMEOUT)
  if (whole.failed !== undefined) throw new Error(`Without a mutation, this fails: ${whole.failed}`)
  for (const mutation of mutations) {
    if (stop.signal.aborted) break
    await attempt(mutation)
  }
} finally {
  await rm(copy, { recursive: true, force: true })
}
console.log(
  `\n${outcomes.noticed} noticed, ${outcomes.survived.length} survived, ${outcomes.unusable.length} unusable`,
)
for (const each of outcomes.survived) console.log(`survived: ${each}`)
for (const each of outcomes.unusable) console.log(`unusable: ${each}`)
if (outcomes.survived.length + outcomes.unusable.length > 0) process.exitCode = 1

/** What the lists have of code or tests that are no longer there. */
async function refuseOutdated() {
  const outdated = []
  for (const mutation of all) {
    const source = await readFile(join(root, 'packages/core/src', mutation.file), 'utf8').catch(() => '')
    try {
      mutate(source, mutation.find, mutation.replace)
    } catch (error) {
      outdated.push(`${nameOf(mutation)}: ${error.message}`)
    }
  }
  for (const test of new Set(TESTS.flatMap(([, tests]) => tests)))
    if (!existsSync(join(root, fileOf(test)))) outdated.push(`There is no ${fileOf(test)}`)
  for (const [prefix] of TESTS)
    if (!all.some(({ file }) => file.startsWith(prefix))) outdated.push(`Nothing begins with ${prefix}`)
  if (outdated.length === 0) return
  console.log(outdated.join('\n'))
  console.log(`\n${outdated.length} no longer apply`)
  process.exit(1)
}

function nameOf({ file, what }) {
  return `${file}: ${what}`
}

function fileOf(test) {
  return `packages/core/test/${test}.test.ts`
}

async function attempt(mutation) {
  const { file, find, replace } = mutation
  const name = nameOf(mutation)
  const path = join(copy, 'packages/core/src', file)
  const source = await readFile(path, 'utf8')
  try {
    await writeFile(path, mutate(source, find, replace))
    const tests = testsOf(file)
    // Most are noticed by the first.
    let outcome = await run(tests.slice(0, FIRST))
    if (outcome.failed === undefined && tests.length > FIRST) outcome = await run(tests.slice(FIRST))
    const { failed, broken } = outcome
    if (broken !== undefined) outcomes.unusable.push(`${name}: ${broken}`)
    else if (failed === undefined) outcomes.survived.push(name)
    else outcomes.noticed++
    console.log(
      `${broken !== undefined ? 'UNUSABLE' : failed === undefined ? 'SURVIVED' : 'noticed '} ${name}${failed === undefined ? '' : ` (${failed})`}`,
    )
  } catch (error) {
    outcomes.unusable.push(`${name}: ${error.message}`)
    console.log(`UNUSABLE ${name}: ${error.message}`)
  } finally {
    await writeFile(path, source)
  }
}

function testsOf(file) {
  return TESTS.find(([prefix]) => file.startsWith(prefix))[1]
}

/** Runs tests up to the first that fails; its name, or what keeps them from running. */
async function run(tests, timeout = TIMEOUT) {
  const report = join(copy, 'report.json')
  await rm(report, { force: true })
  const files = tests.map(fileOf)
  const options = ['--bail', '1', '--testTimeout', '15000', '--reporter', 'json', '--outputFile', report]
  const { code, signal } = await vitest(['run', ...options, ...files], timeout)
  if (signal !== null) return { failed: 'the tests hang' }
  if (!existsSync(report)) return { failed: '', broken: 'vitest came to no end of its own' }
  const { testResults } = JSON.parse(await readFile(report, 'utf8'))
  const assertions = testResults.flatMap(({ assertionResults }) => assertionResults)
  const failure = assertions.find(({ status }) => status === 'failed')
  if (failure !== undefined) return { failed: failure.fullName }
  const message = testResults.find(({ status }) => status === 'failed')?.message
  if (message !== undefined) return { failed: message, broken: message.split('\n')[0] }
  // The report leaves out what belongs to no test, a rejection that nobody handles for instance.
  return code === 0 ? {} : { failed: 'an error outside of the tests' }
}

/** Its exit code, or the signal that ended it. */
function vitest(args, timeout) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
      cwd: copy,
      stdio: 'ignore',
      signal: stop.signal,
      timeout,
      killSignal: 'SIGKILL',
      env: { ...process.env, DYNASEAL_CODEC: undefined },
    })
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
}

/** What the tests of core need; packages are those of the original. */
async function copyTree() {
  const skip = /node_modules|[\\/]dist([\\/]|$)/
  for (const path of [
    'packages/core',
    'test/support',
    'test/vectors',
    // Of vitest.config.ts.
    'test/support/asRequired.ts',
    'vitest.config.ts',
    'package.json',
    'tsconfig.base.json',
  ]) {
    await cp(join(root, path), join(copy, path), {
      recursive: true,
      filter: from => !skip.test(from.slice(root.length)),
    })
  }
  for (const path of ['node_modules', 'packages/core/node_modules']) {
    await symlink(join(root, path), join(copy, path), 'junction')
  }
}
