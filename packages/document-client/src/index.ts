export {
  type CacheStatistics,
  ConfigurationError,
  type ConfigurationErrorCode,
  FieldError,
  type FieldErrorCode,
  SealError,
  type SealErrorCode,
} from '@dynaseal/core'
export type { Bytes } from './arriving/lines.js'
export type { ItemOpener, NativeItem, OpenedChange } from './arriving/opener.js'
export type { StreamRecord } from './arriving/streamRecord.js'
export type { OpenedRecord, RecordResult, StreamRecordOptions } from './arriving/streamRecords.js'
export type { SealedClient } from './client/sealClient.js'
export type { ClientOptions, SealOptions } from './client/sealOptions.js'
export type { Declaration, DeclaredToken } from './declared/declaration.js'
export type { DeclaredClient } from './declared/declaredClient.js'
export { sealDocumentClient } from './declared/sealDocumentClient.js'
export { sealDynamoDBClient } from './declared/sealDynamoDBClient.js'
export { DocumentClientError, type DocumentClientErrorCode, FieldsNotOpenedError } from './errors.js'
export { openPartially, type PartialResult, type UnopenedItem } from './opening/openPartially.js'
export { type FalsePositiveEvent, falsePositiveChannel } from './search/comparing.js'
export { type Search, type SearchedScalar, search } from './search/searched.js'
