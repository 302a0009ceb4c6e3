/**
 * What the other keyrings of this project are made of: one service asked in the nearest region that answers, with
 * deadlines, hedges, breakers and errors. For those packages alone; it may change with every release.
 */
export { AbsentError } from './attempt.js'
export type { AnySignal } from './attemptSignal.js'
export { type DataKeySource, dataKeySource, type EncryptedDataKeyEntry } from './dataKeySource.js'
export { type Failure, failure, idOf } from './failure.js'
export { fillForDecryption, fillForEncryption, type WrappingKeys } from './fillMaterials.js'
export { decryptDataKey, readable } from './kmsCalls.js'
export { LazyKeyringNode } from './lazyKeyringNode.js'
export { checkOptions, checkRegions, mustBeFunction, refuseUnknown } from './options.js'
export { type KmsAccess, PARTS, type ReplicatedKey } from './parts.js'
export { RegionalKms } from './regionalKms.js'
export { absentEverywhere, type CallLimits, oncePerRegion, RegionalService } from './regionalService.js'
export { isReplicaOf, resolveReplicas } from './replicas.js'
