import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from 'dynamodb-toolbox'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  Backfill,
  type JobOptions,
  type JobReport,
  Revert,
  Rewrap,
  runJob,
  scan,
  type Target,
  type Task,
  type WireItem,
} from '../src/api.js'
import { leftIn } from '../src/scan/render.js'
import { createWorld, EAST, entities, users, type World } from './support/cloud.js'

let world: World

beforeAll(async () => {
  world = await createWorld()
})
afterEach(async () => {
  world.cloud.heal()
  for (const { id } of await world.items())
    await world.dynamodb.deleteItem({ TableName: users.name, Key: { id: id! } })
})
afterAll(() => world.stop())

const put = (Item: WireItem) => world.dynamodb.putItem({ TableName: users.name, Item })
const user = (id: string, more: Record<string, AttributeValue> = {}): WireItem => ({
  id: { S: id },
  _et: { S: 'User' },
  plan: { S: 'pro' },
  hidden: { N: '12345678901234567890123456789012345678' },
  ssn: { S: `ssn of ${id}` },
  ...more,
})
const target = async (options = {}): Promise<Target> => (await world.project(options)).target('users')
const item = async (id: string) => (await world.items()).find(one => one.id!.S === id)!

async function run(
  make: (target: Target) => Task,
  options: JobOptions = { apply: true },
  clientOptions = {},
) {
  const one = await target(clientOptions)
  return runJob(one, make(one), options)
}
const backfill = (options?: JobOptions) => run(one => new Backfill(one), options)

/** What the application reads. */
async function opened(id: string): Promise<Record<string, unknown>> {
  const client = world.client()
  const [User] = entities()
  User.table.documentClient = client
  client.register(User)
  const { Item } = await User.build(GetItemCommand).key({ id }).options({ consistent: true }).send()
  return Item as Record<string, unknown>
}

/** Writes of the last commands that changed something, and all that were sent. */
function writes() {
  const all = world.cloud.calls({ service: 'dynamodb' }).filter(({ operation }) => operation === 'UpdateItem')
  return { sent: all.length, made: all.filter(({ status }) => status === 200).length }
}

const summary = ({ items, changed, fields, left, complete }: JobReport) => ({
  items,
  changed,
  fields,
  left,
  complete,
})

