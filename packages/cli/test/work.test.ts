import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { jobEstimate } from '../src/engine/jobEstimate.js'
import { renderEstimate } from '../src/engine/renderJob.js'
import { configText, createWorld, EAST, users, type World } from './support/cloud.js'
import { dynaseal, folder, unfit } from './support/command.js'

let world: World
let made: ReturnType<typeof folder>
let cwd: string

beforeAll(async () => {
  world = await createWorld()
  made = folder({ 'dynaseal.config.ts': configText(world) })
  cwd = made.path
})
afterEach(async () => {
  world.cloud.heal()
  rmSync(join(cwd, '.dynaseal'), { recursive: true, force: true })
  for (const { id } of await world.items())
    await world.dynamodb.deleteItem({ TableName: users.name, Key: { id: id! } })
})
afterAll(async () => {
  made.remove()
  await world.stop()
})

async function given(count = 3): Promise<void> {
  for (let i = 0; i < count; i++)
    await world.dynamodb.putItem({
      TableName: users.name,
      Item: { id: { S: `u${i}` }, _et: { S: 'User' }, ssn: { S: '078-05-1120' } },
    })
}
const isSealed = async () => (await world.items()).map(({ ssn }) => ssn?.B !== undefined)
const file = () => join(cwd, '.dynaseal/backfill-users-us-east-1.json')

describe('dynaseal backfill', () => {
  it('says what it would do, in 80 columns, and ends with 3', async () => {
    await given()
    const { code, out, note } = await dynaseal(['backfill', 'users'], { cwd })
    expect(code).toBe(3)
    expect(out).toContain('dry run: nothing was written')
    expect(out).toMatch(/would be sealed +3 items, 3 fields/)
    expect(out).toContain('the same command with --apply')
    expect(unfit(out + note)).toEqual([])
    expect(out + note).not.toContain('078')
    expect(await isSealed()).toEqual([false, false, false])
    expect(existsSync(file())).toBe(false)
  })

  it('does it with --apply, and ends with 0; the checkpoint is gone', async () => {
    await given()
    const { code, out } = await dynaseal(['backfill', 'users', '--apply'], { cwd })
    expect(code).toBe(0)
    expect(out).toMatch(/^sealed +3 items, 3 fields$/m)
    expect(await isSealed()).toEqual([true, true, true])
    expect(existsSync(file())).toBe(false)
    expect((await dynaseal(['backfill', 'users'], { cwd })).code).toBe(0)
  })

  it('says what it leaves, and where, and ends with 3', async () => {
    await given(1)
    const bytes = { ssn: { B: Buffer.from('x') } }
    for (let i = 0; i < 7; i++)
      await world.dynamodb.putItem({
        TableName: users.name,
        Item: { id: { S: `b${i}` }, _et: { S: 'User' }, ...bytes },
      })
    const { code, out } = await dynaseal(['backfill', 'users', '--apply'], { cwd })
    expect(code).toBe(3)
    expect(out).toMatch(/^binary +7 +bytes that are no ciphertext/m)
    expect(out).toMatch(/\{"id":\{"S":"b\d"\}\} ssn: binary/)
    expect(unfit(out)).toEqual([])
    const { out: document } = await dynaseal(['backfill', 'users', '--json'], { cwd })
    expect(JSON.parse(document)).toMatchObject({ left: { binary: 7 }, applied: false, complete: true })
    expect(JSON.parse(document).leftItems).toHaveLength(7)
  })

  it.each([
    [['--entity', 'Nobody'], 2, 'has no entity Nobody'],
    [['--max-wcu', '0'], 2, 'at least 1'],
    [['--segment', '4'], 2, 'the last one is 3'],
    [['--checkpoint', 'a', '--checkpoint-table', 'b'], 2, 'two places for one thing'],
    [['--checkpoint-table', 'nothing'], 1, 'Table nothing does not exist in us-east-1'],
  ])('refuses %o', async (args, expected, message) => {
    const { code, note } = await dynaseal(['backfill', 'users', ...args], { cwd })
    expect(code).toBe(expected)
    expect(note.replaceAll('\n', ' ')).toContain(message)
  })

  it('names the permission that it lacks', async () => {
    await given()
    world.cloud.fault({ region: EAST, service: 'dynamodb', operation: 'UpdateItem', kind: 'deny' })
    const { code, note } = await dynaseal(['backfill', 'users', '--apply'], { cwd })
    expect(code).toBe(1)
    expect(note).toContain('AWS refused')
  })
})

