import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { PutItemCommand } from 'dynamodb-toolbox'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { backfill, projectOf, revert, rewrap, runJob, type Target, type WireItem } from '../src/api.js'
import { createWorld, entities, users, type World } from './support/cloud.js'
import {
  type Application,
  ITEMS,
  inClear,
  type Model,
  runThrough,
  type Scenario,
  scenario,
  updatePlan,
} from './support/throughCrashes.js'
import { wholeClient } from './support/wholes.js'

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

/** A client of one process, which reads what is in clear, too. */
const client = () =>
  wholeClient(world, {
    attempts: 10,
    plaintext: 'allow',
    updates: 'read-change-write',
    algorithmSuite: '0x6700',
  })
const start = async (): Promise<Target> => (await projectOf({ clients: client() })).target(users.name)

/** Instances that seal items as wholes: an update reads an item, and puts it. */
function sealing(): Application {
  const documents = client()
  return {
    put: Item => documents.send(new PutCommand({ TableName: users.name, Item })),
    update: (id, plan) => updateWhole(documents, id, plan),
    updatesItems: false,
  }
}

async function updateWhole(documents: ReturnType<typeof client>, id: string, plan: string): Promise<boolean> {
  const update = new UpdateCommand({
    TableName: users.name,
    Key: { id },
    UpdateExpression: 'SET #plan = :plan',
    ConditionExpression: 'attribute_exists(id)',
    ExpressionAttributeNames: { '#plan': 'plan' },
    ExpressionAttributeValues: { ':plan': plan },
  })
  return documents.send(update).then(
    () => true,
    (error: Error) => {
      if (error.name === 'ConditionalCheckFailedException') return false
      throw error
    },
  )
}

/** What the application reads. */
async function expectModel(model: ReadonlyMap<number, Model>, stored = 'sealed'): Promise<void> {
  const items = new Map((await world.items()).map(item => [item.id!.S, item]))
  expect(items.size).toBe(model.size)
  const documents = client()
  for (let item = 0; item < ITEMS; item++) {
    const get = new GetCommand({ TableName: users.name, Key: { id: `${item}` }, ConsistentRead: true })
    expect((await documents.send(get)).Item).toMatchObject(model.get(item) ?? {})
    const there = items.get(`${item}`)
    if (there !== undefined) expect(Object.hasOwn(there, 'aws_dbe_head')).toBe(stored === 'sealed')
  }
}

const property = (check: (one: Scenario) => Promise<void>, numRuns = 2) =>
  fc.assert(fc.asyncProperty(scenario, check), { numRuns, endOnFailure: true })

it('backfill: every item is sealed as a whole in the end, as it was last written, and none was written for nothing', {
  timeout: 120_000,
}, async () => {
  await property(async one => {
    const task = (target: Target) => backfill(target, { unknown: true })
    // Old instances put items in clear; those that are deployed already update what they find.
    const application = { ...sealing(), put: inClear(world).put }
    const { made, todo, model } = await runThrough({ world, application, task, start, scenario: one })
    world.cloud.heal()
    const written = new Set(one.writes.map(({ item }) => `${item}`))
    for (const item of await world.items())
      if (!written.has(item.id!.S!)) expect(item).toHaveProperty('aws_dbe_head')
    const target = await start()
    const last = await runJob(target, task(target), { apply: true })
    expect(made + last.changed).toBeLessThanOrEqual(todo)
    await expectModel(model)
    expect(await runJob(target, task(target), { apply: true })).toMatchObject({ changed: 0, left: {} })
  })
})

it('revert: every item is in clear in the end, as it was last written, and none was written for nothing', {
  timeout: 120_000,
}, async () => {
  await property(async one => {
    const application = { ...sealing(), updatesCount: true }
    const { made, todo, model } = await runThrough({ world, application, task: revert, start, scenario: one })
    world.cloud.heal()
    const target = await start()
    const last = await runJob(target, revert(target), { apply: true })
    expect(made + last.changed).toBeLessThanOrEqual(todo)
    await expectModel(model, 'in clear')
    expect(await runJob(target, revert(target), { apply: true })).toMatchObject({ changed: 0, left: {} })
  })
})

it('rewrap from fields: every item is sealed as a whole in the end, as it was last written, and none was written for nothing', {
  timeout: 120_000,
}, async () => {
  await property(async one => {
    const from = async () => (await world.project()).target(users.name)
    const task = async (target: Target) => rewrap(target, {}, await from())
    const { made, todo, model } = await runThrough({
      world,
      application: sealingFields(),
      task,
      start,
      scenario: one,
    })
    world.cloud.heal()
    const target = await start()
    const last = await runJob(target, await task(target), { apply: true })
    expect(made + last.changed).toBeLessThanOrEqual(todo)
    await expectModel(model)
    for (const item of await world.items()) expect(item).not.toHaveProperty('dynaseal')
    expect(await runJob(target, await task(target), { apply: true })).toMatchObject({ changed: 0, left: {} })
  })
})

/** Instances of the old client, whose updates come before an item is sealed as a whole, or not at all. */
function sealingFields(): Application {
  const documents = world.client()
  const [User] = entities()
  User.table.documentClient = documents
  documents.register(User)
  return {
    put: ({ id, ssn, plan }) => User.build(PutItemCommand).item({ id: id!, ssn, plan }).send(),
    update: (id, plan) =>
      updatePlan(world, id, plan, 'attribute_exists(id) AND attribute_not_exists(aws_dbe_head)'),
  }
}

it('rewrap of everything: each item is under another data key, as it was last written, and none was written twice', {
  timeout: 120_000,
}, async () => {
  await property(async one => {
    const task = (target: Target) => rewrap(target, { all: true })
    const application = { ...sealing(), updatesCount: true }
    const { report, made, todo, model, initial } = await runThrough({
      world,
      application,
      task,
      start,
      scenario: one,
    })
    world.cloud.heal()
    expect(report).toMatchObject({ left: {}, complete: true })
    expect(made).toBeLessThanOrEqual(todo)
    await expectModel(model)
    const headOf = ({ aws_dbe_head }: WireItem) => Buffer.from(aws_dbe_head!.B!).toString('hex')
    const before = new Set(initial.map(headOf))
    for (const item of await world.items()) expect(before).not.toContain(headOf(item))
  })
})
