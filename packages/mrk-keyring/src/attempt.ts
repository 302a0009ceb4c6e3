/** What regions are asked for: operations of KMS, and of DynamoDB where a key store is read. */
export type Operation = 'GenerateDataKey' | 'Encrypt' | 'Decrypt' | 'DescribeKey' | 'GetItem' | 'Query'

/**
 * Why a region was asked: it is the first choice, the one before it failed, the one before it is slow,
 * or to see whether it has recovered.
 */
export type AttemptReason = 'first' | 'failover' | 'hedge' | 'probe'

/**
 * How asking a region ended: it answered; it has not got what it was asked for; it refused this message, or
 * whatever it is asked; it failed; it did not answer in time; another region answered sooner; or the caller
 * gave up.
 */
export type AttemptOutcome =
  | 'answered'
  | 'absent'
  | 'message-refused'
  | 'region-refused'
  | 'failed'
  | 'timeout'
  | 'outpaced'
  | 'aborted'

/** One region asked once. */
export interface Attempt {
  readonly region: string
  /** What was asked there: the ARN of the replica; of a key store, the name of the table. */
  readonly arn: string
  readonly reason: AttemptReason
  /** Milliseconds until it answered, failed or was given up. */
  readonly durationMs: number
  readonly outcome: AttemptOutcome
  /** What the SDK threw, or the {@link AttemptTimeoutError} of a deadline; none where it answered. */
  readonly error?: unknown
}

/** A region did not answer within the deadline of an attempt. */
export class AttemptTimeoutError extends Error {
  override readonly name = 'AttemptTimeoutError'
  constructor(afterMs: number) {
    super(`no answer within ${Math.round(afterMs)} ms`)
  }
}

/** A region has not got what it was asked for, and another one may: what is replicated takes its time. */
export class AbsentError extends Error {
  override readonly name = 'AbsentError'
}

/** A region answered something that must not be used. */
export class UnusableResponseError extends Error {
  override readonly name = 'UnusableResponseError'
}
