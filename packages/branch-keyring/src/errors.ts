/**
 * Why something with a branch key failed; stable across releases:
 *
 * - `NO_MATCHING_DATA_KEY`: no encrypted data key of the message was wrapped under the branch key of its context
 * - `NO_BRANCH_KEY`: no region's key store has that branch key, or that version of it
 * - `BRANCH_KEY_REFUSED`: its row was changed, is of another KMS key or key store, or of a kind that is not known here
 * - `DATA_KEY_REFUSED`: the encrypted data key was changed, or the encryption context differs
 * - `TOO_MANY_REFUSALS`: so many rows of the branch key were refused lately that no more are asked about for a while
 * - `BAD_BRANCH_KEY_ID`: the `branchKeyId` function returned something that cannot be one
 * - `BAD_CONTEXT`: the encryption context cannot be serialized
 * - `ABORTED`: the caller's signal fired
 * - `NOT_A_KEY_STORE`: there is a table of that name that is none
 * - `DIFFERENT_BRANCH_KEY`: a branch key of that id exists with another encryption context
 * - `CONFLICT`: others changed the branch key at the same time, again and again
 */
export type BranchKeyErrorCode =
  | 'NO_MATCHING_DATA_KEY'
  | 'NO_BRANCH_KEY'
  | 'BRANCH_KEY_REFUSED'
  | 'DATA_KEY_REFUSED'
  | 'TOO_MANY_REFUSALS'
  | 'BAD_BRANCH_KEY_ID'
  | 'BAD_CONTEXT'
  | 'ABORTED'
  | 'NOT_A_KEY_STORE'
  | 'DIFFERENT_BRANCH_KEY'
  | 'CONFLICT'

/**
 * A branch key, or a data key under it, could not be had. Holds no key and no ciphertext. Where no region answers, calls
 * reject with the `MrkKeyringError` of `@dynaseal/mrk-keyring` instead, which has every attempt.
 *
 * ```ts
 * try {
 *   await decrypt(keyring, message)
 * } catch (error) {
 *   if (error instanceof BranchKeyError && error.code === 'NO_BRANCH_KEY') return tenantIsGone()
 *   throw error
 * }
 * ```
 */
export class BranchKeyError extends Error {
  override readonly name = 'BranchKeyError'
  readonly code: BranchKeyErrorCode
  /** Whether asking again soon cannot help. */
  readonly permanent: boolean

  constructor(
    code: BranchKeyErrorCode,
    message: string,
    { permanent = true, cause }: { permanent?: boolean; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.permanent = permanent
  }
}

/** Keyrings say so with a property, so that no class needs to be shared with them. */
export function isPermanent(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'permanent' in error && error.permanent === true
}
