export type { ServiceName } from './aws.js'
export type { Call, CallFilter } from './callLog.js'
export type { Cut, Fault, FaultEffect, FaultScope } from './faults.js'
export { type LocalCloud, type LocalCloudOptions, startLocalCloud } from './localCloud.js'