describe('a checkpoint', () => {
  /** Ended after the first page of the first segment. */
  const interrupted = async (...more: string[]) => {
    await given(12)
    const ended = new AbortController()
    const args = ['backfill', 'users', '--apply', '--max-wcu', '1', '--segments', '1', '--json', ...more]
    const running = dynaseal(args, { cwd, signal: ended.signal })
    while ((await isSealed()).filter(Boolean).length < 3) await new Promise(setImmediate)
    ended.abort()
    return running
  }

  it('is kept when it is ended, and the same command goes on there', async () => {
    const first = await interrupted()
    expect(first.code).toBe(130)
    expect(JSON.parse(first.out)).toMatchObject({ complete: false })
    const before = await world.items()
    const { code, out } = await dynaseal(['backfill', 'users', '--apply', '--segments', '1', '--json'], {
      cwd,
    })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ complete: true, left: {} })
    expect(await isSealed()).toEqual(Array(12).fill(true))
    // What was sealed then is as it was.
    const now = await world.items()
    for (const one of before.filter(({ ssn }) => ssn?.B !== undefined)) expect(now).toContainEqual(one)
    expect(existsSync(file())).toBe(false)
  })

  it('of another job, or that is none, is refused', async () => {
    const other = join(cwd, 'other.json')
    await given(1)
    writeFileSync(other, 'nonsense')
    const nonsense = await dynaseal(['backfill', 'users', '--apply', '--checkpoint', other], { cwd })
    expect([nonsense.code, nonsense.note]).toEqual([2, expect.stringContaining('is no checkpoint')])
    const job = { task: 'rewrap', settings: { all: true }, table: 'users', region: EAST, segments: 4 }
    const totals = {
      items: 0,
      changed: 0,
      fields: 0,
      overtaken: 0,
      readUnits: 0,
      writeUnits: 0,
      left: {},
      leftItems: [],
    }
    writeFileSync(other, JSON.stringify({ version: 1, job, segments: {}, totals, dataKeys: [] }))
    const { code, note } = await dynaseal(['backfill', 'users', '--apply', '--checkpoint', other], { cwd })
    expect([code, note.replaceAll('\n', ' ')]).toEqual([2, expect.stringContaining('is of another job')])
    expect(readFileSync(other, 'utf8')).toContain('rewrap')
    expect(await isSealed()).toEqual([false])
  })

  it('can be an item of a table', async () => {
    await world.dynamodb.createTable({
      TableName: 'checkpoints',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'job', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'job', KeyType: 'HASH' }],
    })
    const kept = async () => (await world.dynamodb.scan({ TableName: 'checkpoints' })).Items ?? []
    world.cloud.clearCalls()
    expect((await interrupted('--checkpoint-table', 'checkpoints')).code).toBe(130)
    const [found] = await kept()
    if (found !== undefined) expect(found.job).toEqual({ S: 'backfill-users-us-east-1' })
    const on = ['backfill', 'users', '--apply', '--segments', '1', '--checkpoint-table', 'checkpoints']
    expect((await dynaseal(on, { cwd })).code).toBe(0)
    expect(world.cloud.calls({ operation: 'PutItem' }).length).toBeGreaterThan(12)
    expect(await kept()).toEqual([])
  })
})

describe('dynaseal revert', () => {
  it('is asked for twice', async () => {
    await given(2)
    await dynaseal(['backfill', 'users', '--apply'], { cwd })
    const once = await dynaseal(['revert', 'users', '--apply'], { cwd })
    expect([once.code, once.note.replaceAll('\n', ' ')]).toEqual([
      2,
      expect.stringContaining('--in-clear users'),
    ])
    const wrong = await dynaseal(['revert', 'users', '--apply', '--in-clear', 'orders'], { cwd })
    expect([wrong.code, await isSealed()]).toEqual([2, [true, true]])
    const dry = await dynaseal(['revert', 'users'], { cwd })
    expect([dry.code, dry.out]).toEqual([3, expect.stringMatching(/would be in clear again +2 items/)])
    const twice = await dynaseal(['revert', 'users', '--apply', '--in-clear', 'users'], { cwd })
    expect([twice.code, await isSealed()]).toEqual([0, [false, false]])
  })
})

it('dynaseal rewrap has nothing to do after a backfill', async () => {
  await given(2)
  await dynaseal(['backfill', 'users', '--apply'], { cwd })
  const { code, out } = await dynaseal(['rewrap', 'users', '--apply'], { cwd })
  expect([code, out]).toEqual([0, expect.stringMatching(/^sealed again +0 items, 0 fields$/m)])
  const all = await dynaseal(['rewrap', 'users', '--apply', '--all'], { cwd })
  expect([all.code, all.out]).toEqual([0, expect.stringMatching(/^sealed again +2 items, 2 fields$/m)])
})

describe('an estimate', () => {
  const size = { items: 10_000_000, bytes: 5_000_000_000, regions: 2, isOnDemand: true }

  it('has units, calls, time and dollars', () => {
    const found = jobEstimate(size, { share: 1, apply: true, maxReadUnits: 1000, maxWriteUnits: 1000 })
    expect(found).toMatchObject({
      items: 10_000_000,
      readUnits: 1_220_704,
      writeUnits: 20_000_000,
      seconds: 10_000,
    })
    expect(found.kmsCalls).toBe(35)
    expect(found.dollars).toBeCloseTo(1_220_704 * 0.125e-6 + 20 * 0.625 + 35 * 3e-6, 6)
  })

  it('of a dry run, or of one segment, is less', () => {
    expect(jobEstimate(size, { share: 1, apply: false })).toMatchObject({ writeUnits: 0, seconds: undefined })
    const moves = jobEstimate(size, { share: 1, apply: true, moves: true })
    expect(moves.writeUnits).toBe(4 * jobEstimate(size, { share: 1, apply: true }).writeUnits)
    expect(jobEstimate(size, { share: 0.01, apply: true })).toMatchObject({
      items: 100_000,
      writeUnits: 200_000,
    })
  })

  it('is said in 80 columns', () => {
    const text = renderEstimate(
      size,
      { share: 1, apply: true, opens: true, maxReadUnits: 1000, maxWriteUnits: 1000 },
      80,
    )
    expect(unfit(text)).toEqual([])
    expect(text.replaceAll('\n', ' ')).toContain('at most about 20,000,000 write units in 2 regions')
    expect(text.replaceAll('\n', ' ')).toContain('at least 2 h 47 min')
  })
})
