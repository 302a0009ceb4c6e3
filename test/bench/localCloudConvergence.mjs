// node test/bench/localCloudConvergence.mjs [OPERATIONS] [SEED]
// Writes to one global table from three regions at once, while replication is cut and healed and some calls are
// throttled; then heals all, waits, and checks that the replicas are equal and that each item is what its last
// writer left. Once on each engine. Prints how long it took, and with the default number of operations writes
// localCloudConvergence.md. Exits with 1 when a check fails. The same seed makes the same operations and faults, not
// the same interleaving.
import { writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb'
import { EngineUnavailableError, startLocalCloud } from '@dynaseal/local-cloud'

const OPERATIONS = 10_000
const REGIONS = ['us-east-1', 'us-west-2', 'eu-west-1']
const PAIRS = [
  [0, 1],
  [1, 2],
  [0, 2],
]
const TableName = 'convergence'
/** Few, so that writers meet. */
const ITEMS = 200
const IN_FLIGHT = 24
/** A cut is made or healed about every so many operations. */
const FAULT_EVERY = 100

const loadBefore = loadavg()[0]
const operations = Number(process.argv[2] ?? OPERATIONS)
const seed = Number(process.argv[3] ?? 1)

const results = []
for (const engine of ['dynalite', 'dynoxide']) {
  const result = await run(engine).catch(error => {
    if (!(error instanceof EngineUnavailableError)) throw error
    console.log(`${engine} is left out: ${error.message}`)
  })
  if (result === undefined) continue
  console.log(result)
  results.push(result)
}
if (operations === OPERATIONS && results.length === 2) writeResults()
if (results.some(({ failures }) => failures.length > 0)) process.exitCode = 1

async function run(engine) {
  const random = randomFrom(seed)
  const cloud = await startLocalCloud({
    regions: REGIONS,
    engine,
    replicationDelay: 5,
    replicationJitter: 20,
  })
  try {
    const clients = REGIONS.map(region => clientOf(cloud, region))
    await createTable(cloud)
    const history = new Map()
    const counts = { writes: 0, throttled: 0, cuts: 0 }
    const changeCuts = breakThings(cloud, random, counts)

    const started = performance.now()
    let next = 0
    const writer = async () => {
      while (next < operations) {
        const n = next++
        if (n % FAULT_EVERY === 0) changeCuts()
        const operation = choose(random, engine, n)
        await perform(clients[pick(random, 3)], operation, history, counts)
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, writer))
    const written = performance.now()

    cloud.heal()
    await cloud.waitForReplication()
    const converged = performance.now()
    const replicas = await Promise.all(clients.map(contents))
    return {
      engine,
      operations,
      items: ITEMS,
      ...counts,
      writeSeconds: seconds(written - started),
      convergeSeconds: seconds(converged - written),
      failures: failuresOf(replicas, history),
    }
  } finally {
    await cloud.stop()
  }
}

/** A share of throttled calls in one region; and a function that makes a cut, or heals it if it is there. */
function breakThings(cloud, random, counts) {
  cloud.fault({ kind: 'throttle', region: REGIONS[1], service: 'dynamodb', share: 0.05 })
  const cuts = new Map()
  return () => {
    const pair = pick(random, 3)
    const heal = cuts.get(pair)
    if (heal !== undefined) {
      heal()
      cuts.delete(pair)
      return
    }
    const [a, b] = PAIRS[pair]
    cuts.set(pair, cloud.fault({ kind: 'cut', between: [REGIONS[a], REGIONS[b]] }))
    counts.cuts++
  }
}

/** One operation: the items that it writes, each put, updated or deleted. `n` marks what it writes. */
function choose(random, engine, n) {
  const kinds = [
    'put',
    'put',
    'update',
    'update',
    'delete',
    'batch',
    ...(engine === 'dynoxide' ? ['transaction'] : []),
  ]
  const kind = kinds[pick(random, kinds.length)]
  const first = pick(random, ITEMS)
  const several = kind === 'batch' || kind === 'transaction'
  return { kind, n, ids: several ? [0, 1, 2].map(k => `${(first + 67 * k) % ITEMS}`) : [`${first}`] }
}

async function perform(client, { kind, n, ids }, history, counts) {
  const start = performance.now()
  try {
    const images = await write(client, kind, n, ids)
    const end = performance.now()
    ids.forEach((id, k) => {
      if (!history.has(id)) history.set(id, [])
      history.get(id).push({ start, end, image: images[k] })
    })
    counts.writes += ids.length
  } catch (error) {
    if (error.name !== 'ProvisionedThroughputExceededException') throw error
    counts.throttled++
  }
}

/** Answers what the items are directly after, as their writer knows. */
async function write(client, kind, n, ids) {
  const [id] = ids
  const put = ids.map(one => ({ id: one, put: n }))
  switch (kind) {
    case 'put':
      await client.put({ TableName, Item: put[0] })
      return put
    case 'delete':
      await client.delete({ TableName, Key: { id } })
      return [undefined]
    case 'update': {
      const { Attributes } = await client.update({
        TableName,
        Key: { id },
        UpdateExpression: 'SET updated = :n',
        ExpressionAttributeValues: { ':n': n },
        ReturnValues: 'ALL_NEW',
      })
      return [Attributes]
    }
    case 'batch': {
      const [Key, ...others] = ids
      const requests = [
        { DeleteRequest: { Key: { id: Key } } },
        ...others.map(one => ({ PutRequest: { Item: { id: one, put: n } } })),
      ]
      const { UnprocessedItems } = await client.batchWrite({ RequestItems: { [TableName]: requests } })
      if (Object.keys(UnprocessedItems ?? {}).length > 0) throw new Error('A batch was not done')
      return [undefined, ...put.slice(1)]
    }
    case 'transaction':
      await client.transactWrite({ TransactItems: put.map(Item => ({ Put: { TableName, Item } })) })
      return put
  }
}

/**
 * Stamps are given between the start and the end of a write, by one clock. So the writer who won is one after whose end
 * no other began; and what it left is what all have.
 */
function failuresOf([first, ...others], history) {
  const failures = []
  others.forEach((other, n) => {
    if (!isDeepStrictEqual(other, first)) failures.push(`${REGIONS[n + 1]} differs from ${REGIONS[0]}`)
  })
  for (const id of Object.keys(first)) if (!history.has(id)) failures.push(`nobody wrote item ${id}`)
  for (const [id, writes] of history) {
    const lastStart = writes.reduce((latest, { start }) => Math.max(latest, start), 0)
    const possible = writes.filter(({ end }) => end >= lastStart)
    if (!possible.some(({ image }) => isDeepStrictEqual(image, first[id])))
      failures.push(`item ${id} is not what any of its ${possible.length} possible last writers left`)
  }
  return failures
}

async function contents(client) {
  const { Items, LastEvaluatedKey } = await client.scan({ TableName, ConsistentRead: true })
  if (LastEvaluatedKey !== undefined) throw new Error('The table is larger than a page')
  return Object.fromEntries(Items.map(item => [item.id, item]))
}

async function createTable(cloud) {
  const dynamo = dynamoOf(cloud, REGIONS[0])
  await dynamo.createTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  })
  for (const RegionName of REGIONS.slice(1))
    await dynamo.updateTable({ TableName, ReplicaUpdates: [{ Create: { RegionName } }] })
}

