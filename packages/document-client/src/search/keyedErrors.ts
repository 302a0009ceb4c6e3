import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import type { WireItem } from '../values/wireItems.js'

interface Reason {
  readonly Code?: string
  readonly Item?: WireItem
}

/** What was sent as a transaction, and is none to who sent it, fails as it would have: by its condition. */
export function conditionFailed(error: unknown): unknown {
  const reason = reasonsOf(error)?.find(({ Code }) => Code === 'ConditionalCheckFailed')
  if (reason === undefined) return error
  const { $metadata } = error as TransactionCanceledException
  return new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata,
    ...(reason.Item === undefined ? {} : { Item: reason.Item }),
  })
}

/**
 * A cancelled transaction with one reason for each action that the caller gave: of several that were made of it, the first
 * that is one.
 *
 * @param counts how many were made of each
 */
export function foldReasons(error: unknown, counts: readonly number[]): unknown {
  const reasons = reasonsOf(error)
  if (reasons === undefined || counts.every(count => count === 1)) return error
  const { message, $metadata } = error as TransactionCanceledException
  let start = 0
  const CancellationReasons = counts.map(count => {
    const own = reasons.slice(start, start + count)
    start += count
    return own.find(({ Code }) => Code !== undefined && Code !== 'None') ?? own[0] ?? { Code: 'None' }
  })
  return new TransactionCanceledException({ message, $metadata, CancellationReasons })
}

function reasonsOf(error: unknown): Reason[] | undefined {
  const { name, CancellationReasons } = Object(error) as { name?: unknown; CancellationReasons?: unknown }
  return name === 'TransactionCanceledException' && Array.isArray(CancellationReasons)
    ? CancellationReasons
    : undefined
}
