export {
  type CacheStatistics,
  ConfigurationError,
  type ConfigurationErrorCode,
  FieldError,
  type FieldErrorCode,
  SealError,
  type SealErrorCode,
} from '@dynaseal/core'
export type { SealedClient } from './client/sealClient.js'
export type { ClientOptions, SealOptions } from './client/sealOptions.js'
export type { Declaration } from './declared/declaration.js'
export type { DeclaredClient } from './declared/declaredClient.js'
export { sealDocumentClient } from './declared/sealDocumentClient.js'
export { sealDynamoDBClient } from './declared/sealDynamoDBClient.js'
export { DocumentClientError, type DocumentClientErrorCode, FieldsNotOpenedError } from './errors.js'
export { openPartially, type PartialResult, type UnopenedItem } from './opening/openPartially.js'
