// The error when no region can do what is asked: what it says, and what it does not give away.
import { inspect } from 'node:util'
import { MultiKeyringNode } from '@aws-crypto/client-node'
import { describe, expect, it, vi } from 'vitest'
import { MrkKeyring } from '../src/index.js'
import { REGIONS, startKeyInRegions } from './cloud.js'
import {
  decrypt,
  encrypt,
  encryptionContext,
  everywhere,
  failureOf,
  key,
  keyring,
  message,
  PATIENT,
  SECRET,
} from './faultyRegions.js'
import { ManualClock } from './manualClock.js'

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
    expect(error.message).toMatch(/If it never does, see that the regions are spelled right/)
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
    expect(error.message).toMatch(/each region that was asked is spelled right and enabled/)
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
