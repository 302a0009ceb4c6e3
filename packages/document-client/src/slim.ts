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
export type { Features } from './client/features.js'
export type { SealedClient } from './client/sealClient.js'
export type { ClientOptions, SealOptions } from './client/sealOptions.js'
export type { Declaration, DeclaredToken } from './declared/declaration.js'
export type { DeclaredClient } from './declared/declaredClient.js'
export { DocumentClientError, type DocumentClientErrorCode, FieldsNotOpenedError } from './errors.js'
export { openPartially, type PartialResult, type UnopenedItem } from './opening/openPartially.js'
export type { SlimOptions } from './slim/options.js'
export { sealDocumentClient } from './slim/sealDocumentClient.js'
export { sealDynamoDBClient } from './slim/sealDynamoDBClient.js'
