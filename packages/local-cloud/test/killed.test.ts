import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EngineName } from '../src/index.js'
import { buildPackage } from './build.js'
import { documentClient, dynamoClient, kmsClient } from './clients.js'
import { type Command, readiness, run } from './command.js'
import { describeEngines } from './eachEngine.js'

/*
 * The command is killed with SIGKILL at a random moment of a load, started again on its directory, and asked for
 * all that it had acknowledged; several times, on one directory.
 */

const HOME = 'us-east-1'
const AWAY = ['us-west-2', 'eu-west-1']
const REGIONS = [HOME, ...AWAY]
/** What ends each round. */
const SIGNALS = [
  ...Array.from({ length: 6 }, () => 'SIGKILL' as const),
  'SIGTERM' as const,
  'SIGKILL' as const,
]
/** Each writes items of its own, one after another, in regions as they come. */
const WRITERS = 8
const GLOBAL = 'worldwide'
const LOCAL = 'here'

let engine: EngineName
let directory: string
let child: Command
const cloud = { endpoint: '' }
let clients: Record<string, ReturnType<typeof documentClient>>
let kms: Record<string, ReturnType<typeof kmsClient>>

async function start(port: string): Promise<void> {
  child = run(
    ...['--directory', directory, '--engine', engine, '--regions', REGIONS.join(',')],
    ...['--port', port, '--replication-delay', '40', '--json'],
  )
  cloud.endpoint = (await readiness(child)).endpoint
}

async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const ended = once(child, 'exit')
  child.kill(signal)
  expect(await ended).toEqual(signal === 'SIGKILL' ? [null, signal] : [0, null])
}

const random = (below: number) => Math.floor(Math.random() * below)
const anyRegion = () => REGIONS[random(REGIONS.length)] ?? HOME

let acknowledged = 0
let awaited = { count: Number.POSITIVE_INFINITY, reached: () => {} }

function acknowledge(): void {
  acknowledged++
  if (acknowledged >= awaited.count) awaited.reached()
}

/** A moment that is not the same in any two runs, when so many more calls were acknowledged. */
async function anyMoment(calls: number): Promise<void> {
  await new Promise<void>(resolve => {
    awaited = { count: acknowledged + calls, reached: resolve }
  })
  for (let turn = random(50); turn > 0; turn--) await new Promise(setImmediate)
}

type Image = Record<string, unknown> | undefined

/** What an item may be: as it was acknowledged last, and as the writes that were not acknowledged would leave it. */
const possible = new Map<string, Image[]>()
/** Acknowledged facts about keys, checked after each start. */
const facts: (() => Promise<void>)[] = []

/** Writes until the command is killed. */
async function writeItems(writer: number, table: string): Promise<void> {
  for (let n = 0; ; n++) {
    const id = `${writer}-${random(6)}`
    const item = `${table}/${id}`
    const [before] = possible.get(item) ?? [undefined]
    const client = clients[table === LOCAL ? HOME : anyRegion()]!
    const Key = { id }
    const choice = random(4)
    const Item = { id, group: `g${random(3)}`, n: `${writer}.${n}`, padding: 'x'.repeat(random(200)) }
    const update = { group: Item.group, updated: Item.n }
    // What an update starts from may not have arrived yet: only what it sets is known before the answer.
    const attempt = choice === 0 ? undefined : choice === 1 ? expect.objectContaining(update) : Item
    possible.set(item, [before, attempt])
    let after: Image = choice === 0 ? undefined : Item
    try {
      if (choice === 0) await client.delete({ TableName: table, Key })
      else if (choice === 1) {
        const { Attributes } = await client.update({
          TableName: table,
          Key,
          UpdateExpression: 'SET #group = :group, updated = :updated',
          ExpressionAttributeNames: { '#group': 'group' },
          ExpressionAttributeValues: { ':group': update.group, ':updated': update.updated },
          ReturnValues: 'ALL_NEW',
        })
        after = Attributes
      } else if (choice === 2) await client.put({ TableName: table, Item })
      else if (engine === 'dynalite')
        await client.batchWrite({ RequestItems: { [table]: [{ PutRequest: { Item } }] } })
      else await client.transactWrite({ TransactItems: [{ Put: { TableName: table, Item } }] })
    } catch {
      return
    }
    possible.set(item, [after])
    acknowledge()
  }
}

/** Everybody writes to the same items. */
async function contend(): Promise<void> {
  const client = clients[anyRegion()]!
  for (;;) {
    const Item = { id: `shared-${random(3)}`, group: 'shared', n: `${Math.random()}` }
    const item = `${GLOBAL}/${Item.id}`
    possible.set(item, [...(possible.get(item) ?? [undefined]), Item])
    try {
      await client.put({ TableName: GLOBAL, Item })
    } catch {
      return
    }
    acknowledge()
  }
}

