// What the main entry has, without the features that a client is given here one by one: `arrivals` of './arriving.js', `messages` of './messages.js', `searchTokens`
// of './search.js', `wholeItems` of './wholeItems.js'. A bundle has what is imported.

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
  type Features,
  FieldsNotOpenedError,
  openPartially,
  type PartialResult,
  type SealOptions,
  type SlimOptions,
  type UnopenedItem,
} from '@dynaseal/document-client/slim'
export type { Refusal, SafeCondition } from './conditionTypes.js'
export { encrypted } from './encrypted.js'
export type { Encrypted, EncryptedMeta } from './encryptedType.js'
export { ToolboxError, type ToolboxErrorCode } from './errors.js'
export type { RegistrableEntity } from './registry.js'
export type { SealedDocumentClient } from './sealEntities.js'
export { sealDocumentClient } from './slimClient.js'
