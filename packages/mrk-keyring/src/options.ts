import type { BreakerOptions } from './breaker.js'
import type { Clock } from './clock.js'
import { MrkKeyringConfigError } from './configError.js'
import type { HedgeOptions } from './hedge.js'
import type { KmsSender } from './kmsCalls.js'

/** What every way of building a keyring takes. */
export interface RoutingOptions {
  /**
   * The region that this process runs in: asked first. By default that of the environment variables
   * `AWS_REGION` and `AWS_DEFAULT_REGION`, where the SDK looks as well; without either, no region is.
   */
  region?: string
  /**
   * Makes the KMS client of a region, once per region. By default a `KMSClient` that does not retry:
   * the keyring goes on to the next region instead.
   */
  client?: (region: string) => KmsSender
  /** Milliseconds until an attempt is given up and the next region asked; 1,000 by default. */
  attemptTimeout?: number
  /** Milliseconds until a whole call fails, however many regions there are; 5,000 by default. */
  timeout?: number
  /** Passed with every KMS request. */
  grantTokens?: string[]
  /** When a region that is late has the next one asked as well; `false` to wait for its deadline. */
  hedge?: HedgeOptions | false
  /** When a region that keeps failing is no longer asked. */
  breaker?: BreakerOptions
  /** Where time comes from; for tests. */
  clock?: Clock
  /** Numbers from 0 to below 1 that spread backing off; `Math.random` by default. */
  random?: () => number
}

export const ATTEMPT_TIMEOUT = 1_000
export const CALL_TIMEOUT = 5_000

/** The region of this process, where it is known without asking anybody. */
export function ownRegionOf(region: string | undefined, env = process.env): string | undefined {
  // An empty variable is how a shell unsets one; both names, in this order, as the SDK's own lookup.
  return region || env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined
}

/** @throws MrkKeyringConfigError for a number that is none, or makes no sense */
export function checkOptions({ attemptTimeout, timeout, hedge, breaker }: RoutingOptions): void {
  positive('attemptTimeout', attemptTimeout)
  positive('timeout', timeout)
  positive('breaker.failures', breaker?.failures)
  positive('breaker.probeInterval', breaker?.probeInterval)
  if (hedge === undefined || hedge === false) return
  positive('hedge.min', hedge.min)
  positive('hedge.max', hedge.max)
  const { budget } = hedge
  if (budget !== undefined && !(budget >= 0 && budget <= 1))
    throw new MrkKeyringConfigError(
      'BAD_OPTION',
      `hedge.budget is ${budget}: give the share of calls, from 0 to 1`,
    )
}

/** @throws MrkKeyringConfigError unless `value` is a positive number, or not given */
export function positive(name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isFinite(value) && value > 0))
    throw new MrkKeyringConfigError('BAD_OPTION', `${name} is ${value}: give a positive number`)
}
