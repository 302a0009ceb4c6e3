import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { contextAttributes, createBeacons } from '@dynaseal/db-esdk'
import type { Declaration } from '@dynaseal/document-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type DrillReport, drill, projectOf } from '../src/api.js'
import { createWorld, EAST, users, WEST, type World } from './support/cloud.js'
import { dynaseal, folder, unfit } from './support/command.js'
import {
  branchKeyring,
  createKeyStore,
  DECLARED,
  KEY_STORE,
  mrkKeyring,
  type WholeClientOptions,
  wholeClient,
  wholeConfig,
} from './support/wholes.js'

let world: World

beforeAll(async () => {
  world = await createWorld({ engine: 'dynoxide' })
  await world.dynamodb.updateTable({
    TableName: users.name,
    ReplicaUpdates: [{ Create: { RegionName: WEST } }],
  })
  await createKeyStore(world, ['acme', 'other'])
})
afterEach(async () => {
  world.cloud.heal()
  for (const { id } of await world.items())
    await world.dynamodb.deleteItem({ TableName: users.name, Key: { id: id! } })
})
afterAll(() => world.stop())

const IDS = ['1', '2', '3']

async function store(options: WholeClientOptions = {}, more: object = {}): Promise<void> {
  const client = wholeClient(world, options)
  for (const id of IDS)
    await client.send(
      new PutCommand({ TableName: users.name, Item: { id, plan: 'pro', ssn: `ssn ${id}`, ...more } }),
    )
  await world.cloud.waitForReplication()
  world.cloud.clearCalls()
}

/** The clients of both regions. */
const project = (options: (region: string) => WholeClientOptions = () => ({})) =>
  projectOf({ clients: [EAST, WEST].map(region => wholeClient(world, { region, ...options(region) })) })

async function verdicts(given = project()) {
  const { verdicts } = await drill(await given)
  return Object.fromEntries(verdicts.map(({ region, reasons }) => [region, reasons]))
}
const FINE = { [EAST]: [], [WEST]: [] }

describe('a drill of items that are sealed as wholes', () => {
  it('reads and opens them through each replica alone, and writes nothing', async () => {
    await store()
    const made = folder({ 'dynaseal.config.mjs': wholeConfig(world) })
    const { code, out, note } = await dynaseal(['drill'], { cwd: made.path })
    made.remove()
    expect([code, note]).toEqual([0, ''])
    expect(out).toMatch(/^us-east-1 can be lost\.\nus-west-2 can be lost\.\n/)
    expect(out.match(/us-(east-1|west-2) +3 +\d+ ms +us-(east-1|west-2) +3 +\d+ ms +\d+ ms/g)).toHaveLength(4)
    expect(unfit(out)).toEqual([])
    const operations = new Set(world.cloud.calls().map(({ operation }) => operation))
    expect(operations).toEqual(new Set(['Scan', 'GetItem', 'Decrypt', 'GenerateDataKey']))
  })

  it('of a table without any seals for one that might be', async () => {
    expect(await verdicts()).toEqual(FINE)
  })

  it('says which replica decrypts for nobody, or makes no data keys', async () => {
    await store()
    world.cloud.fault({ region: WEST, service: 'kms', kind: 'deny', operation: 'Decrypt' })
    expect(await verdicts()).toEqual({
      [EAST]: [expect.stringMatching(/In us-west-2, 3 of 3 items of table users do not open: /)],
      [WEST]: [],
    })
    world.cloud.heal()
    world.cloud.fault({ region: WEST, service: 'kms', kind: 'deny', operation: 'GenerateDataKey' })
    expect(await verdicts()).toEqual({
      [EAST]: [expect.stringContaining('In us-west-2, nothing new is sealed for table users')],
      [WEST]: [],
    })
  })

  it('says of how many something was changed', async () => {
    await store()
    await world.dynamodb.updateItem({
      TableName: users.name,
      Key: { id: { S: '2' } },
      UpdateExpression: 'SET #plan = :free',
      ExpressionAttributeNames: { '#plan': 'plan' },
      ExpressionAttributeValues: { ':free': { S: 'free' } },
    })
    await world.cloud.waitForReplication()
    const found = Object.values(await verdicts())
    expect(found).toEqual([
      [expect.stringMatching(/In us-west-2, 1 of 3 items/)],
      [expect.stringMatching(/In us-east-1, 1 of 3 items/)],
    ])
  })

  it('with --lose breaks the region in the local cloud, and goes on as the application does', async () => {
    await store()
    const report = await drill(await project(), { lose: EAST })
    expect(report).toMatchObject({
      brokenIn: world.cloud.endpoint,
      verdicts: [{ region: EAST, canBeLost: true }],
      openings: [
        { region: WEST, through: WEST, failed: [], fields: 3 },
        { region: WEST, through: 'all', failed: [] },
      ],
    })
    expect(world.cloud.faults()).toEqual([])
  })

  it('of several recipients opens with any, and seals with all', async () => {
    const recipients = (region: string): WholeClientOptions => ({
      keyring: [mrkKeyring(world, region), branchKeyring(world, 'acme', { regions: [EAST] })],
    })
    await store(recipients(EAST))
    const report = await drill(await project(recipients))
    expect(report.openings.map(({ failed }) => failed)).toEqual([[], [], [], []])
    // The table of branch keys is in one region alone, as this configuration has it.
    expect(report.verdicts).toMatchObject([
      { region: EAST, canBeLost: false, reasons: [expect.stringContaining('nothing new is sealed')] },
      { region: WEST, canBeLost: true },
    ])
  })
})

