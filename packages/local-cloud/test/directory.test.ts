import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LocalCloud, type LocalCloudOptions, startLocalCloud } from '../src/index.js'
import {
  createGlobalTable,
  createMultiRegionKey,
  documentClient,
  dynamoClient,
  kmsClient,
} from './clients.js'
import { describeEngines } from './eachEngine.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const regions = [EAST, WEST]

let directory: string
let running: LocalCloud | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-cloud-'))
})

afterEach(async () => {
  await stop()
  await rm(directory, { recursive: true, force: true })
})

async function start(options: Partial<LocalCloudOptions> = {}): Promise<LocalCloud> {
  running = await startLocalCloud({ regions, directory, ...options })
  return running
}

async function stop(): Promise<void> {
  await running?.stop()
  running = undefined
}

async function restart(options: Partial<LocalCloudOptions> = {}): Promise<LocalCloud> {
  await stop()
  return start(options)
}

describeEngines('a local cloud that was stopped goes on', engine => {
  it('with its tables, their items, replicas and indexes', async () => {
    const cloud = await start({ engine })
    await createGlobalTable(cloud, 'worldwide', regions)
    await documentClient(cloud, EAST).put({ TableName: 'worldwide', Item: { id: '1', by: 'east' } })
    const again = await restart({ engine })
    const west = documentClient(again, WEST)
    await again.waitForReplication()
    expect((await west.get({ TableName: 'worldwide', Key: { id: '1' } })).Item).toEqual({
      id: '1',
      by: 'east',
    })
    const { Table } = await dynamoClient(again, WEST).describeTable({ TableName: 'worldwide' })
    expect(Table?.TableStatus).toBe('ACTIVE')
    expect(Table?.Replicas).toMatchObject([{ RegionName: EAST, ReplicaStatus: 'ACTIVE' }])
    await west.put({ TableName: 'worldwide', Item: { id: '2', by: 'west' } })
    await again.waitForReplication()
    const { Items } = await documentClient(again, EAST).scan({ TableName: 'worldwide' })
    expect(Items).toHaveLength(2)
  })

  it('with what had not arrived elsewhere', async () => {
    const cloud = await start({ engine })
    await createGlobalTable(cloud, 'worldwide', regions)
    cloud.fault({ kind: 'cut', between: [EAST, WEST] })
    await documentClient(cloud, EAST).put({ TableName: 'worldwide', Item: { id: '1', by: 'east, older' } })
    await documentClient(cloud, WEST).put({ TableName: 'worldwide', Item: { id: '1', by: 'west, newer' } })
    await documentClient(cloud, EAST).put({ TableName: 'worldwide', Item: { id: '2', by: 'east' } })
    const again = await restart({ engine })
    await again.waitForReplication()
    for (const region of regions) {
      const { Items } = await documentClient(again, region).scan({ TableName: 'worldwide' })
      expect(Items?.map(({ by }) => by).sort()).toEqual(['east', 'west, newer'])
    }
  })
})

describe('a local cloud that was stopped goes on', () => {
  it('with its keys: material, states, aliases, tags, policies, rotations, replicas', async () => {
    const cloud = await start()
    const KeyId = await createMultiRegionKey(cloud, regions)
    const east = kmsClient(cloud, EAST)
    const seal = () => east.encrypt({ KeyId, Plaintext: Buffer.from('secret') })
    const ciphertexts = [await seal()]
    await east.rotateKeyOnDemand({ KeyId })
    ciphertexts.push(await seal())
    await east.createAlias({ AliasName: 'alias/customers', TargetKeyId: KeyId })
    await east.tagResource({ KeyId, Tags: [{ TagKey: 'team', TagValue: 'payments' }] })
    await east.enableKeyRotation({ KeyId, RotationPeriodInDays: 100 })
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] })
    await east.putKeyPolicy({ KeyId, Policy })
    await east.updatePrimaryRegion({ KeyId, PrimaryRegion: WEST })
    const mac = await east.createKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
    const computed = {
      KeyId: mac.KeyMetadata?.KeyId,
      MacAlgorithm: 'HMAC_SHA_256',
      Message: Buffer.from('m'),
    } as const
    const { Mac } = await east.generateMac(computed)
    const disabled = (await east.createKey({})).KeyMetadata?.KeyId
    await east.disableKey({ KeyId: disabled })
    const before = await east.describeKey({ KeyId })

    const again = await restart()
    const kms = kmsClient(again, EAST)
    expect((await kms.describeKey({ KeyId: 'alias/customers' })).KeyMetadata).toEqual(before.KeyMetadata)
    for (const region of regions) {
      for (const { CiphertextBlob } of ciphertexts) {
        const { Plaintext } = await kmsClient(again, region).decrypt({ CiphertextBlob })
        expect(Buffer.from(Plaintext ?? []).toString()).toBe('secret')
      }
    }
    expect((await kms.listResourceTags({ KeyId })).Tags).toEqual([{ TagKey: 'team', TagValue: 'payments' }])
    expect((await kms.getKeyPolicy({ KeyId })).Policy).toBe(Policy)
    expect(await kms.getKeyRotationStatus({ KeyId })).toMatchObject({ RotationPeriodInDays: 100 })
    expect((await kms.listKeyRotations({ KeyId })).Rotations).toHaveLength(1)
    expect(await kms.verifyMac({ ...computed, Mac })).toMatchObject({ MacValid: true })
    expect((await kms.describeKey({ KeyId: disabled })).KeyMetadata?.KeyState).toBe('Disabled')
    await kms.deleteAlias({ AliasName: 'alias/customers' })
    expect((await kmsClient(await restart(), EAST).listAliases({})).Aliases).toEqual([])
  })

  it('with the deletions of keys that were scheduled, and those that were seen to be done', async () => {
    const cloud = await start()
    const kms = kmsClient(cloud, EAST)
    const [soon, late] = await Promise.all(
      [7, 30].map(async PendingWindowInDays => {
        const { KeyMetadata } = await kms.createKey({})
        const KeyId = KeyMetadata?.KeyId ?? ''
        await kms.createAlias({ AliasName: `alias/${KeyId}`, TargetKeyId: KeyId })
        await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays })
        return KeyId
      }),
    )
    cloud.fault({ kind: 'clock', region: EAST, shift: 8 * 86_400_000 })
    // The first answer tells the client what time it is there.
    await kms.listKeys({}).catch(() => {})
    await expect(kms.describeKey({ KeyId: soon })).rejects.toMatchObject({ name: 'NotFoundException' })

    const again = kmsClient(await restart(), EAST)
    await expect(again.describeKey({ KeyId: soon })).rejects.toMatchObject({ name: 'NotFoundException' })
    const { Aliases } = await again.listAliases({})
    expect(Aliases?.map(({ TargetKeyId }) => TargetKeyId)).toEqual([late])
    expect((await again.describeKey({ KeyId: late })).KeyMetadata?.KeyState).toBe('PendingDeletion')
    await again.cancelKeyDeletion({ KeyId: late })
  })

  it('with tables and keys that were being made', async () => {
    const cloud = await start({ settleDelay: 60_000 })
    const KeyId = await createMultiRegionKey(cloud, regions)
    await createGlobalTable(cloud, 'worldwide', regions)
    const again = await restart()
    await again.waitForReplication()
    const west = kmsClient(again, WEST)
    expect((await west.describeKey({ KeyId })).KeyMetadata?.KeyState).toBe('Enabled')
    await documentClient(again, WEST).put({ TableName: 'worldwide', Item: { id: '1' } })
    const { Table } = await dynamoClient(again, EAST).describeTable({ TableName: 'worldwide' })
    expect(Table).toMatchObject({ TableStatus: 'ACTIVE', Replicas: [{ ReplicaStatus: 'ACTIVE' }] })
  })
})

