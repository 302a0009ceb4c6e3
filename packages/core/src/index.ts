export type { AttributeValue } from './attributeValue.js'
export type { ContextOfItem, KeyValues } from './contexts.js'
export {
  type CombinedKeyrings,
  combineKeyrings,
  NoKeyringOpensError,
} from './dataKeyCache/combineKeyrings.js'
export {
  type DataKeyRequest,
  type DataKeySource,
  dataKeySource,
  type EncryptedDataKeyEntry,
  type Keyring,
} from './dataKeyCache/keyring.js'
export type { KeyringOfContext } from './dataKeyCache/keyringOf.js'
export type { DataKeyCacheOptions } from './dataKeyCache/options.js'
export type {
  CacheStatistics,
  DataKeyStatistics,
  OpeningStatistics,
  SealingStatistics,
} from './dataKeyCache/statistics.js'
export { describeStored, type StoredDescription } from './describe.js'
export type { FieldForm } from './envelope/options.js'
export {
  ConfigurationError,
  type ConfigurationErrorCode,
  DynasealError,
  FieldError,
  type FieldErrorCode,
  type Place,
  SealError,
  type SealErrorCode,
  SearchError,
  type SearchErrorCode,
} from './errors.js'
export { channelNames, type GraceEvent, type NotOpenedEvent, type NotSealedEvent } from './events.js'
export {
  type AllowedSuite,
  createFormat,
  FieldFormat,
  type FormatName,
  type FormatOptions,
} from './fieldFormat.js'
export type {
  AttributePath,
  CallOptions,
  Field,
  Format,
  ItemFields,
  ItemPlace,
  ItemToOpen,
  ItemToSeal,
  OpenedField,
  OpenedItem,
  SealedItem,
} from './format.js'
export {
  MAX_CONTEXT_BYTES,
  MAX_CONTEXT_PAIRS,
  MAX_DEPTH,
  MAX_ENCRYPTED_DATA_KEYS,
  MAX_MESSAGE_BYTES,
} from './limits.js'
export { canonicalLocation, locationHash } from './location.js'
export type { CodecName } from './message/codec.js'
export { createSearchKey, type SearchKeyOptions } from './search/createSearchKey.js'
export type { Normalizer, NormalizerName } from './search/normalize.js'
export type { SearchCacheOptions, SearchOptions } from './search/options.js'
export { createSearchTokens, SearchTokens } from './search/searchTokens.js'
export { TokenDefinition, type TokenOptions, type TokenPart } from './search/tokenDefinition.js'
export type {
  TokenClaim,
  TokenFit,
  TokenMaker,
  TokenSubject,
  TokenUse,
  VersionedToken,
} from './search/tokenMaker.js'
export { normalizeNumber } from './value/number.js'
export { parseValue } from './value/parse.js'
export { serializeValue } from './value/serialize.js'
