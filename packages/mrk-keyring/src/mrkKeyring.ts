import type {
  EncryptedDataKey,
  KeyringNode,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
} from '@aws-crypto/material-management'
import type { Operation } from './attempt.js'
import { type DataKeySource, dataKeySource } from './dataKeySource.js'
import { describeKey, isNamed, placesToAsk, replicasOf } from './discovery.js'
import { publish } from './events.js'
import { failure } from './failure.js'
import { fillForDecryption, fillForEncryption } from './fillMaterials.js'
import { KeyInRegions, type MrkKeyringOptions } from './keyInRegions.js'
import { LazyKeyringNode } from './lazyKeyringNode.js'
import { checkOptions, checkRegions, milliseconds, ownRegionOf, type RoutingOptions } from './options.js'
import { PARTS, type ReplicatedKey, tell } from './parts.js'
import { Rediscovery } from './rediscovery.js'
import { clientPerRegion, RegionalKms } from './regionalKms.js'
import type { Route } from './router.js'
import { WrappingDataKeys } from './wrappingDataKeys.js'

export interface DiscoverOptions extends RoutingOptions {
  /** The key's id, ARN or alias, or the ARN of the alias. */
  keyId: string
  /** Where to ask; by default in the own region, and in that of the ARN. */
  regions?: string[]
  /** Milliseconds until the replicas are asked for again; `false` for never; 300,000 (5 minutes) by default. */
  rediscover?: number | false
}

const REDISCOVER = 300_000

/**
 * Encrypts and decrypts data keys with a KMS multi-Region key, in the nearest region that answers.
 *
 * ```ts
 * const keyring = new MrkKeyring({
 *   keyArns: ['arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab'],
 *   regions: ['us-east-1', 'us-west-2'],
 * })
 * const { result } = await encrypt(keyring, 'hello')
 * ```
 *
 * What it encrypts in any region opens in every other, also with the keyrings of
 * `@aws-crypto/client-node`. Calls reject with {@link MrkKeyringError}.
 */
export class MrkKeyring extends LazyKeyringNode {
  readonly #key: KeyInRegions
  readonly #dataKeys: WrappingDataKeys
  #rediscovery: Rediscovery | undefined
  /** For tools: see `@dynaseal/core/parts`. */
  declare readonly [PARTS]: { kind: 'mrk' } & ReplicatedKey
  /** How `@dynaseal/core` asks, which needs no materials; not there where a subclass asks otherwise. */
  declare readonly [dataKeySource]: DataKeySource | undefined

  /**
   * @throws MrkKeyringConfigError when the ARNs are not the replicas of one multi-Region key, or an option is not what
   *   it must be
   */
  constructor(options: MrkKeyringOptions) {
    super()
    this.#key = new KeyInRegions(options)
    this.#dataKeys = new WrappingDataKeys(this.#key.kms, this.#key.grantTokens)
    tell(this, PARTS, () => this.#key.parts(alone => new MrkKeyring(alone)))
    tell(this, dataKeySource, () => this.#source())
  }

  /**
   * A keyring over the replicas that KMS knows, asked for in the first of `regions` that answers. They are
   * asked for again from time to time, so that a new replica needs no restart, until {@link close}.
   *
   * An alias is followed once: when it later points to another key, this keyring stays with the first.
   *
   * Needs `kms:DescribeKey`, in each region for a keyring that can discover whichever region is down.
   *
   * @throws MrkKeyringError when no region tells the replicas
   * @throws MrkKeyringConfigError for a single-Region key, when no region is known, or an option is not what it must be
   */
  static async discover(options: DiscoverOptions): Promise<MrkKeyring> {
    checkOptions(options, ['keyId', 'regions', 'rediscover'])
    const { keyId, regions, rediscover = REDISCOVER, ...routing } = options
    if (regions !== undefined) checkRegions(regions)
    if (rediscover !== false) milliseconds('rediscover', rediscover)
    const shared = { ...routing, client: clientPerRegion(routing.client) }
    const kms = new RegionalKms(placesToAsk(keyId, regions, ownRegionOf(routing.region)), shared)
    const limits = kms.begin(undefined)
    const result = await kms.ask(
      describeKey(arn => isNamed(keyId, arn)),
      limits,
    )
    if (!result.won) throw failure('DescribeKey', keyId, kms, [result], limits)
    const replicas = replicasOf(result.answer)
    publish('discovery', () => ({ replicas, added: replicas, removed: [] }))
    const keyring = new MrkKeyring({ ...shared, keyArns: replicas.map(({ arn }) => arn) })
    if (rediscover !== false) keyring.#rediscovery = new Rediscovery(keyring.#key.kms, rediscover)
    return keyring
  }

  /**
   * Stops asking for the replicas. The keyring still encrypts and decrypts. Needed only after
   * {@link discover}, and not even there for the process to exit.
   */
  close(): void {
    this.#rediscovery?.stop()
  }

  /** The order in which the next `Decrypt` would ask the regions, and why; other operations with `operation`. */
  routes(operation: Operation = 'Decrypt'): Route[] {
    return this.#key.routes(operation)
  }

  /**
   * This keyring for calls that end when `signal` fires, with an error whose code is `ABORTED`. It shares
   * everything it has learned with this one, so make one per request.
   */
  withSignal(signal: AbortSignal): KeyringNode {
    return new AbortableKeyring(this.#dataKeys, signal)
  }

  #source(): DataKeySource | undefined {
    const { onEncrypt, onDecrypt, _onEncrypt, _onDecrypt } = MrkKeyring.prototype
    const isOverridden =
      this.onEncrypt !== onEncrypt ||
      this.onDecrypt !== onDecrypt ||
      this._onEncrypt !== _onEncrypt ||
      this._onDecrypt !== _onDecrypt
    return isOverridden ? undefined : this.#dataKeys.source()
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

class AbortableKeyring extends LazyKeyringNode {
  readonly #dataKeys: WrappingDataKeys
  readonly #signal: AbortSignal

  constructor(dataKeys: WrappingDataKeys, signal: AbortSignal) {
    super()
    this.#dataKeys = dataKeys
    this.#signal = signal
    tell(this, dataKeySource, () => dataKeys.source(signal))
  }

  override _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    return fillForEncryption(material, this.#dataKeys, this.#signal)
  }

  override _onDecrypt(
    material: NodeDecryptionMaterial,
    encryptedDataKeys: EncryptedDataKey[],
  ): Promise<NodeDecryptionMaterial> {
    return fillForDecryption(material, encryptedDataKeys, this.#dataKeys, this.#signal)
  }
}
