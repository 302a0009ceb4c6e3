export {
  type CacheStatistics,
  ConfigurationError,
  type ConfigurationErrorCode,
  FieldError,
  type FieldErrorCode,
  SealError,
  type SealErrorCode,
} from '@dynaseal/core'
export type { Refusal, SafeCondition } from './conditionTypes.js'
export { encrypted } from './encrypted.js'
export type { Encrypted, EncryptedMeta } from './encryptedType.js'
export { FieldsNotOpenedError, ToolboxError, type ToolboxErrorCode } from './errors.js'
export { openPartially, type PartialResult, type UnopenedItem } from './openPartially.js'
export type { RegistrableEntity } from './registry.js'
export { type SealedDocumentClient, sealDocumentClient } from './sealDocumentClient.js'
export type { ClientOptions, SealOptions } from './sealOptions.js'
