/**
 * - `missing-value`: an expression has a placeholder that the values lack
 * - `missing-attribute`: it uses an attribute that the item does not have
 * - `wrong-type`: an operand is of another type than its operator takes
 * - `invalid-path`: it writes to a path whose parent is not there, or no container
 * - `overlapping-paths`: it writes to two paths of which one is in the other, or the same
 * - `number-overflow`: a sum has more than 38 digits, or a magnitude that DynamoDB does not hold
 */
export type EvaluationErrorCode =
  | 'missing-value'
  | 'missing-attribute'
  | 'wrong-type'
  | 'invalid-path'
  | 'overlapping-paths'
  | 'number-overflow'

/** What DynamoDB refuses with a `ValidationException` when it evaluates an expression. Has no value of the item. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError'

  constructor(
    readonly code: EvaluationErrorCode,
    message: string,
  ) {
    super(message)
  }
}
