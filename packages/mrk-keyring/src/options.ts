import type { BreakerOptions } from './breaker.js'
import type { Clock } from './clock.js'
import { MrkKeyringConfigError } from './configError.js'
import type { HedgeOptions } from './hedge.js'
import { isRegion } from './keyArn.js'
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
  /** Where time comes from; for tests. The system's by default. */
  clock?: Clock
  /** Numbers from 0 to below 1 that spread backing off; `Math.random` by default. */
  random?: () => number
}

export const ATTEMPT_TIMEOUT = 1_000
export const CALL_TIMEOUT = 5_000

/** The region of this process, where it is known without asking anybody. */
export function ownRegionOf(region: string | undefined): string | undefined {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env
  // An empty variable is how a shell unsets one; both names, in this order, as the SDK's own lookup.
  return region || AWS_REGION || AWS_DEFAULT_REGION || undefined
}

const ROUTING_OPTIONS = [
  'region',
  'client',
  'attemptTimeout',
  'timeout',
  'grantTokens',
  'hedge',
  'breaker',
  'clock',
  'random',
]

/**
 * @param more names of options beside those of routing
 * @throws MrkKeyringConfigError `BAD_OPTION` for an option that there is not, or that is not what it must be
 */
export function checkOptions(options: RoutingOptions, more: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw badOption(`the options are ${describe(options)}: give an object, such as { keyArns: [...] }`)
  refuseUnknown('the keyring', options, [...ROUTING_OPTIONS, ...more])
  const { region, client, attemptTimeout, timeout, grantTokens, hedge, breaker, clock, random } = options
  if (region !== undefined && region !== '' && !isRegion(region))
    throw badOption(`region is ${describe(region)}: give the name of a region, such as us-east-1`)
  mustBeFunction(
    'client',
    client,
    'that makes the KMS client of a region, region => new KMSClient({ region })',
  )
  milliseconds('attemptTimeout', attemptTimeout)
  milliseconds('timeout', timeout)
  if (grantTokens !== undefined && !isListOfText(grantTokens))
    throw badOption('grantTokens is no array of texts: give those that CreateGrant returned')
  mustBeFunction('random', random, 'that returns a number from 0 to below 1')
  if (clock !== undefined && (typeof clock?.now !== 'function' || typeof clock.after !== 'function'))
    throw badOption(`clock is ${describe(clock)}: give an object with the functions now and after`)
  if (hedge !== undefined && hedge !== false) checkHedge(hedge)
  if (breaker !== undefined) checkBreaker(breaker)
}

/** @throws MrkKeyringConfigError unless it is an array of at least one region */
export function checkRegions(regions: readonly string[]): void {
  if (!Array.isArray(regions))
    throw badOption(`regions is ${describe(regions)}: give an array, such as ['us-east-1', 'us-west-2']`)
  if (regions.length === 0)
    throw badOption('regions is empty: name the regions that hold a replica, or leave it out')
  // Not find, which takes the holes of an array for values that were not found.
  for (const [i, region] of regions.entries())
    if (!isRegion(region))
      throw badOption(`regions[${i}] is ${describe(region)}: give the name of a region, such as us-east-1`)
}

/**
 * A timer of Node.js takes 31 bits, and fires at once when it is given more.
 *
 * @throws MrkKeyringConfigError unless `value` is a number of milliseconds above 0 and below 2^31, or not given
 */
export function milliseconds(name: string, value: number | undefined): void {
  if (value !== undefined && !(typeof value === 'number' && value > 0 && value < 2 ** 31))
    throw badOption(`${name} is ${describe(value)}: give a positive number of milliseconds, below 2^31`)
}

function checkHedge(hedge: HedgeOptions): void {
  if (typeof hedge !== 'object' || hedge === null)
    throw badOption(`hedge is ${describe(hedge)}: give an object, such as { budget: 0.1 }, or false for none`)
  refuseUnknown('hedge', hedge, ['min', 'max', 'budget'])
  const { min, max, budget } = hedge
  milliseconds('hedge.min', min)
  milliseconds('hedge.max', max)
  if (budget !== undefined && !(typeof budget === 'number' && budget >= 0 && budget <= 1))
    throw badOption(`hedge.budget is ${describe(budget)}: give the share of calls, from 0 to 1`)
}

function checkBreaker(breaker: BreakerOptions): void {
  if (typeof breaker !== 'object' || breaker === null)
    throw badOption(`breaker is ${describe(breaker)}: give an object, such as { failures: 5 }`)
  refuseUnknown('breaker', breaker, ['failures', 'probeInterval'])
  const { failures, probeInterval } = breaker
  if (failures !== undefined && !(Number.isInteger(failures) && failures > 0))
    throw badOption(`breaker.failures is ${describe(failures)}: give a positive integer`)
  milliseconds('breaker.probeInterval', probeInterval)
}

/** @throws MrkKeyringConfigError for an option that is not among those that are `known` */
export function refuseUnknown(whose: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find(name => !known.includes(name))
  if (unknown !== undefined)
    throw badOption(`${whose} has no option ${unknown}: its options are ${known.join(', ')}`)
}

/** @throws MrkKeyringConfigError unless it is a function, or not given */
export function mustBeFunction(name: string, value: unknown, what: string): void {
  if (value !== undefined && typeof value !== 'function')
    throw badOption(`${name} is ${describe(value)}: give a function ${what}`)
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && Array.from(value).every(text => typeof text === 'string' && text !== '')
}

/** What was given, in a word: texts and numbers as they are, of all else the kind. */
function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' || typeof value === 'symbol' ? `a ${typeof value}` : String(value)
}

function badOption(message: string): MrkKeyringConfigError {
  return new MrkKeyringConfigError('BAD_OPTION', message)
}
