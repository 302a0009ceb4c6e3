// The official AWS Database Encryption SDK for Java, with the program in java/, built in .interop/java of the repository.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Missing } from './python.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = join(root, '.interop/java')
const pom = join(root, 'test/interop/java/pom.xml')
const sources = ['test/interop/java/src/main/java/dynaseal', 'examples/java-reader/src/main/java/reader']
const classes = join(folder, 'classes')
const classpathFile = join(folder, 'classpath.txt')
const execute = promisify(execFile)

/** Builds it, or takes what was built before; answers a function that has it do steps. */
export async function prepareJava() {
  const version = await versionOf(
    'javac',
    'a JDK, 17 or later: Debian and Ubuntu have it in the package openjdk-17-jdk-headless',
  )
  if (version < 17) throw new Missing(`The interop with Java needs a JDK, 17 or later, and found ${version}.`)
  await versionOf('mvn', 'Maven: Debian and Ubuntu have it in the package maven')
  const files = sources.flatMap(folder =>
    readdirSync(join(root, folder)).map(name => join(root, folder, name)),
  )
  const stamp = join(folder, 'dynaseal.stamp')
  const wanted = createHash('sha256')
    .update([pom, ...files].map(path => readFileSync(path, 'utf8')).join(`\n${version}\n`))
    .digest('hex')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(classes, { recursive: true })
    await step('Maven Central, or a mirror that Maven is configured for, which has the SDK (50 MB)', 'mvn', [
      ...['-q', '-B', '-f', pom, 'dependency:build-classpath', `-Dmdep.outputFile=${classpathFile}`],
    ])
    const classpath = readFileSync(classpathFile, 'utf8').trim()
    await step('a compiler', 'javac', ['-nowarn', '-proc:none', '-cp', classpath, '-d', classes, ...files])
    writeFileSync(stamp, wanted)
  }
  const classpath = [classes, readFileSync(classpathFile, 'utf8').trim()].join(delimiter)
  return {
    version,
    run: (endpoint, steps) => run(classpath, endpoint, steps),
    read: (endpoint, options) => read(classpath, endpoint, options),
    speed: (input, warmUp, count) => speed(classpath, input, warmUp, count),
  }
}

/** What became of each step; asynchronous, because the local cloud answers from this process. */
async function run(classpath, endpoint, steps) {
  const [input, output] = ['steps.json', 'results.json'].map(name => join(folder, name))
  writeFileSync(input, JSON.stringify(steps))
  rmSync(output, { force: true })
  await execute('java', ['-cp', classpath, 'dynaseal.Steps', endpoint, input, output], { timeout: 300_000 })
  return JSON.parse(readFileSync(output, 'utf8'))
}

/** What examples/java-reader prints: each line an item. */
async function read(classpath, endpoint, options) {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const credentials = { AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' }
  const { stdout } = await execute('java', ['-cp', classpath, 'reader.Reader', ...args], {
    ...{ timeout: 300_000, env: { ...process.env, ...credentials, AWS_ENDPOINT_URL: endpoint } },
  })
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
}

/** Median microseconds to seal and to open one item. */
async function speed(classpath, input, warmUp, count) {
  const file = join(folder, 'speed.json')
  writeFileSync(file, JSON.stringify(input))
  const { stdout } = await execute('java', ['-cp', classpath, 'dynaseal.Speed', file, warmUp, count], {
    timeout: 600_000,
  })
  return JSON.parse(stdout)
}

async function versionOf(program, what) {
  const found = await execute(program, ['-version']).catch(() => undefined)
  if (found === undefined) throw new Missing(`The interop with Java needs ${what}.`)
  return Number(/\d+/.exec(found.stdout + found.stderr)?.[0])
}

async function step(what, program, args) {
  await execute(program, args, { cwd: root, timeout: 600_000 }).catch(error => {
    throw new Missing(`The interop with Java needs ${what}:\n${error.stdout ?? ''}${error.stderr ?? error}`)
  })
}
