import { KMS_PROVIDER_ID } from '@aws-crypto/kms-keyring'
import {
  EncryptedDataKey,
  KeyringNode,
  KeyringTraceFlag,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
  unwrapDataKey,
} from '@aws-crypto/material-management-node'
import type { Operation } from './attempt.js'
import { describeKey, placesToAsk, replicasOf } from './discovery.js'
import { publish } from './events.js'
import { type Failure, failure, idOf } from './failure.js'
import { decryptDataKey, encryptDataKey, generateDataKey } from './kmsCalls.js'
import { ownRegionOf, positive, type RoutingOptions } from './options.js'
import { Rediscovery } from './rediscovery.js'
import { clientPerRegion, RegionalKms, type RegionalRequest } from './regionalKms.js'
import { isSameKey, resolveReplicas } from './replicas.js'
import type { Route } from './router.js'

export interface MrkKeyringOptions extends RoutingOptions {
  /** The ARN of every replica of one multi-Region key, or of any one of them together with `regions`. */
  keyArns: string[]
  /** The regions that hold a replica, where `keyArns` is a single ARN. */
  regions?: string[]
}

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
 * Encrypted data keys of a message that KMS is asked about. A keyring writes one; two, where a keyring for another
 * replica of the same key is beside it. Each opens in each region, so that a third could do nothing that these cannot,
 * but anybody can write messages with as many as fit.
 */
const MAX_DATA_KEYS = 2

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
export class MrkKeyring extends KeyringNode {
  readonly #kms: RegionalKms
  readonly #grantTokens: readonly string[] | undefined
  #rediscovery: Rediscovery | undefined

  /** @throws MrkKeyringConfigError when the ARNs are not the replicas of one multi-Region key */
  constructor(options: MrkKeyringOptions) {
    super()
    this.#kms = new RegionalKms(resolveReplicas(options.keyArns, options.regions), options)
    this.#grantTokens = options.grantTokens
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
   * @throws MrkKeyringConfigError for a single-Region key, or when no region is known
   */
  static async discover(options: DiscoverOptions): Promise<MrkKeyring> {
    const { keyId, rediscover = REDISCOVER } = options
    if (rediscover !== false) positive('rediscover', rediscover)
    const shared = { ...options, client: clientPerRegion(options.client) }
    const kms = new RegionalKms(placesToAsk(keyId, options.regions, ownRegionOf(options.region)), shared)
    const limits = kms.begin(undefined)
    const result = await kms.ask(describeKey, limits)
    if (!result.won) throw failure('DescribeKey', keyId, kms, [result], limits)
    const replicas = replicasOf(result.answer)
    publish('discovery', () => ({ replicas, added: replicas, removed: [] }))
    const { regions: _, ...rest } = shared
    const keyring = new MrkKeyring({ ...rest, keyArns: replicas.map(({ arn }) => arn) })
    if (rediscover !== false) keyring.#rediscovery = new Rediscovery(keyring.#kms, rediscover)
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
    return this.#kms.routes(operation)
  }

  /**
   * This keyring for calls that end when `signal` fires, with an error whose code is `ABORTED`. It shares
   * everything it has learned with this one, so make one per request.
   */
  withSignal(signal: AbortSignal): KeyringNode {
    return new AbortableKeyring(
      material => this.#encrypt(material, signal),
      (material, encryptedDataKeys) => this.#decrypt(material, encryptedDataKeys, signal),
    )
  }

  _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    return this.#encrypt(material, undefined)
  }

  _onDecrypt(
    material: NodeDecryptionMaterial,
    encryptedDataKeys: EncryptedDataKey[],
  ): Promise<NodeDecryptionMaterial> {
    return this.#decrypt(material, encryptedDataKeys, undefined)
  }

