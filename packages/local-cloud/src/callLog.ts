import type { ServiceName } from './aws.js'

/** One request that arrived at the local cloud. Never holds a plaintext. */
export interface Call {
  readonly service: ServiceName
  readonly region: string
  /** For example `GenerateDataKey` or `PutItem`. */
  readonly operation: string
  /** HTTP status; undefined while it is being worked on, and if it was never answered. */
  readonly status: number | undefined
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

/** A call as its handlers fill it in. */
export type OpenCall = { -readonly [Name in keyof Call]: Call[Name] }

/** More calls than this are forgotten, oldest first, so that a long-running command does not grow. */
const LIMIT = 100_000

export class CallLog {
  #calls: OpenCall[] = []

  open(service: ServiceName, region: string, operation: string): OpenCall {
    const call: OpenCall = { service, region, operation, status: undefined, at: Date.now() }
    this.#calls.push(call)
    if (this.#calls.length > LIMIT * 1.1) this.#calls = this.#calls.slice(-LIMIT)
    return call
  }

  list(filter: CallFilter = {}): Call[] {
    return this.#calls
      .filter(
        call =>
          (filter.service === undefined || call.service === filter.service) &&
          (filter.region === undefined || call.region === filter.region) &&
          (filter.operation === undefined || call.operation === filter.operation),
      )
      .map(call => ({ ...call }))
  }

  clear(): void {
    this.#calls = []
  }
}
