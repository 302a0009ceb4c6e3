import { EngineEndedError, EngineError } from './engine.js'
import type { AttributeMap } from './items.js'

/** A write that another region will never have, since its engine refuses it. */
export interface RefusedWrite {
  readonly tableName: string
  readonly key: AttributeMap
  /** The region of the write. */
  readonly from: string
  /** The region that does not have it. */
  readonly to: string
  /** For example `ValidationException`. */
  readonly error: string
  readonly message: string
}

/** Replication has ended, but not all writes could be replicated. */
export class ReplicationError extends Error {
  /** In the order in which they were refused. */
  readonly refused: readonly RefusedWrite[]

  constructor(refused: readonly RefusedWrite[]) {
    const [{ tableName, from, to, error, message } = {}] = refused as Partial<RefusedWrite>[]
    super(
      `${refused.length} ${refused.length === 1 ? 'write was' : 'writes were'} refused in another region, for good. ` +
        `The engine of ${to} did not take the first, to ${tableName} in ${from}: ${error}: ${message} ` +
        'All are in `refused`; replicas differ in these items until they are written again.',
    )
    this.name = 'ReplicationError'
    this.refused = refused
  }
}

/** Errors of a client's making that are over after a while. */
const PASSING: ReadonlySet<string> = new Set([
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TransactionConflictException',
  'TransactionInProgressException',
])

/** Whether the same request would fail the same way, ever again. */
export function isFinal(error: unknown): boolean {
  if (error instanceof EngineEndedError) return true
  return error instanceof EngineError && error.response.status < 500 && !PASSING.has(error.errorName)
}

/** There is no such table, or not yet. */
export function isNotFound(error: unknown): boolean {
  return error instanceof EngineError && error.errorName === 'ResourceNotFoundException'
}

/** What an error of an engine is called, and says. */
export function explain(error: unknown): { error: string; message: string } {
  if (error instanceof EngineError) return { error: error.errorName, message: error.reason }
  const { name, message } = error as Error
  return { error: name, message }
}