  #encrypt(material: NodeEncryptionMaterial, signal: AbortSignal | undefined) {
    return material.hasUnencryptedDataKey ? this.#wrap(material, signal) : this.#generate(material, signal)
  }

  async #generate(material: NodeEncryptionMaterial, signal: AbortSignal | undefined) {
    const { encryptionContext, suite } = material
    const { answer, arn } = await this.#ask(
      {
        operation: 'GenerateDataKey',
        send: (client, arn, signal) =>
          generateDataKey({
            client,
            arn,
            encryptionContext,
            grantTokens: this.#grantTokens,
            signal,
            length: suite.keyLengthBytes,
          }),
        discard: late => void late.dataKey.fill(0),
      },
      signal,
    )
    material.setUnencryptedDataKey(answer.dataKey, {
      keyNamespace: KMS_PROVIDER_ID,
      keyName: arn,
      flags: KeyringTraceFlag.WRAPPING_KEY_GENERATED_DATA_KEY | WRAPPED,
    })
    return material.addEncryptedDataKey(wrappedBy(arn, answer.encryptedDataKey), WRAPPED)
  }

  async #wrap(material: NodeEncryptionMaterial, signal: AbortSignal | undefined) {
    const { encryptionContext } = material
    const dataKey = unwrapDataKey(material.getUnencryptedDataKey())
    const { answer, arn } = await this.#ask(
      {
        operation: 'Encrypt',
        send: (client, arn, signal) =>
          encryptDataKey({ client, arn, encryptionContext, grantTokens: this.#grantTokens, signal, dataKey }),
        discard: () => {},
      },
      signal,
    )
    return material.addEncryptedDataKey(wrappedBy(arn, answer), WRAPPED)
  }

  async #decrypt(
    material: NodeDecryptionMaterial,
    encryptedDataKeys: readonly EncryptedDataKey[],
    signal: AbortSignal | undefined,
  ) {
    if (material.hasValidKey()) return material
    const limits = this.#kms.begin(signal)
    const failures: Failure[] = []
    for (const encryptedDataKey of this.#ours(encryptedDataKeys)) {
      const result = await this.#kms.ask(this.#decryption(material, encryptedDataKey), limits)
      if (result.won)
        return material.setUnencryptedDataKey(result.answer, {
          keyNamespace: KMS_PROVIDER_ID,
          keyName: result.replica.arn,
          flags:
            KeyringTraceFlag.WRAPPING_KEY_DECRYPTED_DATA_KEY | KeyringTraceFlag.WRAPPING_KEY_VERIFIED_ENC_CTX,
        })
      failures.push(result)
      if (result.ended === 'aborted' || result.ended === 'deadline') break
    }
    throw failure('Decrypt', idOf(this.#kms.replicas), this.#kms, failures, limits)
  }

  /** Those to ask KMS about, each once. */
  #ours(encryptedDataKeys: readonly EncryptedDataKey[]): Uint8Array[] {
    const ours: Uint8Array[] = []
    for (const { providerId, providerInfo, encryptedDataKey } of encryptedDataKeys) {
      if (providerId !== KMS_PROVIDER_ID || !this.#isOurs(providerInfo)) continue
      if (ours.some(other => Buffer.compare(other, encryptedDataKey) === 0)) continue
      if (ours.push(encryptedDataKey) === MAX_DATA_KEYS) break
    }
    return ours
  }

  #isOurs(arn: string): boolean {
    const { replicas } = this.#kms
    // A replica that this keyring does not know is one of the same key as well.
    return replicas.some(replica => replica.arn === arn) || isSameKey(replicas[0]!.arn, arn)
  }

  #decryption(material: NodeDecryptionMaterial, encryptedDataKey: Uint8Array): RegionalRequest<Uint8Array> {
    const { encryptionContext, suite } = material
    return {
      operation: 'Decrypt',
      send: (client, arn, signal) =>
        decryptDataKey({
          client,
          arn,
          encryptionContext,
          grantTokens: this.#grantTokens,
          signal,
          encryptedDataKey,
          length: suite.keyLengthBytes,
        }),
      discard: late => void late.fill(0),
    }
  }

  async #ask<T>(
    request: RegionalRequest<T>,
    signal: AbortSignal | undefined,
  ): Promise<{ answer: T; arn: string }> {
    const limits = this.#kms.begin(signal)
    const result = await this.#kms.ask(request, limits)
    if (result.won) return { answer: result.answer, arn: result.replica.arn }
    throw failure(request.operation, idOf(this.#kms.replicas), this.#kms, [result], limits)
  }
}

// The flags that the stock KMS keyrings set.
const WRAPPED =
  KeyringTraceFlag.WRAPPING_KEY_ENCRYPTED_DATA_KEY | KeyringTraceFlag.WRAPPING_KEY_SIGNED_ENC_CTX

function wrappedBy(providerInfo: string, encryptedDataKey: Uint8Array): EncryptedDataKey {
  return new EncryptedDataKey({ providerId: KMS_PROVIDER_ID, providerInfo, encryptedDataKey })
}

class AbortableKeyring extends KeyringNode {
  readonly _onEncrypt: (material: NodeEncryptionMaterial) => Promise<NodeEncryptionMaterial>
  readonly _onDecrypt: (
    material: NodeDecryptionMaterial,
    encryptedDataKeys: EncryptedDataKey[],
  ) => Promise<NodeDecryptionMaterial>

  constructor(onEncrypt: AbortableKeyring['_onEncrypt'], onDecrypt: AbortableKeyring['_onDecrypt']) {
    super()
    this._onEncrypt = onEncrypt
    this._onDecrypt = onDecrypt
  }
}
