import { inspect } from 'node:util'
import {
  AlgorithmSuiteIdentifier,
  buildClient,
  CommitmentPolicy,
  EncryptedDataKey,
  MultiKeyringNode,
  NodeAlgorithmSuite,
  NodeDecryptionMaterial,
} from '@aws-crypto/client-node'
import { DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../src/clock.js'
import { MrkKeyring, MrkKeyringError, type MrkKeyringOptions } from '../src/index.js'
import { type KeyInRegions, REGIONS, startKeyInRegions } from './cloud.js'
import { ManualClock } from './manualClock.js'

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const encryptionContext = { 'dynaseal:table': 'customers' }
const SECRET = 'the plaintext 8f14e45f'

let key: KeyInRegions
let message: Uint8Array
const unhandled = vi.fn()

beforeAll(async () => {
  process.on('unhandledRejection', unhandled)
  key = await startKeyInRegions()
  message = (await encrypt(keyring(), SECRET, { encryptionContext })).result
  key.cloud.clearCalls()
})
afterAll(async () => {
  await key.stop()
  expect(unhandled).not.toHaveBeenCalled()
  process.off('unhandledRejection', unhandled)
})
afterEach(() => {
  key.cloud.heal()
  key.cloud.clearCalls()
})

function keyring(options: Partial<MrkKeyringOptions> = {}): MrkKeyring {
  return new MrkKeyring({
    keyArns: key.arns,
    region: 'us-east-1',
    client: key.client,
    // Deadlines strike when a test says so, and not when the machine is busy.
    clock: new ManualClock(),
    ...options,
  })
}

async function failureOf(call: Promise<unknown>): Promise<MrkKeyringError> {
  try {
    await call
  } catch (error) {
    if (error instanceof MrkKeyringError) return error
    throw error
  }
  throw new Error('it succeeded')
}

/** By the clock of the system, for what is tried again after a while; which regions are asked is not for a busy machine to say. */
const PATIENT = { clock: systemClock, hedge: false, attemptTimeout: 20_000, timeout: 25_000 } as const

const everywhere = <T>(act: (region: string) => T): T[] => REGIONS.map(act)

describe.each([
  ['hangs', { kind: 'hang' }],
  ['refuses connections', { kind: 'refuse' }],
  ['fails', { kind: 'error', error: 'KMSInternalException' }],
  ['cannot reach its key', { kind: 'error', error: 'KeyUnavailableException' }],
  ['throttles', { kind: 'throttle', share: 1 }],
  ['denies', { kind: 'error', error: 'AccessDeniedException' }],
  ['has no replica', { kind: 'error', error: 'NotFoundException' }],
] as const)('when the own region %s', (_, fault) => {
  const clock = new ManualClock()

  async function withFault<T>(operation: string, call: () => Promise<T>): Promise<T> {
    const heal = key.cloud.fault({ region: 'us-east-1', service: 'kms', ...fault })
    const result = call()
    if (fault.kind === 'hang') {
      await vi.waitUntil(() => key.asked(operation).length > 0, { timeout: 30_000 })
      await clock.advance(1_000)
    }
    return result.finally(heal)
  }

  it('decrypts in the next one', async () => {
    const { plaintext } = await withFault('Decrypt', () => decrypt(keyring({ clock, hedge: false }), message))
    expect(plaintext.toString()).toBe(SECRET)
    expect(key.asked('Decrypt')).toEqual(['us-east-1', 'us-west-2'])
  })

  it('encrypts in the next one', async () => {
    const { result } = await withFault('GenerateDataKey', () =>
      encrypt(keyring({ clock, hedge: false }), SECRET, { encryptionContext }),
    )
    expect(key.asked('GenerateDataKey')).toEqual(['us-east-1', 'us-west-2'])
    expect((await decrypt(keyring(), result)).plaintext.toString()).toBe(SECRET)
  })

  it('wraps a data key of another keyring in the next one', async () => {
    const both = new MultiKeyringNode({
      generator: keyring({ keyArns: [key.arnIn('eu-west-1')] }),
      children: [keyring({ clock, hedge: false })],
    })
    const { messageHeader } = await withFault('Encrypt', () => encrypt(both, SECRET, { encryptionContext }))
    expect(key.asked('Encrypt')).toEqual(['us-east-1', 'us-west-2'])
    expect(messageHeader.encryptedDataKeys[1]!.providerInfo).toBe(key.arnIn('us-west-2'))
  })
})

describe('a message that KMS refuses', () => {
  it('is asked about in exactly one region, and the error is permanent', async () => {
    key.cloud.fault({
      region: 'us-east-1',
      service: 'kms',
      kind: 'error',
      error: 'InvalidCiphertextException',
    })
    const error = await failureOf(decrypt(keyring(), message))
    expect(error).toMatchObject({ code: 'MESSAGE_REFUSED', permanent: true, operation: 'Decrypt' })
    expect(key.asked('Decrypt')).toEqual(['us-east-1'])
  })

  it('fails no other data key of the same message', async () => {
    const both = new MultiKeyringNode({ generator: keyring(), children: [keyring({ region: 'us-west-2' })] })
    const { result } = await encrypt(both, SECRET, { encryptionContext })
    key.cloud.clearCalls()
    key.cloud.fault({
      region: 'us-east-1',
      service: 'kms',
      kind: 'error',
      error: 'InvalidCiphertextException',
      times: 1,
    })
    expect((await decrypt(keyring(), result)).plaintext.toString()).toBe(SECRET)
    expect(key.asked('Decrypt')).toEqual(['us-east-1', 'us-east-1'])
  })
})

describe('a message with many data keys of its own key', () => {
  /** As somebody writes it who has no access to the key: `made` says what the data key at an index is. */
  async function decryptForged(
    keyring: MrkKeyring,
    made: (index: number) => { region: string; bytes: number },
    signal?: AbortSignal,
  ): Promise<MrkKeyringError> {
    const suite = new NodeAlgorithmSuite(
      AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    )
    const dataKeys = Array.from({ length: 32 }, (_, index) => {
      const { region, bytes } = made(index)
      const providerInfo = key.arnIn(region)
      return new EncryptedDataKey({
        providerId: 'aws-kms',
        providerInfo,
        encryptedDataKey: Uint8Array.of(bytes),
      })
    })
    const material = new NodeDecryptionMaterial(suite, encryptionContext)
    const decrypting = signal === undefined ? keyring : keyring.withSignal(signal)
    return failureOf(decrypting.onDecrypt(material, dataKeys))
  }

  it.each<[string, number, Parameters<typeof decryptForged>[1]]>([
    ['that are all the same', 1, () => ({ region: 'us-east-1', bytes: 1 })],
    ['that all differ', 2, index => ({ region: 'us-east-1', bytes: index })],
    ['that name any region', 2, index => ({ region: `us-east-${index}`, bytes: index })],
    ['the same in any region', 1, index => ({ region: `us-east-${index}`, bytes: 1 })],
  ])('%s costs %i calls', async (_name, calls, made) => {
    const error = await decryptForged(keyring(), made)
    expect(error).toMatchObject({ code: 'MESSAGE_REFUSED', permanent: true })
    expect(key.asked('Decrypt')).toHaveLength(calls)
  })

  it('is refused when the deadline passes after the first was', async () => {
    const clock = new ManualClock()
    const scope = { region: 'us-east-1', service: 'kms', operation: 'Decrypt' } as const
    key.cloud.fault({ ...scope, kind: 'error', error: 'InvalidCiphertextException', times: 1 })
    const single = keyring({ keyArns: [key.arnIn('us-east-1')], clock, hedge: false })
    key.cloud.fault({ ...scope, kind: 'hang' })
    const failure = decryptForged(single, index => ({ region: 'us-east-1', bytes: index }))
    await vi.waitUntil(() => key.asked('Decrypt').length === 2, { timeout: 30_000 })
    await clock.advance(5_000)
    expect(await failure).toMatchObject({ code: 'MESSAGE_REFUSED', permanent: true })
  })

  it('is no permanent refusal when the caller gives up after the first was refused', async () => {
    const scope = { region: 'us-east-1', service: 'kms', operation: 'Decrypt' } as const
    key.cloud.fault({ ...scope, kind: 'error', error: 'InvalidCiphertextException', times: 1 })
    key.cloud.fault({ ...scope, kind: 'hang' })
    const controller = new AbortController()
    const failure = decryptForged(
      keyring({ hedge: false }),
      index => ({ region: 'us-east-1', bytes: index }),
      controller.signal,
    )
    await vi.waitUntil(() => key.asked('Decrypt').length === 2, { timeout: 30_000 })
    controller.abort()
    expect(await failure).toMatchObject({ code: 'ABORTED', permanent: false })
  })
})

describe('the error when no region can', () => {
  it('is permanent when every region denies, and says what to change', async () => {
    everywhere(region =>
      key.cloud.fault({ region, service: 'kms', kind: 'error', error: 'AccessDeniedException' }),
    )
    const error = await failureOf(decrypt(keyring(), message))
    expect(error).toMatchObject({ code: 'REFUSED_EVERYWHERE', permanent: true })
    expect(error.attempts.map(({ region }) => region)).toEqual(REGIONS)
    expect(error.lastErrors()).toHaveLength(3)
    expect(error.lastErrors()[0]).toMatchObject({ name: 'AccessDeniedException' })
    expect(error.message).toMatch(
      /^Decrypt with mrk-[0-9a-f]{32} failed after \d+ ms: every region refuses\.$/m,
    )
    expect(error.message).toMatch(/^ {2}us-east-1: AccessDeniedException.* \(\d+ ms\)$/m)
    expect(error.message).toMatch(/key policy/)
  })

  it('is not permanent when one region failed for the moment', async () => {
    key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'error', error: 'AccessDeniedException' })
    key.cloud.fault({ region: 'us-west-2', service: 'kms', kind: 'refuse' })
    key.cloud.fault({ region: 'eu-west-1', service: 'kms', kind: 'error', error: 'DisabledException' })
    const error = await failureOf(decrypt(keyring(PATIENT), message))
    expect(error).toMatchObject({ code: 'UNAVAILABLE', permanent: false })
    expect(error.lastErrors()).toHaveLength(3)
  })

  it('is permanent when one data key was refused, though another could not be asked about', async () => {
    const both = new MultiKeyringNode({ generator: keyring(), children: [keyring({ region: 'us-west-2' })] })
    const { result } = await encrypt(both, SECRET, { encryptionContext })
    const single = keyring({ ...PATIENT, keyArns: [key.arnIn('us-east-1')] })
    const scope = { region: 'us-east-1', service: 'kms' } as const
    key.cloud.fault({ ...scope, kind: 'error', error: 'KMSInternalException', times: 3 })
    key.cloud.fault({ ...scope, kind: 'error', error: 'InvalidCiphertextException' })
    const error = await failureOf(decrypt(single, result))
    expect(error.attempts.map(({ outcome }) => outcome)).toEqual([
      'failed',
      'failed',
      'failed',
      'message-refused',
    ])
    expect(error).toMatchObject({ code: 'MESSAGE_REFUSED', permanent: true })
  })

  it('comes at the deadline of the call when all hang, with a cause for each region', async () => {
    everywhere(region => key.cloud.fault({ region, service: 'kms', kind: 'hang' }))
    const clock = new ManualClock()
    const failure = failureOf(encrypt(keyring({ hedge: false, clock }), SECRET, { encryptionContext }))
    for (const [index, region] of REGIONS.entries()) {
      await vi.waitUntil(() => key.asked('GenerateDataKey')[index] === region, { timeout: 30_000 })
      await clock.advance(1_000)
    }
    const error = await clock.until(failure)
    expect(clock.now()).toBe(5_000)
    expect(error).toMatchObject({ permanent: false, operation: 'GenerateDataKey' })
    expect(error.lastErrors()).toHaveLength(3)
    expect(error.lastErrors().every(cause => (cause as Error).name === 'AttemptTimeoutError')).toBe(true)
  })

  it('is said for a message of another key without asking anybody', async () => {
    const other = await startKeyInRegions(['us-east-1'])
    try {
      const stranger = new MrkKeyring({ keyArns: other.arns, client: other.client })
      const error = await failureOf(decrypt(stranger, message))
      expect(error).toMatchObject({ code: 'NO_MATCHING_DATA_KEY', permanent: true, attempts: [] })
      expect(other.asked('Decrypt')).toEqual([])
    } finally {
      await other.stop()
    }
  })

  it('says which encryption context was denied, and of no other refusal', async () => {
    everywhere(region => key.cloud.fault({ region, service: 'kms', kind: 'deny' }))
    const denials = [
      () => decrypt(keyring(), message),
      () => encrypt(keyring(), SECRET, { encryptionContext }),
    ]
    for (const denied of denials) {
      const { message: text } = await failureOf(denied())
      expect(text).toMatch(/The encryption context was \{[^\n]*"dynaseal:table":"customers"/)
      expect(text).toMatch(/condition of a policy/)
    }
    key.cloud.heal()
    everywhere(region =>
      key.cloud.fault({ region, service: 'kms', kind: 'error', error: 'DisabledException' }),
    )
    const disabled = await failureOf(decrypt(keyring(), message))
    expect(disabled.message).not.toContain('encryption context')
  })

  it.each([
    ['ExpiredTokenException', false],
    ['InvalidSignatureException', false],
    ['UnrecognizedClientException', true],
    ['InvalidClientTokenId', true],
  ])('tells credentials that are refused from a key that is: %s', async (name, permanent) => {
    everywhere(region => key.cloud.fault({ region, service: 'kms', kind: 'error', error: name, status: 400 }))
    const error = await failureOf(decrypt(keyring(PATIENT), message))
    expect(error).toMatchObject({ code: 'CREDENTIALS', permanent })
    expect(error.message).toMatch(/no credentials that were accepted\./)
    expect(error.message).toMatch(/neither its policy nor/)
    expect(error.message).not.toMatch(/allow the operation/)
  })

  it('says that there are no credentials, and that nobody was asked', async () => {
    const credentials = async () => {
      const error = new Error('Could not load credentials from any providers')
      throw Object.assign(error, { name: 'CredentialsProviderError' })
    }
    const client = (region: string) => key.client(region, { credentials })
    const error = await failureOf(decrypt(keyring({ ...PATIENT, client }), message))
    expect(error).toMatchObject({ code: 'CREDENTIALS', permanent: false })
    expect(error.message).toContain('us-east-1: CredentialsProviderError: Could not load credentials')
    expect(key.asked('Decrypt')).toEqual([])
  })

  it('is about the key where one region looked at it', async () => {
    key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'deny' })
    for (const region of ['us-west-2', 'eu-west-1'])
      key.cloud.fault({
        region,
        service: 'kms',
        kind: 'error',
        error: 'UnrecognizedClientException',
        status: 400,
      })
    expect(await failureOf(decrypt(keyring(), message))).toMatchObject({
      code: 'REFUSED_EVERYWHERE',
      permanent: true,
    })
  })

  it('prints each error once', async () => {
    everywhere(region => key.cloud.fault({ region, service: 'kms', kind: 'deny' }))
    const text = inspect(await failureOf(decrypt(keyring({ keyArns: [key.arns[0]!] }), message)))
    // In its line of the message, and as the cause, with the one stack that it has.
    expect(text.match(/AccessDeniedException: User/g)).toHaveLength(2)
    expect(text).not.toMatch(/attempts: \[|\[errors\]/)
  })

  it('holds no ciphertext and no plaintext', async () => {
    everywhere(region => key.cloud.fault({ region, service: 'kms', kind: 'error' }))
    const error = await failureOf(decrypt(keyring(PATIENT), message))
    const text = inspect(error, { depth: Number.POSITIVE_INFINITY, showHidden: true })
    expect(error.attempts.length).toBeGreaterThan(2)
    expect(text).not.toContain(SECRET)
    expect(text).not.toMatch(/Uint8Array|Buffer|Plaintext|CiphertextBlob|Signature=/)
  })
})

