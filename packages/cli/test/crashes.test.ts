import { GetItemCommand, PutItemCommand } from 'dynamodb-toolbox'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { Backfill, type JobReport, Rewrap, RewrapTokens, runJob, type Target, type Task } from '../src/api.js'
import { createWorld, EAST, entities, users, type World } from './support/cloud.js'
import { type CrashPoint, crashing, kept } from './support/crashing.js'
import { searching } from './support/searching.js'

let world: World
beforeAll(async () => {
  world = await createWorld()
})
afterEach(() => world.cloud.heal())
afterAll(() => world.stop())

const ITEMS = 24

/** What one of the application's instances does meanwhile. */
interface Write {
  readonly item: number
  readonly kind: 'put' | 'update' | 'delete'
}

const scenario = fc.record({
  crashes: fc.array(fc.record({ after: fc.integer({ min: 0, max: 45 }), arrives: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  }),
  writes: fc.array(
    fc.record({
      item: fc.nat(ITEMS - 1),
      kind: fc.constantFrom<Write['kind']>('put', 'put', 'update', 'delete'),
    }),
    { maxLength: 40 },
  ),
  throttled: fc.boolean(),
  isLost: fc.boolean(),
})

interface Application {
  /** @returns what is there then; undefined when nothing is */
  write(write: Write, version: number): Promise<Record<string, string> | undefined>
  /** Whether a put is something for the job to do. */
  readonly putsCount: boolean
}

/** Old instances, that know of no encryption. */
const inClear: Application = {
  putsCount: true,
  async write({ item, kind }, version) {
    const Key = { id: { S: `${item}` } }
    const ssn = `ssn ${version}`
    if (kind === 'delete') {
      await world.dynamodb.deleteItem({ TableName: users.name, Key })
      return undefined
    }
    const Item = { ...Key, _et: { S: 'User' }, ssn: { S: ssn }, plan: { S: `plan ${version}` } }
    await world.dynamodb.putItem({ TableName: users.name, Item })
    return { id: `${item}`, ssn, plan: `plan ${version}` }
  },
}

/** Instances that seal, each with data keys of its own. */
function sealing(): Application {
  const client = world.client()
  const [User] = entities()
  User.table.documentClient = client
  client.register(User)
  return {
    putsCount: true,
    async write({ item, kind }, version) {
      if (kind === 'delete') return inClear.write({ item, kind }, version)
      const put = { id: `${item}`, ssn: `ssn ${version}`, plan: `plan ${version}` }
      await User.build(PutItemCommand).item(put).send()
      return put
    },
  }
}

/** In which a sealed item and a plain one are updated alike. */
async function updatePlan(item: number, version: number): Promise<boolean> {
  const update = {
    TableName: users.name,
    Key: { id: { S: `${item}` } },
    UpdateExpression: 'SET #plan = :plan',
    ConditionExpression: 'attribute_exists(id)',
    ExpressionAttributeNames: { '#plan': 'plan' },
    ExpressionAttributeValues: { ':plan': { S: `plan ${version}` } },
  }
  return world.dynamodb.updateItem(update).then(
    () => true,
    () => false,
  )
}

const updatesMade = () =>
  world.cloud.calls({ operation: 'UpdateItem' }).filter(({ status }) => status === 200).length

const startPlain = async () => (await world.project()).target('users')

interface Run {
  readonly application: Application
  readonly task: (target: Target) => Task | Promise<Task>
  /** What a process works on. */
  readonly start?: () => Promise<Target>
  readonly scenario: { crashes: CrashPoint[]; writes: Write[]; throttled: boolean; isLost: boolean }
}

/**
 * Processes that crash one after the other, and one that does not, while the application writes.
 *
 * @returns the last one's report, how often the job wrote, how often it had to at most, and what the application wrote last
 */
async function runThrough({ application, task, start = startPlain, scenario }: Run) {
  const model = new Map<number, Record<string, string>>()
  let version = 0
  let todo = 0
  let updates = 0
  for (let item = 0; item < ITEMS; item++) {
    model.set(item, (await application.write({ item, kind: 'put' }, version++))!)
    todo++
  }
  const initial = await world.items()
  world.cloud.clearCalls()
  if (scenario.throttled)
    for (const operation of ['Scan', 'UpdateItem', 'GetItem'])
      world.cloud.fault({ region: EAST, service: 'dynamodb', operation, kind: 'throttle', share: 0.2 })
  if (scenario.isLost) world.cloud.fault({ region: EAST, service: 'kms', kind: 'refuse' })
  const writing = (async () => {
    for (const write of scenario.writes) {
      if (write.kind === 'update') {
        const before = model.get(write.item)
        if (await updatePlan(write.item, version)) {
          model.set(write.item, { ...before!, plan: `plan ${version}` })
          updates++
        }
      } else {
        const item = await application.write(write, version)
        if (item === undefined) model.delete(write.item)
        else {
          model.set(write.item, item)
          todo++
        }
      }
      version++
    }
  })()
  const checkpoint = kept()
  const finish = async () => {
    for (const point of scenario.crashes) {
      const crash = crashing(await start(), checkpoint, point)
      const options = { apply: true, segments: 2, checkpoint: crash.checkpoint, concurrency: 4 }
      const running = (async () => runJob(crash.target, await task(crash.target), options))()
      const report = await Promise.race([running, crash.crashed])
      // It was done before it could crash.
      if (report !== undefined) return report
    }
    const target = await start()
    return runJob(target, await task(target), { apply: true, segments: 2, checkpoint })
  }
  const [report] = await Promise.all([finish(), writing])
  return { report, made: updatesMade() - updates, todo, model, initial }
}

/** What the application reads. */
async function expectModel(model: Map<number, Record<string, string>>): Promise<void> {
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
      const { made, todo, model } = await runThrough({ application: inClear, task, scenario: one })
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
        [inClear, 1],
        [{ putsCount: true, write: (write, version) => putOrDelete(put, write, version) }, 2],
      ]
      for (const [application, version] of applications) {
        const start = () => target(version)
        const task = (own: Target) => (version === 1 ? new Backfill(own) : RewrapTokens.of(own))
        const { made, todo, model } = await runThrough({ application, task, start, scenario: one })
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

async function putOrDelete(
  put: (item: Record<string, string>) => Promise<void>,
  { item, kind }: Write,
  version: number,
) {
  if (kind === 'delete') return inClear.write({ item, kind }, version)
  const written = { id: `${item}`, ssn: `ssn ${version}`, plan: `plan ${version}` }
  await put(written)
  return written
}
