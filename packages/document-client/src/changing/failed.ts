import {
  ConditionalCheckFailedException,
  DynamoDBServiceException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb'
import type { EvaluationError } from '../evaluation/errors.js'
import type { AnsweredItem } from './readItem.js'

/**
 * DynamoDB's own error for a condition that does not hold.
 *
 * @param withItem whether the item is asked for, which is in it as it is stored
 */
export function conditionFailed(
  { stored, metadata }: AnsweredItem,
  withItem: boolean,
): ConditionalCheckFailedException {
  return new ConditionalCheckFailedException({
    message: 'The conditional request failed',
    $metadata: refused(metadata),
    ...(withItem && stored !== undefined ? { Item: stored } : {}),
  })
}

/** DynamoDB's own error for an expression that cannot be evaluated. */
export function invalid(error: EvaluationError, { metadata }: AnsweredItem): DynamoDBServiceException {
  const { message } = error
  return Object.assign(
    new DynamoDBServiceException({
      name: 'ValidationException',
      $fault: 'client',
      $metadata: refused(metadata),
      message,
    }),
    { cause: error },
  )
}

/** DynamoDB's own error for a transaction in which an expression cannot be evaluated. */
export function transactionInvalid(
  errors: readonly (EvaluationError | undefined)[],
  { metadata }: AnsweredItem,
): TransactionCanceledException {
  const reasons = errors.map(error =>
    error === undefined ? { Code: 'None' } : { Code: 'ValidationError', Message: error.message },
  )
  return new TransactionCanceledException({
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(', ')}]`,
    $metadata: refused(metadata),
    CancellationReasons: reasons,
  })
}

/** The read's, whose request can be looked up, with the status that DynamoDB refuses with. */
function refused(metadata: object): object {
  return { ...metadata, httpStatusCode: 400 }
}
