import { GetItemCommand, PutItemCommand } from 'dynamodb-toolbox'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { Backfill, type JobReport, Rewrap, RewrapTokens, runJob, type Target } from '../src/api.js'
import { createWorld, entities, users, type World } from './support/cloud.js'
import { searching } from './support/searching.js'
import {
  type Application,
  ITEMS,
  inClear,
  type Model,
  runThrough,
  scenario,
  updatePlan,
} from './support/throughCrashes.js'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.cloud.heal())
afterAll(() => world.stop())

/** Instances that seal, each with data keys of its own. */
function sealing(): Application {
  const client = world.client()
  const [User] = entities()
  User.table.documentClient = client
  client.register(User)
  return {
    put: ({ id, ssn, plan }) => User.build(PutItemCommand).item({ id: id!, ssn, plan }).send(),
    update: (id, plan) => updatePlan(world, id, plan),
  }
}

/** What the application reads. */
async function expectModel(model: ReadonlyMap<number, Model>): Promise<void> {
  const client = world.client()
  const [User] = entities()
  User.table.documentClient = client
  client.register(User)
  for (let item = 0; item < ITEMS; item++) {
    const get = User.build(GetItemCommand).key({ id: `${item}` })
    expect((await get.options({ consistent: true }).send()).Item).toEqual(model.get(item))
  }
}

it('backfill: every item is sealed in the end, as it was last written, and none was written for nothing', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async one => {
      const task = (target: Target) => new Backfill(target)
      const { made, todo, model } = await runThrough({
        world,
        application: inClear(world),
        task,
        scenario: one,
      })
      world.cloud.heal()
      // Nothing that was there all the time was skipped.
      const written = new Set(one.writes.map(({ item }) => `${item}`))
      for (const { id, ssn } of await world.items()) if (!written.has(id!.S!)) expect(ssn).toHaveProperty('B')
      // What old instances wrote behind its back is left for the next run.
      const target = (await world.project()).target('users')
      const last = await runJob(target, task(target), { apply: true })
      expect(made + last.changed).toBeLessThanOrEqual(todo)
      await expectModel(model)
      const again: JobReport = await runJob(target, task(target), { apply: true })
      expect(again).toMatchObject({ changed: 0, left: {} })
    }),
    { numRuns: 4, endOnFailure: true },
  )
})

it('rewrap of everything: each item is under a new data key, as it was last written, and none was written twice', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async one => {
      const task = (target: Target) => new Rewrap(target, { all: true })
      const { report, made, todo, model, initial } = await runThrough({
        world,
        application: sealing(),
        task,
        scenario: one,
      })
      world.cloud.heal()
      expect(report).toMatchObject({ left: {}, complete: true })
      expect(made).toBeLessThanOrEqual(todo)
      await expectModel(model)
      const envelopes = new Set(initial.map(({ dynaseal }) => Buffer.from(dynaseal!.B!).toString('hex')))
      // Whoever wrote it during the run may have written under the data key that the first writes were under.
      const written = new Set(one.writes.map(({ item }) => `${item}`))
      for (const { id, dynaseal } of await world.items())
        if (!written.has(id!.S!)) expect(envelopes).not.toContain(Buffer.from(dynaseal!.B!).toString('hex'))
    }),
    { numRuns: 4, endOnFailure: true },
  )
})

it('search tokens: backfill, then another search key: each item is found by its value, and none was written for nothing', {
  timeout: 120_000,
}, async () => {
  const { target, put, findBySsn } = await searching(world)
  await fc.assert(
    fc.asyncProperty(scenario, async one => {
      // What is in clear, then what applications with the old search key write.
      const applications: [Application, 1 | 2][] = [
        [inClear(world), 1],
        [{ put, update: (id, plan) => updatePlan(world, id, plan) }, 2],
      ]
      for (const [application, version] of applications) {
        const start = () => target(version)
        const task = (own: Target) => (version === 1 ? new Backfill(own) : RewrapTokens.of(own))
        const { made, todo, model } = await runThrough({ world, application, task, start, scenario: one })
        world.cloud.heal()
        const last = await start()
        const left = await runJob(last, await task(last), { apply: true })
        expect(left).toMatchObject({ left: {}, complete: true })
        expect(made + left.changed).toBeLessThanOrEqual(todo)
        for (const [item, { ssn }] of model) expect(await findBySsn(version, ssn!)).toEqual([`${item}`])
        expect(await runJob(last, await task(last), { apply: true })).toMatchObject({ changed: 0, left: {} })
        for (const { id } of await world.items())
          await world.dynamodb.deleteItem({ TableName: users.name, Key: { id: id! } })
      }
    }),
    { numRuns: 2, endOnFailure: true },
  )
})
