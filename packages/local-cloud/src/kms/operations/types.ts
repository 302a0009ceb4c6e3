import type { RegionalKey } from '../key.js'
import type { KeyStore } from '../keyStore.js'
import type { EncryptionContext, Parameters } from '../parameters.js'

/** What an operation gets to work with. */
export interface KmsCall {
  readonly region: string
  /** For example `Decrypt`; messages name it. */
  readonly operation: string
  readonly parameters: Parameters
  readonly store: KeyStore
  /** The id of a key that is created; undefined, as for every client: a random one. */
  readonly newKeyId: string | undefined
  /** The key that a parameter, `KeyId` unless another is named, identifies; noted in the call log. */
  key(parameter?: string): RegionalKey
  /** Notes the key that is used, for one that no parameter identifies. */
  used(key: RegionalKey): void
  /** The encryption context in a parameter; noted in the call log. */
  context(parameter?: string): EncryptionContext
  /** Does something when keys that are Creating or Updating are done with it. */
  later(action: () => void): void
}

/** Answers the members of the response, or undefined for those of KMS's operations that answer nothing. */
export type KmsOperation = (call: KmsCall) => Record<string, unknown> | undefined

export type KmsOperations = Readonly<Record<string, KmsOperation>>
