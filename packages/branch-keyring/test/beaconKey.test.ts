import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { DecryptCommand } from '@aws-sdk/client-kms'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeDynoxide } from '../../local-cloud/test/eachEngine.js'
import type { BranchKeyring } from '../src/index.js'
import {
  EAST,
  EU,
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

const MAX_AGE = 1_000

describeDynoxide('beacon keys', () => {
  let world: World
  let now = 0
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world.stop())
  beforeEach(() => {
    now = 1_000_000
    world.cloud.heal()
    world.cloud.clearCalls()
  })

  const cached = (options = {}) => ({ cache: { maxAge: MAX_AGE, now: () => now, ...options } })
  const Key = { 'branch-key-id': { S: TENANT }, type: { S: 'beacon:ACTIVE' } }
  /** In hex, and let go of. */
  const secretOf = async (keyring: BranchKeyring, ...request: Parameters<BranchKeyring['beaconKey']>) => {
    const key = await keyring.beaconKey(...request)
    const secret = hex(key.secret)
    key.release()
    return secret
  }

  it('are what KMS decrypts of the row, with all that the row says as its context', async () => {
    const { Item } = await world.dynamodb(EAST).send(new GetItemCommand({ TableName: TABLE, Key }))
    const { enc, ...rest } = Item!
    const pairs = Object.entries(rest).map(([name, value]) => [name, value.S ?? value.N!])
    const { Plaintext } = await world.kms(EAST).send(
      new DecryptCommand({
        CiphertextBlob: enc!.B,
        EncryptionContext: { ...Object.fromEntries(pairs), tablename: LOGICAL },
      }),
    )
    expect(await secretOf(world.keyring(EAST), TENANT)).toBe(hex(Plaintext!))
  })

  it('are read and decrypted in the nearest region that has them, the same in each', async () => {
    const secrets = [EAST, WEST, EU].map(async region => secretOf(world.keyring(region), TENANT))
    expect(new Set(await Promise.all(secrets)).size).toBe(1)
    world.cloud.clearCalls()
    world.cloud.fault({ region: WEST, kind: 'refuse', service: 'dynamodb' })
    await secretOf(world.keyring(WEST), TENANT)
    expect(world.calls('kms')).toEqual([`Decrypt ${WEST}`])
    expect(world.calls('dynamodb').at(-1)).not.toBe(`GetItem ${WEST}`)
  })

  it('are asked for once, for however many want them, and apart from the branch key', async () => {
    const keyring = world.keyring(EAST, cached())
    await Promise.all(Array.from({ length: 50 }, () => secretOf(keyring, TENANT)))
    await secretOf(keyring, TENANT, { forWriting: true })
    expect(world.calls()).toEqual([`GetItem ${EAST}`, `Decrypt ${EAST}`])
    await generate(keyring)
    expect(world.calls()).toHaveLength(4)
    const versions = keyring.statistics().keys.map(({ version }) => version)
    expect(versions).toContain('beacon:ACTIVE')
    expect(keyring.statistics().keys.find(({ version }) => version === 'beacon:ACTIVE')!.active).toBe(false)
  })

  it('stay what they are when the branch key is rotated', async () => {
    const before = await secretOf(world.keyring(EAST), TENANT)
    await world.administration.rotateBranchKey(TENANT)
    expect(await secretOf(world.keyring(EAST), TENANT)).toBe(before)
  })

  it('are zeroed with what was derived of them, once nobody holds them', async () => {
    const keyring = world.keyring(EAST)
    const key = await keyring.beaconKey(TENANT)
    const { secret } = key
    const derived = key.keep(new Uint8Array([1, 2, 3]), bytes => bytes.fill(0))
    expect(key.derived).toBe(derived)
    keyring.clear()
    expect(hex(derived)).toBe('010203')
    key.release()
    expect(hex(derived)).toBe('000000')
    expect(secret.every(byte => byte === 0)).toBe(true)
    expect(() => key.secret).toThrow('zeroed')
    expect(() => key.keep(derived, () => {})).toThrow('zeroed')
  })

  it('are used beyond their age to find with while none can be had, and not to write with', async () => {
    const keyring = world.keyring(EAST, cached({ openingGrace: MAX_AGE, refusalAge: 0 }))
    const secret = await secretOf(keyring, TENANT)
    now += MAX_AGE
    for (const region of [EAST, WEST, EU]) world.cloud.fault({ region, kind: 'refuse' })
    const error = await rejection(secretOf(keyring, TENANT, { forWriting: true }))
    expect(error.name).toBe('MrkKeyringError')
    expect(await secretOf(keyring, TENANT)).toBe(secret)
    now += MAX_AGE
    await rejection(secretOf(keyring, TENANT))
  })

  it('are refused where the row was changed, is missing or is that of another branch key', async () => {
    const { Item } = await world.dynamodb(EAST).send(new GetItemCommand({ TableName: TABLE, Key }))
    const forged = {
      changed: { ...Item, 'create-time': { S: 'now' } },
      moved: Item!,
    }
    for (const [id, row] of Object.entries(forged)) {
      const moved = { ...row, 'branch-key-id': { S: id } }
      await world.dynamodb(EAST).send(new PutItemCommand({ TableName: TABLE, Item: moved }))
      expect(await rejection(secretOf(world.keyring(EAST), id))).toMatchObject({ code: 'BRANCH_KEY_REFUSED' })
    }
    expect(await rejection(secretOf(world.keyring(EAST), 'nobody'))).toMatchObject({ code: 'NO_BRANCH_KEY' })
    expect(await rejection(secretOf(world.keyring(EAST), ''))).toMatchObject({ code: 'BAD_BRANCH_KEY_ID' })
  })

  it('are not waited for once the signal of the caller fires', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    expect(await rejection(secretOf(world.keyring(EAST), TENANT, { signal }))).toMatchObject({
      code: 'ABORTED',
    })
  })
})
