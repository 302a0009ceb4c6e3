import {
  DecryptCommand,
  type DecryptCommandOutput,
  EncryptCommand,
  GenerateDataKeyCommand,
  type KMSClient,
} from '@aws-sdk/client-kms'
import { UnusableResponseError } from './attempt.js'
import type { AnySignal } from './attemptSignal.js'

/** What a keyring needs of a `KMSClient`. */
export type KmsSender = Pick<KMSClient, 'send'>

interface Request {
  client: KmsSender
  arn: string
  encryptionContext: Readonly<Record<string, string>>
  grantTokens: readonly string[] | undefined
  signal: AnySignal
}

/** A data key that nobody else holds a reference to. */
export type DataKey = Uint8Array

export async function generateDataKey(
  request: Request & { length: number },
): Promise<{ dataKey: DataKey; encryptedDataKey: Uint8Array }> {
  const { client, arn, length, signal } = request
  const response = await readable(
    client.send(new GenerateDataKeyCommand({ KeyId: arn, NumberOfBytes: length, ...common(request) }), {
      abortSignal: signal,
    }),
  )
  const encryptedDataKey = ciphertextOf(response.CiphertextBlob)
  return { dataKey: takeDataKey(response.Plaintext, response.KeyId, arn, length), encryptedDataKey }
}

export async function encryptDataKey(request: Request & { dataKey: DataKey }): Promise<Uint8Array> {
  const { client, arn, dataKey, signal } = request
  const response = await readable(
    client.send(new EncryptCommand({ KeyId: arn, Plaintext: dataKey, ...common(request) }), {
      abortSignal: signal,
    }),
  )
  if (response.KeyId !== arn) throw otherKey(response.KeyId, arn)
  return ciphertextOf(response.CiphertextBlob)
}

export async function decryptDataKey(
  request: Request & { encryptedDataKey: Uint8Array; length: number },
): Promise<DataKey> {
  const { client, arn, encryptedDataKey, length, signal } = request
  const response: DecryptCommandOutput = await readable(
    client.send(new DecryptCommand({ KeyId: arn, CiphertextBlob: encryptedDataKey, ...common(request) }), {
      abortSignal: signal,
    }),
  )
  return takeDataKey(response.Plaintext, response.KeyId, arn, length)
}

function common({ encryptionContext, grantTokens }: Request) {
  return {
    EncryptionContext: { ...encryptionContext },
    ...(grantTokens === undefined ? {} : { GrantTokens: [...grantTokens] }),
  }
}

interface SdkError {
  $metadata?: { httpStatusCode?: number }
  $response?: { statusCode?: number; body?: unknown }
}

/** Sees to it that what the SDK throws holds no data key and no ciphertext. */
export async function readable<T>(response: Promise<T>): Promise<T> {
  try {
    return await response
  } catch (error) {
    if (typeof error !== 'object' || error === null) throw error
    const { $metadata, $response }: SdkError = error
    const status = $response?.statusCode ?? $metadata?.httpStatusCode
    // A response that says success holds the data key, and the error may quote it.
    if (error instanceof SyntaxError || (status !== undefined && status < 400))
      throw new UnusableResponseError('the response of KMS could not be read')
    // In a hidden property, the SDK keeps the response, which leads to the request and its body.
    if ($response !== undefined) $response.body = undefined
    throw error
  }
}

// aws-encryption-sdk-specification, framework/aws-kms/aws-kms-mrk-keyring.md, OnEncrypt and OnDecrypt:
// the response's KeyId must equal the one asked for, and the plaintext's length fit the algorithm suite.
function takeDataKey(
  plaintext: Uint8Array | undefined,
  keyId: string | undefined,
  arn: string,
  length: number,
): DataKey {
  if (!(plaintext instanceof Uint8Array)) throw new UnusableResponseError('KMS answered without a data key')
  // The SDK may return a view on Node's shared buffer pool, where other code of this process could find it.
  const dataKey = new Uint8Array(plaintext)
  plaintext.fill(0)
  if (keyId === arn && dataKey.byteLength === length) return dataKey
  dataKey.fill(0)
  if (keyId !== arn) throw otherKey(keyId, arn)
  throw new UnusableResponseError(
    `KMS answered with a data key of ${dataKey.byteLength} bytes where the algorithm suite needs ${length}`,
  )
}

/** Bytes of the longest `CiphertextBlob` there is (AWS KMS API Reference, GenerateDataKey and Encrypt). */
const MAX_CIPHERTEXT_BYTES = 6144

function ciphertextOf(blob: Uint8Array | undefined): Uint8Array {
  const length = blob instanceof Uint8Array ? blob.byteLength : 0
  // What is longer would not fit into a message, or be stored with every item.
  if (length === 0 || length > MAX_CIPHERTEXT_BYTES)
    throw new UnusableResponseError(`KMS answered with an encrypted data key of ${length} bytes`)
  return blob!
}

function otherKey(keyId: string | undefined, arn: string): UnusableResponseError {
  return new UnusableResponseError(`KMS answered for ${keyId ?? 'no key'} where ${arn} was asked`)
}