describe('backfill', () => {
  it('seals what is in clear in items of known entities, and nothing else is changed', async () => {
    const address = { M: { city: { S: 'Oslo' }, street: { S: 'Torget 1' } } }
    const before = user('ada', { income: { N: '70000' }, address, phones: { L: [{ S: '1' }, { S: '2' }] } })
    await put(before)
    const report = await backfill()
    expect(summary(report)).toEqual({ items: 1, changed: 1, fields: 5, left: {}, complete: true })
    const { ssn, income, address: sealedAddress, phones, dynaseal, ...others } = await item('ada')
    expect(others).toEqual({ id: before.id, _et: before._et, plan: before.plan, hidden: before.hidden })
    expect(
      [ssn, income, sealedAddress!.M!.street, ...phones!.L!].every(value => value!.B !== undefined),
    ).toBe(true)
    expect(sealedAddress!.M!.city).toEqual({ S: 'Oslo' })
    // All share one envelope, as in an item that is put.
    expect([ssn!.B!.length, dynaseal!.B!.length]).toEqual([36 + 'ssn of ada'.length, 313])
    expect(await opened('ada')).toMatchObject({
      ssn: 'ssn of ada',
      income: 70_000,
      address: { city: 'Oslo', street: 'Torget 1' },
      phones: ['1', '2'],
    })
  })

  it('in a dry run says the same, and writes nothing', async () => {
    await put(user('ada'))
    world.cloud.clearCalls()
    const report = await backfill({})
    expect(summary(report)).toEqual({ items: 1, changed: 1, fields: 1, left: {}, complete: true })
    expect([report.applied, writes().sent, await item('ada')]).toEqual([false, 0, user('ada')])
    expect(report.writeUnits).toBeGreaterThan(0)
  })

  it('writes nothing the second time', async () => {
    for (let i = 0; i < 30; i++) await put(user(`u${i}`))
    expect((await backfill()).changed).toBe(30)
    const before = await world.items()
    world.cloud.clearCalls()
    expect(summary(await backfill())).toEqual({ items: 30, changed: 0, fields: 0, left: {}, complete: true })
    expect([writes().sent, await world.items()]).toEqual([0, before])
  })

  it('takes one call to KMS, whatever the number of items', async () => {
    for (let i = 0; i < 50; i++) await put(user(`u${i}`))
    world.cloud.clearCalls()
    expect((await backfill()).kmsCalls).toBe(1)
    expect(world.cloud.calls({ service: 'kms' })).toHaveLength(1)
  })

  it('leaves an envelope that is there, and what stands under it', async () => {
    const client = world.client()
    const [User] = entities()
    User.table.documentClient = client
    client.register(User)
    await User.build(PutItemCommand).item({ id: 'ada', income: 70_000 }).send()
    await world.dynamodb.updateItem({
      TableName: users.name,
      Key: { id: { S: 'ada' } },
      UpdateExpression: 'SET ssn = :ssn',
      ExpressionAttributeValues: { ':ssn': { S: '078' } },
    })
    const before = await item('ada')
    expect((await backfill()).changed).toBe(1)
    const { ssn, ...others } = await item('ada')
    const { ssn: _, ...same } = before
    expect(others).toEqual(same)
    expect(ssn!.B!.length).toBeGreaterThan(300)
    expect(await opened('ada')).toMatchObject({ ssn: '078', income: 70_000 })
  })

  it('leaves what may not be ours, and says why', async () => {
    const { _et, ...nameless } = user('nameless')
    await put(nameless)
    await put({ ...user('invoice'), _et: { S: 'Invoice' } })
    await put(user('bytes', { ssn: { B: Buffer.from('078') } }))
    await put(user('text', { ssn: { S: Buffer.from('da5e21abcdefabcdefabcdef', 'hex').toString('base64') } }))
    const before = await world.items()
    const report = await backfill()
    expect(report.left).toEqual({ binary: 1, 'ciphertext-as-text': 1, 'unknown-entity': 2 })
    expect(report.leftItems).toContainEqual({ key: { id: { S: 'bytes' } }, path: ['ssn'], reason: 'binary' })
    expect(await world.items()).toEqual(before)
    const more = await run(one => new Backfill(one, { unknown: true, binary: true }))
    expect(more.left).toEqual({ 'ciphertext-as-text': 1 })
    expect(more.changed).toBe(3)
  })

  it('of named entities leaves the others', async () => {
    await put(user('ada'))
    await put({ id: { S: 'order' }, _et: { S: 'Order' }, note: { S: 'n' } })
    const report = await run(one => new Backfill(one, { entities: ['Order'] }))
    expect(summary(report)).toMatchObject({ changed: 1, left: { 'other-entity': 1 } })
    await expect(run(one => new Backfill(one, { entities: ['Nobody'] }))).rejects.toThrow('no entity Nobody')
  })

  it('seals more fields than fit into one update', async () => {
    const phones = Array.from({ length: 250 }, (_, i) => ({ S: `${i}` }))
    await put(user('ada', { phones: { L: phones } }))
    expect((await backfill({})).fields).toBe(251)
    expect(summary(await backfill())).toEqual({ items: 1, changed: 1, fields: 251, left: {}, complete: true })
    expect((await opened('ada')).phones).toEqual(phones.map(({ S }) => S))
  })

  it('leaves an item that would become too large', async () => {
    await put(user('ada', { plan: { S: 'x'.repeat(409_300) } }))
    await put(user('bob'))
    expect(summary(await backfill())).toMatchObject({ changed: 1, left: { 'too-large': 1 } })
    expect((await item('ada')).ssn).toEqual({ S: 'ssn of ada' })
  })

  it('works in segments, alone and together', async () => {
    for (let i = 0; i < 40; i++) await put(user(`u${i}`))
    const reports: JobReport[] = []
    for (const segment of [0, 1, 2]) reports.push(await backfill({ apply: true, segments: 3, segment }))
    expect(reports.reduce((sum, { changed }) => sum + changed, 0)).toBe(40)
    expect((await backfill()).changed).toBe(0)
  })

  it('goes on, more slowly, when DynamoDB throttles and fails, and when a region has no KMS', async () => {
    for (let i = 0; i < 30; i++) await put(user(`u${i}`))
    world.cloud.fault({ region: EAST, service: 'dynamodb', kind: 'throttle', share: 0.4 })
    world.cloud.fault({ region: EAST, service: 'dynamodb', kind: 'error', times: 3 })
    world.cloud.fault({ region: EAST, service: 'kms', kind: 'refuse' })
    world.cloud.clearCalls()
    expect(summary(await backfill())).toEqual({
      items: 30,
      changed: 30,
      fields: 30,
      left: {},
      complete: true,
    })
    expect(writes().made).toBe(30)
  })

  it('says what is missing when it may not write', async () => {
    await put(user('ada'))
    world.cloud.fault({ region: EAST, service: 'dynamodb', operation: 'UpdateItem', kind: 'deny' })
    await expect(backfill()).rejects.toMatchObject({ code: 'permission' })
  })
})

