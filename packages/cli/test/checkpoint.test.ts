import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { backfill, type Checkpoint, fileCheckpoint, itemCheckpoint, rewrap, runJob } from '../src/api.js'
import { configText, createWorld, EAST, users, WEST, type World } from './support/cloud.js'
import { dynaseal, folder } from './support/command.js'
import { kept } from './support/crashing.js'

let world: World
let made: ReturnType<typeof folder>
let cwd: string

const tableOf = (TableName: string, name: string) => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST' as const,
  AttributeDefinitions: [{ AttributeName: name, AttributeType: 'S' as const }],
  KeySchema: [{ AttributeName: name, KeyType: 'HASH' as const }],
})

beforeAll(async () => {
  world = await createWorld({
    keys: ['alias/users', 'alias/others'].map(AliasName => ({ AliasName, ReplicaRegions: [WEST] })),
  })
  await world.dynamodb.createTable(tableOf('checkpoints', 'job'))
  made = folder({
    'dynaseal.config.ts': configText(world),
    'more.config.ts': configText(world).replace('city: string()', 'city: encrypted(string())'),
  })
  cwd = made.path
})
afterEach(async () => {
  rmSync(join(cwd, '.dynaseal'), { recursive: true, force: true })
  for (const { id } of await world.items())
    await world.dynamodb.deleteItem({ TableName: users.name, Key: { id: id! } })
  for (const { job } of await keptItems())
    await world.dynamodb.deleteItem({ TableName: 'checkpoints', Key: { job: job! } })
})
afterAll(async () => {
  made.remove()
  await world.stop()
})

async function given(count: number): Promise<void> {
  const [address, ssn] = [{ M: { city: { S: 'Bergen' } } }, { S: '078-05-1120' }]
  for (let i = 0; i < count; i++)
    await world.dynamodb.putItem({
      TableName: users.name,
      Item: { id: { S: `u${i}` }, _et: { S: 'User' }, ssn, address },
    })
}
const isSealed = async () => (await world.items()).map(({ ssn }) => ssn?.B !== undefined)
const keptItems = async () => (await world.dynamodb.scan({ TableName: 'checkpoints' })).Items ?? []
const file = () => join(cwd, '.dynaseal/backfill-users-us-east-1.json')
const apply = ['backfill', 'users', '--apply', '--segments', '1']
const said = ({ code, note }: { code: number; note: string }) => [code, note.replaceAll('\n', ' ')]

/** Ended after the first page of the first segment. */
async function interrupted(...more: string[]) {
  await given(12)
  const ended = new AbortController()
  const running = dynaseal([...apply, '--max-wcu', '1', '--json', ...more], { cwd, signal: ended.signal })
  while ((await isSealed()).filter(Boolean).length < 3) await new Promise(setImmediate)
  ended.abort()
  return running
}

it('is kept when it is ended, and the same command goes on there', async () => {
  const first = await interrupted()
  expect(first.code).toBe(130)
  expect(JSON.parse(first.out)).toMatchObject({ complete: false })
  const before = await world.items()
  const { code, out } = await dynaseal([...apply, '--json'], { cwd })
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ complete: true, resumed: true, left: {} })
  expect(await isSealed()).toEqual(Array(12).fill(true))
  // What was sealed then is as it was.
  const now = await world.items()
  for (const one of before.filter(({ ssn }) => ssn?.B !== undefined)) expect(now).toContainEqual(one)
  expect(readdirSync(join(cwd, '.dynaseal'))).toEqual([])
})

it('can be an item of a table', async () => {
  world.cloud.clearCalls()
  expect((await interrupted('--checkpoint-table', 'checkpoints')).code).toBe(130)
  expect(await keptItems()).toMatchObject([{ job: { S: 'backfill-users-us-east-1' } }])
  expect((await dynaseal([...apply, '--checkpoint-table', 'checkpoints'], { cwd })).code).toBe(0)
  expect(world.cloud.calls({ operation: 'PutItem' }).length).toBeGreaterThan(12)
  expect(await keptItems()).toEqual([])
})

