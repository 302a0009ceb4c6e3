import { execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { JobReport } from '../src/api.js'
import { configText, createWorld, users, type World } from './support/cloud.js'
import { folder } from './support/command.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const ITEMS = 60
/** Pages of 20 items, in some seconds. */
const ARGS = [
  'backfill',
  'users',
  '--apply',
  '--json',
  '--segments',
  '1',
  '--max-wcu',
  '10',
  '--max-rcu',
  '20',
]

let world: World
let made: ReturnType<typeof folder>
beforeAll(async () => {
  // What the package ships, and what its configuration imports.
  const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))
  const needed = ['cli', 'toolbox', 'mrk-keyring'].map(name => `packages/${name}`)
  execFileSync(process.execPath, [tsc, '-b', ...needed], { cwd: root })
  world = await createWorld()
  made = folder({ 'dynaseal.config.ts': configText(world) })
  for (let i = 0; i < ITEMS; i++)
    await world.dynamodb.putItem({
      TableName: users.name,
      Item: { id: { S: `u${i}` }, _et: { S: 'User' }, ssn: { S: `ssn ${i}` } },
    })
}, 120_000)
afterAll(async () => {
  made.remove()
  await world.stop()
})

function start() {
  const command = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
  const child = spawn(process.execPath, [command, ...ARGS], {
    cwd: made.path,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { out: '', note: '' }
  child.stdout.on('data', part => {
    said.out += part
  })
  child.stderr.on('data', part => {
    said.note += part
  })
  const ended = new Promise<{ code: number | null; out: string; note: string }>(resolve =>
    child.on('close', code => resolve({ code, ...said })),
  )
  return { child, ended }
}

const sealed = async () => (await world.items()).filter(({ ssn }) => ssn?.B !== undefined)

/** Resolves when so many items are sealed. */
async function until(count: number): Promise<void> {
  while ((await sealed()).length < count) await new Promise(setImmediate)
}

it('kill -9, Ctrl-C, and on to the end: each item is written once', { timeout: 60_000 }, async () => {
  for (const count of [7, 25]) {
    const { child, ended } = start()
    await until(count)
    child.kill('SIGKILL')
    expect((await ended).code).toBe(null)
  }
  const interrupted = start()
  await until(45)
  interrupted.child.kill('SIGINT')
  const { code, out } = await interrupted.ended
  expect(code).toBe(130)
  expect(JSON.parse(out)).toMatchObject({ complete: false, resumed: true })
  const before = await sealed()

  const last = await start().ended
  expect([last.code, last.note]).toEqual([0, ''])
  const report = JSON.parse(last.out) as JobReport
  expect(report).toMatchObject({ complete: true, resumed: true, items: ITEMS, left: {} })
  const now = await sealed()
  expect(now).toHaveLength(ITEMS)
  for (const one of before) expect(now).toContainEqual(one)
  const updates = world.cloud.calls({ operation: 'UpdateItem' })
  expect(updates.filter(({ status }) => status === 200)).toHaveLength(ITEMS)
})