describe('rewrap', () => {
  const rewrap = (options?: JobOptions, all = false) => run(one => new Rewrap(one, { all }), options)
  const seal = async (clientOptions: object, ...ids: string[]) => {
    const client = world.client(EAST, clientOptions)
    const [User] = entities()
    User.table.documentClient = client
    client.register(User)
    const phones = ['1', '2']
    for (const id of ids)
      await User.build(PutItemCommand)
        .item({ id, ssn: `ssn of ${id}`, phones })
        .send()
    return User
  }

  it('leaves what the client would write just so', async () => {
    await seal({}, 'ada', 'bob')
    world.cloud.clearCalls()
    expect(summary(await rewrap())).toEqual({ items: 2, changed: 0, fields: 0, left: {}, complete: true })
    expect(writes().sent).toBe(0)
  })

  it('brings format 1 to format 2, and back', async () => {
    await seal({ format: 'message' }, 'ada')
    expect((await rewrap()).changed).toBe(1)
    expect((await item('ada')).ssn!.B!.length).toBe(36 + 10)
    expect(await opened('ada')).toMatchObject({ ssn: 'ssn of ada', phones: ['1', '2'] })
    expect((await rewrap()).changed).toBe(0)
    const back = () => run(one => new Rewrap(one), { apply: true }, { format: 'message' })
    expect((await back()).fields).toBe(3)
    expect(await item('ada')).not.toHaveProperty('dynaseal')
    expect((await back()).changed).toBe(0)
    expect(await opened('ada')).toMatchObject({ ssn: 'ssn of ada', phones: ['1', '2'] })
  })

  it('makes full fields short', async () => {
    const User = await seal({}, 'ada')
    await User.build(UpdateItemCommand).item({ id: 'ada', income: 1 }).send()
    expect((await rewrap()).changed).toBe(1)
    expect((await item('ada')).income!.B!.length).toBeLessThan(50)
    expect(await opened('ada')).toMatchObject({ ssn: 'ssn of ada', income: 1 })
  })

  it('leaves fields full where a table wants them so', async () => {
    await seal({ fields: 'full' }, 'ada')
    const full = () => run(one => new Rewrap(one), { apply: true }, { fields: 'full' })
    expect((await full()).changed).toBe(0)
    expect((await rewrap()).changed).toBe(1)
    expect((await full()).changed).toBe(1)
  })

  it('with all, seals everything once', async () => {
    await seal({}, 'ada', 'bob')
    const before = await world.items()
    expect((await rewrap(undefined, true)).changed).toBe(2)
    for (const one of await world.items())
      expect(before.map(({ dynaseal }) => dynaseal)).not.toContainEqual(one.dynaseal)
    expect(await opened('ada')).toMatchObject({ ssn: 'ssn of ada' })
  })

  it('leaves an item of which something does not open, as a whole', async () => {
    await seal({ format: 'message' }, 'ada', 'bob')
    await put({ ...(await item('ada')), ssn: (await item('bob')).ssn! })
    const before = await item('ada')
    expect(summary(await rewrap())).toMatchObject({ changed: 1, left: { 'wrong-location': 1 } })
    expect(await item('ada')).toEqual(before)
  })

  it('leaves an item with ciphertext that nobody declares, which may need its envelope', async () => {
    await seal({}, 'ada')
    await put({ ...(await item('ada')), plan: (await item('ada')).ssn! })
    expect(summary(await rewrap(undefined, true))).toMatchObject({ changed: 0, left: { 'not-declared': 1 } })
  })

  it('seals more fields than fit into one update, and is done then', async () => {
    const phones = Array.from({ length: 150 }, (_, i) => `${i}`)
    const User = await seal({ format: 'message' }, 'ada')
    await User.build(PutItemCommand).item({ id: 'ada', ssn: '1', phones }).send()
    expect(summary(await rewrap())).toMatchObject({ changed: 1, fields: 151, left: {} })
    expect((await rewrap()).changed).toBe(0)
    expect((await opened('ada')).phones).toEqual(phones)
  })
})

