import type { ServiceName } from './aws.js'
import type { Call, CallFilter } from './callLog.js'

/** What became of all calls to one operation of one service in one region. */
export interface Counter {
  readonly service: ServiceName
  readonly region: string
  /** For example `GenerateDataKey` or `PutItem`. */
  readonly operation: string
  /** All that arrived. */
  readonly calls: number
  /** Of these, those that are being worked on, or hang. */
  readonly pending: number
  /** Of these, those whose connection ended without an answer: dropped by a fault, or given up by the client. */
  readonly unanswered: number
  /** How many were answered with each HTTP status. */
  readonly statuses: Readonly<Record<string, number>>
  /** How many were answered with each AWS error, by its name. */
  readonly errors: Readonly<Record<string, number>>
}

interface OpenCounter extends Counter {
  calls: number
  pending: number
  unanswered: number
  readonly statuses: Record<string, number>
  readonly errors: Record<string, number>
}

/** Counts calls by region, service and operation; unlike the log, all since the start. */
export class Counters {
  #counters = new Map<string, OpenCounter>()
  /** The calls that have not ended, each with the counter in which it was counted. */
  #open = new Map<Call, OpenCounter>()

  arrived(call: Call): void {
    const { service, region, operation } = call
    const name = `${region}/${service}/${operation}`
    let counter = this.#counters.get(name)
    if (counter === undefined) {
      counter = { service, region, operation, calls: 0, pending: 0, unanswered: 0, statuses: {}, errors: {} }
      this.#counters.set(name, counter)
    }
    counter.calls++
    counter.pending++
    this.#open.set(call, counter)
  }

  /** The call has its status, or will never have one. */
  ended(call: Call): void {
    const counter = this.#open.get(call)
    // It arrived before the counters were cleared.
    if (counter === undefined) return
    this.#open.delete(call)
    counter.pending--
    if (call.status === undefined) counter.unanswered++
    else increment(counter.statuses, String(call.status))
    if (call.error !== undefined) increment(counter.errors, call.error)
  }

  list(matches: (counter: CallFilter) => boolean): Counter[] {
    return [...this.#counters.values()].filter(matches).map(counter => structuredClone(counter))
  }

  clear(): void {
    this.#counters = new Map()
    this.#open = new Map()
  }
}

function increment(counts: Record<string, number>, name: string): void {
  counts[name] = (Object.hasOwn(counts, name) ? (counts[name] ?? 0) : 0) + 1
}
