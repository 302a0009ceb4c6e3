// KMS that refuses: one data key, or all that a job asks for from some moment on.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { KMS } from '@aws-sdk/client-kms'
import { combineKeyrings } from '@dynaseal/core'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { PutItemCommand } from 'dynamodb-toolbox'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  fileCheckpoint,
  type JobOptions,
  Revert,
  Rewrap,
  runJob,
  type Target,
  type Task,
} from '../src/api.js'
import { renderJob } from '../src/engine/renderJob.js'
import { createWorld, EAST, entities, users, WEST, type World } from './support/cloud.js'
import { folder } from './support/command.js'

let world: World
let made: ReturnType<typeof folder>

beforeAll(async () => {
  const keys = ['alias/users', 'alias/other'].map(AliasName => ({ AliasName, ReplicaRegions: [WEST] }))
  world = await createWorld({ keys })
  made = folder()
})
beforeEach(() => world.cloud.clearCalls())
afterEach(async () => {
  world.cloud.heal()
  rmSync(join(made.path, '.dynaseal'), { recursive: true, force: true })
  for (const { id } of await world.items())
    await world.dynamodb.deleteItem({ TableName: users.name, Key: { id: id! } })
})
afterAll(async () => {
  made.remove()
  await world.stop()
})

const ringOf = (index: number) =>
  new MrkKeyring({
    keyArns: Object.values(world.cloud.keys[index]!.arns),
    region: EAST,
    client: region => new KMS({ ...world.config(region), maxAttempts: 1 }),
  })

/** Each item has a data key of its own, as those of as many processes have. */
async function sealed(ids: readonly string[], keyring = ringOf(0)): Promise<void> {
  for (const id of ids) {
    const client = world.client(EAST, { keyring })
    const [User] = entities()
    User.table.documentClient = client
    client.register(User)
    await User.build(PutItemCommand)
      .item({ id, ssn: `ssn of ${id}` })
      .send()
  }
}

const IDS = Array.from({ length: 16 }, (_, i) => `u${i}`)
const checkpoint = () => fileCheckpoint(join(made.path, '.dynaseal/job.json'))
const deny = (operation?: string) => {
  for (const region of [EAST, WEST])
    world.cloud.fault({
      region,
      service: 'kms',
      kind: 'deny',
      ...(operation === undefined ? {} : { operation }),
    })
}
/** As a new process does it: with a cache of its own, and pages of eight items. */
async function run(make: (target: Target) => Task, more: JobOptions = {}, options = {}) {
  const target = (await world.project(options)).target(users.name)
  const given = { apply: true, segments: 1, maxWriteUnits: 4, checkpoint: checkpoint(), ...more }
  return runJob(target, make(target), given)
}
const written = () => world.cloud.calls({ operation: 'UpdateItem' }).filter(({ status }) => status === 200)
const revert = (target: Target) => new Revert(target)
const rewrap = (target: Target) => new Rewrap(target, { all: true })
const refusal = {
  code: 'permission',
  message: expect.stringMatching(/^KMS gives no data keys.*AccessDenied.*the same command/),
}

describe('all data keys', () => {
  it.each([
    ['revert', revert],
    ['rewrap', rewrap],
  ])('ends %s, which goes on where it was', async (_, make) => {
    await sealed(IDS)
    const onProgress = (items: number) => {
      if (items === 8) deny()
    }
    await expect(run(make, { onProgress })).rejects.toMatchObject(refusal)
    expect(await checkpoint().load()).toContain('"items":8')
    // Resumed, and refused from the first item on.
    await expect(run(make)).rejects.toThrow(/goes on where it was/)
    expect(await checkpoint().load()).toContain('"items":8')
    world.cloud.heal()
    const report = await run(make)
    expect(report).toMatchObject({ resumed: true, complete: true, items: 16, changed: 16, left: {} })
    expect(written()).toHaveLength(16)
    expect(await checkpoint().load()).toBeUndefined()
  })

  it('ends a job that may only open, before anything was opened', async () => {
    await sealed(['ada'])
    deny()
    await expect(run(revert)).rejects.toMatchObject(refusal)
    expect(written()).toEqual([])
  })
})

describe('one data key', () => {
  const combined = () => combineKeyrings({ sealWith: ringOf(0), openWith: [ringOf(1)] })
  let enable: () => Promise<void>

  beforeEach(async () => {
    const calls = [EAST, WEST].map(region => {
      const KeyId = world.cloud.keys[1]!.arns[region]!
      return { kms: new KMS(world.config(region)), KeyId }
    })
    await sealed(['dead'], ringOf(1))
    for (const { kms, KeyId } of calls) await kms.disableKey({ KeyId })
    enable = async () => {
      for (const { kms, KeyId } of calls) await kms.enableKey({ KeyId })
    }
  })
  afterEach(() => enable())

  it.each([
    ['alone in the table', []],
    ['among others', ['u1', 'u2']],
  ])('is left, %s, and the job is done', async (_, others) => {
    await sealed(others)
    const report = await run(revert, {}, { keyring: combined() })
    const count = others.length
    expect(report).toMatchObject({ complete: true, changed: count, left: { 'key-unavailable': 1 } })
    expect(renderJob(report, 80).replaceAll(/\s+/g, ' ')).toContain(
      'key-unavailable 1 no data key to open it with: dynaseal doctor',
    )
    expect(await checkpoint().load()).toBeUndefined()
  })

  it('is left where no data key may be made, and others open', async () => {
    await sealed(['u1'])
    deny('GenerateDataKey')
    const report = await run(revert, {}, { keyring: combined() })
    expect(report).toMatchObject({ complete: true, changed: 1, left: { 'key-unavailable': 1 } })
  })

  it('that KMS did not encrypt is left, where KMS gives no other', async () => {
    await sealed(['ada'])
    const { ada } = Object.fromEntries((await world.items()).map(item => [item.id!.S, item]))
    const envelope = Buffer.from(ada!.dynaseal!.B!)
    // In the middle of what KMS has encrypted.
    envelope.writeUInt8(envelope.readUInt8(200) ^ 1, 200)
    await world.dynamodb.putItem({ TableName: users.name, Item: { ...ada!, dynaseal: { B: envelope } } })
    deny('GenerateDataKey')
    // Neither key opens it: one is asked in vain, the other one is not of it.
    const keyring = combineKeyrings({ sealWith: ringOf(0), openWith: [ringOf(0)] })
    const report = await run(revert, {}, { keyring })
    expect(report).toMatchObject({ complete: true, changed: 0, left: { 'key-unavailable': 2 } })
  })
})
