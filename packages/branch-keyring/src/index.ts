export type { BranchKeyCheck, RowCheck } from './administration/check.js'
export type { KeyStoreAdministrationOptions } from './administration/clients.js'
export { KeyStoreAdministration } from './administration/keyStoreAdministration.js'
export type { CreatedTable } from './administration/table.js'
export type { CreatedBranchKey, RotatedBranchKey, VersionDescription } from './administration/versions.js'
export {
  type BeaconKey,
  type BeaconKeyRequest,
  BranchKeyring,
  type BranchKeyringOptions,
} from './branchKeyring.js'
export type { BranchKeyCacheOptions } from './cache/options.js'
export type {
  BranchKeyCacheStatistics,
  BranchKeyStatistics,
  UnwrappingStatistics,
  UseStatistics,
} from './cache/statistics.js'
export type { BranchKeyIdOf } from './dataKeys.js'
export { BranchKeyError, type BranchKeyErrorCode } from './errors.js'
export { type ArrivalEvent, channelNames, type Events, type FailureEvent, type GraceEvent } from './events.js'
export type { KeyStoreLocation } from './keyStore/keyStore.js'
export type { DynamoDBSender, KeyStoreOptions } from './keyStore/options.js'
