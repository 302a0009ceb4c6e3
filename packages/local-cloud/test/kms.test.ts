import type { KMS } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { KeyStore } from '../src/kms/keyStore.js'
import { createMultiRegionKey, kmsClient } from './clients.js'

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const IRELAND = 'eu-west-1'
const REGIONS = [EAST, WEST, IRELAND]

let cloud: LocalCloud
let east: KMS
let west: KMS

beforeAll(async () => {
  cloud = await startLocalCloud({ regions: REGIONS })
  east = kmsClient(cloud, EAST)
  west = kmsClient(cloud, WEST)
})

afterAll(() => cloud.stop())

const arn = (keyId: string, region: string) => `arn:aws:kms:${region}:000000000000:key/${keyId}`
const secret = Buffer.from('secret')

describe('multi-Region keys', () => {
  it('have one id everywhere, and say where their replicas are', async () => {
    const keyId = await createMultiRegionKey(cloud, REGIONS)
    expect(keyId).toMatch(/^mrk-[0-9a-f]{32}$/)
    const { KeyMetadata } = await west.describeKey({ KeyId: keyId })
    const entry = (region: string) => ({ Arn: arn(keyId, region), Region: region })
    expect(KeyMetadata).toMatchObject({
      Arn: arn(keyId, WEST),
      KeyId: keyId,
      KeyState: 'Enabled',
      Enabled: true,
      MultiRegion: true,
      MultiRegionConfiguration: {
        MultiRegionKeyType: 'REPLICA',
        PrimaryKey: entry(EAST),
        ReplicaKeys: [entry(WEST), entry(IRELAND)],
      },
    })
  })

  it.each(REGIONS.flatMap(from => REGIONS.map(to => [from, to])))(
    'seal in %s and open in %s',
    async (from, to) => {
      const keyId = await createMultiRegionKey(cloud, REGIONS)
      const { CiphertextBlob } = await kmsClient(cloud, from).encrypt({ KeyId: keyId, Plaintext: secret })
      const kms = kmsClient(cloud, to)
      for (const KeyId of [undefined, keyId, arn(keyId, to)]) {
        const { Plaintext, KeyId: used } = await kms.decrypt({ CiphertextBlob, KeyId })
        expect(Buffer.from(Plaintext ?? [])).toEqual(secret)
        expect(used).toBe(arn(keyId, to))
      }
    },
  )

  it('have a state, aliases, tags, description and policy of their own in each region', async () => {
    const { KeyMetadata } = await east.createKey({
      MultiRegion: true,
      Description: 'of the east',
      Tags: [{ TagKey: 'side', TagValue: 'east' }],
      Policy: '{"Statement":[]}',
    })
    const KeyId = KeyMetadata?.KeyId ?? ''
    await east.createAlias({ AliasName: 'alias/own', TargetKeyId: KeyId })
    await east.replicateKey({ KeyId, ReplicaRegion: WEST })

    expect((await west.describeKey({ KeyId })).KeyMetadata?.Description).toBe('')
    expect((await west.listResourceTags({ KeyId })).Tags).toEqual([])
    expect((await west.listAliases({ KeyId })).Aliases).toEqual([])
    expect((await west.getKeyPolicy({ KeyId })).Policy).not.toBe('{"Statement":[]}')
    expect((await east.getKeyPolicy({ KeyId })).Policy).toBe('{"Statement":[]}')

    await east.disableKey({ KeyId })
    expect((await west.describeKey({ KeyId })).KeyMetadata?.KeyState).toBe('Enabled')
    await west.encrypt({ KeyId, Plaintext: secret })
    await east.enableKey({ KeyId })
    await east.encrypt({ KeyId, Plaintext: secret })
  })

  it('change their primary without interrupting use', async () => {
    const KeyId = await createMultiRegionKey(cloud, [EAST, WEST])
    await east.updatePrimaryRegion({ KeyId, PrimaryRegion: WEST })
    const { KeyMetadata } = await east.describeKey({ KeyId })
    expect(KeyMetadata?.MultiRegionConfiguration).toMatchObject({
      MultiRegionKeyType: 'REPLICA',
      PrimaryKey: { Region: WEST },
      ReplicaKeys: [{ Region: EAST }],
    })
    await west.replicateKey({ KeyId, ReplicaRegion: IRELAND })
    await kmsClient(cloud, IRELAND).encrypt({ KeyId, Plaintext: secret })
  })

  it('are deleted last where they are primary', async () => {
    const KeyId = await createMultiRegionKey(cloud, [EAST, WEST])
    const scheduled = await east.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    expect(scheduled).toMatchObject({ KeyState: 'PendingReplicaDeletion', PendingWindowInDays: 7 })
    expect(scheduled.DeletionDate).toBeUndefined()
    await east.cancelKeyDeletion({ KeyId })
    expect((await east.describeKey({ KeyId })).KeyMetadata?.KeyState).toBe('Disabled')

    const replica = await west.scheduleKeyDeletion({ KeyId })
    expect(replica).toMatchObject({ KeyState: 'PendingDeletion', PendingWindowInDays: 30 })
    expect(replica.DeletionDate).toBeInstanceOf(Date)
  })

  it('are gone when their waiting period is over, a primary after its replicas', () => {
    const day = 86_400_000
    let now = Date.UTC(2030, 0, 1)
    const store = new KeyStore([EAST, WEST], () => now)
    const options = { description: '', policy: undefined, tags: [] }
    const primary = store.create(EAST, {
      ...options,
      spec: 'SYMMETRIC_DEFAULT',
      usage: 'ENCRYPT_DECRYPT',
      multiRegion: true,
    })
    const { id } = primary.shared
    const replica = store.replicate(primary, WEST, options)
    store.scheduleDeletion(primary, 7)
    store.scheduleDeletion(replica, 10)
    now += 10 * day - 1
    expect(store.find(WEST, id)).toBe(replica)
    now += 1
    expect(store.find(WEST, id)).toBeUndefined()
    expect(primary.state).toBe('PendingDeletion')
    now += 7 * day - 1
    expect(store.find(EAST, id)).toBe(primary)
    now += 1
    expect(store.find(EAST, id)).toBeUndefined()
  })
})

