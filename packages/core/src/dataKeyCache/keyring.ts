import type {
  EncryptedDataKey,
  NodeDecryptionMaterial,
  NodeEncryptionMaterial,
} from '@aws-crypto/material-management'
import type { DataKeyContext } from '../materials/context.js'
import {
  oneOfEachWrappingKey,
  parseEncryptedDataKeys,
  serializeEncryptedDataKeys,
} from '../materials/encryptedDataKeys.js'
import { DATA_KEY_BYTES } from '../message/suite.js'
import { loadAwsMaterials } from './awsMaterials.js'
import { DataKey } from './dataKey.js'
import { Materials } from './materials.js'

/** What is needed of a keyring; every `KeyringNode` of the AWS Encryption SDK has it. */
export interface Keyring {
  onEncrypt(material: NodeEncryptionMaterial): Promise<NodeEncryptionMaterial>
  onDecrypt(
    material: NodeDecryptionMaterial,
    encryptedDataKeys: EncryptedDataKey[],
  ): Promise<NodeDecryptionMaterial>
  /**
   * The same in plain data, as `MrkKeyring` has it: asked in place of the two above, so that the AWS Encryption SDK's
   * materials are not loaded.
   */
  readonly [dataKeySource]?: DataKeySource | undefined
}

/** Whether a value can be asked as a keyring is. */
export function isKeyring(value: unknown): value is Keyring {
  const { onEncrypt, onDecrypt } = (value ?? {}) as Partial<Keyring>
  return typeof onEncrypt === 'function' && typeof onDecrypt === 'function'
}

/** Where a keyring has its {@link DataKeySource}: registered, so that no package needs to import another for it. */
export const dataKeySource: unique symbol = Symbol.for('dynaseal:data-key-source')

/** What gives data keys without materials of the AWS Encryption SDK. Rejects with an error of its own where it has none to give. */
export interface DataKeySource {
  /** A new data key of `request.length` bytes, and that key as it was encrypted, once or more often. */
  generateDataKey(
    request: DataKeyRequest,
  ): Promise<{ dataKey: Uint8Array; encryptedDataKeys: readonly EncryptedDataKeyEntry[] }>
  /** The data key that the first of the encrypted data keys that opens is. */
  decryptDataKey(request: DecryptionRequest): Promise<Uint8Array>
  /**
   * The same where it takes no waiting, as under a branch key that is in memory; throws what `decryptDataKey` would reject
   * with. Undefined where it does take some: then nothing has been done, and `decryptDataKey` is asked.
   */
  decryptDataKeyNow?(request: DecryptionRequest): Uint8Array | undefined
}

/** What a data key is asked for with. The data key in the answer is nobody's but the caller's, who zeroes it. */
export interface DataKeyRequest {
  /** Public: it ends up in CloudTrail. */
  readonly encryptionContext: Readonly<Record<string, string>>
  /** Bytes that the data key has. */
  readonly length: number
  /** Fires when nobody waits for the answer any more: the call may end then, and reject. None, where nobody would fire it. */
  readonly signal?: AbortSignal | undefined
}

export interface DecryptionRequest extends DataKeyRequest {
  readonly encryptedDataKeys: readonly EncryptedDataKeyEntry[]
}

/** One entry of a message's encrypted data keys. */
export interface EncryptedDataKeyEntry {
  readonly providerId: string
  readonly providerInfo: string
  /** The provider information's bytes, which need not be text. */
  readonly rawInfo?: Uint8Array | undefined
  readonly encryptedDataKey: Uint8Array
}

/**
 * Loaded for the first keyring that needs it, and not with this package: the AWS Encryption SDK's materials take longer
 * to load than everything else here, and some bundles cannot load them at all.
 */
export async function awsMaterials(): Promise<Materials> {
  materials ??= new Materials(await loadAwsMaterials())
  return materials
}

let materials: Materials | undefined

/** Whether it can be told that nobody waits for its answer any more. */
export function honoursSignals(keyring: Keyring): boolean {
  return keyring[dataKeySource] !== undefined
}

export async function sourceOf(keyring: Keyring): Promise<DataKeySource> {
  const source = keyring[dataKeySource]
  if (source !== undefined) return source
  return (await awsMaterials()).sourceOver(keyring)
}

/** What has data keys to give, as a keyring of this package. The AWS Encryption SDK's own clients do not take it. */
export function sourceAsKeyring(source: DataKeySource): Keyring {
  const refuse = () => {
    throw new TypeError('This keyring is for Dynaseal: it speaks no materials of the AWS Encryption SDK.')
  }
  return { onEncrypt: refuse, onDecrypt: refuse, [dataKeySource]: source }
}

/** A new data key: asks the keyring once. Rejects with whatever it throws. */
export async function generateDataKey(
  keyring: Keyring,
  { pairs }: DataKeyContext,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<DataKey> {
  const source = await sourceOf(keyring)
  const answer = await source.generateDataKey({ encryptionContext: pairs, length: DATA_KEY_BYTES, signal })
  try {
    return take(answer.dataKey, serializeEncryptedDataKeys(answer.encryptedDataKeys), now())
  } finally {
    answer.dataKey.fill(0)
  }
}

/** The data key of a stored message: asks the keyring once. Rejects with whatever it throws. */
export async function decryptDataKey(
  keyring: Keyring,
  context: DataKeyContext,
  encryptedDataKeys: Buffer,
  now: () => number,
  signal: AbortSignal | undefined,
): Promise<DataKey> {
  const source = await sourceOf(keyring)
  const dataKey = await source.decryptDataKey(decryptionRequest(context, encryptedDataKeys, signal))
  return takeForOpening(dataKey, encryptedDataKeys, now)
}

/** The same, where the keyring can tell at once; undefined where it cannot. Throws whatever it throws. */
export function decryptDataKeyNow(
  keyring: Keyring,
  context: DataKeyContext,
  encryptedDataKeys: Buffer,
  now: () => number,
): DataKey | undefined {
  const source = keyring[dataKeySource]
  if (source?.decryptDataKeyNow === undefined) return undefined
  const dataKey = source.decryptDataKeyNow(decryptionRequest(context, encryptedDataKeys, undefined))
  return dataKey === undefined ? undefined : takeForOpening(dataKey, encryptedDataKeys, now)
}

function decryptionRequest(
  { pairs }: DataKeyContext,
  encryptedDataKeys: Buffer,
  signal: AbortSignal | undefined,
): DecryptionRequest {
  return {
    encryptionContext: pairs,
    length: DATA_KEY_BYTES,
    signal,
    encryptedDataKeys: oneOfEachWrappingKey(parseEncryptedDataKeys(encryptedDataKeys)),
  }
}

function takeForOpening(dataKey: Uint8Array, encryptedDataKeys: Buffer, now: () => number): DataKey {
  try {
    return take(dataKey, Buffer.from(encryptedDataKeys), now())
  } finally {
    dataKey.fill(0)
  }
}

/** A copy of the data key in memory of its own, which nothing but DataKey holds. */
function take(dataKey: Uint8Array, encryptedDataKeys: Buffer, now: number): DataKey {
  if (dataKey.length !== DATA_KEY_BYTES)
    throw new Error(
      `The keyring returned a data key of ${dataKey.length} bytes where ${DATA_KEY_BYTES} belong.`,
    )
  const secret = Buffer.allocUnsafeSlow(DATA_KEY_BYTES)
  secret.set(dataKey)
  return new DataKey(secret, encryptedDataKeys, now)
}
