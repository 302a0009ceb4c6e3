import { channel } from 'node:diagnostics_channel'

/**
 * An expired data key was used to open what is stored, because the keyring could not be reached. Published
 * each time, so that whoever watches sees how long it goes on. See the option `cache.openingGrace`.
 */
export interface GraceEvent {
  /** The encryption context of the data key. */
  readonly context: Readonly<Record<string, string>>
  /** Milliseconds since the data key arrived. */
  readonly age: number
  /** Milliseconds until the grace ends and opening fails. */
  readonly left: number
  /** What the keyring failed with when it was last asked. */
  readonly error: unknown
}

/**
 * The `diagnostics_channel` names that this package publishes on. No message holds a plaintext, a data key or
 * a ciphertext.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel'
 *
 * subscribe(channelNames.grace, event => console.warn(event))
 */
export const channelNames = { grace: 'dynaseal:core:grace' } as const

const grace = channel(channelNames.grace)

/** Publishes what `event` makes, which is not asked when nobody listens. */
export function publishGrace(event: () => GraceEvent): void {
  if (grace.hasSubscribers) grace.publish(event())
}
