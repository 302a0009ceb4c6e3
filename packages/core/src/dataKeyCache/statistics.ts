import type { DataKeyContext, EncryptionContext } from '../materials/context.js'
import type { DataKey } from './dataKey.js'

/** Counts since the cache was made. A call is one call into the keyring. */
export interface SealingStatistics {
  /** Times a usable data key was there. */
  hits: number
  /** Times a caller had to wait for one. */
  misses: number
  calls: number
  failures: number
}

export interface OpeningStatistics extends SealingStatistics {
  /** Times that what is remembered answered in place of the keyring: a refusal, a slow failure, a forgery. */
  refusals: number
  /** Times an expired data key was used because the keyring could not be reached. */
  graced: number
}

/** One data key in memory. */
export interface DataKeyStatistics {
  readonly context: Readonly<Record<string, string>>
  /** Milliseconds since it arrived. */
  readonly age: number
  /** Messages this process sealed with it: what is lost if it is. */
  readonly sealed: number
  readonly opened: number
}

export interface CacheStatistics {
  readonly sealing: Readonly<SealingStatistics>
  readonly opening: Readonly<OpeningStatistics>
  readonly keys: readonly DataKeyStatistics[]
}

/** A data key and the context it belongs to. */
export interface KeyInMemory<C extends DataKeyContext = EncryptionContext> {
  readonly key: DataKey
  readonly context: C
}

/** A key that both seals and opens is described once. */
export function describeKeys(
  inMemory: readonly KeyInMemory<DataKeyContext>[],
  now: number,
): DataKeyStatistics[] {
  const contexts = new Map(inMemory.map(({ key, context }) => [key, context]))
  return [...contexts].map(([key, { pairs }]) => ({
    context: pairs,
    age: now - key.createdAt,
    sealed: key.sealed,
    opened: key.opened,
  }))
}
