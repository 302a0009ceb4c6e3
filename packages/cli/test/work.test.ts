import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { startLocalCloud } from '@dynaseal/local-cloud'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { jobEstimate } from '../src/engine/jobEstimate.js'
import { renderEstimate } from '../src/engine/renderJob.js'
import { configText, createWorld, EAST, users, WEST, type World } from './support/cloud.js'
import { dynaseal, folder, unfit } from './support/command.js'

let world: World
let made: ReturnType<typeof folder>
let cwd: string

beforeAll(async () => {
  world = await createWorld()
  // A configuration is loaded once in this process, and its clients hold data keys.
  const names = ['dynaseal.config.ts', 'revert.config.ts', 'rewrap.config.ts']
  made = folder(Object.fromEntries(names.map(name => [name, configText(world)])))
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
    [
      ['--checkpoint-table', 'nothing'],
      1,
      'There is no table nothing for checkpoints in us-east-1. Make one',
    ],
  ])('refuses %o', async (args, expected, message) => {
    world.cloud.clearCalls()
    const { code, note } = await dynaseal(['backfill', 'users', ...args], { cwd })
    expect(code).toBe(expected)
    expect(note.replaceAll('\n', ' ')).toContain(message)
    if (expected === 2) expect(world.cloud.calls()).toEqual([])
  })

  it('says of a dry run that was ended that the next one begins at the start', async () => {
    await given()
    const ended = AbortSignal.abort()
    const { code, out } = await dynaseal(['backfill', 'users'], { cwd, signal: ended })
    expect(code).toBe(130)
    expect(out.replaceAll('\n', ' ')).toContain('a dry run begins at the start each time')
    expect(unfit(out)).toEqual([])
  })

  it('finds in a dry run what would be too large', async () => {
    await given(1)
    const ssn = { S: 'x'.repeat(400 * 1024 - 100) }
    await world.dynamodb.putItem({
      TableName: users.name,
      Item: { id: { S: 'large' }, _et: { S: 'User' }, ssn },
    })
    const dry = await dynaseal(['backfill', 'users'], { cwd })
    expect([dry.code, dry.out]).toEqual([3, expect.stringMatching(/^would be sealed +1 item, 1 field$/m)])
    const { code, out } = await dynaseal(['backfill', 'users', '--apply'], { cwd })
    expect([code, out]).toEqual([3, expect.stringMatching(/^sealed +1 item, 1 field$/m)])
    for (const text of [dry.out, out]) expect(text).toMatch(/^too-large +1 +the item would be larger/m)
  })

  it('names the permission that it lacks', async () => {
    await given()
    world.cloud.fault({ region: EAST, service: 'dynamodb', operation: 'UpdateItem', kind: 'deny' })
    const { code, note } = await dynaseal(['backfill', 'users', '--apply'], { cwd })
    expect(code).toBe(1)
    expect(note).toContain('AWS refused')
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
    world.cloud.clearCalls()
    const wrong = await dynaseal(['revert', 'users', '--apply', '--in-clear', 'orders'], { cwd })
    expect([wrong.code, world.cloud.calls()]).toEqual([2, []])
    expect(await isSealed()).toEqual([true, true])
    const dry = await dynaseal(['revert', 'users'], { cwd })
    expect([dry.code, dry.out]).toEqual([3, expect.stringMatching(/would be in clear again +2 items/)])
    const twice = await dynaseal(['revert', 'users', '--apply', '--in-clear', 'users'], { cwd })
    expect([twice.code, await isSealed()]).toEqual([0, [false, false]])
  })
})

describe('dynaseal revert, in front of somebody,', () => {
  it.each([
    ['users', 0, '', [false, false]],
    ['orders', 2, 'That is not the name of the table, users. Nothing was written.', [true, true]],
    // Ctrl-C, or the end of the input.
    [undefined, 130, 'Nothing was written.', [true, true]],
  ])('is told %s', async (answer, expected, message, sealed) => {
    await given(2)
    await dynaseal(['backfill', 'users', '--apply'], { cwd })
    const { code, note } = await dynaseal(['revert', 'users', '--apply'], { cwd, answer: () => answer })
    expect([code, await isSealed()]).toEqual([expected, sealed])
    expect(note.replaceAll('\n', ' ')).toContain(message)
    expect(existsSync(join(cwd, '.dynaseal/revert-users-us-east-1.json'))).toBe(false)
  })
})

describe('without a data key', () => {
  beforeEach(async () => {
    await given(1)
    await dynaseal(['backfill', 'users', '--apply'], { cwd })
    for (const region of [EAST, WEST]) world.cloud.fault({ region, service: 'kms', kind: 'deny' })
  })

  it('it ends, and says what finds out why and how to go on', async () => {
    const { code, out, note } = await dynaseal(['revert', 'users', '--config', 'revert.config.ts'], { cwd })
    expect([code, out]).toEqual([1, ''])
    expect(note.replaceAll('\n', ' ')).toMatch(
      /KMS gives no data keys for table users.*dynaseal doctor.*goes on where it was/,
    )
  })

  it('what cannot be sealed again is said with an attribute that is there', async () => {
    const { code, note } = await dynaseal(['rewrap', 'users', '--config', 'rewrap.config.ts'], { cwd })
    expect([code, note.replaceAll('\n', ' ')]).toEqual([
      1,
      expect.stringMatching(/Cannot seal ssn of an item in table users \(key: id\).*goes on where it was/),
    ])
  })
})

it.each(['scan', 'backfill'])(
  '%s waits for no table that is being made, and keeps nothing of it',
  async name => {
    const cloud = await startLocalCloud({ regions: [EAST], settleDelay: 600_000 })
    const other = folder({ 'dynaseal.config.ts': configText({ ...world, cloud }) })
    await new DynamoDB({ ...world.config(EAST), endpoint: cloud.endpoint }).createTable({
      TableName: users.name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    })
    const args = name === 'scan' ? [] : ['--apply']
    const { code, note } = await dynaseal([name, 'users', ...args], { cwd: other.path })
    expect([code, note.replaceAll('\n', ' ')]).toEqual([
      1,
      expect.stringContaining('Table users in us-east-1 is CREATING: it is neither read nor written'),
    ])
    expect(existsSync(join(other.path, '.dynaseal'))).toBe(false)
    other.remove()
    await cloud.stop()
  },
)

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
