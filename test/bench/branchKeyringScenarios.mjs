// A region is lost: its KMS, or its replica of the key store. Every call needs both, since each has a branch key that is not
// in memory.
import { generateDataKey } from './branchKeyringMaterials.mjs'
import { load, summary } from './keyringLoad.mjs'
import { LATENCIES, NEAREST, PROBE_INTERVAL, REGIONS } from './keyringWorld.mjs'

const CALLS = 1_000
/** More than are under way at once, so that no two calls share a branch key that is on its way. */
const TENANTS = 64

const FAULTS = {
  hangs: { kind: 'hang' },
  'refuses connections': { kind: 'refuse' },
  'answers 500': { kind: 'error' },
  'throttles half': { kind: 'throttle', share: 0.5 },
  denies: { kind: 'deny' },
  'has no replica': { kind: 'error' },
}
const NOT_THERE = { kms: 'NotFoundException', dynamodb: 'ResourceNotFoundException' }

export async function regionLoss(world) {
  for (let tenant = 0; tenant < TENANTS; tenant++)
    await world.administration.createBranchKey({ branchKeyId: `loss-${tenant}` })
  await world.cloud.waitForReplication()
  for (const [region, delay] of Object.entries(LATENCIES))
    for (const service of ['kms', 'dynamodb'])
      await world.cloud.fault(`latency of ${service} in ${region}`, { region, service, kind: 'slow', delay })
  const results = []
  const run = async (name, service, lose, during = async () => {}) => {
    const call = coldCalls(world)
    // The keyring has learned how the regions are, and its clients have connections.
    await load(call, { calls: 300 })
    await lose()
    const [done] = await Promise.all([load(call, { calls: CALLS }), during()])
    await world.cloud.heal('loss')
    // What of it is the load's own limit, on a machine that is busy with other things, can be told from the errors.
    const errors = [
      ...new Set(done.flatMap(({ error }) => (error === undefined ? [] : [error.code ?? error.message]))),
    ]
    results.push({ service, name, ...summary(done), ...(errors.length > 0 ? { errors } : {}) })
  }
  await run('all healthy', 'kms and dynamodb', async () => {})
  for (const service of ['kms', 'dynamodb']) {
    for (const [name, fault] of Object.entries(FAULTS)) {
      const error = name === 'has no replica' ? { error: NOT_THERE[service] } : {}
      const lose = () => world.cloud.fault('loss', { region: NEAREST, service, ...fault, ...error })
      await run(name, service, lose)
    }
    const lose = () => world.cloud.fault('loss', { region: NEAREST, service, kind: 'hang' })
    await run('hangs, and recovers', service, lose, async () => {
      await new Promise(resolve => setTimeout(resolve, 2 * PROBE_INTERVAL))
      await world.cloud.heal('loss')
    })
  }
  for (const region of REGIONS)
    for (const service of ['kms', 'dynamodb']) await world.cloud.heal(`latency of ${service} in ${region}`)
  return results
}

/** Wraps data keys, each call under a branch key that has expired. */
function coldCalls(world) {
  const keyring = world.keyring(NEAREST, {
    branchKeyId: ({ tenant }) => tenant,
    cache: { maxAge: Number.MIN_VALUE },
    breaker: { probeInterval: PROBE_INTERVAL },
  })
  let next = 0
  return () => generateDataKey(keyring, { tenant: `loss-${next++ % TENANTS}` })
}
