import type { Attempt, Operation } from './attempt.js'
import { Breaker, type BreakerOptions } from './breaker.js'
import type { Clock } from './clock.js'
import { estimatedLatency } from './distance.js'
import { publish } from './events.js'
import { HedgeBudget, type HedgeOptions, hedgeDelay } from './hedge.js'
import { Latency } from './latency.js'
import type { Replica } from './replicas.js'
import { isThrottling, verdictOn } from './verdicts.js'

/**
 * Whether a region is asked in its turn: `available`; `paused` after it throttled; `demoted` after it
 * refused what another region then did; `open` while its breaker is. The last three are asked when no
 * other region is left.
 */
export type RouteState = 'available' | 'paused' | 'demoted' | 'open'

/** Where a region stands among the others. */
export interface Standing extends Replica {
  readonly state: RouteState
  /** Milliseconds that its answers take: observed, else estimated from the distance; undefined when unknown. */
  readonly expectedMs: number | undefined
  /** Whether that was observed. */
  readonly observed: boolean
  /** Milliseconds after which the next region is asked as well; undefined when hedging is off. */
  readonly hedgeAfter: number | undefined
}

/** One region in the order in which the next call would ask them. */
export interface Route extends Standing {
  /** Why it stands where it stands, in words. */
  readonly why: string
}

/**
 * An estimate is good enough to leave a region that was observed only where it promises half of the time:
 * else a slow moment of that one sends all calls to one that may be slower still.
 */
const DOUBT = 2
/** Milliseconds for which a region that refused what another region did is asked last. */
const DEMOTED_FOR = 30_000
/** Milliseconds for which a region that throttles is asked later: the first time, and at most. */
const PAUSE_MIN = 100
const PAUSE_MAX = 5_000

interface Health {
  breaker: Breaker
  latency: Latency
  /** By distance from the own region. */
  estimate: number | undefined
  pausedUntil: number
  throttles: number
  demotedUntil: Map<Operation, number>
  /** What was warned about and has not worked since: an error name for each operation. */
  warned: Map<Operation, string>
  openListeners: Set<() => void>
}

export interface RouterOptions {
  ownRegion: string | undefined
  breaker: BreakerOptions
  hedge: HedgeOptions | false
  clock: Clock
  random: () => number
}

/** Knows how each region has been doing, and puts them in order. */
export class Router {
  readonly #options: RouterOptions
  readonly #health = new Map<string, Health>()
  readonly #budget: HedgeBudget | undefined

  constructor(options: RouterOptions) {
    this.#options = options
    this.#budget = options.hedge === false ? undefined : new HedgeBudget(options.hedge)
  }

  /** The replicas in the order in which they would be asked now. */
  rank(replicas: readonly Replica[], operation: Operation): Standing[] {
    const standings = replicas.map(replica => this.#stand(replica, operation))
    // Array.prototype.sort is stable: regions about which nothing is known stay in the order given.
    return standings.sort((a, b) => this.#compare(a, b))
  }

  /** The first of them. */
  next(replicas: readonly Replica[], operation: Operation): Standing | undefined {
    let first: Standing | undefined
    for (const replica of replicas) {
      const standing = this.#stand(replica, operation)
      if (first === undefined || this.#compare(standing, first) < 0) first = standing
    }
    return first
  }

  #compare(a: Standing, b: Standing): number {
    return (
      TIERS[a.state] - TIERS[b.state] ||
      Number(b.region === this.#options.ownRegion) - Number(a.region === this.#options.ownRegion) ||
      compareLatency(a, b)
    )
  }

  /** The same, with the reasons in words. */
  explain(replicas: readonly Replica[], operation: Operation): Route[] {
    return this.rank(replicas, operation).map(standing => ({
      ...standing,
      why: this.#why(standing, operation),
    }))
  }

  /** A call begins: it earns its share of the hedging budget. */
  countCall(): void {
    this.#budget?.earn()
  }

  /** A region is about to be asked. @returns whether that is the probe of an open breaker */
  start({ region, state }: Standing): boolean {
    const { breaker } = this.#healthOf(region)
    const now = this.#options.clock.now()
    if (state !== 'available' || breaker.state(now) !== 'probe') return false
    breaker.startProbe(now)
    return true
  }

  /** @returns whether the budget allows a hedge */
  spendHedge(): boolean {
    return this.#budget?.spend() ?? false
  }

  /** Whether the region's breaker is open. */
  isOpen(region: string): boolean {
    return this.#healthOf(region).breaker.state(this.#options.clock.now()) !== 'closed'
  }

  /** Runs `listener` when the region's breaker opens; returns what stops that. */
  onOpen(region: string, listener: () => void): () => void {
    const { openListeners } = this.#healthOf(region)
    openListeners.add(listener)
    return () => openListeners.delete(listener)
  }

  /** The region refused what another one then did: ask it last for a while. */
  demote(region: string, operation: Operation): void {
    this.#healthOf(region).demotedUntil.set(operation, this.#options.clock.now() + DEMOTED_FOR)
  }

  /** Learns from an attempt. `slow`: another region, asked later, answered sooner. */
  record(route: Standing, operation: Operation, attempt: Attempt, slow: boolean): void {
    const health = this.#healthOf(route.region)
    const now = this.#options.clock.now()
    if (attempt.reason === 'probe') health.breaker.endProbe()
    switch (attempt.outcome) {
      case 'answered':
        health.latency.add(attempt.durationMs, now)
        if (now >= health.pausedUntil) health.throttles = 0
        health.demotedUntil.delete(operation)
        health.warned.delete(operation)
        this.#succeed(route, health)
        break
      case 'region-refused':
        this.#warn(route, health, operation, attempt.error)
        this.#succeed(route, health)
        break
      case 'absent':
        health.latency.add(attempt.durationMs, now)
        this.#succeed(route, health)
        break
      case 'message-refused':
        // A refusal is an answer: the region is up.
        this.#succeed(route, health)
        break
      case 'failed':
        if (verdictOn(attempt.error) === 'credentials') break
        if (isThrottling(attempt.error)) this.#pause(health, now)
        this.#fail(route, health, now)
        break
      case 'timeout':
        // What was cut short by the end of the whole call may have been about to answer.
        if (attempt.durationMs >= (route.hedgeAfter ?? 0)) this.#fail(route, health, now)
        break
      case 'outpaced':
        if (slow) this.#fail(route, health, now)
        break
      case 'aborted':
        break
    }
  }

  #succeed({ region, arn }: Standing, { breaker }: Health): void {
    if (breaker.succeed()) publish('breaker', () => ({ region, arn, state: 'closed' }))
  }

  #fail({ region, arn }: Standing, { breaker, openListeners }: Health, now: number): void {
    if (!breaker.fail(now)) return
    publish('breaker', () => ({ region, arn, state: 'open' }))
    for (const listener of [...openListeners]) listener()
  }

  #warn({ region, arn }: Standing, { warned }: Health, operation: Operation, error: unknown): void {
    const name = error instanceof Error ? error.name : ''
    if (warned.get(operation) === name) return
    warned.set(operation, name)
    publish('warning', () => ({ region, arn, operation, error }))
  }