/** Makes keys and notes what is true of them once the answer is there. */
async function useKeys(writer: number): Promise<void> {
  const home = kms[HOME]!
  try {
    for (;;) {
      const { KeyMetadata } = await home.createKey({ MultiRegion: true, Description: `of ${writer}` })
      const KeyId = KeyMetadata?.KeyId ?? ''
      for (const ReplicaRegion of AWAY) await home.replicateKey({ KeyId, ReplicaRegion })
      facts.push(async () => {
        for (const region of REGIONS) {
          const found = await kms[region]!.describeKey({ KeyId })
          expect(found.KeyMetadata?.Description).toBe(region === HOME ? `of ${writer}` : '')
        }
      })
      const AliasName = `alias/${KeyId}`
      await home.createAlias({ AliasName, TargetKeyId: KeyId })
      acknowledge()
      await seal(KeyId, AliasName)
      await home.rotateKeyOnDemand({ KeyId })
      acknowledge()
      await seal(KeyId, AliasName)
      await home.tagResource({ KeyId, Tags: [{ TagKey: 'writer', TagValue: `${writer}` }] })
      facts.push(async () => {
        const { Tags } = await home.listResourceTags({ KeyId })
        expect(Tags).toEqual([{ TagKey: 'writer', TagValue: `${writer}` }])
      })
      const doomed = await home.createKey({})
      const doomedId = doomed.KeyMetadata?.KeyId ?? ''
      const { DeletionDate } = await home.scheduleKeyDeletion({ KeyId: doomedId, PendingWindowInDays: 7 })
      facts.push(async () => {
        const found = await home.describeKey({ KeyId: doomedId })
        expect(found.KeyMetadata).toMatchObject({ KeyState: 'PendingDeletion', DeletionDate })
      })
    }
  } catch (error) {
    if ((error as { $response?: unknown }).$response !== undefined) throw error
  }
}

/** A ciphertext that was answered opens in every region, ever after. */
async function seal(KeyId: string, AliasName: string): Promise<void> {
  const sealed = await kms[HOME]!.generateDataKey({ KeyId: AliasName, KeySpec: 'AES_256' })
  facts.push(async () => {
    for (const region of REGIONS) {
      const { CiphertextBlob } = sealed
      const opened = await kms[region]!.decrypt({ CiphertextBlob })
      expect(opened.Plaintext).toEqual(sealed.Plaintext)
      expect(opened.KeyId).toContain(`${region}:000000000000:key/${KeyId}`)
    }
  })
}

async function createTables(): Promise<void> {
  const dynamo = dynamoClient(cloud, HOME)
  for (const TableName of [GLOBAL, LOCAL])
    await dynamo.createTable({
      TableName,
      AttributeDefinitions: [
        { AttributeName: 'id', AttributeType: 'S' },
        { AttributeName: 'group', AttributeType: 'S' },
      ],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-group',
          KeySchema: [{ AttributeName: 'group', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    })
  for (const RegionName of AWAY)
    await dynamo.updateTable({ TableName: GLOBAL, ReplicaUpdates: [{ Create: { RegionName } }] })
}

async function contents(
  region: string,
  TableName: string,
  IndexName?: string,
): Promise<Record<string, Image>> {
  const { Items = [] } = await clients[region]!.scan({ TableName, IndexName })
  return Object.fromEntries(Items.map(item => [String(item.id), item]))
}

async function checkItems(): Promise<void> {
  await fetch(`${cloud.endpoint}/_local/replication/wait`, { method: 'POST' })
  const worldwide = await contents(HOME, GLOBAL)
  for (const region of AWAY) expect(await contents(region, GLOBAL), region).toEqual(worldwide)
  for (const region of REGIONS)
    expect(await contents(region, GLOBAL, 'by-group'), `the index in ${region}`).toEqual(
      Object.fromEntries(Object.entries(worldwide).filter(([, item]) => item?.group !== undefined)),
    )
  const here = await contents(HOME, LOCAL)
  expect(await contents(HOME, LOCAL, 'by-group')).toEqual(here)
  for (const [item, images] of possible) {
    const [table = '', id = ''] = item.split('/')
    const found = (table === GLOBAL ? worldwide : here)[id]
    expect(images, item).toContainEqual(found)
    possible.set(item, [found])
  }
}

beforeAll(buildPackage)

describeEngines('a command that is killed while it works', engineName => {
  beforeAll(async () => {
    engine = engineName
    possible.clear()
    facts.length = 0
    directory = await mkdtemp(join(tmpdir(), 'local-cloud-'))
    await start('0')
    clients = Object.fromEntries(REGIONS.map(region => [region, documentClient(cloud, region)]))
    kms = Object.fromEntries(REGIONS.map(region => [region, kmsClient(cloud, region)]))
  })

  afterAll(async () => {
    child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  })

  it('has everything that it had acknowledged when it starts again, and replicas converge', async () => {
    await createTables()
    let checked = 0
    for (const signal of SIGNALS) {
      const load = [
        ...Array.from({ length: WRITERS }, (_, writer) => writeItems(writer, writer === 0 ? LOCAL : GLOBAL)),
        ...Array.from({ length: 4 }, contend),
        useKeys(checked),
      ]
      await anyMoment(50 + random(150))
      await end(signal)
      await Promise.all(load)
      await start(new URL(cloud.endpoint).port)
      await checkItems()
      await Promise.all(facts.slice(checked).map(fact => fact()))
      checked = facts.length
    }
    await Promise.all(facts.map(fact => fact()))
  }, 180_000)
})
