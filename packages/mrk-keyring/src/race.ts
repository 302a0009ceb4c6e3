import {
  type Attempt,
  type AttemptOutcome,
  type AttemptReason,
  AttemptTimeoutError,
  type Operation,
} from './attempt.js'
import { AttemptSignal } from './attemptSignal.js'
import type { Clock } from './clock.js'
import { publish } from './events.js'
import type { Replica } from './replicas.js'
import type { Router, Standing } from './router.js'
import { staysRefused, verdictOn } from './verdicts.js'

/** What is asked of one region after the other until one answers. */
export interface RegionalCall<T> {
  operation: Operation
  replicas: readonly Replica[]
  /** Asks one region. Rejects soon after the signal fires. */
  send(replica: Replica, signal: AttemptSignal): Promise<T>
  /** Destroys an answer that came too late to be used. */
  discard(answer: T): void
  /** When the whole call ends, on the clock's time. */
  deadline: number
  /** Milliseconds for one attempt. */
  attemptTimeout: number
  /** The caller's. */
  signal: AbortSignal | undefined
}

/** How a call ended, and what was tried, in the order in which it was started; not what is still under way. */
export type RaceResult<T> =
  | { won: true; answer: T; replica: Replica; attempts: Attempt[] }
  | { won: false; ended: 'message' | 'exhausted' | 'deadline' | 'aborted'; attempts: Attempt[] }

/** How often every region is asked before a call gives up, as in the SDK's standard retry mode. */
const ROUNDS = 3
/** Milliseconds to wait before the second round, doubled before the third; half of it is random. */
const ROUND_BACKOFF = 100

interface Runner {
  route: Standing
  reason: AttemptReason
  startedAt: number
  signal: AttemptSignal
  /** Milliseconds that it has. */
  limit: number
  disarm: () => void
  unlisten: () => void
  /** The call has its answer from elsewhere. */
  lost: boolean
  ended?: Attempt
}

/** Runs one call over the regions: the nearest first, the next when it fails or is late, the first answer wins. */
export class Race<T> {
  readonly #call: RegionalCall<T>
  readonly #router: Router
  readonly #clock: Clock
  readonly #random: () => number
  readonly #runners: Runner[] = []
  readonly #release: (() => void)[] = []
  #unasked: Replica[]
  #again: Replica[] = []
  #absent: Replica[] = []
  #round = 1
  #finish: ((result: RaceResult<T>) => void) | undefined

  constructor(call: RegionalCall<T>, router: Router, clock: Clock, random: () => number) {
    this.#call = call
    this.#router = router
    this.#clock = clock
    this.#random = random
    this.#unasked = [...call.replicas]
  }

  run(): Promise<RaceResult<T>> {
    return new Promise(resolve => {
      this.#finish = resolve
      const { signal, deadline } = this.#call
      if (signal?.aborted) {
        this.#lose('aborted')
        return
      }
      if (signal !== undefined) {
        const abort = () => this.#lose('aborted')
        signal.addEventListener('abort', abort, { once: true })
        this.#release.push(() => signal.removeEventListener('abort', abort))
      }
      if (deadline <= this.#clock.now()) {
        this.#lose('deadline')
        return
      }
      this.#router.countCall()
      const { operation, replicas } = this.#call
      publish('choice', () => ({ operation, routes: this.#router.explain(replicas, operation) }))
      this.#askNext('first')
    })
  }

  #askNext(reason: AttemptReason): void {
    const route = this.#router.next(this.#unasked, this.#call.operation)
    if (route === undefined) {
      this.#endRound()
      return
    }
    this.#unasked = this.#unasked.filter(({ region }) => region !== route.region)
    this.#ask(route, this.#router.start(route) ? 'probe' : reason)
  }

  #ask(route: Standing, reason: AttemptReason): void {
    const now = this.#clock.now()
    // A region that hangs must leave time for those behind it, however many there are.
    const share = (this.#call.deadline - now) / (this.#unasked.length + 1)
    const limit = Math.min(this.#call.attemptTimeout, share)
    const runner: Runner = {
      route,
      reason,
      startedAt: now,
      limit,
      signal: new AttemptSignal(),
      lost: false,
      disarm: () => {},
      unlisten: () => {},
    }
    this.#runners.push(runner)
    this.#arm(runner)
    this.#send(runner).then(
      answer => this.#win(runner, answer),
      error => this.#fail(runner, error),
    )
  }

  /** Rejects also where a client throws at once. */
  #send({ route, signal }: Runner): Promise<T> {
    try {
      return this.#call.send(route, signal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** One timer at a time: hardly any is ever due, and every call pays for those it sets. */
  #arm(runner: Runner): void {
    const { hedgeAfter } = runner.route
    if (hedgeAfter !== undefined && hedgeAfter < runner.limit) {
      runner.disarm = this.#clock.after(hedgeAfter, () => this.#late(runner))
      return
    }
    this.#expire(runner)
    this.#listen(runner)
  }

  #late(runner: Runner): void {
    const { reason, route } = runner
    this.#expire(runner)
    if (reason !== 'probe' && this.#router.isOpen(route.region)) this.#giveWay(runner)
    else this.#hedge(runner)
    // Not sooner: hardly any call is late, and every one would pay for it.
    this.#listen(runner)
  }

  /** Gives it up at its limit. */
  #expire(runner: Runner, background = false): void {
    const { startedAt, limit } = runner
    const expired = () => this.#fail(runner, new AttemptTimeoutError(limit))
    runner.disarm = this.#clock.after(startedAt + limit - this.#clock.now(), expired, background)
  }

  #listen(runner: Runner): void {
    runner.unlisten = this.#router.onOpen(runner.route.region, () => this.#giveWay(runner))
  }

