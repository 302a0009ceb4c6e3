import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { createMultiRegionKey, kmsClient } from './clients.js'
import { arn, EAST, INVALID_STATE, WEST, type World } from './kmsCases/kmsCase.js'
import { MANAGING } from './kmsCases/managing.js'
import { USING } from './kmsCases/using.js'
import { send } from './wire.js'

/*
 * What KMS answers when it refuses, request by request. Sources: responses that AWS was recorded giving, the AWS
 * KMS developer guide (key states, multi-Region keys) and API reference. Where AWS has no message, nor have we.
 */

let cloud: LocalCloud
let world: World

beforeAll(async () => {
  cloud = await startLocalCloud({ regions: [EAST, WEST] })
  const kms = kmsClient(cloud, EAST)
  const create = async (input = {}) => (await kms.createKey(input)).KeyMetadata?.KeyId ?? ''
  const encrypt = async (KeyId: string, EncryptionContext?: Record<string, string>) => {
    const { CiphertextBlob } = await kms.encrypt({
      KeyId,
      Plaintext: Buffer.from('secret'),
      EncryptionContext,
    })
    return Buffer.from(CiphertextBlob ?? []).toString('base64')
  }
  const single = await create()
  const disabled = await create()
  const pending = await create()
  const mrkEastOnly = await create({ MultiRegion: true })
  world = {
    single,
    other: await create(),
    mrk: await createMultiRegionKey(cloud, [EAST, WEST]),
    mrkEastOnly,
    disabled,
    pending,
    hmac: await create({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }),
    blob: await encrypt(single, { tenant: 'acme' }),
    eastBlob: await encrypt(mrkEastOnly),
    disabledBlob: await encrypt(disabled),
  }
  await kms.createAlias({ AliasName: 'alias/taken', TargetKeyId: single })
  await kms.disableKey({ KeyId: disabled })
  await kms.scheduleKeyDeletion({ KeyId: pending })
})

afterAll(() => cloud.stop())

describe('KMS refuses', () => {
  it.each([...USING, ...MANAGING])(
    '$operation with $error when $when',
    async ({ region = EAST, operation, input, ...expected }) => {
      const answer = await send(cloud.endpoint, { service: 'kms', region, operation, input: input(world) })
      const body = { __type: expected.error, message: expected.message?.(world) }
      expect(answer.status).toBe(expected.status ?? 400)
      expect(answer.json).toEqual(body.message === undefined ? { __type: expected.error } : body)
      expect(answer.headers.get('content-type')).toBe('application/x-amz-json-1.1')
      expect(cloud.calls().at(-1)).toMatchObject({ operation, error: expected.error, status: answer.status })
    },
  )
})

describe('KMS key states', () => {
  it('keeps a replica Creating, and both keys Updating, until they have settled', async () => {
    const slow = await startLocalCloud({ regions: [EAST, WEST], settleDelay: 3_600_000 })
    try {
      const east = kmsClient(slow, EAST)
      const west = kmsClient(slow, WEST)
      const { KeyMetadata } = await east.createKey({ MultiRegion: true })
      const KeyId = KeyMetadata?.KeyId ?? ''
      const { ReplicaKeyMetadata } = await east.replicateKey({ KeyId, ReplicaRegion: WEST })
      expect(ReplicaKeyMetadata).toMatchObject({ KeyState: 'Creating', Enabled: false })
      await expect(west.generateDataKey({ KeyId, KeySpec: 'AES_256' })).rejects.toMatchObject({
        name: INVALID_STATE,
        message: `${arn(KeyId, WEST)} is creating.`,
      })
      await expect(east.updatePrimaryRegion({ KeyId, PrimaryRegion: WEST })).rejects.toMatchObject({
        name: INVALID_STATE,
        message: `${arn(KeyId, WEST)} is creating.`,
      })
    } finally {
      await slow.stop()
    }
  })
})
