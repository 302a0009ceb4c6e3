import type { DataKeyRequest, DataKeySource, EncryptedDataKeyEntry } from './dataKeySource.js'
import { type Failure, failure, idOf } from './failure.js'
import { decryptDataKey, generateDataKey } from './kmsCalls.js'
import type { RegionalKms, RegionalRequest } from './regionalKms.js'
import { isReplicaOf } from './replicas.js'

/** The provider id of every KMS keyring (aws-encryption-sdk-specification, framework/aws-kms/aws-kms-mrk-keyring.md). */
export const KMS_PROVIDER_ID = 'aws-kms'

/**
 * Encrypted data keys of a message that KMS is asked about. A keyring writes one; two, where a keyring for another
 * replica of the same key is beside it. Each opens in each region, so that a third could do nothing that these cannot,
 * but anybody can write messages with as many as fit.
 */
const MAX_DATA_KEYS = 2

/** Data keys under one multi-Region key, from whichever region answers. Calls reject with `MrkKeyringError`. */
export class DataKeys {
  readonly #kms: RegionalKms
  protected readonly grantTokens: readonly string[] | undefined

  constructor(kms: RegionalKms, grantTokens: readonly string[] | undefined) {
    this.#kms = kms
    this.grantTokens = grantTokens
  }

  async generate(request: DataKeyRequest) {
    const { encryptionContext, length } = request
    const { answer, arn } = await this.ask(
      {
        operation: 'GenerateDataKey',
        send: (client, arn, signal) =>
          generateDataKey({ client, arn, encryptionContext, grantTokens: this.grantTokens, signal, length }),
        discard: late => void late.dataKey.fill(0),
      },
      request,
    )
    const { dataKey, encryptedDataKey } = answer
    return { dataKey, keyName: arn, entry: entryOf(arn, encryptedDataKey) }
  }

  /** Decrypts the first of `entries` that can be. */
  async decrypt(
    request: DataKeyRequest,
    entries: readonly EncryptedDataKeyEntry[],
  ): Promise<{ dataKey: Uint8Array; keyName: string }> {
    const limits = this.#kms.begin(request.signal)
    const failures: Failure[] = []
    for (const encryptedDataKey of this.#ours(entries)) {
      const result = await this.#kms.ask(this.#decryption(request, encryptedDataKey), limits)
      if (result.won) return { dataKey: result.answer, keyName: result.replica.arn }
      failures.push(result)
      if (result.ended === 'aborted' || result.ended === 'deadline') break
    }
    throw failure('Decrypt', idOf(this.#kms.replicas), this.#kms, failures, limits, request.encryptionContext)
  }

  /** @param signal fires besides the one of each request */
  source(own?: AbortSignal): DataKeySource {
    const either = (signal: AbortSignal | undefined) =>
      own === undefined || signal === undefined ? (own ?? signal) : AbortSignal.any([own, signal])
    return {
      generateDataKey: async request => {
        const { dataKey, entry } = await this.generate({ ...request, signal: either(request.signal) })
        return { dataKey, encryptedDataKeys: [entry] }
      },
      decryptDataKey: async ({ encryptedDataKeys, ...request }) => {
        const signal = either(request.signal)
        const { dataKey } = await this.decrypt({ ...request, signal }, encryptedDataKeys)
        return dataKey
      },
    }
  }

  /** Those to ask KMS about, each once. */
  #ours(entries: readonly EncryptedDataKeyEntry[]): Uint8Array[] {
    const ours: Uint8Array[] = []
    for (const { providerId, providerInfo, encryptedDataKey } of entries) {
      if (providerId !== KMS_PROVIDER_ID || !this.#isOurs(providerInfo)) continue
      if (ours.some(other => Buffer.compare(other, encryptedDataKey) === 0)) continue
      if (ours.push(encryptedDataKey) === MAX_DATA_KEYS) break
    }
    return ours
  }

  #isOurs(arn: string): boolean {
    const { replicas } = this.#kms
    // A replica that this keyring does not know is one of the same key as well.
    return replicas.some(replica => replica.arn === arn) || isReplicaOf(replicas[0]!, arn)
  }

  #decryption(
    { encryptionContext, length }: DataKeyRequest,
    encryptedDataKey: Uint8Array,
  ): RegionalRequest<Uint8Array> {
    return {
      operation: 'Decrypt',
      send: (client, arn, signal) =>
        decryptDataKey({
          client,
          arn,
          encryptionContext,
          grantTokens: this.grantTokens,
          signal,
          encryptedDataKey,
          length,
        }),
      discard: late => void late.fill(0),
    }
  }

  protected async ask<T>(
    request: RegionalRequest<T>,
    { encryptionContext, signal }: Omit<DataKeyRequest, 'length'>,
  ): Promise<{ answer: T; arn: string }> {
    const limits = this.#kms.begin(signal)
    const result = await this.#kms.ask(request, limits)
    if (result.won) return { answer: result.answer, arn: result.replica.arn }
    throw failure(request.operation, idOf(this.#kms.replicas), this.#kms, [result], limits, encryptionContext)
  }
}

export function entryOf(providerInfo: string, encryptedDataKey: Uint8Array): EncryptedDataKeyEntry {
  return { providerId: KMS_PROVIDER_ID, providerInfo, encryptedDataKey }
}
