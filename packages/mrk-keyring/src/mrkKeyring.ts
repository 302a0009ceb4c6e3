import { KMS_PROVIDER_ID } from '@aws-crypto/kms-keyring'
import {
  EncryptedDataKey,
  KeyringNode,
  KeyringTraceFlag,
  type NodeDecryptionMaterial,
  type NodeEncryptionMaterial,
  unwrapDataKey,
} from '@aws-crypto/material-management-node'
import type { Attempt, Operation } from './attempt.js'
import { MrkKeyringError, type MrkKeyringErrorCode } from './errors.js'
import { decryptDataKey, encryptDataKey, generateDataKey } from './kmsCalls.js'
import type { RoutingOptions } from './options.js'
import type { RaceResult } from './race.js'
import { type CallLimits, RegionalKms, type RegionalRequest, refusedEverywhere } from './regionalKms.js'
import { isSameKey, resolveReplicas } from './replicas.js'
import type { Route } from './router.js'

export interface MrkKeyringOptions extends RoutingOptions {
  /** The ARN of every replica of one multi-Region key, or of any one of them together with `regions`. */
  keyArns: string[]
  /** The regions that hold a replica, where `keyArns` is a single ARN. */
  regions?: string[]
}

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

  /** @throws MrkKeyringConfigError when the ARNs are not the replicas of one multi-Region key */
  constructor(options: MrkKeyringOptions) {
    super()
    this.#kms = new RegionalKms(resolveReplicas(options.keyArns, options.regions), options)
    this.#grantTokens = options.grantTokens
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

  async _onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial> {
    return this.#encrypt(material, undefined)
  }

  async _onDecrypt(
    material: NodeDecryptionMaterial,
    encryptedDataKeys: EncryptedDataKey[],
  ): Promise<NodeDecryptionMaterial> {
    return this.#decrypt(material, encryptedDataKeys, undefined)
  }

  async #encrypt(material: NodeEncryptionMaterial, signal: AbortSignal | undefined) {
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
    const key = this.#kms.replicas[0]!.arn
    const ours = encryptedDataKeys.filter(
      ({ providerId, providerInfo }) => providerId === KMS_PROVIDER_ID && isSameKey(key, providerInfo),
    )
    const failures: Failure[] = []
    for (const { encryptedDataKey } of ours) {
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
    throw this.#error('Decrypt', failures, limits)
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
    throw this.#error(request.operation, [result], limits)
  }

  #error(operation: Operation, failures: readonly Failure[], limits: CallLimits): MrkKeyringError {
    const attempts: Attempt[] = failures.flatMap(failure => failure.attempts)
    const codes = failures.map(failure => this.#codeOf(failure))
    const code = codes.find(code => !PERMANENT.has(code)) ?? codes.at(-1) ?? 'NO_MATCHING_DATA_KEY'
    const { arn } = this.#kms.replicas[0]!
    return new MrkKeyringError(code, operation, {
      key: arn.slice(arn.lastIndexOf('/') + 1),
      permanent: PERMANENT.has(code),
      attempts,
      elapsedMs: this.#kms.elapsed(limits),
      ...(code === 'ABORTED' ? { cause: limits.signal?.reason } : {}),
    })
  }

  #codeOf({ ended, attempts }: Failure): MrkKeyringErrorCode {
    if (ended === 'aborted') return 'ABORTED'
    if (ended === 'deadline') return 'TIMEOUT'
    if (ended === 'message') return 'MESSAGE_REFUSED'
    return refusedEverywhere(this.#kms.replicas, attempts) ? 'REFUSED_EVERYWHERE' : 'UNAVAILABLE'
  }
}

type Failure = Extract<RaceResult<unknown>, { won: false }>

const PERMANENT: ReadonlySet<MrkKeyringErrorCode> = new Set([
  'NO_MATCHING_DATA_KEY',
  'MESSAGE_REFUSED',
  'REFUSED_EVERYWHERE',
])

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
