import { execFileSync, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { formatParts } from '@dynaseal/core/parts'
import { PutItemCommand } from 'dynamodb-toolbox'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type DrillReport, drill, projectOf } from '../src/api.js'
import { configText, createWorld, EAST, entities, users, WEST, type World } from './support/cloud.js'
import { dynaseal, folder, unfit } from './support/command.js'

let world: World
let cwd: string
let made: ReturnType<typeof folder>

beforeAll(async () => {
  world = await createWorld()
  await world.dynamodb.updateTable({
    TableName: users.name,
    ReplicaUpdates: [{ Create: { RegionName: WEST } }],
  })
  made = folder({ 'dynaseal.config.ts': configText(world) })
  cwd = made.path
})
afterAll(async () => {
  made.remove()
  await world.stop()
})
afterEach(() => world.cloud.heal())

const IDS = ['1', '2', '3']

async function put(...ids: string[]): Promise<void> {
  const documentClient = world.client()
  const [User] = entities()
  User.table.documentClient = documentClient
  documentClient.register(User)
  for (const id of ids) await User.build(PutItemCommand).item({ id, ssn: '078-05-1120', income: 1 }).send()
}

beforeEach(async () => {
  for (const { id } of await world.items())
    await world.dynamodb.deleteItem({ TableName: users.name, Key: { id: id! } })
  await put(...IDS)
  await world.cloud.waitForReplication()
  world.cloud.clearCalls()
})

/** What a drill says of each region. */
async function verdicts(project = world.project()) {
  const report = await drill(await project)
  return Object.fromEntries(report.verdicts.map(({ region, reasons }) => [region, reasons]))
}

