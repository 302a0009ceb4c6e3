import { type Channel, channel } from 'node:diagnostics_channel'
import type { Attempt, Operation } from './attempt.js'
import type { Replica } from './replicas.js'
import type { Route } from './router.js'

/** A call begins: the order in which it would ask the regions, and why. */
export interface ChoiceEvent {
  readonly operation: Operation
  readonly routes: readonly Route[]
}

/** A region was asked and answered, failed, or was given up. */
export interface AttemptEvent extends Attempt {
  readonly operation: Operation
}

/** A region is late, and the next one is asked as well. */
export interface HedgeEvent {
  readonly operation: Operation
  readonly late: Replica
  readonly next: Replica
  /** Milliseconds that the late one had. */
  readonly afterMs: number
}

/** A region is no longer asked, but for one probe at a time; or it is asked again. */
export interface BreakerEvent extends Replica {
  readonly state: 'open' | 'closed'
}

/**
 * A region refuses what it is asked until somebody changes something there. Published once, until the
 * region has done that operation again or refuses it for another reason.
 */
export interface WarningEvent extends Replica {
  readonly operation: Operation
  readonly error: unknown
}

/** The replicas were asked for again. */
export interface DiscoveryEvent {
  readonly replicas: readonly Replica[]
  /** Those that are new, and those that are gone. */
  readonly added: readonly Replica[]
  readonly removed: readonly Replica[]
  /** Why the replicas could not be learned; those known before stay in use. */
  readonly error?: unknown
}

/**
 * The `diagnostics_channel` names that a keyring publishes on. No message holds a plaintext, a data key or
 * a ciphertext.
 *
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel'
 *
 * subscribe(channelNames.breaker, event => console.warn(event))
 * ```
 */
export const channelNames = {
  choice: 'dynaseal:mrk-keyring:choice',
  attempt: 'dynaseal:mrk-keyring:attempt',
  hedge: 'dynaseal:mrk-keyring:hedge',
  breaker: 'dynaseal:mrk-keyring:breaker',
  warning: 'dynaseal:mrk-keyring:warning',
  discovery: 'dynaseal:mrk-keyring:discovery',
} as const

/** What is published on each channel. */
export interface Events {
  choice: ChoiceEvent
  attempt: AttemptEvent
  hedge: HedgeEvent
  breaker: BreakerEvent
  warning: WarningEvent
  discovery: DiscoveryEvent
}

const channels = Object.fromEntries(
  Object.entries(channelNames).map(([name, full]) => [name, channel(full)]),
) as Record<keyof Events, Channel>

/** Publishes what `event` makes, which is not asked when nobody listens. */
export function publish<Name extends keyof Events>(name: Name, event: () => Events[Name]): void {
  if (channels[name].hasSubscribers) channels[name].publish(event())
}