describe('a directory', () => {
  const refused = (options: Partial<LocalCloudOptions>) =>
    startLocalCloud({ regions, directory, ...options }).then(
      cloud => cloud.stop().then(() => 'not refused'),
      (error: Error) => error.message,
    )

  it('is made if need be', async () => {
    await start({ directory: join(directory, 'a', 'b') })
  })

  it('is used by one local cloud at a time, and free again when that has failed to start', async () => {
    await start()
    expect(await refused({})).toBe(
      `${directory} is in use by another local cloud. Stop it, or choose another directory.`,
    )
    const port = Number(new URL(running?.endpoint ?? '').port)
    const other = join(directory, 'other')
    expect(await refused({ directory: other, port })).toContain(`Port ${port} is taken`)
    expect(await refused({ directory: other })).toBe('not refused')
  })

  it('is of the same regions and engine each time', async () => {
    await start()
    await stop()
    expect(await refused({ regions: [EAST] })).toBe(
      `${directory} was made for the regions us-east-1,us-west-2, not us-east-1. ` +
        'Start it with those, or choose another directory.',
    )
    expect(await refused({ engine: 'dynoxide' })).toBe(
      `${directory} was made with the engine dynalite, not dynoxide. ` +
        'Start it with that, or choose another directory.',
    )
    await start({ regions: [WEST, EAST] })
  })

  it('is of the engine that has started in it, not of one that could not', async () => {
    await mkdir(join(directory, 'state'), { recursive: true })
    // Where dynoxide would keep its tables.
    await mkdir(join(directory, 'dynoxide'))
    await writeFile(join(directory, 'dynoxide', EAST), '')
    expect(await refused({ engine: 'dynoxide' })).toContain('EEXIST')
    await start({ engine: 'dynalite' })
  })

  it('of another format is left alone', async () => {
    await start()
    await stop()
    const level = new ClassicLevel<string, unknown>(join(directory, 'state'), { valueEncoding: 'json' })
    await level.put('made-for', { format: 2, regions, engine: 'dynalite' })
    await level.close()
    expect(await refused({})).toBe(
      `${directory} has format 2, and this version of the local cloud reads format 1. ` +
        'Use the version that made it, or choose another directory.',
    )
  })

  it("with somebody else's files is left alone", async () => {
    await writeFile(join(directory, 'notes.txt'), '')
    expect(await refused({})).toBe(
      `${directory} has files that are not a local cloud's. Choose an empty or a new directory.`,
    )
  })

  it('is not a file', async () => {
    const file = join(directory, 'file')
    await writeFile(file, '')
    const message = await refused({ directory: file })
    expect(message).toContain(`${file} cannot be used as a directory: `)
    expect(message).toContain('Choose another one.')
  })

  it('that is damaged says so', async () => {
    await mkdir(join(directory, 'state'), { recursive: true })
    await writeFile(join(directory, 'state', 'CURRENT'), 'MANIFEST-000001\n')
    expect(await refused({})).toContain(`${directory} cannot be opened: `)
  })

  it('does not go with servers that keep their own tables', async () => {
    expect(await refused({ engines: { [WEST]: 'http://127.0.0.1:8000' } })).toBe(
      'A directory has the tables of all regions, but the server that you run for us-west-2 keeps its own. ' +
        'Leave out the one or the other.',
    )
  })
})
