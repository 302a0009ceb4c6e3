import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalCloud, startLocalCloud } from '../src/index.js'
import { createMultiRegionKey, kmsClient } from './clients.js'
import { send } from './wire.js'

/*
 * What KMS answers when it refuses, request by request. Sources: responses that AWS was recorded giving, the AWS
 * KMS developer guide (key states, multi-Region keys) and API reference. Where AWS has no message, nor have we.
 */

const EAST = 'us-east-1'
const WEST = 'us-west-2'
const ACCOUNT = '000000000000'
const UNKNOWN = '12345678-1234-1234-1234-123456789012'
const UNKNOWN_MRK = `mrk-${'0'.repeat(32)}`

const arn = (keyId: string, region = EAST) => `arn:aws:kms:${region}:${ACCOUNT}:key/${keyId}`

/** Keys in all the conditions that a case may need. */
interface World {
  readonly single: string
  readonly other: string
  readonly mrk: string
  readonly mrkEastOnly: string
  readonly disabled: string
  readonly pending: string
  readonly hmac: string
  /** Base64, by `single`, with context { tenant: 'acme' }. */
  readonly blob: string
  /** By `mrkEastOnly`. */
  readonly eastBlob: string
  /** By `disabled`, before it was. */
  readonly disabledBlob: string
}

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

interface Case {
  readonly when: string
  readonly region?: string
  readonly operation: string
  readonly input: (world: World) => unknown
  readonly status?: number
  readonly error: string
  /** Undefined: none. */
  readonly message?: (world: World) => string
}

const NOT_FOUND = 'NotFoundException'
const INVALID_STATE = 'KMSInvalidStateException'
const VALIDATION = 'ValidationException'
const generate = (KeyId: string) => ({ KeyId, KeySpec: 'AES_256' })
const text = (value: string) => Buffer.from(value).toString('base64')