/** `maxAttempts` 1: a write is done once or not at all. */
function dynamoOf(cloud, region) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  return new DynamoDB({ endpoint: cloud.endpoint, region, credentials, maxAttempts: 1 })
}

function clientOf(cloud, region) {
  return DynamoDBDocument.from(dynamoOf(cloud, region))
}

/** Numbers from 0 to 1, the same for the same seed: the generator of Numerical Recipes. */
function randomFrom(start) {
  let state = start >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function pick(random, count) {
  return Math.floor(random() * count)
}

function seconds(milliseconds) {
  return Number((milliseconds / 1000).toFixed(1))
}

function machine() {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`
  const load = `load average ${loadBefore.toFixed(1)} before, ${loadavg()[0].toFixed(1)} after`
  return `${cpus()[0]?.model}, ${cpus().length} cores, ${memory}, Node.js ${process.version}, ${process.platform} ${process.arch}; ${load}`
}

function writeResults() {
  const row = ({ engine, writes, throttled, cuts, writeSeconds, convergeSeconds, failures }) =>
    `| ${engine} | ${writes} | ${throttled} | ${cuts} | ${writeSeconds} s | ${convergeSeconds} s | ` +
    `${failures.length === 0 ? 'equal, last writer’s' : failures.join('; ')} |`
  writeFileSync(
    new URL('localCloudConvergence.md', import.meta.url),
    `# Convergence of global tables in the local cloud

Written by \`npx --yes pnpm@12 bench:convergence\`: ${OPERATIONS} operations (puts, updates, deletions, batches; transactions on dynoxide)
in ${REGIONS.length} regions, ${IN_FLIGHT} at a time, on ${ITEMS} items, while replication between regions is cut and healed
and 5 % of one region's calls are throttled. Then all is healed and waited for.

Machine: ${machine()}.

| engine | items written | throttled | cuts | writing | until converged | replicas |
| --- | --- | --- | --- | --- | --- | --- |
${results.map(row).join('\n')}
`,
  )
}
