import type { Attempt, Operation } from './attempt.js'
import { Breaker, type BreakerOptions } from './breaker.js'
import type { Clock } from './clock.js'
import { estimatedLatency } from './distance.js'
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

/** One region in the order in which the next call would ask them. */
export interface Route extends Replica {
  readonly state: RouteState
  /** Why it stands where it stands, in words. */
  readonly why: string
  /** Milliseconds that its answers take: observed, else estimated from the distance; undefined when unknown. */
  readonly expectedMs: number | undefined
  /** Milliseconds after which the next region is asked as well; undefined when hedging is off. */
  readonly hedgeAfter: number | undefined
}

/** Milliseconds for which a region that refused what another region did is asked last. */
const DEMOTED_FOR = 30_000
/** Milliseconds for which a region that throttles is asked later: the first time, and at most. */
const PAUSE_MIN = 100
const PAUSE_MAX = 5_000

interface Health {
  breaker: Breaker
  latency: Latency
  pausedUntil: number
  throttles: number
  demotedUntil: Map<Operation, number>
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
  rank(replicas: readonly Replica[], operation: Operation): Route[] {
    const routes = replicas.map(replica => this.#route(replica, operation))
    // Array.prototype.sort is stable: regions about which nothing is known stay in the order given.
    return routes.sort(
      (a, b) =>
        TIERS[a.state] - TIERS[b.state] ||
        Number(b.region === this.#options.ownRegion) - Number(a.region === this.#options.ownRegion) ||
        compareLatency(a.expectedMs, b.expectedMs),
    )
  }

  /** A call begins: it earns its share of the hedging budget. */
  countCall(): void {
    this.#budget?.earn()
  }

  /** A region is about to be asked. @returns whether that is the probe of an open breaker */
  start({ region, state }: Route): boolean {
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
  record(route: Route, operation: Operation, attempt: Attempt, slow: boolean): void {
    const health = this.#healthOf(route.region)
    const now = this.#options.clock.now()
    if (attempt.reason === 'probe') health.breaker.endProbe()
    switch (attempt.outcome) {
      case 'answered':
        health.latency.add(attempt.durationMs, now)
        health.throttles = 0
        health.pausedUntil = 0
        health.demotedUntil.delete(operation)
        this.#succeed(health)
        break
      case 'region-refused':
      case 'message-refused':
        // A refusal is an answer: the region is up.
        this.#succeed(health)
        break
      case 'failed':
        if (verdictOn(attempt.error) === 'caller') break
        if (isThrottling(attempt.error)) this.#pause(health, now)
        this.#fail(health, now)
        break
      case 'timeout':
        // What was cut short by the end of the whole call may have been about to answer.
        if (attempt.durationMs >= (route.hedgeAfter ?? 0)) this.#fail(health, now)
        break
      case 'outpaced':
        if (slow) this.#fail(health, now)
        break
      case 'aborted':
        break
    }
  }

  #succeed({ breaker }: Health): void {
    breaker.succeed()
  }

  #fail({ breaker, openListeners }: Health, now: number): void {
    if (breaker.fail(now)) for (const listener of [...openListeners]) listener()
  }

  #pause(health: Health, now: number): void {
    const span = Math.min(PAUSE_MAX, PAUSE_MIN * 2 ** health.throttles)
    health.throttles++
    health.pausedUntil = now + span * (0.5 + this.#options.random() / 2)
  }

  #route(replica: Replica, operation: Operation): Route {
    const { breaker, latency, pausedUntil, demotedUntil } = this.#healthOf(replica.region)
    const { ownRegion, hedge, clock } = this.#options
    const now = clock.now()
    const observed = latency.mean(now)
    const expectedMs = observed ?? estimatedLatency(ownRegion, replica.region)
    const demoted = demotedUntil.get(operation) ?? 0
    const state: RouteState =
      breaker.state(now) === 'open'
        ? 'open'
        : demoted > now
          ? 'demoted'
          : pausedUntil > now
            ? 'paused'
            : 'available'
    const why = [
      replica.region === ownRegion ? 'own region' : undefined,
      observed !== undefined
        ? `answers in ${round(observed)} ms`
        : expectedMs !== undefined
          ? `about ${round(expectedMs)} ms away`
          : 'distance unknown',
      state === 'paused' ? `throttled, paused for ${round(pausedUntil - now)} ms` : undefined,
      state === 'demoted' ? `refuses ${operation}, asked last for ${round(demoted - now)} ms` : undefined,
      state === 'open' ? `breaker open, next probe in ${round(breaker.probeIn(now))} ms` : undefined,
      breaker.state(now) === 'probe' ? 'breaker open, probe due' : undefined,
    ]
    return {
      ...replica,
      state,
      why: why.filter(part => part !== undefined).join(', '),
      expectedMs,
      hedgeAfter: hedge === false ? undefined : hedgeDelay(latency.late(now), hedge),
    }
  }

  #healthOf(region: string): Health {
    let health = this.#health.get(region)
    if (health === undefined) {
      health = {
        breaker: new Breaker(this.#options.breaker),
        latency: new Latency(),
        pausedUntil: 0,
        throttles: 0,
        demotedUntil: new Map(),
        openListeners: new Set(),
      }
      this.#health.set(region, health)
    }
    return health
  }
}

const TIERS: Record<RouteState, number> = { available: 0, paused: 1, demoted: 2, open: 3 }

function compareLatency(a: number | undefined, b: number | undefined): number {
  if (a === b) return 0
  if (a === undefined) return 1
  if (b === undefined) return -1
  return a - b
}

function round(ms: number): number {
  return Math.round(ms)
}
