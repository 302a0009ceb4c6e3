/** What a data key is asked for with. */
export interface DataKeyRequest {
  /** Public: it ends up in CloudTrail. */
  readonly encryptionContext: Readonly<Record<string, string>>
  /** Bytes that the data key has. */
  readonly length: number
  /** Ends the call, which then rejects. */
  readonly signal?: AbortSignal | undefined
}

/** One entry of a message's encrypted data keys (aws-encryption-sdk-specification, data-format/message-header.md). */
export interface EncryptedDataKeyEntry {
  readonly providerId: string
  readonly providerInfo: string
  readonly encryptedDataKey: Uint8Array
}

/** What a data key is decrypted with. */
export interface DecryptionRequest extends DataKeyRequest {
  readonly encryptedDataKeys: readonly EncryptedDataKeyEntry[]
}

/**
 * A keyring's work in plain data, for a caller that has no use for the AWS Encryption SDK's materials. Whoever gets a
 * data key is the only one who holds it.
 */
export interface DataKeySource {
  generateDataKey(
    request: DataKeyRequest,
  ): Promise<{ dataKey: Uint8Array; encryptedDataKeys: readonly EncryptedDataKeyEntry[] }>
  decryptDataKey(request: DecryptionRequest): Promise<Uint8Array>
  /**
   * The same where it takes no waiting; throws what `decryptDataKey` would reject with. Undefined where it does take some:
   * then nothing has been done.
   */
  decryptDataKeyNow?(request: DecryptionRequest): Uint8Array | undefined
}

/** Where a keyring has its {@link DataKeySource}: registered, so that no package needs to import another for it. */
export const dataKeySource: unique symbol = Symbol.for('dynaseal:data-key-source')
