export {
  type CacheStatistics,
  ConfigurationError,
  type ConfigurationErrorCode,
  FieldError,
  type FieldErrorCode,
  SealError,
  type SealErrorCode,
} from '@dynaseal/core'
export {
  type ClientOptions,
  FieldsNotOpenedError,
  openPartially,
  type PartialResult,
  type SealOptions,
  type UnopenedItem,
} from '@dynaseal/document-client'
export type { Refusal, SafeCondition } from './conditionTypes.js'
export { encrypted } from './encrypted.js'
export type { Encrypted, EncryptedMeta } from './encryptedType.js'
export { ToolboxError, type ToolboxErrorCode } from './errors.js'
export type { RegistrableEntity } from './registry.js'
export { type SealedDocumentClient, sealDocumentClient } from './sealDocumentClient.js'
