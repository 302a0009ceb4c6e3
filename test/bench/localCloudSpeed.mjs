// node test/bench/localCloudSpeed.mjs
// What the local cloud costs beside its engines and a bare HTTP server; writes localCloud.json and localCloud.md.
import { writeFileSync } from 'node:fs'
import { median } from './coreWorld.mjs'
import { Contestant } from './localCloudContestant.mjs'
import { REGIONS } from './localCloudContestants.mjs'
import { report } from './localCloudReport.mjs'
import { measureStart } from './localCloudStart.mjs'
import { machine } from './machine.mjs'

const ROUNDS = 9
const CALLS = 1000
const WARM_UP = 2
const IN_FLIGHT = [1, 16]
const TableName = 'customers'
const [HOME, AWAY] = REGIONS

const start = await measureStart()
const speed = []
for (const inFlight of IN_FLIGHT) speed.push(await measureSpeed(inFlight))
const results = {
  machine: machine(),
  start,
  speed,
}
const text = report(results)
console.log(text)
const here = name => new URL(name, import.meta.url)
writeFileSync(here('localCloud.json'), `${JSON.stringify(results, undefined, 2)}\n`)
writeFileSync(here('localCloud.md'), text)

/** What each kind of call takes, and ratios, as medians over the rounds. */
async function measureSpeed(inFlight) {
  const engine = await Contestant.launch(inFlight, 'dynalite')
  const oneRegion = await Contestant.launch(inFlight, 'oneRegion')
  const twoRegions = await Contestant.launch(inFlight, 'twoRegions')
  for (const { client } of [engine, oneRegion, twoRegions]) await createTable(client)
  await dynamo(twoRegions.client, 'UpdateTable', {
    TableName,
    ReplicaUpdates: [{ Create: { RegionName: AWAY } }],
  })
  const { dataKey, length } = await createKey(oneRegion.client)
  const bareHttp = await Contestant.launch(inFlight, 'bareHttp', length)

  const generate = client => client.send('kms', HOME, 'GenerateDataKey', dataKey)
  const calls = [
    ['put, engine', engine, put],
    ['put, one region', oneRegion, put],
    ['put, two regions', twoRegions, put],
    ['get, engine', engine, get],
    ['get, one region', oneRegion, get],
    ['get, two regions', twoRegions, get],
    ['GenerateDataKey', oneRegion, generate],
    ['bare HTTP', bareHttp, generate],
  ]
  const rounds = []
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const times = {}
    for (let turn = 0; turn < calls.length; turn++) {
      // Each is first, second and so on in its turn.
      const [name, contestant, call] = calls[(turn + round) % calls.length]
      times[name] = await contestant.time(CALLS, inFlight, call, name === 'put, two regions')
    }
    if (round >= WARM_UP) rounds.push(times)
  }
  for (const contestant of [engine, oneRegion, twoRegions, bareHttp]) contestant.end()

  const medians = unit =>
    Object.fromEntries(calls.map(([name]) => [name, median(rounds.map(times => times[name][unit]))]))
  const ratio = (a, b) => median(rounds.map(times => times[a].waited / times[b].waited))
  return {
    inFlight,
    waited: medians('waited'),
    processor: medians('processor'),
    times: {
      'put, one region': ratio('put, one region', 'put, engine'),
      'put, two regions': ratio('put, two regions', 'put, engine'),
      'get, one region': ratio('get, one region', 'get, engine'),
      'get, two regions': ratio('get, two regions', 'get, engine'),
    },
    rate: { GenerateDataKey: ratio('bare HTTP', 'GenerateDataKey') },
  }
}

async function dynamo(client, operation, input) {
  return client.send('dynamodb', HOME, operation, JSON.stringify(input))
}

async function createTable(client) {
  await dynamo(client, 'CreateTable', {
    TableName,
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  })
  for (;;) {
    const { Table } = JSON.parse(await dynamo(client, 'DescribeTable', { TableName }))
    if (Table.TableStatus === 'ACTIVE') return
  }
}

/** What asks for a data key, and how long the answer is. */
async function createKey(client) {
  const { KeyMetadata } = JSON.parse(await client.send('kms', HOME, 'CreateKey', '{}'))
  const { KeyId } = KeyMetadata
  const dataKey = JSON.stringify({ KeyId, KeySpec: 'AES_256', EncryptionContext: { tenant: 'acme' } })
  return { dataKey, length: (await client.send('kms', HOME, 'GenerateDataKey', dataKey)).length }
}

function put(client, n) {
  const Item = {
    id: { S: `customer-${n}` },
    name: { S: 'Ada Lovelace' },
    email: { S: 'ada@example.org' },
    visits: { N: `${n}` },
    tags: { L: [{ S: 'first' }, { S: 'second' }] },
    address: { M: { city: { S: 'London' }, street: { S: 'St James’s Square' } } },
  }
  return dynamo(client, 'PutItem', { TableName, Item })
}

function get(client, n) {
  return dynamo(client, 'GetItem', { TableName, Key: { id: { S: `customer-${n}` } } })
}
