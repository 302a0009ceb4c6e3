import { DataKeyCache } from '../../src/dataKeyCache/dataKeyCache.js'
import { dataKeyName } from '../../src/dataKeyCache/dataKeyName.js'
import type { OpeningLease } from '../../src/dataKeyCache/openingLease.js'
import type { DataKeyCacheOptions } from '../../src/dataKeyCache/options.js'
import { encryptionContext } from '../../src/materials/context.js'
import { type CountingKeyring, countingKeyring, rawKeyring } from './keyrings.js'

export const context = encryptionContext('message', 'Customers', {})

/** What a keyring refuses with, for good. */
export class PermanentError extends Error {
  readonly permanent = true
}

/** A cache with a clock that stands still, and data keys that last 1,000 ms. */
export function setUp(options: DataKeyCacheOptions = {}, keyring: CountingKeyring = countingKeyring()) {
  const clock = { now: 1_000_000 }
  const cache = new DataKeyCache(keyring, { now: () => clock.now, maxAge: 1000, ...options })
  /** Seals one message and returns its encrypted data keys. */
  const seal = async (in_ = context): Promise<Buffer> => {
    const { key } = await cache.sealingKey(in_, 1)
    key.release()
    return key.encryptedDataKeys
  }
  const lease = async (encryptedDataKeys: Buffer, in_ = context): Promise<OpeningLease> =>
    cache.beginOpening().take(dataKeyName(in_, encryptedDataKeys), [encryptedDataKeys])
  /** As for a message that authenticates. */
  const open = async (encryptedDataKeys: Buffer, in_ = context): Promise<void> => {
    const opening = await lease(encryptedDataKeys, in_)
    opening.prove()
    opening.release()
  }
  return { cache, clock, keyring, seal, lease, open }
}

/** A data key of another process. */
export async function foreignKey(): Promise<Buffer> {
  return setUp({}, countingKeyring(rawKeyring())).seal()
}

export function isZero(bytes: Buffer): boolean {
  return bytes.every(byte => byte === 0)
}
