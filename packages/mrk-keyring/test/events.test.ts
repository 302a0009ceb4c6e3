import { inspect } from 'node:util'
import { buildClient, CommitmentPolicy } from '@aws-crypto/client-node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { MrkKeyring, type MrkKeyringOptions } from '../src/index.js'
import { type KeyInRegions, startKeyInRegions } from './cloud.js'
import { listen } from './listen.js'
import { ManualClock } from './manualClock.js'

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)

let key: KeyInRegions
let message: Uint8Array
let clock: ManualClock
let heard: ReturnType<typeof listen>

beforeAll(async () => {
  key = await startKeyInRegions(['us-east-1', 'us-west-2'])
  message = (await encrypt(keyring(), 'hello')).result
})
afterAll(() => key.stop())
beforeEach(() => {
  clock = new ManualClock()
  heard = listen()
})
afterEach(() => {
  heard.stop()
  key.cloud.heal()
  key.cloud.clearCalls()
})

function keyring(options: Partial<MrkKeyringOptions> = {}): MrkKeyring {
  return new MrkKeyring({ keyArns: key.arns, region: 'us-east-1', client: key.client, clock, ...options })
}

const east = () => ({ region: 'us-east-1', arn: key.arnIn('us-east-1') })
const west = () => ({ region: 'us-west-2', arn: key.arnIn('us-west-2') })

describe('what is published', () => {
  it('is the choice and the attempt of every call', async () => {
    await decrypt(keyring(), message)
    expect(heard.choice).toMatchObject([{ operation: 'Decrypt', routes: [east(), west()] }])
    expect(heard.choice[0]!.routes[0]!.why).toContain('own region')
    expect(heard.attempt).toEqual([
      { operation: 'Decrypt', ...east(), reason: 'first', outcome: 'answered', durationMs: 0 },
    ])
  })

  it('is a failed attempt with its error', async () => {
    key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'error' })
    await decrypt(keyring(), message)
    expect(heard.attempt).toMatchObject([
      { ...east(), reason: 'first', outcome: 'failed', error: { name: 'KMSInternalException' } },
      { ...west(), reason: 'failover', outcome: 'answered' },
    ])
  })

  it('is a hedge, and the race that was lost', async () => {
    key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'hang' })
    const call = decrypt(keyring(), message)
    await vi.waitUntil(() => key.asked('Decrypt').length === 1)
    await clock.advance(300)
    await call
    expect(heard.hedge).toEqual([{ operation: 'Decrypt', late: east(), next: west(), afterMs: 300 }])
    expect(heard.attempt).toMatchObject([
      { ...west(), reason: 'hedge', outcome: 'answered' },
      { ...east(), reason: 'first', outcome: 'outpaced' },
    ])
  })

  it('is each change of a breaker', async () => {
    const ours = keyring({ breaker: { failures: 2, probeInterval: 1_000 } })
    const heal = key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'error' })
    for (let i = 0; i < 5; i++) await decrypt(ours, message)
    expect(heard.breaker).toEqual([{ ...east(), state: 'open' }])
    heal()
    await clock.advance(1_000)
    await decrypt(ours, message)
    expect(heard.breaker).toEqual([
      { ...east(), state: 'open' },
      { ...east(), state: 'closed' },
    ])
    expect(heard.attempt.at(-1)).toMatchObject({ ...east(), reason: 'probe', outcome: 'answered' })
  })

  it.each(['DisabledException', 'NotFoundException', 'AccessDeniedException', 'KMSInvalidStateException'])(
    'is one warning for %s, however many calls meet it, and no breaker',
    async error => {
      const ours = keyring()
      key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'error', error })
      for (let i = 0; i < 10; i++) {
        await decrypt(ours, message)
        await clock.advance(20_000)
      }
      expect(heard.warning).toMatchObject([{ ...east(), operation: 'Decrypt', error: { name: error } }])
      expect(heard.breaker).toEqual([])
      // Ten calls in 200 seconds: the region is asked again every 30 seconds and not every time.
      expect(key.asked('Decrypt').filter(region => region === 'us-east-1')).toHaveLength(5)
    },
  )

  it('is no warning about a region, twice, when nothing works anywhere', async () => {
    const ours = keyring()
    for (const region of ['us-east-1', 'us-west-2'])
      key.cloud.fault({ region, service: 'kms', kind: 'error', error: 'AccessDeniedException' })
    for (let i = 0; i < 3; i++) await expect(decrypt(ours, message)).rejects.toThrow('every region refuses')
    expect(heard.warning).toHaveLength(2)
    // No other region did what the own one refused, so that its place is not in question.
    expect(ours.routes()[0]).toMatchObject({ region: 'us-east-1', state: 'available' })
  })

  it('holds no plaintext, data key or ciphertext', async () => {
    const ours = keyring()
    const { result } = await encrypt(ours, 'hello')
    key.cloud.fault({ region: 'us-east-1', service: 'kms', kind: 'error', error: 'DisabledException' })
    await decrypt(ours, result)
    const text = inspect(heard, { depth: Number.POSITIVE_INFINITY, showHidden: true })
    expect(heard.attempt.map(({ outcome }) => outcome)).toEqual(['answered', 'region-refused', 'answered'])
    expect(text).not.toMatch(/Uint8Array|Buffer|Plaintext|CiphertextBlob|Signature=/)
  })
})