  #win(runner: Runner, answer: T): void {
    if (runner.ended !== undefined) {
      this.#call.discard(answer)
      return
    }
    if (runner.lost) this.#call.discard(answer)
    this.#end(runner, 'answered')
    if (runner.lost) return
    for (const { route, ended } of this.#runners)
      if (ended?.outcome === 'region-refused') this.#router.demote(route.region, this.#call.operation)
    for (const other of this.#live())
      if (other.reason === 'probe') this.#runOn(other)
      else this.#end(other, 'outpaced', undefined, other.startedAt <= runner.startedAt)
    this.#settle({ won: true, answer, replica: runner.route, attempts: this.#attempts() })
  }

  /**
   * A probe is there to find out whether the region is back. What it finds counts also when another region
   * answers the call sooner; until its deadline, and as long as the process has something else to do.
   */
  #runOn(probe: Runner): void {
    probe.lost = true
    probe.unlisten()
    probe.disarm()
    this.#expire(probe, true)
  }

  #fail(runner: Runner, error: unknown): void {
    if (runner.ended !== undefined) return
    const outcome = failedWith(error)
    this.#end(runner, outcome, error)
    if (runner.lost) {
      if (outcome === 'region-refused') this.#router.demote(runner.route.region, this.#call.operation)
      return
    }
    if (outcome === 'message-refused') {
      this.#lose('message')
      return
    }
    if (outcome === 'absent') this.#absent.push(runner.route)
    else if (outcome !== 'region-refused') this.#again.push(runner.route)
    if (this.#live().length === 0) this.#askNext('failover')
  }

  /** The region is late: ask the next one as well, unless there is none in good health or no budget. */
  #hedge(runner: Runner): void {
    const next = this.#router.next(this.#unasked, this.#call.operation)
    if (next === undefined || next.state !== 'available') return
    if (runner.reason !== 'probe' && !this.#router.spendHedge()) return
    const { operation } = this.#call
    const afterMs = this.#clock.now() - runner.startedAt
    publish('hedge', () => ({ operation, late: plain(runner.route), next: plain(next), afterMs }))
    this.#askNext('hedge')
  }

  /** The region was given up while this call waits for it alone: that is no hedge any more. */
  #giveWay(runner: Runner): void {
    const next = this.#router.next(this.#unasked, this.#call.operation)
    if (runner.ended === undefined && this.#live().length === 1 && next?.state === 'available')
      this.#askNext('failover')
  }

  #endRound(): void {
    const timeLeft = this.#call.deadline - this.#clock.now()
    // Attempts end at sums of fractions of the deadline.
    if (timeLeft < 1) {
      this.#lose('deadline')
      return
    }
    const wait = ROUND_BACKOFF * 2 ** (this.#round - 1) * (0.5 + this.#random() / 2)
    if (this.#again.length === 0 || this.#round === ROUNDS || wait >= timeLeft) {
      this.#lose('exhausted')
      return
    }
    this.#round++
    // What one of those that failed has may have arrived elsewhere meanwhile.
    this.#unasked = [...this.#again, ...this.#absent]
    this.#again = []
    this.#absent = []
    this.#release.push(this.#clock.after(wait, () => this.#askNext('failover')))
  }

  #lose(ended: 'message' | 'exhausted' | 'deadline' | 'aborted'): void {
    for (const runner of this.#live()) this.#end(runner, 'aborted')
    this.#settle({ won: false, ended, attempts: this.#attempts() })
  }

  #end(runner: Runner, outcome: AttemptOutcome, error?: unknown, slow = false): void {
    const { route, reason } = runner
    const { region, arn } = route
    const durationMs = this.#clock.now() - runner.startedAt
    runner.ended = { region, arn, reason, durationMs, outcome, ...(error === undefined ? {} : { error }) }
    runner.disarm()
    runner.unlisten()
    if (outcome !== 'answered') runner.signal.abort()
    const attempt = runner.ended
    const { operation } = this.#call
    publish('attempt', () => ({ operation, ...attempt }))
    this.#router.record(route, operation, attempt, slow)
  }

  /** Those that the call waits for. */
  #live(): Runner[] {
    return this.#runners.filter(({ ended, lost }) => ended === undefined && !lost)
  }

  #attempts(): Attempt[] {
    const attempts: Attempt[] = []
    for (const { ended } of this.#runners) if (ended !== undefined) attempts.push(ended)
    return attempts
  }

  #settle(result: RaceResult<T>): void {
    for (const release of this.#release) release()
    this.#finish?.(result)
    this.#finish = undefined
  }
}

function failedWith(error: unknown): AttemptOutcome {
  if (error instanceof AttemptTimeoutError) return 'timeout'
  if (verdictOn(error) === 'message') return 'message-refused'
  if (verdictOn(error) === 'absent') return 'absent'
  return staysRefused(error) ? 'region-refused' : 'failed'
}

function plain({ region, arn }: Replica): Replica {
  return { region, arn }
}
