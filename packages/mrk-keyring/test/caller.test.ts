// What the application decides: when a call ends, and by which clients it goes.
import { describe, expect, it, vi } from 'vitest'
import { MrkKeyring } from '../src/index.js'
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
