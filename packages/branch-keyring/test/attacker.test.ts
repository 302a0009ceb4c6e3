import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { EncryptedDataKey } from '@aws-crypto/material-management'
import {
  type AttributeValue,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { CreateKeyCommand, GenerateDataKeyCommand } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { describeDynoxide } from '../../local-cloud/test/eachEngine.js'
import { uuidBytes } from '../src/wrapping.js'
import {
  type DataKey,
  decrypt,
  EAST,
  generate,
  hex,
  LOGICAL,
  rejection,
  startWorld,
  TABLE,
  TENANT,
  WEST,
  type World,
} from './world.js'

type Item = Record<string, AttributeValue>

let world: World

/** The same encrypted data key, said to be of another version. */
function underVersion({ encryptedDataKeys: [key] }: DataKey, version: string): EncryptedDataKey[] {
  const encryptedDataKey = new Uint8Array(key!.encryptedDataKey)
  encryptedDataKey.set(uuidBytes(version), 28)
  return [
    new EncryptedDataKey({ providerId: key!.providerId, providerInfo: key!.providerInfo, encryptedDataKey }),
  ]
}

function versionOf({ encryptedDataKeys: [key] }: DataKey): string {
  const text = hex(key!.encryptedDataKey.subarray(28, 44))
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

async function read(branchKeyId: string, type: string): Promise<Item> {
  const { Item } = await world.dynamodb(EAST).send(
    new GetItemCommand({
      TableName: TABLE,
      Key: { 'branch-key-id': { S: branchKeyId }, type: { S: type } },
    }),
  )
  return Item!
}

async function write(...items: Item[]): Promise<void> {
  for (const Item of items) await world.dynamodb(EAST).send(new PutItemCommand({ TableName: TABLE, Item }))
  await world.cloud.waitForReplication()
}

/** A branch key of its own for each test, and a data key under it. */
async function fresh(): Promise<{ id: string; dataKey: DataKey; version: string }> {
  const id = randomUUID()
  await world.administration.createBranchKey({ branchKeyId: id })
  await world.cloud.waitForReplication()
  const dataKey = await generate(world.keyring(EAST, { branchKeyId: id }))
  world.cloud.clearCalls()
  return { id, dataKey, version: versionOf(dataKey) }
}

describeDynoxide('who can write the table of the items and nothing else', () => {
  beforeAll(async () => {
    world = await startWorld([EAST, WEST])
  })
  afterAll(() => world.stop())
  beforeEach(() => world.cloud.clearCalls())

  it('has no more than a bounded number of reads made, and no call to KMS, for a page of made-up versions', async () => {
    const { id, dataKey } = await fresh()
    const keyring = world.keyring(WEST, { branchKeyId: id, cache: { now: () => 0 } })
    const page = Array.from({ length: 500 }, () => underVersion(dataKey, randomUUID()))
    const errors = await Promise.all(page.map(keys => rejection(decrypt(keyring, keys))))
    for (const error of errors) expect(error).toMatchObject({ name: 'BranchKeyError', code: 'NO_BRANCH_KEY' })
    expect(world.calls('kms')).toEqual([])
    // In two regions: one made-up version by itself, then the list of all, near and everywhere.
    expect(world.calls('dynamodb').sort()).toEqual([
      `GetItem ${EAST}`,
      `GetItem ${WEST}`,
      `Query ${EAST}`,
      `Query ${WEST}`,
      `Query ${WEST}`,
    ])
  })

  it('has nobody asked about the same again for a while', async () => {
    const { id, dataKey } = await fresh()
    let now = 0
    const keyring = world.keyring(WEST, { branchKeyId: id, cache: { now: () => now } })
    const madeUp = underVersion(dataKey, randomUUID())
    const error = await rejection(decrypt(keyring, madeUp))
    expect(error).toMatchObject({ code: 'NO_BRANCH_KEY', permanent: true })
    world.cloud.clearCalls()
    now += 9_000
    expect(await rejection(decrypt(keyring, madeUp))).toBe(error)
    expect(world.calls()).toEqual([])
  })

  it('hides nothing that is genuine among it, and nothing that is newer', async () => {
    const { id, dataKey } = await fresh()
    let now = 0
    const keyring = world.keyring(WEST, { branchKeyId: id, cache: { now: () => now } })
    const madeUp = () => rejection(decrypt(keyring, underVersion(dataKey, randomUUID())))
    const [opened] = await Promise.all([
      decrypt(keyring, dataKey.encryptedDataKeys),
      ...Array.from({ length: 50 }, madeUp),
    ])
    expect(opened).toBe(dataKey.plaintext)
    await world.administration.rotateBranchKey(id)
    await world.cloud.waitForReplication()
    const recent = await generate(world.keyring(EAST, { branchKeyId: id }))
    // The list was made before this version was: it says nothing for good about it.
    expect(await rejection(decrypt(keyring, recent.encryptedDataKeys))).toMatchObject({ permanent: false })
    now += 1_000
    await madeUp()
    expect(await decrypt(keyring, recent.encryptedDataKeys)).toBe(recent.plaintext)
  })

  it('has nothing decided about a version where a region cannot be asked', async () => {
    const { id, dataKey } = await fresh()
    const keyring = world.keyring(WEST, { branchKeyId: id, cache: { now: () => 0 } })
    world.cloud.fault({ region: EAST, service: 'dynamodb', kind: 'refuse' })
    const errors = await Promise.all(
      Array.from({ length: 20 }, () => rejection(decrypt(keyring, underVersion(dataKey, randomUUID())))),
    )
    world.cloud.heal()
    for (const error of errors) expect(error).toMatchObject({ name: 'MrkKeyringError', permanent: false })
  })

  it('does not have another branch key asked for than that of the context', async () => {
    const { dataKey } = await fresh()
    world.cloud.clearCalls()
    const error = await rejection(decrypt(world.keyring(EAST), dataKey.encryptedDataKeys))
    expect(error).toMatchObject({ code: 'NO_MATCHING_DATA_KEY', permanent: true })
    expect(world.calls()).toEqual([])
  })

  it('passes off no data key of another tenant, whatever it is labelled', async () => {
    const { dataKey } = await fresh()
    const [key] = dataKey.encryptedDataKeys
    const labelled = new EncryptedDataKey({
      providerId: key!.providerId,
      providerInfo: TENANT,
      encryptedDataKey: key!.encryptedDataKey,
    })
    expect(await rejection(decrypt(world.keyring(EAST), [labelled]))).toMatchObject({ code: 'NO_BRANCH_KEY' })
    const own = await generate(world.keyring(EAST))
    const relabelled = underVersion({ ...dataKey, encryptedDataKeys: [labelled] }, versionOf(own))
    expect(await rejection(decrypt(world.keyring(EAST), relabelled))).toMatchObject({
      code: 'DATA_KEY_REFUSED',
    })
  })

  it('does not stop a message from being opened by what is put in front of its data key', async () => {
    const { id, dataKey } = await fresh()
    const keyring = world.keyring(EAST, { branchKeyId: id })
    const [key] = dataKey.encryptedDataKeys
    const others = [
      new EncryptedDataKey({ ...plain(key!), providerId: 'aws-kms' }),
      new EncryptedDataKey({ ...plain(key!), encryptedDataKey: new Uint8Array(3) }),
      ...underVersion(dataKey, randomUUID()),
    ]
    expect(await decrypt(keyring, [...others, key!])).toBe(dataKey.plaintext)
  })

  it('reads no secret in an error', async () => {
    const { id, dataKey } = await fresh()
    const keyring = world.keyring(EAST, { branchKeyId: id })
    const [key] = dataKey.encryptedDataKeys
    const encryptedDataKey = new Uint8Array(key!.encryptedDataKey)
    encryptedDataKey[60]! ^= 1
    const changed = [new EncryptedDataKey({ ...plain(key!), encryptedDataKey })]
    const error = await rejection(decrypt(keyring, changed))
    expect(error).toMatchObject({ code: 'DATA_KEY_REFUSED' })
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/Uint8Array|Buffer/)
  })
})

describeDynoxide('who can write the key store and nothing else', () => {
  beforeAll(async () => {
    world = await startWorld([EAST, WEST])
  })
  afterAll(() => world.stop())

  const refused = async (id: string, dataKey: DataKey) => {
    world.cloud.clearCalls()
    const keyring = world.keyring(WEST, { branchKeyId: id })
    const errors = [
      await rejection(generate(keyring)),
      await rejection(decrypt(world.keyring(WEST, { branchKeyId: id }), dataKey.encryptedDataKeys)),
    ]
    for (const error of errors) expect(error).toMatchObject({ code: 'BRANCH_KEY_REFUSED', permanent: true })
  }

  describe('has a row refused', () => {
    const change = async (id: string, version: string, changes: Item) => {
      for (const type of ['branch:ACTIVE', `branch:version:${version}`])
        await write({ ...(await read(id, type)), ...changes })
    }

    it.each([
      ['of another time', { 'create-time': { S: '2020-01-01T00:00:00.000000Z' } }],
      ['with another pair', { 'aws-crypto-ec:purpose': { S: 'x' } }],
      ['with an attribute more', { more: { S: 'x' } }],
      ['that names another replica', { 'kms-arn': { S: 'REGION' } }],
      ['with bytes that KMS did not make', { enc: { B: new Uint8Array(100) } }],
    ])('%s', async (_, changes) => {
      const { id, dataKey, version } = await fresh()
      const arn = { 'kms-arn': { S: world.arnIn(WEST) } }
      await change(id, version, 'kms-arn' in changes ? arn : changes)
      await refused(id, dataKey)
      expect(world.calls('kms')).toEqual([`Decrypt ${WEST}`, `Decrypt ${WEST}`])
    })

    it('of a key of their own, without KMS being asked', async () => {
      const { id, dataKey, version } = await fresh()
      const { KeyMetadata } = await world.kms(EAST).send(new CreateKeyCommand({ MultiRegion: true }))
      for (const type of ['branch:ACTIVE', `branch:version:${version}`]) {
        const { enc: _, ...row } = await read(id, type)
        const context = Object.fromEntries(
          Object.entries(row).map(([name, value]) => [name, (value.S ?? value.N)!]),
        )
        const { CiphertextBlob } = await world.kms(EAST).send(
          new GenerateDataKeyCommand({
            KeyId: KeyMetadata!.Arn!,
            NumberOfBytes: 32,
            EncryptionContext: { ...context, 'kms-arn': KeyMetadata!.Arn!, tablename: 'the key store' },
          }),
        )
        await write({ ...row, 'kms-arn': { S: KeyMetadata!.Arn! }, enc: { B: CiphertextBlob! } })
      }
      await refused(id, dataKey)
      expect(world.calls('kms')).toEqual([])
    })

    it('of another branch key', async () => {
      const mine = await fresh()
      const other = await fresh()
      await write({ ...(await read(other.id, 'branch:ACTIVE')), 'branch-key-id': { S: mine.id } })
      await write({
        ...(await read(other.id, `branch:version:${other.version}`)),
        'branch-key-id': { S: mine.id },
        type: { S: `branch:version:${mine.version}` },
      })
      await refused(mine.id, mine.dataKey)
    })

    it('of another type or version', async () => {
      const { id, dataKey, version } = await fresh()
      const active = await read(id, 'branch:ACTIVE')
      const beacon = await read(id, 'beacon:ACTIVE')
      await write({ ...active, enc: beacon.enc! }, { ...beacon, type: { S: `branch:version:${version}` } })
      await refused(id, dataKey)
    })

    it('of another key store', async () => {
      const { id } = await fresh()
      const elsewhere = world.keyring(EAST, {
        branchKeyId: id,
        keyStore: { tableName: TABLE, logicalName: 'another', client: world.dynamodb },
      })
      const error = await rejection(generate(elsewhere))
      expect(error).toMatchObject({ code: 'BRANCH_KEY_REFUSED' })
      expect(error.message).toContain('keyStore.logicalName')
    })
  })

  it('has KMS asked about no more than a bounded number of rows that they planted', async () => {
    const { id, dataKey, version } = await fresh()
    const genuine = await read(id, `branch:version:${version}`)
    const planted = Array.from({ length: 60 }, () => randomUUID())
    await write(...planted.map(other => ({ ...genuine, type: { S: `branch:version:${other}` } })))
    world.cloud.clearCalls()
    const keyring = world.keyring(WEST, { branchKeyId: id, cache: { now: () => 0 } })
    const errors = await Promise.all(
      planted.map(other => rejection(decrypt(keyring, underVersion(dataKey, other)))),
    )
    const codes = new Set(errors.map(({ code }) => code))
    expect(codes).toEqual(new Set(['BRANCH_KEY_REFUSED', 'TOO_MANY_REFUSALS']))
    expect(world.calls('kms').length).toBeLessThanOrEqual(20)
    expect(world.calls('dynamodb').length).toBeLessThanOrEqual(5)
    const tooMany = errors.find(({ code }) => code === 'TOO_MANY_REFUSALS')!
    expect(tooMany).toMatchObject({ permanent: false })
  })

  it('does not make many genuine versions look like that', async () => {
    const { id, dataKey } = await fresh()
    const dataKeys = [dataKey]
    for (let rotation = 0; rotation < 30; rotation++) {
      await world.administration.rotateBranchKey(id)
      dataKeys.push(await generate(world.keyring(EAST, { branchKeyId: id })))
    }
    await world.cloud.waitForReplication()
    world.cloud.clearCalls()
    const keyring = world.keyring(WEST, { branchKeyId: id })
    const opened = await Promise.all(
      dataKeys.map(({ encryptedDataKeys }) => decrypt(keyring, encryptedDataKeys)),
    )
    expect(opened).toEqual(dataKeys.map(({ plaintext }) => plaintext))
    expect(world.calls('kms')).toHaveLength(31)
    expect(world.calls('dynamodb').length).toBeLessThanOrEqual(2 * 31)
  })

  it('has the way to all data keys of a branch key lost by deleting its rows, and gains nothing', async () => {
    const { id, dataKey, version } = await fresh()
    for (const type of ['branch:ACTIVE', `branch:version:${version}`])
      await world.dynamodb(EAST).send(
        new DeleteItemCommand({
          TableName: TABLE,
          Key: { 'branch-key-id': { S: id }, type: { S: type } },
        }),
      )
    await world.cloud.waitForReplication()
    const keyring = world.keyring(WEST, { branchKeyId: id })
    expect(await rejection(generate(keyring))).toMatchObject({ code: 'NO_BRANCH_KEY' })
    expect(await rejection(decrypt(keyring, dataKey.encryptedDataKeys))).toMatchObject({
      code: 'NO_BRANCH_KEY',
    })
  })

  it('can put an older active row back, which wraps under a version that is still one of the branch key', async () => {
    const { id, version } = await fresh()
    const old = await read(id, 'branch:ACTIVE')
    await world.administration.rotateBranchKey(id)
    await write(old)
    const again = await generate(world.keyring(WEST, { branchKeyId: id }))
    expect(versionOf(again)).toBe(version)
  })
})

describeDynoxide('who answers in the place of the key store', () => {
  beforeAll(async () => {
    world = await startWorld([EAST, WEST])
  })
  afterAll(() => world.stop())

  it.each(['another branch key', 'another type'])('has no row of %s used, genuine as it is', async what => {
    const mine = await fresh()
    const other = await fresh()
    const genuine =
      what === 'another type'
        ? await read(mine.id, `branch:version:${mine.version}`)
        : await read(other.id, 'branch:ACTIVE')
    const client = () => ({ send: async () => ({ Item: genuine }) }) as never
    const keyStore = { tableName: TABLE, logicalName: LOGICAL, client }
    const error = await rejection(generate(world.keyring(EAST, { branchKeyId: mine.id, keyStore })))
    expect(error).toMatchObject({
      code: 'BRANCH_KEY_REFUSED',
      message: expect.stringContaining('another row than the one that was asked for'),
    })
    expect(world.calls('kms')).toEqual([])
  })
})

function plain({ providerId, providerInfo, encryptedDataKey }: EncryptedDataKey) {
  return { providerId, providerInfo, encryptedDataKey }
}
