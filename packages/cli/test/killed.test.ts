import { afterAll, beforeAll, expect, it } from 'vitest'
import type { JobReport } from '../src/api.js'
import { configText, createWorld, users, type World } from './support/cloud.js'
import { folder } from './support/command.js'
import { buildCommand, start } from './support/started.js'

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
  buildCommand()
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

const sealed = async () => (await world.items()).filter(({ ssn }) => ssn?.B !== undefined)

/** Resolves when so many items are sealed. */
async function until(count: number): Promise<void> {
  while ((await sealed()).length < count) await new Promise(setImmediate)
}

it('kill -9, Ctrl-C, and on to the end: each item is written once', { timeout: 60_000 }, async () => {
  for (const count of [7, 25]) {
    const { child, ended } = start(ARGS, made.path)
    await until(count)
    child.kill('SIGKILL')
    expect((await ended).code).toBe(null)
  }
  const interrupted = start(ARGS, made.path)
  await until(45)
  interrupted.child.kill('SIGINT')
  const { code, out } = await interrupted.ended
  expect(code).toBe(130)
  expect(JSON.parse(out)).toMatchObject({ complete: false, resumed: true })
  const before = await sealed()

  const last = await start(ARGS, made.path).ended
  expect([last.code, last.note]).toEqual([0, ''])
  const report = JSON.parse(last.out) as JobReport
  expect(report).toMatchObject({ complete: true, resumed: true, items: ITEMS, left: {} })
  const now = await sealed()
  expect(now).toHaveLength(ITEMS)
  for (const one of before) expect(now).toContainEqual(one)
  const updates = world.cloud.calls({ operation: 'UpdateItem' })
  expect(updates.filter(({ status }) => status === 200)).toHaveLength(ITEMS)
})
