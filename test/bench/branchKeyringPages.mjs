// A page written by a thousand processes, beside the same page written by one.
import { PutItemCommand, QueryCommand } from 'dynamodb-toolbox'
import { makeApplication } from './branchKeyringWorld.mjs'

export const ITEMS = 1_000
const ROUNDS = 11
/** A region that is late because this machine is busy is not asked twice, where calls are counted. */
const COUNTED = { hedge: false, attemptTimeout: 20_000, timeout: 60_000 }

/** Writes both pages in one region, rotating the branch key so often meanwhile; counts what that and reading costs. */
export async function pages(world, name, format, { versions = 1 } = {}) {
  const [home, other] = world.regions
  const one = `${name}, one`
  const many = `${name}, many`
  const alone = makeApplication(world.clients, home, world.keyring(home, COUNTED), format)
  // Where there are several versions, calls are counted and no time is measured.
  if (versions === 1) for (let n = 0; n < ITEMS; n++) await put(alone.Customer, one, n)
  await world.cloud.clearCalls()
  for (let n = 0; n < ITEMS; n++) {
    if (n > 0 && n % (ITEMS / versions) === 0) await world.administration.rotateBranchKey('tenant-1')
    // A fresh process's: keyring, data keys and all.
    await put(makeApplication(world.clients, home, world.keyring(home, COUNTED), format).Customer, many, n)
  }
  // A rotation reads the active row once.
  const written = await counts(world, versions - 1)
  await world.cloud.waitForReplication()
  await world.cloud.clearCalls()
  const requests = await read(
    makeApplication(world.clients, other, world.keyring(other, COUNTED), format),
    many,
  )
  const cold = await counts(world, requests)
  return { written, cold, read: { one, many } }
}

/** How long it takes to read each page, cold, by turns. */
export async function timed(world, format, { one, many }) {
  const [, region] = world.regions
  const ms = { one: [], many: [] }
  const cpu = { one: [], many: [] }
  for (let round = 0; round < ROUNDS + 2; round++) {
    for (const [name, pk] of round % 2 === 0
      ? [
          ['one', one],
          ['many', many],
        ]
      : [
          ['many', many],
          ['one', one],
        ]) {
      const application = makeApplication(world.clients, region, world.keyring(region), format)
      const used = process.cpuUsage()
      const started = performance.now()
      await read(application, pk)
      ms[name].push(performance.now() - started)
      const { user, system } = process.cpuUsage(used)
      cpu[name].push((user + system) / 1000)
    }
  }
  // The first two rounds compile.
  const median = values => values.slice(2).sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]
  const of = measured => ({ one: median(measured.one), many: median(measured.many) })
  return { ms: of(ms), cpu: of(cpu) }
}

async function put(Customer, pk, n) {
  await Customer.build(PutItemCommand)
    .item({ pk, sk: String(n).padStart(4, '0'), name: `Ada Berg ${n}`, plan: 'pro' })
    .send()
}

/** @returns the requests that it took */
async function read({ table, Customer }, pk) {
  const items = []
  let exclusiveStartKey
  let requests = 0
  do {
    const query = table.build(QueryCommand).query({ partition: pk }).entities(Customer)
    const page = await query.options(exclusiveStartKey === undefined ? {} : { exclusiveStartKey }).send()
    items.push(...page.Items)
    exclusiveStartKey = page.LastEvaluatedKey
    requests++
  } while (exclusiveStartKey !== undefined)
  if (items.length !== ITEMS || !items.every(({ name }, n) => name === `Ada Berg ${n}`))
    throw new Error('The items are others than written.')
  return requests
}

/**
 * Calls to KMS and reads of the key store. Items are put, and read by so many queries: whatever else is read is of the key
 * store.
 */
async function counts({ cloud }, ofItems) {
  const kms = await cloud.calls({ operation: 'Decrypt' })
  const gets = await cloud.calls({ service: 'dynamodb', operation: 'GetItem' })
  const queries = await cloud.calls({ service: 'dynamodb', operation: 'Query' })
  return { kms: kms.length, keyStore: gets.length + queries.length - ofItems }
}