describe('the caller', () => {
  it('ends a call with its signal', async () => {
    everywhere(region => key.cloud.fault({ region, service: 'kms', kind: 'hang' }))
    const caller = new AbortController()
    const call = failureOf(decrypt(keyring().withSignal(caller.signal), message))
    await vi.waitUntil(() => key.asked('Decrypt').length > 0, { timeout: 30_000 })
    caller.abort(new Error('the request is gone'))
    const error = await call
    expect(error).toMatchObject({ code: 'ABORTED', permanent: false })
    expect(error.cause).toMatchObject({ message: 'the request is gone' })
  })

  it('encrypts and decrypts with a signal that does not fire', async () => {
    const withSignal = keyring().withSignal(new AbortController().signal)
    const { result } = await encrypt(withSignal, SECRET, { encryptionContext })
    expect((await decrypt(withSignal, result)).plaintext.toString()).toBe(SECRET)
  })

  it('has its client made once per region, and its grant tokens passed on', async () => {
    const made: string[] = []
    const tokens: unknown[] = []
    const client = (region: string) => {
      made.push(region)
      const kms = key.client(region)
      kms.middlewareStack.add(
        next => args => {
          tokens.push((args.input as { GrantTokens?: string[] }).GrantTokens)
          return next(args)
        },
        { step: 'initialize' },
      )
      return kms
    }
    const granted = keyring({ client, grantTokens: ['token'] })
    const { result } = await encrypt(granted, SECRET, { encryptionContext })
    await decrypt(granted, result)
    key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'refuse' })
    await decrypt(granted, result)
    expect(made).toEqual(['us-east-1', 'us-west-2'])
    expect(tokens).toEqual([['token'], ['token'], ['token'], ['token']])
  })
})

