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
  type Bytes,
  type ClientOptions,
  type FalsePositiveEvent,
  FieldsNotOpenedError,
  falsePositiveChannel,
  type ItemOpener,
  type NativeItem,
  type OpenedChange,
  type OpenedRecord,
  openPartially,
  type PartialResult,
  type RecordResult,
  type SealOptions,
  type Search,
  type SearchedScalar,
  type StreamRecord,
  type StreamRecordOptions,
  search,
  type UnopenedItem,
} from '@dynaseal/document-client'
export type { Refusal, SafeCondition } from './conditionTypes.js'
export { encrypted } from './encrypted.js'
export type { Encrypted, EncryptedMeta } from './encryptedType.js'
export type { EntityItemOpener } from './entityItems.js'
export { ToolboxError, type ToolboxErrorCode } from './errors.js'
export type { RegistrableEntity } from './registry.js'
export { sealDocumentClient } from './sealDocumentClient.js'
export type { SealedDocumentClient } from './sealEntities.js'
export { type Token, type TokenMeta, type TokenOptions, token } from './token.js'
