import type {
  EncryptedDataKey,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
} from '@aws-crypto/material-management'
import { MrkKeyringConfigError } from '@dynaseal/mrk-keyring'
import {
  checkOptions,
  type DataKeySource,
  dataKeySource,
  fillForDecryption,
  fillForEncryption,
  LazyKeyringNode,
  PARTS,
  type ReplicatedKey,
} from '@dynaseal/mrk-keyring/regional'
import { BranchKeyCache } from './cache/branchKeyCache.js'
import { type BranchKeyCacheOptions, resolveCacheOptions } from './cache/options.js'
import type { BranchKeyCacheStatistics } from './cache/statistics.js'
import { type BranchKeyIdOf, DataKeys, held, isBranchKeyId } from './dataKeys.js'
import { BranchKeyError } from './errors.js'
import { KeyStore, type KeyStoreLocation, type KeyStoreParts } from './keyStore/keyStore.js'
import { Lookup } from './keyStore/lookup.js'
import { BEACON } from './keyStore/row.js'

export interface BranchKeyringOptions extends KeyStoreLocation {
  /**
   * The id of the branch key, or a function that names it by the encryption context: a branch key for each tenant. It is
   * asked with the context alone, when a data key is wrapped and again when it is unwrapped.
   */
  branchKeyId: BranchKeyIdOf
  /** How long branch keys live in memory, and how many. */
  cache?: BranchKeyCacheOptions
}

/** The beacon key of a branch key, 32 bytes, held for the caller, who releases it and lets go of its bytes. */
export interface BeaconKey {
  readonly secret: Uint8Array
  /** What the last call of {@link keep} kept. */
  readonly derived: unknown
  /** Keeps what was derived of the key for as long as this lives; `zero` then takes secrets out of it. */
  keep<T>(derived: T, zero: (derived: T) => void): T
  /** To be called once. The key is zeroed when its last holder lets go of it. */
  release(): void
}

export interface BeaconKeyRequest {
  /** Refuses a key that has expired, and would only be used because none can be had. Default: no. */
  readonly forWriting?: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Wraps data keys under branch keys, as AWS's hierarchical keyring does: KMS is asked once for a branch key, and not for
 * each data key. The rows of the branch keys are read from the nearest replica of their table, and decrypted in the nearest
 * region of a multi-Region key.
 *
 * ```ts
 * const keyring = new BranchKeyring({
 *   keyArns: ['arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'],
 *   regions: ['us-east-1', 'us-west-2'],
 *   keyStore: { tableName: 'branch-keys' },
 *   branchKeyId: ({ tenant }) => `tenant-${tenant}`,
 * })
 * const { result } = await encrypt(keyring, 'hello', { encryptionContext: { tenant: 'acme' } })
 * ```
 *
 * What it wraps opens with `KmsHierarchicalKeyRingNode` of `@aws-crypto/client-node` and its siblings in other languages,
 * and the other way round. Calls reject with {@link BranchKeyError}, and with `MrkKeyringError` where no region answers.
 */
export class BranchKeyring extends LazyKeyringNode {
  readonly #store: KeyStore
  readonly #branchKeys: BranchKeyCache
  readonly #dataKeys: DataKeys
  readonly #options: BranchKeyringOptions

  /** @throws MrkKeyringConfigError for options that no keyring can be built from */
  constructor(options: BranchKeyringOptions) {
    super()
    checkOptions(options, ['keyArns', 'regions', 'keyStore', 'branchKeyId', 'cache'])
    const { branchKeyId } = options
    if (typeof branchKeyId !== 'function' && (typeof branchKeyId !== 'string' || branchKeyId === ''))
      throw new MrkKeyringConfigError(
        'BAD_OPTION',
        "branchKeyId is neither the id of a branch key nor a function that names one: give one of the two, branchKeyId: 'customers' or branchKeyId: ({ tenant }) => tenant",
      )
    const cache = resolveCacheOptions(options.cache)
    this.#options = options
    this.#store = new KeyStore(options)
    this.#branchKeys = new BranchKeyCache(new Lookup(this.#store, cache.now), cache)
    this.#dataKeys = new DataKeys(branchKeyId, this.#branchKeys)
  }

  /**
   * The key that the AWS Database Encryption SDK computes the beacons of a branch key with. It is made with the branch key,
   * and never rotated. As a version of the branch key, it is read from the nearest replica of the key store, decrypted in
   * the nearest region, and kept in memory.
   *
   * @throws {BranchKeyError} `NO_BRANCH_KEY`, `BRANCH_KEY_REFUSED`, `TOO_MANY_REFUSALS`, `BAD_BRANCH_KEY_ID`, `ABORTED`
   * @throws MrkKeyringError where no region answers
   */
  async beaconKey(
    branchKeyId: string,
    { forWriting = false, signal }: BeaconKeyRequest = {},
  ): Promise<BeaconKey> {
    if (!isBranchKeyId(branchKeyId))
      throw new BranchKeyError('BAD_BRANCH_KEY_ID', 'A beacon key was asked for with no id of a branch key.')
    return held(this.#branchKeys.version(branchKeyId, BEACON, !forWriting), signal)
  }

  /** The order in which the regions would be asked now, for a row of the key store and for decrypting it, and why. */
  routes() {
    return this.#store.routes()
  }

  /** What the cache of branch keys holds and did. */
  statistics(): BranchKeyCacheStatistics {
    return this.#branchKeys.statistics()
  }

  /** Lets go of every branch key at once, and forgets refusals: what is needed next is fetched anew. */
  clear(): void {
    this.#branchKeys.clear()
  }

  /** For tools: see `@dynaseal/core/parts`. */
  get [PARTS](): {
    kind: 'branch-keys'
    keyStore: KeyStoreParts
    branchKeyId: BranchKeyIdOf
  } & ReplicatedKey {
    const { replicas, location, kmsAccess } = this.#store
    const { regions: _, keyStore, ...options } = this.#options
    return {
      kind: 'branch-keys',
      ...kmsAccess,
      replicas,
      keyStore: location,
      branchKeyId: options.branchKeyId,
      alone: region =>
        new BranchKeyring({
          ...options,
          keyArns: replicas.filter(replica => replica.region === region).map(({ arn }) => arn),
          keyStore: { ...keyStore, regions: location.regions.filter(one => one === region) },
        }),
    }
  }

  /** How `@dynaseal/core` asks, which needs no materials; not there where a subclass asks otherwise. */
  get [dataKeySource](): DataKeySource | undefined {
    const { onEncrypt, onDecrypt, _onEncrypt, _onDecrypt } = BranchKeyring.prototype
    const isOverridden =
      this.onEncrypt !== onEncrypt ||
      this.onDecrypt !== onDecrypt ||
      this._onEncrypt !== _onEncrypt ||
      this._onDecrypt !== _onDecrypt
    return isOverridden ? undefined : this.#dataKeys.source
  }

  override _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    return fillForEncryption(material, this.#dataKeys)
  }

  override _onDecrypt(
    material: NodeDecryptionMaterial,
    encryptedDataKeys: EncryptedDataKey[],
  ): Promise<NodeDecryptionMaterial> {
    return fillForDecryption(material, encryptedDataKeys, this.#dataKeys)
  }
}
