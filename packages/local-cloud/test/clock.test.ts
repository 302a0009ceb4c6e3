import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { createGlobalTable, documentClient, kmsClient } from './clients.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const REGIONS = [EAST, WEST, 'eu-west-1'] as const
const MINUTE = 60_000
const DAY = 86_400_000

let cloud: LocalCloud
let tables = 0

beforeAll(async () => {
  cloud = await startLocalCloud({ regions: REGIONS, replicationDelay: 0 })
})

afterEach(() => cloud.heal())

afterAll(() => cloud.stop())

/** As applications have them: with retries. */
function retrying(region: string): KMS {
  return new KMS({
    endpoint: cloud.endpoint,
    region,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
}

describe('a shifted clock', () => {
  it.each([-3 * DAY, -MINUTE, 2 * DAY])('dates what KMS makes: %d ms', async shift => {
    cloud.fault({ kind: 'clock', region: WEST, shift })
    const before = Date.now()
    const west = retrying(WEST)
    const { KeyMetadata } = await west.createKey({})
    const KeyId = KeyMetadata?.KeyId
    const { DeletionDate } = await west.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    const after = Date.now()
    expect(Number(KeyMetadata?.CreationDate)).toBeGreaterThanOrEqual(before + shift - 1)
    expect(Number(KeyMetadata?.CreationDate)).toBeLessThanOrEqual(after + shift)
    expect(Number(DeletionDate)).toBeGreaterThanOrEqual(before + shift + 7 * DAY - 1)
    expect(Number(DeletionDate)).toBeLessThanOrEqual(after + shift + 7 * DAY)
  })

  it('ends waiting periods', async () => {
    const { KeyMetadata } = await retrying(WEST).createKey({})
    const key = { KeyId: KeyMetadata?.KeyId ?? '' }
    await retrying(WEST).scheduleKeyDeletion({ ...key, PendingWindowInDays: 7 })
    const heal = cloud.fault({ kind: 'clock', region: WEST, shift: 6 * DAY })
    await retrying(WEST).describeKey(key)
    cloud.fault({ kind: 'clock', region: WEST, shift: DAY })
    await expect(retrying(WEST).describeKey(key)).rejects.toMatchObject({ name: 'NotFoundException' })
    heal()
    await expect(retrying(WEST).describeKey(key)).rejects.toMatchObject({ name: 'NotFoundException' })
  })

  it.each([
    ['kms', -6 * MINUTE, / is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 5 min\.\)$/],
    ['kms', 6 * MINUTE, / is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/],
    ['kms', -4 * MINUTE, undefined],
    ['kms', 4 * MINUTE, undefined],
    ['dynamodb', -16 * MINUTE, / is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 15 min\.\)$/],
    ['dynamodb', 16 * MINUTE, / is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)$/],
    ['dynamodb', -14 * MINUTE, undefined],
    ['dynamodb', 14 * MINUTE, undefined],
  ] as const)('refuses signatures of too different a time: %s, %d ms', async (service, shift, message) => {
    cloud.fault({ kind: 'clock', region: WEST, shift })
    const config = {
      endpoint: cloud.endpoint,
      region: WEST,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    }
    const client = service === 'kms' ? new KMS(config) : new DynamoDB(config)
    const call = () => (client instanceof KMS ? client.listKeys({}) : client.listTables({}))
    if (message !== undefined)
      await expect(call()).rejects.toMatchObject({
        name: 'InvalidSignatureException',
        message: expect.stringMatching(message),
        $metadata: { httpStatusCode: 400 },
      })
    // The SDK has corrected its clock by the answer's date.
    await call()
    cloud.heal()
  })

  it('is another region’s business', async () => {
    cloud.fault({ kind: 'clock', region: WEST, shift: DAY })
    await kmsClient(cloud, EAST).listKeys({})
    cloud.heal()
    await kmsClient(cloud, WEST).listKeys({})
  })

  it.each([0.5, Number.NaN, 1e12])('of %d ms is refused', shift => {
    expect(() => cloud.fault({ kind: 'clock', region: WEST, shift })).toThrow(
      'shift must be whole milliseconds',
    )
    expect(() => cloud.fault({ kind: 'clock', region: 'mars-1', shift: 1 })).toThrow('No region mars-1')
  })
})

