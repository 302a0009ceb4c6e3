import fc from 'fast-check'
import { type JobReport, runJob, type Target, type Task, type WireItem } from '../../src/api.js'
import { EAST, users, type World } from './cloud.js'
import { type CrashPoint, crashing, kept } from './crashing.js'

export const ITEMS = 24

/** What one of the application's instances does meanwhile. */
export interface Write {
  readonly item: number
  readonly kind: 'put' | 'update' | 'delete'
}

/** What an item is, as the application has it. */
export type Model = Record<string, string>

export interface Scenario {
  readonly crashes: CrashPoint[]
  readonly writes: Write[]
  readonly throttled: boolean
  readonly isLost: boolean
}

export const scenario: fc.Arbitrary<Scenario> = fc.record({
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

export interface Application {
  /** Puts an item, which is something for the job to do. */
  put(item: Model): Promise<unknown>
  /**
   * Changes `plan` of an item, if it is there.
   *
   * @returns whether it was
   */
  update(id: string, plan: string): Promise<boolean>
  /** Whether an update is an `UpdateItem`, as the writes of the job are. Default true. */
  readonly updatesItems?: boolean
  /** Whether what was updated is something for the job to do, although it was done. Default false. */
  readonly updatesCount?: boolean
}

export interface Run {
  readonly world: World
  readonly application: Application
  readonly task: (target: Target) => Task | Promise<Task>
  /** What a process works on. Default: the project of the world. */
  readonly start?: () => Promise<Target>
  readonly scenario: Scenario
}

export interface Ran {
  /** The last process's. */
  readonly report: JobReport
  /** How often the job wrote. */
  readonly made: number
  /** How often it had to, at most. */
  readonly todo: number
  /** What the application wrote last, by the number of the item. */
  readonly model: ReadonlyMap<number, Model>
  /** What was stored before the job. */
  readonly initial: readonly WireItem[]
}

/** Processes that crash one after the other, and one that does not, while the application writes. */
export async function runThrough({ world, application, task, start, scenario }: Run): Promise<Ran> {
  const begin = start ?? (async () => (await world.project()).target(users.name))
  const model = new Map<number, Model>()
  let version = 0
  let todo = 0
  let updates = 0
  const put = async (item: number) => {
    const written = { id: `${item}`, ssn: `ssn ${version}`, plan: `plan ${version}` }
    await application.put(written)
    model.set(item, written)
    todo++
  }
  for (let item = 0; item < ITEMS; item++, version++) await put(item)
  const initial = await world.items()
  world.cloud.clearCalls()
  if (scenario.throttled)
    for (const operation of ['Scan', 'UpdateItem', 'GetItem'])
      world.cloud.fault({ region: EAST, service: 'dynamodb', operation, kind: 'throttle', share: 0.2 })
  if (scenario.isLost) world.cloud.fault({ region: EAST, service: 'kms', kind: 'refuse' })
  const writing = (async () => {
    for (const { item, kind } of scenario.writes) {
      if (kind === 'put') await put(item)
      else if (kind === 'delete') {
        await world.dynamodb.deleteItem({ TableName: users.name, Key: { id: { S: `${item}` } } })
        model.delete(item)
      } else if (await application.update(`${item}`, `plan ${version}`)) {
        model.set(item, { ...model.get(item)!, plan: `plan ${version}` })
        if (application.updatesItems !== false) updates++
        if (application.updatesCount) todo++
      }
      version++
    }
  })()
  const checkpoint = kept()
  const finish = async () => {
    for (const point of scenario.crashes) {
      const crash = crashing(await begin(), checkpoint, point)
      const options = { apply: true, segments: 2, checkpoint: crash.checkpoint, concurrency: 4 }
      const running = (async () => runJob(crash.target, await task(crash.target), options))()
      const report = await Promise.race([running, crash.crashed])
      // It was done before it could crash.
      if (report !== undefined) return report
    }
    const target = await begin()
    return runJob(target, await task(target), { apply: true, segments: 2, checkpoint })
  }
  const [report] = await Promise.all([finish(), writing])
  return { report, made: updatesMade(world) - updates, todo, model, initial }
}

function updatesMade(world: World): number {
  return world.cloud.calls({ operation: 'UpdateItem' }).filter(({ status }) => status === 200).length
}

/** In which a sealed field and a plain one are updated alike. */
export async function updatePlan(
  world: World,
  id: string,
  plan: string,
  condition = 'attribute_exists(id)',
): Promise<boolean> {
  const update = {
    TableName: users.name,
    Key: { id: { S: id } },
    UpdateExpression: 'SET #plan = :plan',
    ConditionExpression: condition,
    ExpressionAttributeNames: { '#plan': 'plan' },
    ExpressionAttributeValues: { ':plan': { S: plan } },
  }
  return world.dynamodb.updateItem(update).then(
    () => true,
    () => false,
  )
}

/** Old instances, that know of no encryption. */
export function inClear(world: World): Application {
  return {
    put: item => {
      const entries = Object.entries(item).map(([name, S]) => [name, { S }])
      const Item = { ...Object.fromEntries(entries), _et: { S: 'User' } }
      return world.dynamodb.putItem({ TableName: users.name, Item })
    },
    update: (id, plan) => updatePlan(world, id, plan),
  }
}
