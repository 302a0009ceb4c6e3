import { channel } from 'node:diagnostics_channel'
import type { FieldError, FieldErrorCode, SealError, SealErrorCode } from './errors.js'
import type { AttributePath } from './format.js'

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

/** Where a field stands that failed. Names only: no value, neither of the field nor of a key attribute. */
interface FailureEvent<CODE> {
  readonly code: CODE
  /** Logical table name. */
  readonly table: string | undefined
  /** Names of the item's key attributes. */
  readonly keyNames: readonly string[] | undefined
  readonly path: AttributePath | undefined
}

/** A stored field did not open. One for each field. */
export type NotOpenedEvent = FailureEvent<FieldErrorCode>

/** A value was not sealed, so that nothing of its call was. */
export type NotSealedEvent = FailureEvent<SealErrorCode>

/**
 * The `diagnostics_channel` names that this package publishes on. No message holds a plaintext, a data key or
 * a ciphertext.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel'
 *
 * subscribe(channelNames.grace, event => console.warn(event)) // GraceEvent
 * subscribe(channelNames.notOpened, event => alarm(event)) // NotOpenedEvent
 * subscribe(channelNames.notSealed, event => alarm(event)) // NotSealedEvent
 */
export const channelNames = {
  grace: 'dynaseal:core:grace',
  notOpened: 'dynaseal:core:not-opened',
  notSealed: 'dynaseal:core:not-sealed',
} as const

const grace = channel(channelNames.grace)
const notOpened = channel(channelNames.notOpened)
const notSealed = channel(channelNames.notSealed)

/** Publishes what `event` makes, which is not asked when nobody listens. */
export function publishGrace(event: () => GraceEvent): void {
  if (grace.hasSubscribers) grace.publish(event())
}

export function publishNotOpened(error: FieldError): void {
  if (notOpened.hasSubscribers) notOpened.publish(failureEvent(error))
}

export function publishNotSealed(error: SealError): void {
  if (notSealed.hasSubscribers) notSealed.publish(failureEvent(error))
}

function failureEvent<CODE>({ code, table, keyNames, path }: FailureEvent<CODE>): FailureEvent<CODE> {
  return { code, table, keyNames, path }
}