describe('ciphertexts', () => {
  it.each([
    ['AES_256', 32, 184],
    ['AES_128', 16, 168],
  ] as const)('of a data key %s are opaque and as long as those of AWS', async (KeySpec, length, sealed) => {
    const KeyId = await createMultiRegionKey(cloud, [EAST])
    const { CiphertextBlob, Plaintext, KeyId: used } = await east.generateDataKey({ KeyId, KeySpec })
    expect(used).toBe(arn(KeyId, EAST))
    expect(Plaintext).toHaveLength(length)
    expect(CiphertextBlob).toHaveLength(sealed)
    const bytes = Buffer.from(CiphertextBlob ?? [])
    expect(bytes.toString('base64')).toMatch(/^AQIDAHg/)
    expect(bytes.includes(Buffer.from(Plaintext ?? []))).toBe(false)
    expect(bytes.includes(EAST)).toBe(false)
    expect(bytes.includes(KeyId.slice(4), 0, 'hex')).toBe(true)
  })

  it('never repeat', async () => {
    const { KeyMetadata } = await east.createKey({})
    const KeyId = KeyMetadata?.KeyId
    const [one, two] = await Promise.all([1, 2].map(() => east.encrypt({ KeyId, Plaintext: secret })))
    expect(one?.CiphertextBlob).not.toEqual(two?.CiphertextBlob)
  })

  it('open with the context in any order', async () => {
    const { KeyMetadata } = await east.createKey({})
    const KeyId = KeyMetadata?.KeyId
    const EncryptionContext = { a: '1', b: '2' }
    const { CiphertextBlob } = await east.generateDataKeyWithoutPlaintext({
      KeyId,
      NumberOfBytes: 64,
      EncryptionContext,
    })
    const { Plaintext } = await east.decrypt({ CiphertextBlob, EncryptionContext: { b: '2', a: '1' } })
    expect(Plaintext).toHaveLength(64)
  })

  it('open after rotations, in every region', async () => {
    const KeyId = await createMultiRegionKey(cloud, [EAST, WEST])
    const before = await west.encrypt({ KeyId, Plaintext: secret })
    await east.rotateKeyOnDemand({ KeyId })
    const after = await west.encrypt({ KeyId, Plaintext: secret })
    const opened = await Promise.all(
      [before, after].map(({ CiphertextBlob }) => west.decrypt({ CiphertextBlob })),
    )
    const [old, current] = opened.map(({ KeyMaterialId }) => KeyMaterialId)
    expect(opened.map(({ Plaintext }) => Buffer.from(Plaintext ?? []))).toEqual([secret, secret])
    expect(old).not.toBe(current)
    const { Rotations } = await west.listKeyRotations({ KeyId })
    expect(Rotations).toMatchObject([{ KeyMaterialId: current, RotationType: 'ON_DEMAND' }])
  })

  it('move to another key and context', async () => {
    const [from, to] = await Promise.all([
      createMultiRegionKey(cloud, [EAST, WEST]),
      createMultiRegionKey(cloud, [WEST]),
    ])
    const sealed = await east.encrypt({ KeyId: from, Plaintext: secret, EncryptionContext: { v: '1' } })
    const moved = await west.reEncrypt({
      CiphertextBlob: sealed.CiphertextBlob,
      SourceEncryptionContext: { v: '1' },
      DestinationKeyId: to,
      DestinationEncryptionContext: { v: '2' },
    })
    expect(moved).toMatchObject({ SourceKeyId: arn(from, WEST), KeyId: arn(to, WEST) })
    const { CiphertextBlob } = moved
    const { Plaintext } = await west.decrypt({ CiphertextBlob, EncryptionContext: { v: '2' } })
    expect(Buffer.from(Plaintext ?? [])).toEqual(secret)
  })
})