describe('the default client', () => {
  it('does not retry by itself', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', key.cloud.endpoint)
    vi.stubEnv('AWS_MAX_ATTEMPTS', '5')
    vi.stubEnv('AWS_REGION', 'us-west-2')
    try {
      const byDefault = new MrkKeyring({ keyArns: key.arns, ...PATIENT })
      expect(byDefault.routes()[0]).toMatchObject({ region: 'us-west-2' })
      key.cloud.fault({ region: 'us-west-2', service: 'kms', kind: 'error' })
      expect((await decrypt(byDefault, message)).plaintext.toString()).toBe(SECRET)
      expect(key.asked('Decrypt')).toEqual(['us-west-2', 'us-east-1'])
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

describe('a disabled replica', () => {
  it('is passed over, and used again once enabled', async () => {
    const admin = key.client('us-east-1')
    await admin.send(new DisableKeyCommand({ KeyId: key.arnIn('us-east-1') }))
    const ours = keyring()
    try {
      expect((await decrypt(ours, message)).plaintext.toString()).toBe(SECRET)
      expect(key.asked('Decrypt')).toEqual(['us-east-1', 'us-west-2'])
    } finally {
      await admin.send(new EnableKeyCommand({ KeyId: key.arnIn('us-east-1') }))
    }
  })
})