describe('where all is well', () => {
  it('each region can be lost, and nothing is written', async () => {
    const { code, out, note } = await dynaseal(['drill'], { cwd })
    expect([code, note]).toEqual([0, ''])
    expect(out).toMatch(/^us-east-1 can be lost\.\nus-west-2 can be lost\.\n/)
    expect(out.match(/us-(east-1|west-2) +3 +\d+ ms +us-(east-1|west-2) +6 +\d+ ms +\d+ ms/g)).toHaveLength(4)
    expect(unfit(out)).toEqual([])
    const operations = new Set(world.cloud.calls().map(({ operation }) => operation))
    expect(operations).toEqual(new Set(['Scan', 'GetItem', 'Decrypt', 'GenerateDataKey']))
  })

  it('--json has times, regions and verdicts, and no values', async () => {
    const { out } = await dynaseal(['drill', '--json', '--sample', '2'], { cwd })
    const report = JSON.parse(out) as DrillReport
    expect(report.verdicts).toEqual([EAST, WEST].map(region => ({ region, canBeLost: true, reasons: [] })))
    expect(report.samples).toEqual({ users: 2 })
    expect(report.openings).toHaveLength(4)
    expect(report.openings[0]).toMatchObject({
      table: 'users',
      fields: 4,
      failed: [],
      milliseconds: expect.any(Number),
    })
    expect(out).not.toContain('078')
  })

  it('a sample of many items is no reason for Node to warn of a leak', async () => {
    await put(...Array.from({ length: 12 }, (_, i) => `more-${i}`))
    await world.cloud.waitForReplication()
    const warnings: Error[] = []
    const onWarning = (warning: Error) => void warnings.push(warning)
    process.on('warning', onWarning)
    await drill(await world.project())
    await new Promise(setImmediate)
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  it('a table without items is sealed for, and that is said', async () => {
    for (const id of IDS) await world.dynamodb.deleteItem({ TableName: users.name, Key: { id: { S: id } } })
    const { code, out } = await dynaseal(['drill'], { cwd })
    expect([code, out]).toEqual([0, expect.stringContaining('no ciphertext in its first items')])
    expect(unfit(out)).toEqual([])
  })
})

describe('what keeps a region from being lost', () => {
  const denied = (region: string, operation: string) =>
    world.cloud.fault({ region, service: 'kms', kind: 'deny', operation })

  it('the other replica decrypts for nobody', async () => {
    denied(WEST, 'Decrypt')
    expect(await verdicts()).toEqual({
      [EAST]: [expect.stringMatching(/In us-west-2, 3 of 3 items of table users do not open: Decrypt/)],
      [WEST]: [],
    })
    const { code, out } = await dynaseal(['drill'], { cwd })
    expect([code, out]).toEqual([3, expect.stringContaining('us-east-1 cannot be lost:')])
    expect(unfit(out)).toEqual([])
  })

  it('the other replica makes no data keys', async () => {
    denied(WEST, 'GenerateDataKey')
    expect(await verdicts()).toEqual({
      [EAST]: [
        expect.stringContaining('In us-west-2, nothing new is sealed for table users: GenerateDataKey'),
      ],
      [WEST]: [],
    })
  })

  it('an item is in one region alone', async () => {
    world.cloud.fault({ kind: 'cut', between: [EAST, WEST] })
    await put('4')
    expect(await verdicts()).toEqual({
      [EAST]: ['In us-west-2, table users lacks 1 of 4 items.'],
      [WEST]: [],
    })
  })

  it('the other table does not answer', async () => {
    world.cloud.fault({ region: WEST, service: 'dynamodb', kind: 'deny' })
    expect(await verdicts()).toEqual({
      [EAST]: [expect.stringContaining('In us-west-2, table users is not read: AWS refused')],
      [WEST]: [],
    })
  })

  it('the region in which it would be sampled does not answer itself', async () => {
    world.cloud.fault({ region: EAST, service: 'dynamodb', kind: 'deny' })
    expect(await verdicts()).toEqual({ [EAST]: [], [WEST]: [expect.stringContaining('In us-east-1')] })
  })

  it('an item opens nowhere', async () => {
    await world.dynamodb.updateItem({
      TableName: users.name,
      Key: { id: { S: '2' } },
      UpdateExpression: 'SET ssn = income',
    })
    await world.cloud.waitForReplication()
    const [east, west] = Object.values(await verdicts())
    expect([east, west]).toEqual([
      [expect.stringMatching(/In us-west-2, 1 of 3 items/)],
      [expect.stringMatching(/In us-east-1, 1 of 3 items/)],
    ])
  })

  it('a search key is unwrapped in one region alone', async () => {
    const { keyring } = formatParts((await world.project()).client().parts.format)!
    const search = createSearchTokens({ keyring, writeWith: await createSearchKey(keyring) })
    const clients = [EAST, WEST].map(region => world.client(region, { search }))
    world.cloud.fault({
      region: WEST,
      service: 'kms',
      kind: 'deny',
      unlessContext: { 'dynaseal:table': 'users' },
    })
    expect(await verdicts(projectOf({ clients }))).toEqual({
      [EAST]: ['Search key 1 is unwrapped by no other replica.'],
      [WEST]: [],
    })
  })

  it('there is one client, or one replica', async () => {
    expect(await verdicts(projectOf({ clients: world.client() }))).toEqual({
      [EAST]: ['The configuration has no client for another region.'],
      [WEST]: [],
    })
    const { keyring } = formatParts((await world.project()).client().parts.format)!
    const alone = (await import('../src/keys/keyrings.js')).aloneIn(EAST, keyring)
    const clients = [EAST, WEST].map(region => world.client(region, { keyring: alone }))
    expect(await verdicts(projectOf({ clients }))).toEqual({
      [EAST]: ['The key has no replica in another region.'],
      [WEST]: [],
    })
  })
})

it('keys of tenants are found by the items', async () => {
  const project = await world.project({
    encryptionContext: (_, { id }) => ({ tenant: String(id) }),
    keyring: ({ tenant }) => {
      if (!IDS.includes(tenant!)) throw new Error('There is no such tenant.')
      return formatParts(plain.client().parts.format)!.keyring as never
    },
  })
  const plain = await world.project()
  const report = await drill(project)
  expect(report.keyRegions).toEqual([EAST, WEST])
  // They were written without a tenant.
  expect(report.verdicts.map(({ canBeLost }) => canBeLost)).toEqual([false, false])
  expect(report.openings[0]).toMatchObject({
    failed: [0, 1, 2],
    reason: expect.stringContaining('another encryption context'),
  })
})

describe('--lose', () => {
  it.each([EAST, WEST])('%s breaks it in the local cloud, and mends it', async region => {
    const running = dynaseal(['drill', '--lose', region, '--json'], { cwd })
    while (world.cloud.faults().length < 2) await new Promise(setImmediate)
    expect(world.cloud.faults()).toEqual([
      { kind: 'refuse', region },
      { kind: 'cut', between: [region, region === EAST ? WEST : EAST] },
    ])
    const { code, out } = await running
    expect([code, world.cloud.faults()]).toEqual([0, []])
    const report = JSON.parse(out) as DrillReport
    expect(report).toMatchObject({
      brokenIn: world.cloud.endpoint,
      verdicts: [{ region, canBeLost: true }],
    })
    const other = region === EAST ? WEST : EAST
    expect(report.openings.map(one => [one.region, one.through, one.failed])).toEqual([
      [other, other, []],
      [other, 'all', []],
    ])
  })

  it('a region without which it does not go on is an exit code, and mended', async () => {
    world.cloud.fault({ region: WEST, service: 'kms', kind: 'deny' })
    const { code, out, note } = await dynaseal(['drill', '--lose', EAST], { cwd })
    expect([code, world.cloud.faults().length]).toEqual([3, 1])
    expect(out).toContain('us-east-1 cannot be lost:')
    expect(note.replaceAll('\n', ' ')).toContain('us-east-1 was broken in the local cloud')
    expect(unfit(out + note)).toEqual([])
  })

  it('is mended when it is ended', async () => {
    world.cloud.fault({ region: WEST, service: 'kms', kind: 'hang' })
    const ended = new AbortController()
    const running = dynaseal(['drill', '--lose', EAST], { cwd, signal: ended.signal })
    while (world.cloud.calls({ region: WEST, service: 'kms' }).length === 0) await new Promise(setImmediate)
    expect(world.cloud.faults()).toHaveLength(3)
    ended.abort()
    const { code, note } = await running
    expect([code, note]).toEqual([130, expect.stringContaining('us-east-1 is as it was')])
    expect(world.cloud.faults()).toEqual([{ kind: 'hang', region: WEST, service: 'kms' }])
  })

  it('does not begin in what is broken already, and says how to mend it', async () => {
    world.cloud.fault({ region: EAST, kind: 'refuse' })
    const { code, note } = await dynaseal(['drill', '--lose', EAST], { cwd })
    expect([code, note.replaceAll('\n', ' ')]).toEqual([1, expect.stringContaining('curl -X DELETE')])
    expect(world.cloud.faults()).toHaveLength(1)
  })

  it.each([
    [['--lose', 'eu-west-1'], 'neither a client nor a replica of a key in eu-west-1'],
    [['--region', EAST], 'takes no --region, but --lose'],
    [['--sample', '0'], 'at least 1'],
  ])('%j is refused', async (args, message) => {
    const { code, note } = await dynaseal(['drill', ...args], { cwd })
    expect([code, note.replaceAll('\n', ' ')]).toEqual([2, expect.stringContaining(message)])
    expect(unfit(note)).toEqual([])
  })
})

describe('the process', () => {
  beforeAll(() => {
    // What the package ships, and what its configuration imports.
    const root = fileURLToPath(new URL('../../..', import.meta.url))
    const needed = ['cli', 'toolbox', 'mrk-keyring'].map(name => `packages/${name}`)
    execFileSync(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, '-b', ...needed], {
      cwd: root,
    })
  }, 120_000)

  it.each<NodeJS.Signals[][]>([[['SIGINT']], [['SIGINT', 'SIGINT']], [['SIGHUP']]])(
    'mends the region at %j',
    async signals => {
      world.cloud.fault({ region: WEST, service: 'kms', kind: 'hang' })
      const command = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
      const child = spawn(process.execPath, [command, 'drill', '--lose', EAST], { cwd, stdio: 'ignore' })
      const ended = new Promise(resolve => child.on('close', resolve))
      while (world.cloud.calls({ region: WEST, service: 'kms' }).length === 0) await new Promise(setImmediate)
      expect(world.cloud.faults()).toContainEqual({ kind: 'refuse', region: EAST })
      for (const signal of signals) child.kill(signal)
      expect(await ended).toBe(130)
      expect(world.cloud.faults()).toEqual([{ kind: 'hang', region: WEST, service: 'kms' }])
    },
  )
})
