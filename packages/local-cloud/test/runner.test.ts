import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildPackage } from './build.js'

const command = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
/** A command that says whether it would end with who runs it. */
const BELONGS = `#!/usr/bin/env node
import(${JSON.stringify(new URL('../dist/runner.js', import.meta.url).href)})
  .then(async ({ findRunner }) => console.log((await (await findRunner())?.()) ?? false))
`

const options = '--regions us-east-1 --port 0 --json'

/** A project that has the command installed. */
let project: string
let stop: (() => void) | undefined

beforeAll(async () => {
  buildPackage()
  project = await realpath(await mkdtemp(join(tmpdir(), 'local-cloud-')))
  const bin = join(project, 'node_modules/.bin')
  await mkdir(bin, { recursive: true })
  await chmod(command, 0o755)
  await symlink(command, join(bin, 'dynaseal-local-cloud'))
  await writeFile(join(bin, 'belongs'), BELONGS, { mode: 0o755 })
  const scripts = {
    cloud: `dynaseal-local-cloud ${options}`,
    belongs: 'belongs 2>&1 && true',
    background: 'belongs & wait',
    nohup: 'nohup belongs',
    outer: `node -e "child_process.spawnSync('belongs', { stdio: 'inherit' })"`,
  }
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ name: 'project', version: '1.0.0', scripts }),
  )
})

afterEach(() => {
  stop?.()
  stop = undefined
})

afterAll(() => rm(project, { recursive: true, force: true }))

/** As from a terminal that is not in a script itself. */
function start(program: string, ...args: string[]): ChildProcess {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  return spawn(program, args, {
    cwd: project,
    env: Object.fromEntries(own),
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  })
}

/** A server that the command has started, and what tells that it has ended. */
async function ready(runner: ChildProcess): Promise<{ gone: Promise<unknown> }> {
  stop = () => {
    try {
      // All that it has started and that is left.
      process.kill(-runner.pid!, 'SIGKILL')
    } catch {}
  }
  for await (const line of createInterface(runner.stdout!)) {
    if (!line.startsWith('{')) continue
    const { endpoint } = JSON.parse(line) as { endpoint: string }
    const { port, hostname } = new URL(endpoint)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.resume().on('error', () => {})
    return { gone: once(socket, 'close') }
  }
  throw new Error('It has ended')
}

const list = options.split(' ')

describe('the command ends with', () => {
  it.each([
    ['npx', 'SIGTERM', ['dynaseal-local-cloud', ...list]],
    ['npx', 'SIGKILL', ['dynaseal-local-cloud', ...list]],
    ['npm', 'SIGKILL', ['run', '--silent', 'cloud']],
    ['npm', 'SIGTERM', ['run', '--silent', 'cloud']],
  ] as const)('%s, by %s', async (program, signal, args) => {
    const runner = start(program, ...args)
    const { gone } = await ready(runner)
    runner.kill(signal)
    await gone
  })

  it('npx whose shell became the command, as bash does', async () => {
    const runner = start('npx', '--script-shell=bash', 'dynaseal-local-cloud', ...list)
    const { gone } = await ready(runner)
    runner.kill('SIGKILL')
    await gone
  })
})

describe('the command belongs to', () => {
  it.each([
    ['npx', ['belongs']],
    ['npx', ['--script-shell=bash', 'belongs']],
    ['npx', ['-c', 'belongs']],
    ['npm', ['exec', 'belongs']],
    ['npm', ['run', '--silent', 'belongs']],
  ])('%s %j', async (program, args) => {
    expect(await text(start(program, ...args).stdout!)).toBe('true\n')
  })
})

describe('the command belongs to nobody', () => {
  it.each([
    ['in the background of a script', 'npm', ['run', '--silent', 'background']],
    ['in the background of npx', 'npx', ['-c', 'belongs & wait']],
    ['when it is to outlive a script', 'npm', ['run', '--silent', 'nohup']],
    ['when a program that a script runs has started it', 'npm', ['run', '--silent', 'outer']],
    ['when a shell has started it', 'sh', ['-c', 'node_modules/.bin/belongs; true']],
  ])('%s', async (_, program, args) => {
    expect(await text(start(program, ...args).stdout!)).toBe('false\n')
  })
})