it('leaves nothing that a killed process was about to keep', async () => {
  await given(1)
  mkdirSync(join(cwd, '.dynaseal'))
  const { pid: ended } = spawnSync(process.execPath, ['--version'])
  const leftover = (pid: number) => `${file()}.${pid}.new`
  const others = [leftover(process.ppid), `${file()}.7.old`]
  for (const name of [leftover(ended), ...others]) writeFileSync(name, 'keys')
  expect((await dynaseal(apply, { cwd })).code).toBe(0)
  expect(
    readdirSync(join(cwd, '.dynaseal'))
      .map(name => join(cwd, '.dynaseal', name))
      .sort(),
  ).toEqual(others.sort())
})

it('that cannot be kept is known before anything is written', async () => {
  await given(1)
  mkdirSync(join(cwd, '.dynaseal'))
  writeFileSync(join(cwd, '.dynaseal/file'), '')
  const found = await dynaseal([...apply, '--checkpoint', '.dynaseal/file/checkpoint'], { cwd })
  expect(said(found)).toEqual([1, expect.stringContaining('cannot be kept')])
  expect(await isSealed()).toEqual([false])
})

describe('is refused', () => {
  it('when it is none', async () => {
    await given(1)
    mkdirSync(join(cwd, '.dynaseal'))
    writeFileSync(file(), 'nonsense')
    expect(said(await dynaseal(apply, { cwd }))).toEqual([2, expect.stringContaining('is no checkpoint')])
    expect([await isSealed(), readFileSync(file(), 'utf8')]).toEqual([[false], 'nonsense'])
  })

  it('when attributes have been declared encrypted since, which it has passed over', async () => {
    await interrupted()
    const before = readFileSync(file(), 'utf8')
    const more = await dynaseal([...apply, '--config', 'more.config.ts'], { cwd })
    expect(said(more)).toEqual([2, expect.stringContaining('User: address.city')])
    expect(readFileSync(file(), 'utf8')).toBe(before)
    rmSync(file())
    expect((await dynaseal([...apply, '--config', 'more.config.ts'], { cwd })).code).toBe(0)
    expect((await world.items()).every(({ address }) => address?.M?.city?.B !== undefined)).toBe(true)
  })

  it('when the table was made anew under its name', async () => {
    await interrupted()
    await world.dynamodb.deleteTable({ TableName: users.name })
    await world.dynamodb.createTable(tableOf(users.name, 'id'))
    await given(1)
    expect(said(await dynaseal(apply, { cwd }))).toEqual([2, expect.stringContaining('tableId')])
    expect(await isSealed()).toEqual([false])
  })

  const target = async (options = {}) => (await world.project(options)).target('users', EAST)
  const other = () => new MrkKeyring({ keyArns: Object.values(world.cloud.keys[1]!.arns), region: EAST })

  it.each([
    ['another command', async () => rewrap(await target()), {}, 'task'],
    ['other options', async () => backfill(await target(), { binary: true }), {}, 'settings'],
    ['other segments', async () => backfill(await target()), { segments: 3 }, 'segments'],
    ['one segment', async () => backfill(await target()), { segment: 1 }, 'segment: none, and now 1'],
  ])('of %s', async (_, task, more, differing) => {
    const checkpoint = kept()
    await begun(checkpoint)
    const job = runJob(await target(), await task(), { apply: true, segments: 2, checkpoint, ...more })
    await expect(job).rejects.toThrow(differing)
  })

  it.each([
    ['another format', async () => target({ format: 'message' }), 'format'],
    ['another envelope attribute', async () => target({ envelopeAttribute: 'other' }), 'format'],
    ['another logical name', async () => target({ logicalTableName: () => 'other' }), 'logicalName'],
    ['another key', async () => target({ keyring: other() }), 'keys'],
  ])('of a client with %s', async (_, changed, differing) => {
    const checkpoint = kept()
    await begun(checkpoint)
    const on = await changed()
    const job = runJob(on, backfill(on), { apply: true, segments: 2, checkpoint })
    await expect(job).rejects.toThrow(differing)
  })

  it.each([
    ['segments.1.done', 'false'],
    ['segments.1.done', undefined],
    ['segments.1.position', {}],
    ['segments.1.position', ['u1']],
    ['segments.1.itemKeys', 'keys'],
    ['segments.1', null],
    ['segments.first', { done: true }],
    ['segments', null],
    ['segments', 'done'],
    ['totals.items', '5'],
    ['totals.left', null],
    ['totals.left.changed', '5'],
    ['totals.leftItems', [{ key: null, reason: 'changed' }]],
    ['totals', null],
    ['dataKeys', 'keys'],
    ['dataKeys', [5]],
    ['job', null],
  ])('where %s is %j is none, and nothing is taken for done', async (path, value) => {
    const on = await target()
    const good = kept()
    await begun(good)
    const stored = JSON.parse((await good.load())!)
    // As it is after a page of each segment.
    for (const index of [0, 1]) stored.segments[index] = { position: { id: { S: 'u1' } }, done: false }
    const names = path.split('.')
    const last = names.pop()!
    names.reduce((holder, name) => holder[name], stored)[last] = value
    const text = JSON.stringify(stored)
    const checkpoint: Checkpoint = { ...kept(), load: async () => text }
    const job = runJob(on, backfill(on), { apply: true, segments: 2, checkpoint })
    await expect(job).rejects.toThrow('is no checkpoint of this version of dynaseal')
  })

  it('as it is after a page is gone on with', async () => {
    const on = await target()
    const good = kept()
    await begun(good)
    const stored = JSON.parse((await good.load())!)
    stored.segments = {
      0: { done: false, itemKeys: ['key'] },
      1: { done: true },
    }
    stored.totals.left = { changed: 1 }
    stored.totals.leftItems = [{ key: { id: { S: 'u1' } }, reason: 'changed' }]
    stored.dataKeys = ['key']
    const checkpoint: Checkpoint = { ...kept(), load: async () => JSON.stringify(stored) }
    const { complete, resumed } = await runJob(on, backfill(on), { apply: true, segments: 2, checkpoint })
    expect([complete, resumed]).toEqual([true, true])
  })

  /** A job that has nothing behind it but its checkpoint. */
  async function begun(checkpoint: Checkpoint): Promise<void> {
    const [on, signal] = [await target(), AbortSignal.abort()]
    await runJob(on, backfill(on), { apply: true, segments: 2, checkpoint, signal })
    expect(await checkpoint.load()).toBeDefined()
  }
})

