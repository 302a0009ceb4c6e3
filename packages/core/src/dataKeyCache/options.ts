import { checkOptions } from '../checkOptions.js'
import { invalidOption } from '../errors.js'

/** How long data keys live in memory and how many fields share one. */
export interface DataKeyCacheOptions {
  /**
   * How long a data key is used after it arrived, in milliseconds; also how long a process keeps access
   * after it was revoked. Default 300,000 (5 minutes).
   */
  readonly maxAge?: number
  /**
   * Fields sealed under one data key, 1 to 2^32. Default 2^20 (1,048,576). Each message of format 1 and each item of
   * format 2 is encrypted with a key of its own, so this bounds what one stolen data key opens, and the wear of AES-GCM
   * only for an item that is written all the time: 2^32 is what NIST SP 800-38D (8.3) allows with random nonces.
   */
  readonly maxMessages?: number
  /**
   * Data keys kept for opening; the least recently used leaves first. As many encryption contexts, keyrings of a function
   * of the context, and contexts with a data key for sealing are kept. Default 1,000.
   */
  readonly maxKeys?: number
  /**
   * Data keys that one call of `open` may ask the keyring for; those in memory do not count. Fields under more of
   * them fail with `too-many-data-keys`. Default 3,000: more than fit into a page of 1 MB (2^20 bytes) where each
   * item was sealed by another process, since each takes more than 350 bytes with the encrypted data key of KMS, in either format.
   * A `BatchGetItem` of 16 MB can hold more.
   */
  readonly maxKeysPerOpen?: number
  /**
   * How long a permanent refusal is remembered before the keyring is asked again, in milliseconds.
   * Default 10,000; 0 remembers none. A refusal is permanent when the keyring's error has
   * `permanent === true`. As long is remembered what did not authenticate. A failure that may pass and took a
   * second or longer is remembered for as long as it took, at most 5,000 and until the keyring succeeds at anything.
   */
  readonly refusalAge?: number
  /**
   * How long beyond `maxAge` a data key still opens what is stored while the keyring cannot be
   * reached, in milliseconds. Never applies to sealing. Each use is published on the channel
   * `dynaseal:core:grace`. Default 0: off.
   */
  readonly openingGrace?: number
  /** The clock, in milliseconds. Default `Date.now`. */
  readonly now?: () => number
}

export type ResolvedOptions = Required<DataKeyCacheOptions>

const DEFAULTS: ResolvedOptions = {
  maxAge: 300_000,
  maxMessages: 2 ** 20,
  maxKeys: 1000,
  maxKeysPerOpen: 3000,
  refusalAge: 10_000,
  openingGrace: 0,
  now: () => Date.now(),
}

/** @throws {ConfigurationError} `invalid-option` */
export function resolveOptions(options: DataKeyCacheOptions): ResolvedOptions {
  checkOptions('cache', options, Object.keys(DEFAULTS))
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const resolved: ResolvedOptions = { ...DEFAULTS, ...Object.fromEntries(given) }
  check(
    'maxAge',
    Number.isFinite(resolved.maxAge) && resolved.maxAge > 0,
    'a positive number of milliseconds',
  )
  check(
    'maxMessages',
    isCount(resolved.maxMessages) && resolved.maxMessages <= 2 ** 32,
    'an integer from 1 to 2^32',
  )
  check('maxKeys', isCount(resolved.maxKeys), 'a positive integer')
  check('maxKeysPerOpen', isCount(resolved.maxKeysPerOpen), 'a positive integer')
  check(
    'refusalAge',
    Number.isFinite(resolved.refusalAge) && resolved.refusalAge >= 0,
    'a number of milliseconds',
  )
  check(
    'openingGrace',
    Number.isFinite(resolved.openingGrace) && resolved.openingGrace >= 0,
    'a number of milliseconds',
  )
  check('now', typeof resolved.now === 'function', 'a function')
  return resolved
}

function check(option: string, valid: boolean, expected: string): void {
  if (!valid) throw invalidOption(`The cache option ${option} must be ${expected}.`)
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0
}
