import type { Attempt, Operation } from './attempt.js'
import { type AnySignal, signalFor } from './attemptSignal.js'
import { type Clock, systemClock } from './clock.js'
import { ATTEMPT_TIMEOUT, CALL_TIMEOUT, ownRegionOf, type RoutingOptions } from './options.js'
import { Race, type RaceResult } from './race.js'
import type { Replica } from './replicas.js'
import { type Route, Router } from './router.js'
import { verdictOn } from './verdicts.js'

/** One request, as it is sent to whichever region's turn it is. */
export interface RegionalRequest<T, Client extends object> {
  operation: Operation
  send(client: Client, arn: string, signal: AnySignal): Promise<T>
  /** Destroys an answer that came too late to be used. */
  discard(answer: T): void
}

/** When a call must end: at a time of the clock, or when the caller says so. */
export interface CallLimits {
  startedAt: number
  deadline: number
  signal: AbortSignal | undefined
}

/** How calls are routed, whatever makes the clients. */
export type ServiceRouting = Omit<RoutingOptions, 'client' | 'grantTokens'>

/** An AWS service in all regions that hold a replica of something: the nearest that answers is asked. */
export class RegionalService<Client extends object> {
  #replicas: readonly Replica[]
  readonly #router: Router
  /** The client of a region, always the same. */
  readonly client: (region: string) => Client
  readonly ownRegion: string | undefined
  /** Milliseconds. */
  readonly attemptTimeout: number
  readonly #timeout: number
  readonly clock: Clock
  readonly #random: () => number

  /**
   * @param client the client of a region, made when it is first needed
   * @throws MrkKeyringConfigError for options that make no sense
   */
  constructor(replicas: readonly Replica[], client: (region: string) => Client, options: ServiceRouting) {
    this.#replicas = replicas
    this.clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.client = oncePerRegion(client)
    this.attemptTimeout = options.attemptTimeout ?? ATTEMPT_TIMEOUT
    this.#timeout = options.timeout ?? CALL_TIMEOUT
    this.ownRegion = ownRegionOf(options.region)
    this.#router = new Router({
      ownRegion: this.ownRegion,
      breaker: options.breaker ?? {},
      hedge: options.hedge ?? {},
      clock: this.clock,
      random: this.#random,
    })
  }

  get replicas(): readonly Replica[] {
    return this.#replicas
  }

  set replicas(replicas: readonly Replica[]) {
    this.#replicas = replicas
  }

  routes(operation: Operation): Route[] {
    return this.#router.explain(this.#replicas, operation)
  }

  begin(signal: AbortSignal | undefined): CallLimits {
    const startedAt = this.clock.now()
    return { startedAt, deadline: startedAt + this.#timeout, signal }
  }

  elapsed({ startedAt }: CallLimits): number {
    return this.clock.now() - startedAt
  }

  /** @param replicas those that may be asked: all of them, unless it says which */
  ask<T>(
    request: RegionalRequest<T, Client>,
    { deadline, signal }: CallLimits,
    replicas = this.#replicas,
  ): Promise<RaceResult<T>> {
    const { operation, discard } = request
    return new Race<T>(
      {
        operation,
        replicas,
        send: ({ region, arn }, abort) => {
          const client = this.client(region)
          return request.send(client, arn, signalFor(client, abort))
        },
        discard,
        deadline,
        attemptTimeout: this.attemptTimeout,
        signal,
      },
      this.#router,
      this.clock,
      this.#random,
    ).run()
  }
}

/** Whether asking again soon cannot help: every region of `replicas` was asked, and has not got it or refuses for good. */
export function refusedEverywhere(replicas: readonly Replica[], attempts: readonly Attempt[]): boolean {
  return endedEverywhere(replicas, attempts, ['region-refused', 'absent'])
}

/** Whether every region of `replicas` was asked, and none has got it. */
export function absentEverywhere(replicas: readonly Replica[], attempts: readonly Attempt[]): boolean {
  return endedEverywhere(replicas, attempts, ['absent'])
}

function endedEverywhere(
  replicas: readonly Replica[],
  attempts: readonly Attempt[],
  outcomes: readonly Attempt['outcome'][],
): boolean {
  const last = new Map(attempts.map(attempt => [attempt.region, attempt.outcome]))
  return replicas.every(({ region }) => {
    const outcome = last.get(region)
    return outcome !== undefined && outcomes.includes(outcome)
  })
}

/** Whether no region came to look at the key: each that was asked could not know who asks. */
export function hadNoCredentials(attempts: readonly Attempt[]): boolean {
  const last = new Map(attempts.map(attempt => [attempt.region, attempt.error]))
  return last.size > 0 && [...last.values()].every(error => verdictOn(error) === 'credentials')
}

/** Makes the client of a region when it is first needed, and that one from then on. */
export function oncePerRegion<Client>(make: (region: string) => Client): (region: string) => Client {
  const clients = new Map<string, Client>()
  return region => {
    let client = clients.get(region)
    if (client === undefined) {
      client = make(region)
      clients.set(region, client)
    }
    return client
  }
}
