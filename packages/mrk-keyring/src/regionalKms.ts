import { KMSClient } from '@aws-sdk/client-kms'
import type { Attempt, Operation } from './attempt.js'
import { type AnySignal, signalFor } from './attemptSignal.js'
import { type Clock, systemClock } from './clock.js'
import type { KmsSender } from './kmsCalls.js'
import { ATTEMPT_TIMEOUT, CALL_TIMEOUT, ownRegionOf, type RoutingOptions } from './options.js'
import { Race, type RaceResult } from './race.js'
import type { Replica } from './replicas.js'
import { type Route, Router } from './router.js'
import { verdictOn } from './verdicts.js'

/** One KMS request, as it is sent to whichever region's turn it is. */
export interface RegionalRequest<T> {
  operation: Operation
  send(client: KmsSender, arn: string, signal: AnySignal): Promise<T>
  /** Destroys an answer that came too late to be used. */
  discard(answer: T): void
}

/** When a call must end: at a time of the clock, or when the caller says so. */
export interface CallLimits {
  startedAt: number
  deadline: number
  signal: AbortSignal | undefined
}

/** KMS in all regions of a key. */
export class RegionalKms {
  #replicas: readonly Replica[]
  readonly #router: Router
  readonly #client: (region: string) => KmsSender
  readonly #attemptTimeout: number
  readonly #timeout: number
  readonly clock: Clock
  readonly #random: () => number

  constructor(replicas: readonly Replica[], options: RoutingOptions) {
    this.#replicas = replicas
    this.clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#client = clientPerRegion(options.client)
    this.#attemptTimeout = options.attemptTimeout ?? ATTEMPT_TIMEOUT
    this.#timeout = options.timeout ?? CALL_TIMEOUT
    this.#router = new Router({
      ownRegion: ownRegionOf(options.region),
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

  ask<T>(request: RegionalRequest<T>, { deadline, signal }: CallLimits): Promise<RaceResult<T>> {
    const { operation, discard } = request
    return new Race<T>(
      {
        operation,
        replicas: this.#replicas,
        send: ({ region, arn }, abort) => {
          const client = this.#client(region)
          return request.send(client, arn, signalFor(client, abort))
        },
        discard,
        deadline,
        attemptTimeout: this.#attemptTimeout,
        signal,
      },
      this.#router,
      this.clock,
      this.#random,
    ).run()
  }
}

/** Whether asking again soon cannot help: every region of `replicas` was asked and refuses for good. */
export function refusedEverywhere(replicas: readonly Replica[], attempts: readonly Attempt[]): boolean {
  const last = new Map(attempts.map(attempt => [attempt.region, attempt.outcome]))
  return replicas.every(({ region }) => last.get(region) === 'region-refused')
}

/** Whether no region came to look at the key: each that was asked could not know who asks. */
export function hadNoCredentials(attempts: readonly Attempt[]): boolean {
  const last = new Map(attempts.map(attempt => [attempt.region, attempt.error]))
  return last.size > 0 && [...last.values()].every(error => verdictOn(error) === 'credentials')
}

/** Makes the client of a region when it is first needed, and that one from then on. */
export function clientPerRegion(
  make: (region: string) => KmsSender = defaultClient,
): (region: string) => KmsSender {
  const clients = new Map<string, KmsSender>()
  return region => {
    let client = clients.get(region)
    if (client === undefined) {
      client = make(region)
      clients.set(region, client)
    }
    return client
  }
}

// The keyring's failover is the retry: three attempts of the SDK in each region would triple the load on
// a region in trouble, and the time until the next one is asked.
function defaultClient(region: string): KMSClient {
  return new KMSClient({ region, maxAttempts: 1 })
}