describe('revert', () => {
  const revert = (options?: JobOptions) => run(one => new Revert(one), options)

  it('is the way back: the items are as they were', async () => {
    const before = [user('ada', { phones: { L: [{ S: '1' }] }, income: { N: '5' } }), user('bob')]
    for (const one of before) await put(one)
    await backfill()
    expect(summary(await revert())).toEqual({ items: 2, changed: 2, fields: 4, left: {}, complete: true })
    const byId = (a: WireItem, b: WireItem) => (a.id!.S! < b.id!.S! ? -1 : 1)
    expect((await world.items()).sort(byId)).toEqual(before)
    expect((await revert()).changed).toBe(0)
  })

  it('of more fields than fit into one update', async () => {
    const before = user('ada', { phones: { L: Array.from({ length: 250 }, (_, i) => ({ S: `${i}` })) } })
    await put(before)
    await backfill()
    expect((await revert()).fields).toBe(251)
    expect(await item('ada')).toEqual(before)
  })

  it('leaves what does not open, and its envelope', async () => {
    await put(user('ada', { income: { N: '5' } }))
    await backfill()
    await put({ ...(await item('ada')), id: { S: 'moved' } })
    expect(summary(await revert())).toMatchObject({ changed: 1, left: { 'not-authentic': 2 } })
    expect(await item('moved')).toHaveProperty('dynaseal')
  })
})

it('what stands where a map with encrypted parts belongs is found, and left', async () => {
  const { ssn: _, ...street } = user('street', { address: { S: 'Torget 1' }, phones: { NULL: true } })
  await put(street)
  const { entities: counted } = await scan(await target(), { open: false })
  const attributes = counted.flatMap(({ attributes }) => attributes)
  expect(attributes).toEqual([
    {
      attribute: 'address.street',
      clear: 0,
      format1: 0,
      format2: 0,
      dbEsdk: 0,
      notOpened: { 'not-a-message': 1 },
    },
  ])
  const report = await backfill()
  expect(summary(report)).toMatchObject({ changed: 0, left: { obstructed: 1 } })
  expect(await item('street')).toEqual(street)
})

it('what a scan finds left is what backfill leaves', async () => {
  for (let i = 0; i < 10; i++) await put(user(`u${i}`))
  expect(leftIn(await scan(await target()))).toBe(10)
  await backfill()
  expect(leftIn(await scan(await target()))).toBe(0)
})