const cases: Case[] = [
  {
    when: 'the key does not exist',
    operation: 'DescribeKey',
    input: () => ({ KeyId: UNKNOWN }),
    error: NOT_FOUND,
    message: () => `Key '${arn(UNKNOWN)}' does not exist`,
  },
  {
    when: 'the multi-Region key does not exist in the region',
    region: WEST,
    operation: 'GenerateDataKey',
    input: w => generate(w.mrkEastOnly),
    error: NOT_FOUND,
    message: w => `Key '${arn(w.mrkEastOnly, WEST)}' does not exist`,
  },
  {
    when: 'the id is malformed',
    operation: 'GenerateDataKey',
    input: () => generate('nonsense'),
    error: NOT_FOUND,
    message: () => `Invalid keyId 'nonsense'`,
  },
  {
    when: "the ARN is another region's",
    region: WEST,
    operation: 'GenerateDataKey',
    input: w => generate(arn(w.mrk, EAST)),
    error: NOT_FOUND,
    message: () => `Invalid arn ${EAST}`,
  },
  {
    when: "the ARN is another region's, even for a ciphertext that opens here",
    region: WEST,
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.blob, KeyId: arn(w.mrk, EAST) }),
    error: NOT_FOUND,
    message: () => `Invalid arn ${EAST}`,
  },
  {
    when: 'the alias does not exist',
    operation: 'GenerateDataKey',
    input: () => generate('alias/none'),
    error: NOT_FOUND,
    message: () => `Alias arn:aws:kms:${EAST}:${ACCOUNT}:alias/none is not found.`,
  },
  {
    when: 'KeyId names another key than the ciphertext',
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.blob, KeyId: w.other, EncryptionContext: { tenant: 'acme' } }),
    error: 'IncorrectKeyException',
    message: () => 'The key ID in the request does not identify a CMK that can perform this operation.',
  },
  {
    when: 'SourceKeyId names another key than the ciphertext',
    operation: 'ReEncrypt',
    input: w => ({ CiphertextBlob: w.blob, SourceKeyId: w.other, DestinationKeyId: w.other }),
    error: 'IncorrectKeyException',
    message: () => 'The key ID in the request does not identify a CMK that can perform this operation.',
  },
  {
    when: 'the encryption context is missing',
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.blob }),
    error: 'InvalidCiphertextException',
  },
  {
    when: 'the encryption context has one pair more',
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.blob, EncryptionContext: { tenant: 'acme', 'aws:replica': WEST } }),
    error: 'InvalidCiphertextException',
  },
  {
    when: 'a bit of the ciphertext differs',
    operation: 'Decrypt',
    input: w => {
      const bytes = Buffer.from(w.blob, 'base64')
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20)
      return { CiphertextBlob: bytes.toString('base64'), EncryptionContext: { tenant: 'acme' } }
    },
    error: 'InvalidCiphertextException',
  },
  {
    when: 'the ciphertext is cut short',
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.blob.slice(0, 80), EncryptionContext: { tenant: 'acme' } }),
    error: 'InvalidCiphertextException',
  },
  {
    when: 'the ciphertext is not one',
    operation: 'Decrypt',
    input: () => ({ CiphertextBlob: text('not a ciphertext') }),
    error: 'InvalidCiphertextException',
  },
  {
    when: "the ciphertext's key has no replica in the region",
    region: WEST,
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.eastBlob }),
    error: 'AccessDeniedException',
    message: () =>
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
  },
  ...['Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'].map(
    (operation): Case => ({
      when: 'the key is disabled',
      operation,
      input: w =>
        operation === 'Encrypt' ? { KeyId: w.disabled, Plaintext: text('a') } : generate(w.disabled),
      error: 'DisabledException',
      message: w => `${arn(w.disabled)} is disabled.`,
    }),
  ),
  {
    when: 'the key is disabled',
    operation: 'Decrypt',
    input: w => ({ CiphertextBlob: w.disabledBlob }),
    error: 'DisabledException',
    message: w => `${arn(w.disabled)} is disabled.`,
  },
  ...['GenerateDataKey', 'EnableKey', 'DisableKey', 'ScheduleKeyDeletion', 'EnableKeyRotation'].map(
    (operation): Case => ({
      when: 'the key is pending deletion',
      operation,
      input: w => (operation === 'GenerateDataKey' ? generate(w.pending) : { KeyId: w.pending }),
      error: INVALID_STATE,
      message: w => `${arn(w.pending)} is pending deletion.`,
    }),
  ),
  {
    when: 'the key is not pending deletion',
    operation: 'CancelKeyDeletion',
    input: w => ({ KeyId: w.single }),
    error: INVALID_STATE,
    message: w => `${arn(w.single)} is not pending deletion.`,
  },
  {
    when: 'the key is a replica',
    region: WEST,
    operation: 'ReplicateKey',
    input: w => ({ KeyId: w.mrk, ReplicaRegion: EAST }),
    error: 'UnsupportedOperationException',
    message: w => `${arn(w.mrk, WEST)} is not a multi-region primary key.`,
  },
  {
    when: 'the key is of a single region',
    operation: 'ReplicateKey',
    input: w => ({ KeyId: w.single, ReplicaRegion: WEST }),
    error: 'UnsupportedOperationException',
    message: w => `${arn(w.single)} is not a multi-region primary key.`,
  },
  {
    when: 'there is a replica already',
    operation: 'ReplicateKey',
    input: w => ({ KeyId: w.mrk, ReplicaRegion: WEST }),
    error: 'AlreadyExistsException',
    message: w => `${arn(w.mrk, WEST)} already exists.`,
  },
  {
    when: 'the region was not started',
    operation: 'ReplicateKey',
    input: w => ({ KeyId: w.mrk, ReplicaRegion: 'eu-west-1' }),
    error: VALIDATION,
    message: () => 'The local cloud has no region eu-west-1',
  },
  {
    when: 'there is no replica in the new primary region',
    operation: 'UpdatePrimaryRegion',
    input: w => ({ KeyId: w.mrkEastOnly, PrimaryRegion: WEST }),
    error: NOT_FOUND,
    message: w => `Key '${arn(w.mrkEastOnly, WEST)}' does not exist`,
  },
  {
    when: 'the key is for MACs',
    operation: 'GenerateDataKey',
    input: w => generate(w.hmac),
    error: 'InvalidKeyUsageException',
    message: w => `${arn(w.hmac)} key usage is GENERATE_VERIFY_MAC which is not valid for GenerateDataKey.`,
  },
  {
    when: 'the key is for encryption',
    operation: 'GenerateMac',
    input: w => ({ KeyId: w.single, Message: text('a'), MacAlgorithm: 'HMAC_SHA_256' }),
    error: 'InvalidKeyUsageException',
    message: w => `${arn(w.single)} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac.`,
  },
  {
    when: "the algorithm is not the key's",
    operation: 'GenerateMac',
    input: w => ({ KeyId: w.hmac, Message: text('a'), MacAlgorithm: 'HMAC_SHA_512' }),
    error: 'InvalidKeyUsageException',
    message: () => 'Algorithm HMAC_SHA_512 is incompatible with key spec HMAC_256.',
  },
  {
    when: 'the MAC is wrong',
    operation: 'VerifyMac',
    input: w => ({ KeyId: w.hmac, Message: text('a'), Mac: text('b'), MacAlgorithm: 'HMAC_SHA_256' }),
    error: 'KMSInvalidMacException',
  },
  {
    when: 'rotation of an HMAC key is asked for',
    operation: 'EnableKeyRotation',
    input: w => ({ KeyId: w.hmac }),
    error: 'UnsupportedOperationException',
  },
  {
    when: 'rotation of a replica is asked for',
    region: WEST,
    operation: 'RotateKeyOnDemand',
    input: w => ({ KeyId: w.mrk }),
    error: 'UnsupportedOperationException',
    message: w => `${arn(w.mrk, WEST)} is not a multi-region primary key.`,
  },
  {
    when: 'it is a dry run',
    operation: 'GenerateDataKey',
    input: w => ({ ...generate(w.single), DryRun: true }),
    status: 412,
    error: 'DryRunOperationException',
    message: () => 'The request would have succeeded, but the DryRun option is set.',
  },
  {
    when: 'it is a dry run of what would fail',
    operation: 'GenerateDataKey',
    input: w => ({ ...generate(w.disabled), DryRun: true }),
    error: 'DisabledException',
    message: w => `${arn(w.disabled)} is disabled.`,
  },
  {
    when: 'neither KeySpec nor NumberOfBytes is given',
    operation: 'GenerateDataKey',
    input: w => ({ KeyId: w.single }),
    error: VALIDATION,
    message: () => 'Please specify either number of bytes or key spec.',
  },
  {
    when: 'both KeySpec and NumberOfBytes are given',
    operation: 'GenerateDataKey',
    input: w => ({ ...generate(w.single), NumberOfBytes: 32 }),
    error: VALIDATION,
    message: () => 'Please specify either number of bytes or key spec.',
  },
  {
    when: 'NumberOfBytes is too large',
    operation: 'GenerateDataKey',
    input: w => ({ KeyId: w.single, NumberOfBytes: 1025 }),
    error: VALIDATION,
    message: () =>
      `1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: Member must have value less than or equal to 1024`,
  },
  {
    when: 'KeyId is missing',
    operation: 'DescribeKey',
    input: () => ({}),
    error: VALIDATION,
    message: () =>
      `1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null`,
  },
  {
    when: 'the plaintext is longer than 4,096 bytes',
    operation: 'Encrypt',
    input: w => ({ KeyId: w.single, Plaintext: Buffer.alloc(4097).toString('base64') }),
    error: VALIDATION,
    message: () =>
      `1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096`,
  },
  {
    when: 'the plaintext is empty',
    operation: 'Encrypt',
    input: w => ({ KeyId: w.single, Plaintext: '' }),
    error: VALIDATION,
    message: () =>
      `1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1`,
  },
  {
    when: 'the waiting period is too short',
    operation: 'ScheduleKeyDeletion',
    input: w => ({ KeyId: w.single, PendingWindowInDays: 6 }),
    error: VALIDATION,
    message: () =>
      `1 validation error detected: Value '6' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value greater than or equal to 7`,
  },
  {
    when: 'the alias name has no prefix',
    operation: 'CreateAlias',
    input: w => ({ AliasName: 'mine', TargetKeyId: w.single }),
    error: VALIDATION,
    message: () =>
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
  },
  {
    when: 'the alias exists',
    operation: 'CreateAlias',
    input: w => ({ AliasName: 'alias/taken', TargetKeyId: w.single }),
    error: 'AlreadyExistsException',
    message: () => `An alias with the name arn:aws:kms:${EAST}:${ACCOUNT}:alias/taken already exists`,
  },
  {
    when: 'the marker is not one',
    operation: 'ListKeys',
    input: () => ({ Marker: 'nonsense' }),
    error: 'InvalidMarkerException',
    message: () => 'Could not deserialize marker',
  },
  {
    when: 'the policy is not JSON',
    operation: 'PutKeyPolicy',
    input: w => ({ KeyId: w.single, Policy: 'allow everything' }),
    error: 'MalformedPolicyDocumentException',
    message: () => 'The policy is not a JSON object.',
  },
  {
    when: 'there is no such operation',
    operation: 'GenerateDataKeyPair',
    input: w => ({ KeyId: w.single, KeyPairSpec: 'RSA_2048' }),
    error: 'UnknownOperationException',
    message: () => "The local cloud's KMS has no operation GenerateDataKeyPair.",
  },
  {
    when: 'key material is to be imported',
    operation: 'CreateKey',
    input: () => ({ Origin: 'EXTERNAL' }),
    error: 'UnsupportedOperationException',
    message: () => "The local cloud's KMS has no imported key material, which Origin EXTERNAL asks for.",
  },
  {
    when: 'a key is to be made in a custom key store',
    operation: 'CreateKey',
    input: () => ({ Origin: 'AWS_CLOUDHSM', CustomKeyStoreId: 'cks-1234567890abcdef0' }),
    error: 'UnsupportedOperationException',
    message: () => "The local cloud's KMS has no custom key stores, which CustomKeyStoreId asks for.",
  },
  {
    when: 'a custom key store is asked for by the origin alone',
    operation: 'CreateKey',
    input: () => ({ Origin: 'EXTERNAL_KEY_STORE' }),
    error: 'UnsupportedOperationException',
    message: () =>
      "The local cloud's KMS has no custom key stores, which Origin EXTERNAL_KEY_STORE asks for.",
  },
  {
    when: 'the plaintext is for an enclave',
    operation: 'GenerateDataKey',
    input: w => ({ KeyId: w.single, KeySpec: 'AES_256', Recipient: { AttestationDocument: 'AA==' } }),
    error: 'UnsupportedOperationException',
    message: () => "The local cloud's KMS has no attestation of Nitro Enclaves, which Recipient asks for.",
  },
  {
    when: 'the body is not JSON',
    operation: 'DescribeKey',
    input: () => '{',
    error: 'SerializationException',
  },
  {
    when: 'a member is of another type',
    operation: 'DescribeKey',
    input: () => ({ KeyId: 1 }),
    error: 'SerializationException',
    message: () => 'KeyId is not a string',
  },
  {
    when: 'an unknown multi-Region key is named',
    operation: 'Encrypt',
    input: () => ({ KeyId: UNKNOWN_MRK, Plaintext: text('a') }),
    error: NOT_FOUND,
    message: () => `Key '${arn(UNKNOWN_MRK)}' does not exist`,
  },
]

describe('KMS refuses', () => {
  it.each(cases)(
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
