import type { ServiceName } from './aws.js'
import { type Counter, Counters } from './counters.js'
import { refuseUnknown } from './members.js'

/** One request that arrived at the local cloud. Never holds a plaintext. */
export interface Call {
  readonly service: ServiceName
  readonly region: string
  /** For example `GenerateDataKey` or `PutItem`. */
  readonly operation: string
  /** HTTP status; undefined while it is being worked on, and if it was never answered. */
  readonly status: number | undefined
  /** Whether it was answered, or never will be. */
  readonly ended: boolean
  /** The AWS error name, for example `AccessDeniedException`. */
  readonly error?: string
  /** KMS: the ARN of the key that was used, in the region that was called. */
  readonly keyId?: string
  /** KMS: the encryption context as the caller gave it. */
  readonly encryptionContext?: Readonly<Record<string, string>>
  /** When it arrived, in milliseconds since the epoch. */
  readonly at: number
}

export interface CallFilter {
  readonly service?: ServiceName
  readonly region?: string
  readonly operation?: string
}

export interface CallListFilter extends CallFilter {
  /** Only the latest so many of those that match. */
  readonly last?: number
}

const FILTER = ['service', 'region', 'operation']

/** A call as its handlers fill it in. */
export type OpenCall = { -readonly [Name in keyof Call]: Call[Name] }

/** More calls than this are forgotten, oldest first, so that a long-running command does not grow. */
const LIMIT = 100_000

/** The calls, and how many there were. */
export class CallLog {
  #calls: OpenCall[] = []
  readonly #counters = new Counters()

  open(service: ServiceName, region: string, operation: string): OpenCall {
    const call: OpenCall = { service, region, operation, status: undefined, ended: false, at: Date.now() }
    this.#calls.push(call)
    this.#counters.arrived(call)
    if (this.#calls.length > LIMIT * 1.1) this.#calls = this.#calls.slice(-LIMIT)
    return call
  }

  /** It was answered, or never will be: nothing is filled in any more. */
  close(call: OpenCall): void {
    call.ended = true
    this.#counters.ended(call)
  }

  /** In order of arrival. */
  list(filter: CallListFilter = {}): Call[] {
    refuseUnknown('A filter of calls', filter, [...FILTER, 'last'])
    const found = latest(this.#calls, filter.last ?? Number.POSITIVE_INFINITY, call => matches(call, filter))
    return found.map(call => ({ ...call }))
  }

  counters(filter: CallFilter = {}): Counter[] {
    refuseUnknown('A filter of counters', filter, FILTER)
    return this.#counters.list(counter => matches(counter, filter))
  }

  clear(): void {
    this.#calls = []
    this.#counters.clear()
  }
}

function matches(call: CallFilter, { service, region, operation }: CallFilter): boolean {
  return (
    (service === undefined || call.service === service) &&
    (region === undefined || call.region === region) &&
    (operation === undefined || call.operation === operation)
  )
}

/** The last `count` of a list that pass, in the list's order; looks no further back than it must. */
function latest<T>(list: readonly T[], count: number, passes: (one: T) => boolean): T[] {
  const found: T[] = []
  for (let n = list.length - 1; n >= 0 && found.length < count; n--) {
    const one = list[n]!
    if (passes(one)) found.push(one)
  }
  return found.reverse()
}
