import { MrkKeyringConfigError } from '@dynaseal/mrk-keyring'
import { refuseUnknown } from '@dynaseal/mrk-keyring/regional'

/** How long branch keys live in memory, and how many. */
export interface BranchKeyCacheOptions {
  /**
   * Milliseconds that a branch key is used after it arrived; also how long a process goes on with a version after there is
   * a newer one, and how long it keeps access after that was withdrawn. Default 300,000 (5 minutes).
   */
  readonly maxAge?: number
  /** Branch keys kept, each version counted; the least recently used leaves first. Default 1,000. */
  readonly maxKeys?: number
  /** Milliseconds that a permanent refusal is remembered; 0 remembers none. Default 10,000. */
  readonly refusalAge?: number
  /**
   * Milliseconds beyond `maxAge` that a branch key still unwraps data keys while the key store or KMS cannot be reached.
   * Never wraps with one. Each use is published on the channel `dynaseal:branch-keyring:grace`. Default 0: off.
   */
  readonly openingGrace?: number
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: () => number
}

export type ResolvedCacheOptions = Required<BranchKeyCacheOptions>

/** @throws MrkKeyringConfigError `BAD_OPTION` */
export function resolveCacheOptions(options: BranchKeyCacheOptions = {}): ResolvedCacheOptions {
  if (Object.prototype.toString.call(options) !== '[object Object]')
    throw new MrkKeyringConfigError(
      'BAD_OPTION',
      'The option cache must be an object, such as { maxKeys: 100 }.',
    )
  refuseUnknown('cache', options, ['maxAge', 'maxKeys', 'refusalAge', 'openingGrace', 'now'])
  const resolved = {
    maxAge: options.maxAge ?? 300_000,
    maxKeys: options.maxKeys ?? 1000,
    refusalAge: options.refusalAge ?? 10_000,
    openingGrace: options.openingGrace ?? 0,
    now: options.now ?? Date.now,
  }
  const { maxAge, maxKeys, refusalAge, openingGrace } = resolved
  check('maxAge', Number.isFinite(maxAge) && maxAge > 0, 'a positive number of milliseconds')
  check('maxKeys', Number.isSafeInteger(maxKeys) && maxKeys > 0, 'a positive integer')
  check('refusalAge', Number.isFinite(refusalAge) && refusalAge >= 0, 'a number of milliseconds')
  check('openingGrace', Number.isFinite(openingGrace) && openingGrace >= 0, 'a number of milliseconds')
  return resolved
}

function check(option: string, valid: boolean, expected: string): void {
  if (!valid) throw new MrkKeyringConfigError('BAD_OPTION', `The option cache.${option} must be ${expected}.`)
}