describe('of two processes', () => {
  const places: readonly [string, () => Promise<Checkpoint>][] = [
    ['a file', async () => fileCheckpoint(file())],
    [
      'an item',
      async () => itemCheckpoint((await world.project()).target('users', EAST), 'checkpoints', 'job'),
    ],
  ]
  it.each(places)('in %s is that of who began later', async (_, place) => {
    const [first, second, third] = [await place(), await place(), await place()]
    expect(await first.load()).toBeUndefined()
    expect(await third.load()).toBeUndefined()
    await first.save('first')
    await expect(third.save('third')).rejects.toThrow('Another process goes on')
    expect(await second.load()).toBe('first')
    await second.save('second')
    await second.save('second again')
    await expect(first.save('first again')).rejects.toThrow('Another process goes on')
    expect(await (await place()).load()).toBe('second again')
    await second.remove()
    // Whoever is left has it to itself.
    await first.save('first again')
    await first.remove()
    if (existsSync(join(cwd, '.dynaseal'))) expect(readdirSync(join(cwd, '.dynaseal'))).toEqual([])
  })

  it('in an item is taken for saved where only the answer was lost', async () => {
    const target = (await world.project()).target('users', EAST)
    const checkpoint = await itemCheckpoint(target, 'checkpoints', 'job')
    await checkpoint.load()
    await checkpoint.save('first')
    const put = { TableName: 'checkpoints', Item: { job: { S: 'job' }, state: { S: 'second' } } }
    await world.dynamodb.putItem(put)
    await checkpoint.save('second')
    await checkpoint.save('third')
    expect(await keptItems()).toMatchObject([{ state: { S: 'third' } }])
  })
})
