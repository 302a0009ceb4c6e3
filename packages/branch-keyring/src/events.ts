import { channel } from 'node:diagnostics_channel'

/** A branch key arrived: its row was read, and KMS decrypted it. */
export interface ArrivalEvent {
  readonly branchKeyId: string
  /** The UUID of its version; of a beacon key `beacon:ACTIVE`. */
  readonly version: string
  /** Whether it was asked for as the active version. */
  readonly active: boolean
  /** Milliseconds that it took. */
  readonly durationMs: number
}

/** A branch key could not be had. */
export interface FailureEvent {
  readonly branchKeyId: string
  /** The UUID of the version that was asked for; undefined for the active one. */
  readonly version: string | undefined
  readonly durationMs: number
  readonly error: unknown
  /** Whether somebody waited for it; nobody does for one that is fetched ahead. */
  readonly awaited: boolean
}

/**
 * An expired branch key unwrapped a data key, because the key store or KMS could not be reached. Published each time. See
 * the option `cache.openingGrace`.
 */
export interface GraceEvent {
  readonly branchKeyId: string
  readonly version: string
  /** Milliseconds since the branch key arrived. */
  readonly age: number
  /** Milliseconds until the grace ends. */
  readonly left: number
  /** What the branch key could not be had for when it was last asked for. */
  readonly error: unknown
}

/**
 * The `diagnostics_channel` names that this package publishes on. No message holds a key or a ciphertext. What becomes of
 * the regions that are asked is published on those of `@dynaseal/mrk-keyring`; an `arn` there is the name of the key
 * store's table where the `operation` is `GetItem` or `Query`.
 *
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 *
 * subscribe(channelNames.failure, event => console.warn(event))
 * ```
 */
export const channelNames = {
  arrival: 'dynaseal:branch-keyring:arrival',
  failure: 'dynaseal:branch-keyring:failure',
  grace: 'dynaseal:branch-keyring:grace',
} as const

/** What is published on each channel. */
export interface Events {
  arrival: ArrivalEvent
  failure: FailureEvent
  grace: GraceEvent
}

const channels = {
  arrival: channel(channelNames.arrival),
  failure: channel(channelNames.failure),
  grace: channel(channelNames.grace),
}

/** Publishes what `event` makes, which is not asked when nobody listens. */
export function publish<Name extends keyof Events>(name: Name, event: () => Events[Name]): void {
  if (channels[name].hasSubscribers) channels[name].publish(event())
}