  #pause(health: Health, now: number): void {
    // The other calls that were under way when it began to throttle say nothing new.
    if (now < health.pausedUntil) return
    const span = Math.min(PAUSE_MAX, PAUSE_MIN * 2 ** health.throttles)
    health.throttles++
    health.pausedUntil = now + span * (0.5 + this.#options.random() / 2)
  }

  #stand({ region, arn }: Replica, operation: Operation): Standing {
    const { breaker, latency, estimate, pausedUntil, demotedUntil } = this.#healthOf(region)
    const { hedge, clock } = this.#options
    const now = clock.now()
    const typical = latency.typical(now)
    return {
      region,
      arn,
      state:
        breaker.state(now) === 'open'
          ? 'open'
          : (demotedUntil.get(operation) ?? 0) > now
            ? 'demoted'
            : pausedUntil > now
              ? 'paused'
              : 'available',
      expectedMs: typical ?? estimate,
      observed: typical !== undefined,
      // For a probe as well: a region that is back has its connections to make anew, and must not lose the
      // race, and another interval, for that.
      hedgeAfter: hedge === false ? undefined : hedgeDelay(latency.late(now), hedge),
    }
  }

  #why({ region, state, expectedMs, observed }: Standing, operation: Operation): string {
    const { breaker, pausedUntil, demotedUntil } = this.#healthOf(region)
    const now = this.#options.clock.now()
    const reasons: string[] = []
    if (region === this.#options.ownRegion) reasons.push('own region')
    if (expectedMs === undefined) reasons.push('distance unknown')
    else reasons.push(observed ? `answers in ${ms(expectedMs)}` : `about ${ms(expectedMs)} away`)
    if (state === 'paused') reasons.push(`throttled, asked later for ${ms(pausedUntil - now)}`)
    if (state === 'demoted')
      reasons.push(`refuses ${operation}, asked last for ${ms(demotedUntil.get(operation)! - now)}`)
    if (state === 'open') reasons.push(`breaker open, next probe in ${ms(breaker.probeIn(now))}`)
    if (breaker.state(now) === 'probe') reasons.push('breaker open, probe due')
    return reasons.join(', ')
  }

  #healthOf(region: string): Health {
    let health = this.#health.get(region)
    if (health === undefined) {
      health = {
        breaker: new Breaker(this.#options.breaker),
        latency: new Latency(),
        estimate: estimatedLatency(this.#options.ownRegion, region),
        pausedUntil: 0,
        throttles: 0,
        demotedUntil: new Map(),
        warned: new Map(),
        openListeners: new Set(),
      }
      this.#health.set(region, health)
    }
    return health
  }
}

const TIERS: Record<RouteState, number> = { available: 0, paused: 1, demoted: 2, open: 3 }

function compareLatency(a: Standing, b: Standing): number {
  const inA = cautiously(a)
  const inB = cautiously(b)
  return inA === inB ? 0 : inA - inB
}

function cautiously({ expectedMs = Number.POSITIVE_INFINITY, observed }: Standing): number {
  return observed ? expectedMs : DOUBT * expectedMs
}

function ms(value: number): string {
  return `${Math.round(value)} ms`
}
