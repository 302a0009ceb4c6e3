import { type Clock, systemClock } from './clock.js'
import { Pace } from './pace.js'

const THROTTLES = [
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequestsException',
]
const TRANSIENT = [
  'TimeoutError',
  'InternalServerError',
  'ServiceUnavailable',
  'ReplicatedWriteConflictException',
  'TransactionInProgressException',
]
/** Codes of what fails on the way. */
export const NETWORK = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPIPE']

/** Why one member of a transaction was refused ("TransactWriteItems", errors, in DynamoDB's API reference). */
const THROTTLED_MEMBERS = ['ProvisionedThroughputExceeded', 'ThrottlingError']

/** Also of a transaction, which has the reasons of its members. */
export function isThrottling(error: Error): boolean {
  const { CancellationReasons: reasons = [] } = error as {
    CancellationReasons?: readonly { Code?: string }[]
  }
  return THROTTLES.includes(error.name) || reasons.some(({ Code = '' }) => THROTTLED_MEMBERS.includes(Code))
}

/** Whether the same call may succeed later. */
export function isTransient(error: Error): boolean {
  const { name, code, $fault, cause } = error as Error & { code?: unknown; $fault?: unknown }
  // The format's, when its keyring got no answer, unless that says that it will get none.
  if (code === 'key-unavailable')
    return (cause as { permanent?: unknown } | undefined)?.permanent !== true && !isOfCredentials(error)
  return TRANSIENT.includes(name) || NETWORK.includes(String(code)) || $fault === 'server'
}

/**
 * Whether the credentials of this process are to blame, as its keyring says. Expired ones do not come back by waiting, and what
 * else is asked for fails as well.
 */
export function isOfCredentials(error: Error): boolean {
  const { code, cause } = error as Error & { code?: unknown }
  return code === 'key-unavailable' && (cause as { code?: unknown } | undefined)?.code === 'CREDENTIALS'
}

/** Whether what a field did not open for says nothing of the field. */
export function saysNothing(error: Error): boolean {
  return isTransient(error) || isOfCredentials(error)
}

export interface Persistence {
  readonly signal: AbortSignal
  readonly clock?: Clock
  /** Milliseconds for which failures that may pass are borne. Default 2 minutes. */
  readonly patience?: number
}

const PATIENCE = 120_000
const DELAY = { first: 100, longest: 10_000 }

/**
 * A call that is made again after a failure that may pass, for a while. The AWS SDK has made it again a few times by then.
 *
 * @throws what the call throws otherwise
 */
export async function persistently<T>(
  call: () => Promise<T>,
  { signal, clock = systemClock, patience = PATIENCE }: Persistence,
): Promise<T> {
  const start = clock.now()
  for (let delay = DELAY.first; ; delay = Math.min(delay * 2, DELAY.longest)) {
    try {
      return await call()
    } catch (error) {
      const isHopeless = !(error instanceof Error) || !isTransient(error)
      if (isHopeless || signal.aborted || clock.now() - start > patience) throw error
      await clock.sleep(delay, signal)
      signal.throwIfAborted()
    }
  }
}

/** Capacity that DynamoDB says that a call has consumed. */
interface Consuming {
  readonly ConsumedCapacity?: { readonly CapacityUnits?: number | undefined } | undefined
}

/** Units that are counted for an answer that does not say any, and for a condition that failed. */
const UNKNOWN_UNITS = 1

/** The same for a call of DynamoDB, at a pace: throttling only makes it slower, however long it lasts. */
export async function paced<T extends Consuming>(
  call: () => Promise<T>,
  pace: Pace,
  persistence: Persistence,
): Promise<T> {
  for (;;) {
    try {
      return await persistently(async () => {
        const settle = await pace.take(persistence.signal)
        try {
          const output = await call()
          settle(output.ConsumedCapacity?.CapacityUnits ?? UNKNOWN_UNITS)
          return output
        } catch (error) {
          settle((error as Error).name === 'ConditionalCheckFailedException' ? UNKNOWN_UNITS : 0)
          throw error
        }
      }, persistence)
    } catch (error) {
      if (!(error instanceof Error) || !isThrottling(error)) throw error
      pace.throttled()
    }
  }
}

/** A call that tells no capacity, and is made again for as long as it is throttled. */
export async function unlessThrottled<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const pace = new Pace()
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!(error instanceof Error) || !isThrottling(error)) throw error
      pace.throttled()
      // It is the pace alone that is waited for: what such a call takes is not capacity.
      const settle = await pace.take(signal)
      settle(0)
    }
  }
}
