import type { DataKeySource, EncryptedDataKeyEntry, WrappingKeys } from '@dynaseal/mrk-keyring/regional'
import type { BranchKey } from './cache/branchKey.js'
import type { BranchKeyCache } from './cache/branchKeyCache.js'
import { serializeContext } from './encryptionContext.js'
import { BranchKeyError, type BranchKeyErrorCode, isPermanent } from './errors.js'
import { fillRandom } from './randomness.js'
import { PROVIDER_ID, unwrap, wrap, wrappedUnder } from './wrapping.js'

type Context = Readonly<Record<string, string>>

/** Names the branch key of what has an encryption context: always the same, or one for each tenant. */
export type BranchKeyIdOf = string | ((encryptionContext: Context) => string)

type Request = Parameters<DataKeySource['generateDataKey']>[0]

/** Data keys under branch keys, in plain data. */
export class DataKeys implements WrappingKeys {
  readonly providerId = PROVIDER_ID
  readonly #branchKeyId: BranchKeyIdOf
  readonly #branchKeys: BranchKeyCache
  readonly source: DataKeySource = {
    generateDataKey: async request => {
      const { dataKey, entry } = await this.generate(request)
      return { dataKey, encryptedDataKeys: [entry] }
    },
    decryptDataKey: async request => (await this.decrypt(request, request.encryptedDataKeys)).dataKey,
    decryptDataKeyNow: request => this.#decryptNow(request, request.encryptedDataKeys),
  }

  constructor(branchKeyId: BranchKeyIdOf, branchKeys: BranchKeyCache) {
    this.#branchKeyId = branchKeyId
    this.#branchKeys = branchKeys
  }

  /** A new data key, and the same wrapped. The caller is the only one who holds it. */
  async generate(request: Request) {
    // In memory of its own, which no pool shares, and outside of V8's heap, which would leave copies behind.
    const dataKey = new Uint8Array(new ArrayBuffer(request.length))
    fillRandom(dataKey)
    try {
      const entry = await this.wrap(request, dataKey)
      return { dataKey, keyName: entry.providerInfo, entry }
    } catch (error) {
      dataKey.fill(0)
      throw error
    }
  }

  /** Wraps a data key under the active version of its branch key. */
  async wrap({ encryptionContext, signal }: Omit<Request, 'length'>, dataKey: Uint8Array) {
    const context = serializeContext(encryptionContext)
    const key = await held(this.#branchKeys.active(this.#idFor(encryptionContext)), signal)
    try {
      const encryptedDataKey = wrap(dataKey, wrappingOf(key, context))
      key.wrapped++
      return { providerId: PROVIDER_ID, providerInfo: key.branchKeyId, encryptedDataKey }
    } finally {
      key.release()
    }
  }

  /** Unwraps the first that opens. */
  async decrypt({ encryptionContext, length, signal }: Request, entries: readonly EncryptedDataKeyEntry[]) {
    const context = serializeContext(encryptionContext)
    const branchKeyId = this.#idFor(encryptionContext)
    const errors: unknown[] = []
    for (const { entry, version } of ofBranchKey(entries, branchKeyId, length)) {
      try {
        const key = await held(this.#branchKeys.version(branchKeyId, version), signal)
        return { dataKey: unwrapWith(key, entry, context), keyName: branchKeyId }
      } catch (error) {
        if (hasCode(error, 'ABORTED')) throw error
        errors.push(error)
      }
    }
    throw notDecrypted(errors, branchKeyId)
  }

  /** The same, as long as every branch key that it takes is in memory; undefined where one is not. */
  #decryptNow({ encryptionContext, length }: Request, entries: readonly EncryptedDataKeyEntry[]) {
    const context = serializeContext(encryptionContext)
    const branchKeyId = this.#idFor(encryptionContext)
    const errors: unknown[] = []
    for (const { entry, version } of ofBranchKey(entries, branchKeyId, length)) {
      const key = this.#branchKeys.inMemory(branchKeyId, version)
      if (key === undefined) return undefined
      try {
        return unwrapWith(key, entry, context)
      } catch (error) {
        errors.push(error)
      }
    }
    throw notDecrypted(errors, branchKeyId)
  }

  #idFor(context: Context): string {
    const id = typeof this.#branchKeyId === 'string' ? this.#branchKeyId : this.#branchKeyId(context)
    if (isBranchKeyId(id)) return id
    throw new BranchKeyError(
      'BAD_BRANCH_KEY_ID',
      `The option branchKeyId returned ${typeof id === 'string' ? JSON.stringify(id) : typeof id} for an encryption context ` +
        `with ${
          Object.keys(context)
            .map(name => JSON.stringify(name))
            .join(', ') || 'no pairs'
        }: it must return the id of a branch key.`,
    )
  }
}

export function isBranchKeyId(id: unknown): id is string {
  return typeof id === 'string' && id !== '' && id.isWellFormed()
}

/** The encrypted data keys that are of a branch key, each with the version that it was wrapped under. */
function* ofBranchKey(entries: readonly EncryptedDataKeyEntry[], branchKeyId: string, length: number) {
  for (const entry of entries) {
    const { providerId, providerInfo, encryptedDataKey } = entry
    // The id is the context's and never the message's: what somebody else wrote names no branch key.
    if (providerId !== PROVIDER_ID || providerInfo !== branchKeyId) continue
    const version = wrappedUnder(encryptedDataKey, length)
    if (version !== undefined) yield { entry, version }
  }
}

/** Lets go of the branch key. */
function unwrapWith(key: BranchKey, { encryptedDataKey }: EncryptedDataKeyEntry, context: Uint8Array) {
  try {
    const dataKey = unwrap(encryptedDataKey, wrappingOf(key, context))
    key.unwrapped++
    return dataKey
  } finally {
    key.release()
  }
}

function wrappingOf({ secret, branchKeyId, versionBytes }: BranchKey, context: Uint8Array) {
  return { secret, branchKeyId, version: versionBytes, context }
}

/** The branch key, unless the signal fires first: the others who wait for it are left in peace. */
export function held(coming: Promise<BranchKey>, signal: AbortSignal | undefined): Promise<BranchKey> {
  if (signal === undefined) return coming
  return new Promise((resolve, reject) => {
    const abort = () =>
      reject(
        new BranchKeyError('ABORTED', 'Aborted by the caller.', { permanent: false, cause: signal.reason }),
      )
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    coming.then(key => {
      signal.removeEventListener('abort', abort)
      if (signal.aborted) key.release()
      else resolve(key)
    }, reject)
  })
}

function notDecrypted(errors: readonly unknown[], branchKeyId: string): unknown {
  if (errors.length > 0) return mostTelling(errors)
  return new BranchKeyError(
    'NO_MATCHING_DATA_KEY',
    `No encrypted data key was wrapped under branch key ${JSON.stringify(branchKeyId)}: ` +
      'decrypt with a keyring for the key that encrypted it.',
  )
}

/**
 * An honest writer wraps a data key once under a branch key, so one that does not open says enough of the message. Else
 * an error that may pass comes before one that will not.
 */
function mostTelling(errors: readonly unknown[]): unknown {
  return (
    errors.find(error => hasCode(error, 'DATA_KEY_REFUSED')) ??
    errors.find(error => !isPermanent(error)) ??
    errors.at(-1)
  )
}

function hasCode(error: unknown, code: BranchKeyErrorCode): boolean {
  return error instanceof BranchKeyError && error.code === code
}