describe('with branch keys', () => {
  const tables: NonNullable<WholeClientOptions['tables']> = {
    users: { attributeActionsOnEncrypt: { tenant: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT' } },
  }
  const ofTenant = () =>
    branchKeyring(world, context => {
      const { tenant } = contextAttributes(context)
      if (tenant === undefined || !('S' in tenant)) throw new Error('There is no such tenant.')
      return String(tenant.S)
    })
  const declaration: Declaration = {
    ...DECLARED,
    tokens: { aws_dbe_b_ssn: { of: 'ssn', bits: 16, tenant: 'tenant' } },
  }
  const options = (): WholeClientOptions => ({
    keyring: ofTenant(),
    tables,
    declaration,
    search: createBeacons({ keyring: ofTenant(), keyFieldName: 'tenant' }),
  })

  it('asks the key store and KMS in each region alone, for the branch keys of the items, and for their beacon keys', async () => {
    await store(options(), { tenant: 'acme' })
    const report: DrillReport = await drill(await project(options))
    expect(report.verdicts).toMatchObject([{ canBeLost: true }, { canBeLost: true }])
    expect(report.beaconKeys).toMatchObject(
      [EAST, WEST].map(() => ({
        branchKeyId: 'acme',
        replicas: [EAST, WEST].map(region => ({ region, opens: true })),
      })),
    )
  })

  it('says that a beacon key is had in one region alone', async () => {
    await store(options(), { tenant: 'acme' })
    const Key = { 'branch-key-id': { S: 'acme' }, type: { S: 'beacon:ACTIVE' } }
    world.cloud.fault({ kind: 'cut', between: [EAST, WEST] })
    const west = new DynamoDB(world.config(WEST))
    const { Item } = await west.getItem({ TableName: KEY_STORE, Key })
    await west.deleteItem({ TableName: KEY_STORE, Key })
    expect(await verdicts(project(options))).toEqual({
      [EAST]: ['The beacon key of branch key acme is had in no other region.'],
      [WEST]: [],
    })
    const single = await drill(
      await project(() => ({
        search: createBeacons({ keyring: ofTenant(), branchKeyId: 'other' }),
        declaration: { ...DECLARED, tokens: { aws_dbe_b_ssn: { of: 'ssn', bits: 16 } } },
        keyring: ofTenant(),
        tables,
      })),
    )
    expect(single.beaconKeys[0]).toMatchObject({
      branchKeyId: 'other',
      replicas: [{ opens: true }, { opens: true }],
    })
    await west.putItem({ TableName: KEY_STORE, Item: Item! })
    west.destroy()
  })
})
