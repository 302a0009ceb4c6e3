export type { ServiceName } from './aws.js'
export type { Call, CallFilter, CallListFilter } from './callLog.js'
export type { Counter } from './counters.js'
export type { Delay } from './delays.js'
export type { EngineName } from './dynamodb/engines.js'
export { EngineUnavailableError } from './dynamodb/engineUnavailable.js'
export { type RefusedWrite, ReplicationError } from './dynamodb/refusals.js'
export type { ClockShift, Cut, Fault, FaultEffect, FaultScope } from './faults.js'
export {
  type InitialKey,
  InitialResourceError,
  type InitialTable,
  type KeyReference,
} from './initial/resources.js'
export { type LocalCloud, type LocalCloudOptions, startLocalCloud } from './localCloud.js'
