// A message whose key is in several regions, for the tests of the file which imports this. They put regions out of order;
// after each all is well again.
import { buildClient, CommitmentPolicy } from '@aws-crypto/client-node'
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest'
import { systemClock } from '../src/clock.js'
import { MrkKeyring, MrkKeyringError, type MrkKeyringOptions } from '../src/index.js'
import { type KeyInRegions, REGIONS, startKeyInRegions } from './cloud.js'
import { ManualClock } from './manualClock.js'

export const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
export const encryptionContext = { 'dynaseal:table': 'customers' }
export const SECRET = 'the plaintext 8f14e45f'

export let key: KeyInRegions
export let message: Uint8Array
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

export function keyring(options: Partial<MrkKeyringOptions> = {}): MrkKeyring {
  return new MrkKeyring({
    keyArns: key.arns,
    region: 'us-east-1',
    client: key.client,
    // Deadlines strike when a test says so, and not when the machine is busy.
    clock: new ManualClock(),
    ...options,
  })
}

export async function failureOf(call: Promise<unknown>): Promise<MrkKeyringError> {
  try {
    await call
  } catch (error) {
    if (error instanceof MrkKeyringError) return error
    throw error
  }
  throw new Error('it succeeded')
}

/** By the clock of the system, for what is tried again after a while; which regions are asked is not for a busy machine to say. */
export const PATIENT = { clock: systemClock, hedge: false, attemptTimeout: 20_000, timeout: 25_000 } as const

export const everywhere = <T>(act: (region: string) => T): T[] => REGIONS.map(act)
