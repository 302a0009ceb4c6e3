/** Counts since the keyring was made. */
export interface UseStatistics {
  /** Times a branch key was there. */
  hits: number
  /** Times a caller had to wait for one. */
  misses: number
  /** Times one was fetched: a read of the key store and a `Decrypt` of KMS each. */
  fetches: number
  failures: number
  /** Times a remembered refusal answered. */
  refusals: number
}

/** Of versions that unwrap, and of beacon keys. */
export interface UnwrappingStatistics extends UseStatistics {
  /** Times an expired branch key was used because none could be had. */
  graced: number
}

/** One branch key in memory. */
export interface BranchKeyStatistics {
  readonly branchKeyId: string
  /** The UUID of its version; of a beacon key `beacon:ACTIVE`. */
  readonly version: string
  /** Whether new data keys are wrapped with it. */
  readonly active: boolean
  /** Milliseconds since it arrived. */
  readonly age: number
  /** Data keys that this process wrapped and unwrapped with it. */
  readonly wrapped: number
  readonly unwrapped: number
}

export interface BranchKeyCacheStatistics {
  readonly wrapping: Readonly<UseStatistics>
  readonly unwrapping: Readonly<UnwrappingStatistics>
  readonly keys: readonly BranchKeyStatistics[]
}