describe('a region whose clock is behind', () => {
  it.each([
    [0, 'west'],
    [-MINUTE, 'east'],
    [MINUTE, 'west'],
  ])('loses conflicts that it would win: %d ms', async (shift, winner) => {
    const TableName = `conflict-${++tables}`
    await createGlobalTable(cloud, TableName, REGIONS)
    cloud.fault({ kind: 'clock', region: WEST, shift })
    const cut = cloud.fault({ kind: 'cut', between: [EAST, WEST] })
    await documentClient(cloud, EAST).put({ TableName, Item: { id: '1', by: 'east' } })
    await documentClient(cloud, WEST).put({ TableName, Item: { id: '1', by: 'west' } })
    cut()
    await cloud.waitForReplication()
    for (const region of REGIONS) {
      const { Item } = await documentClient(cloud, region).get({ TableName, Key: { id: '1' } })
      expect(Item).toEqual({ id: '1', by: winner })
    }
  })

  it('still overwrites what it has seen', async () => {
    const TableName = `overwritten-${++tables}`
    await createGlobalTable(cloud, TableName, REGIONS)
    cloud.fault({ kind: 'clock', region: WEST, shift: -MINUTE })
    await documentClient(cloud, EAST).put({ TableName, Item: { id: '1', by: 'east' } })
    await cloud.waitForReplication()
    await documentClient(cloud, WEST).put({ TableName, Item: { id: '1', by: 'west' } })
    await cloud.waitForReplication()
    const { Item } = await documentClient(cloud, EAST).get({ TableName, Key: { id: '1' } })
    expect(Item).toEqual({ id: '1', by: 'west' })
  })
})

type Step =
  | { readonly do: 'write' | 'delete'; readonly region: number; readonly id: string }
  | { readonly do: 'clock'; readonly region: number; readonly shift: number }
  | { readonly do: 'cut'; readonly region: number }
  | { readonly do: 'heal' | 'wait' }

const region = fc.nat({ max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('write' as const, 'delete' as const),
      region,
      id: fc.constantFrom('a', 'b'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('clock' as const),
      region,
      shift: fc.integer({ min: -2 * MINUTE, max: 2 * MINUTE }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const), region }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('heal' as const, 'wait' as const) }) },
)

it('clocks that go forth and back leave equal replicas, of what somebody wrote', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async steps => {
      const TableName = `clocks-${++tables}`
      await createGlobalTable(cloud, TableName, REGIONS)
      const clients = REGIONS.map(name => documentClient(cloud, name))
      const written = new Map<string, unknown[]>()
      for (const [n, one] of steps.entries()) {
        if (one.do === 'clock')
          cloud.fault({ kind: 'clock', region: REGIONS[one.region] ?? EAST, shift: one.shift })
        else if (one.do === 'cut')
          cloud.fault({
            kind: 'cut',
            between: [REGIONS[one.region] ?? EAST, REGIONS[(one.region + 1) % 3] ?? EAST],
          })
        else if (one.do === 'heal') cloud.heal()
        else if (one.do === 'wait') await cloud.waitForReplication()
        else if ('id' in one) {
          const { id } = one
          if (one.do === 'write') await clients[one.region]?.put({ TableName, Item: { id, n } })
          else await clients[one.region]?.delete({ TableName, Key: { id } })
          written.set(id, [...(written.get(id) ?? []), one.do === 'write' ? { id, n } : undefined])
        }
      }
      cloud.heal()
      await cloud.waitForReplication()
      for (const [id, images] of written) {
        const gets = clients.map(client => client.get({ TableName, Key: { id }, ConsistentRead: true }))
        const [first, ...others] = (await Promise.all(gets)).map(({ Item }) => Item)
        expect(images).toContainEqual(first)
        for (const other of others) expect(other).toEqual(first)
      }
    }),
    { numRuns: 25 },
  )
})
