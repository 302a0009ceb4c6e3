import { randomFillSync } from 'node:crypto'
import type { BranchKey } from './cache/branchKey.js'
import type { BranchKeyCache } from './cache/branchKeyCache.js'
import { serializeContext } from './encryptionContext.js'
import { BranchKeyError, isPermanent } from './errors.js'
import { PROVIDER_ID, unwrap, wrap, wrappedUnder } from './wrapping.js'

type Context = Readonly<Record<string, string>>

/** Names the branch key of what has an encryption context: always the same, or one for each tenant. */
export type BranchKeyIdOf = string | ((encryptionContext: Context) => string)

/** One entry of a message's encrypted data keys. */
export interface WrappedDataKey {
  readonly providerId: string
  /** The branch key id. */
  readonly providerInfo: string
  readonly encryptedDataKey: Uint8Array
}

/** Data keys under branch keys, in plain data. */
export class DataKeys {
  readonly #branchKeyId: BranchKeyIdOf
  readonly #branchKeys: BranchKeyCache

  constructor(branchKeyId: BranchKeyIdOf, branchKeys: BranchKeyCache) {
    this.#branchKeyId = branchKeyId
    this.#branchKeys = branchKeys
  }

  /** A new data key of so many bytes, and the same wrapped. The caller is the only one who holds it. */
  async generate(
    context: Context,
    length: number,
  ): Promise<{ dataKey: Uint8Array; wrapped: WrappedDataKey }> {
    // In memory of its own, which no pool shares.
    const dataKey = randomFillSync(new Uint8Array(length))
    try {
      return { dataKey, wrapped: await this.wrap(context, dataKey) }
    } catch (error) {
      dataKey.fill(0)
      throw error
    }
  }

  /** Wraps a data key under the active version of its branch key. */
  async wrap(context: Context, dataKey: Uint8Array): Promise<WrappedDataKey> {
    const serialized = serializeContext(context)
    const key = await this.#branchKeys.active(this.#idFor(context))
    try {
      const encryptedDataKey = wrap(dataKey, wrappingOf(key, serialized))
      key.wrapped++
      return { providerId: PROVIDER_ID, providerInfo: key.branchKeyId, encryptedDataKey }
    } finally {
      key.release()
    }
  }

  /**
   * Unwraps the first that opens. The others' errors count only when none does: one that may pass before one that will
   * not.
   */
  async unwrap(
    context: Context,
    length: number,
    wrapped: readonly WrappedDataKey[],
  ): Promise<{ dataKey: Uint8Array; branchKeyId: string }> {
    const serialized = serializeContext(context)
    const branchKeyId = this.#idFor(context)
    const errors: unknown[] = []
    for (const { providerId, providerInfo, encryptedDataKey } of wrapped) {
      // The id is the context's and never the message's: what somebody else wrote names no branch key.
      if (providerId !== PROVIDER_ID || providerInfo !== branchKeyId) continue
      const version = wrappedUnder(encryptedDataKey, length)
      if (version === undefined) continue
      try {
        const dataKey = await this.#unwrapUnder(branchKeyId, version, encryptedDataKey, serialized)
        return { dataKey, branchKeyId }
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors.find(error => !isPermanent(error)) ?? errors.at(-1)
    throw new BranchKeyError(
      'NO_MATCHING_DATA_KEY',
      `No encrypted data key was wrapped under branch key ${JSON.stringify(branchKeyId)}: ` +
        'decrypt with a keyring for the key that encrypted it.',
    )
  }

  async #unwrapUnder(
    branchKeyId: string,
    version: string,
    encryptedDataKey: Uint8Array,
    serialized: Uint8Array,
  ): Promise<Uint8Array> {
    const key = await this.#branchKeys.version(branchKeyId, version)
    try {
      const dataKey = unwrap(encryptedDataKey, wrappingOf(key, serialized))
      key.unwrapped++
      return dataKey
    } finally {
      key.release()
    }
  }

  #idFor(context: Context): string {
    const id = typeof this.#branchKeyId === 'string' ? this.#branchKeyId : this.#branchKeyId(context)
    if (typeof id === 'string' && id !== '' && id.isWellFormed()) return id
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

function wrappingOf({ secret, branchKeyId, versionBytes }: BranchKey, context: Uint8Array) {
  return { secret, branchKeyId, version: versionBytes, context }
}