describe('the rest of KMS', () => {
  it('computes and verifies MACs, also in another region', async () => {
    const { KeyMetadata } = await east.createKey({
      KeySpec: 'HMAC_384',
      KeyUsage: 'GENERATE_VERIFY_MAC',
      MultiRegion: true,
    })
    const KeyId = KeyMetadata?.KeyId
    await east.replicateKey({ KeyId, ReplicaRegion: WEST })
    const message = { KeyId, Message: secret, MacAlgorithm: 'HMAC_SHA_384' as const }
    const { Mac } = await east.generateMac(message)
    expect(Mac).toHaveLength(48)
    expect(await west.verifyMac({ ...message, Mac })).toMatchObject({
      MacValid: true,
      KeyId: arn(KeyId ?? '', WEST),
    })
  })

  it('answers random bytes', async () => {
    expect((await east.generateRandom({ NumberOfBytes: 24 })).Plaintext).toHaveLength(24)
  })

  it('keeps rotation settings with the primary and shows them everywhere', async () => {
    const KeyId = await createMultiRegionKey(cloud, [EAST, WEST])
    await east.enableKeyRotation({ KeyId, RotationPeriodInDays: 90 })
    expect(await west.getKeyRotationStatus({ KeyId })).toMatchObject({
      KeyRotationEnabled: true,
      RotationPeriodInDays: 90,
    })
    await east.disableKeyRotation({ KeyId })
    expect((await west.getKeyRotationStatus({ KeyId })).KeyRotationEnabled).toBe(false)
  })

  it('finds keys by alias, and an alias can move', async () => {
    const [one, two] = await Promise.all([east.createKey({}), east.createKey({})])
    const AliasName = 'alias/moving'
    await east.createAlias({ AliasName, TargetKeyId: one.KeyMetadata?.KeyId })
    const { CiphertextBlob } = await east.encrypt({ KeyId: AliasName, Plaintext: secret })
    await east.decrypt({ CiphertextBlob, KeyId: `arn:aws:kms:${EAST}:000000000000:${AliasName}` })
    await east.updateAlias({ AliasName, TargetKeyId: two.KeyMetadata?.KeyId })
    expect((await east.describeKey({ KeyId: AliasName })).KeyMetadata?.KeyId).toBe(two.KeyMetadata?.KeyId)
    await east.deleteAlias({ AliasName })
    await expect(east.describeKey({ KeyId: AliasName })).rejects.toThrow('is not found.')
  })

  it('tags and untags', async () => {
    const { KeyMetadata } = await east.createKey({})
    const KeyId = KeyMetadata?.KeyId
    const Tags = [
      { TagKey: 'a', TagValue: '1' },
      { TagKey: 'b', TagValue: '2' },
    ]
    await east.tagResource({ KeyId, Tags })
    await east.untagResource({ KeyId, TagKeys: ['a'] })
    expect((await east.listResourceTags({ KeyId })).Tags).toEqual(Tags.slice(1))
  })

  it('lists page by page', async () => {
    const alone = await startLocalCloud({ regions: [EAST] })
    const kms = kmsClient(alone, EAST)
    for (let n = 0; n < 5; n++) await kms.createKey({})
    const seen: (string | undefined)[] = []
    let Marker: string | undefined
    do {
      const page = await kms.listKeys({ Limit: 2, Marker })
      expect(page.Truncated).toBe(page.NextMarker !== undefined)
      seen.push(...(page.Keys ?? []).map(({ KeyId }) => KeyId))
      Marker = page.NextMarker
    } while (Marker !== undefined)
    await alone.stop()
    expect(new Set(seen).size).toBe(5)
  })
})

describe('the call log', () => {
  it('tells which key was used with which context, and never a plaintext', async () => {
    const KeyId = await createMultiRegionKey(cloud, [EAST])
    cloud.clearCalls()
    const EncryptionContext = { tenant: 'acme' }
    const { CiphertextBlob } = await east.encrypt({ KeyId, Plaintext: secret, EncryptionContext })
    await east.decrypt({ CiphertextBlob, EncryptionContext })
    await east.decrypt({ CiphertextBlob }).catch(() => {})
    const common = { service: 'kms', region: EAST, keyId: arn(KeyId, EAST) }
    expect(cloud.calls()).toMatchObject([
      { ...common, operation: 'Encrypt', status: 200, encryptionContext: EncryptionContext },
      { ...common, operation: 'Decrypt', status: 200, encryptionContext: EncryptionContext },
      { ...common, operation: 'Decrypt', status: 400, error: 'InvalidCiphertextException' },
    ])
    const text = JSON.stringify(cloud.calls())
    expect(text).not.toContain(secret.toString())
    expect(text).not.toContain(secret.toString('base64'))
  })

  it('is filtered by service, region and operation, and cleared', async () => {
    cloud.clearCalls()
    await east.listKeys({})
    await west.listKeys({})
    await west.listAliases({})
    expect(cloud.calls({ region: WEST })).toHaveLength(2)
    expect(cloud.calls({ operation: 'ListKeys' })).toHaveLength(2)
    expect(cloud.calls({ region: WEST, operation: 'ListKeys' })).toHaveLength(1)
    expect(cloud.calls({ service: 'dynamodb' })).toHaveLength(0)
    cloud.clearCalls()
    expect(cloud.calls()).toEqual([])
  })
})
