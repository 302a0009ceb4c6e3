import type { AttributeValue } from '@dynaseal/core'
import type { Condition, Test } from '../expressions/condition.js'
import { compare } from './comparison.js'
import { EvaluationError } from './errors.js'
import { type Attributes, is, typeOf } from './types.js'

const ORDERED = ['S', 'N', 'B']
/** The types of values that an operator takes; any, where it is not here. */
const TAKEN: Readonly<Record<string, readonly string[]>> = {
  '<': ORDERED,
  '<=': ORDERED,
  '>': ORDERED,
  '>=': ORDERED,
  BETWEEN: ORDERED,
  begins_with: ['S', 'B'],
  attribute_type: ['S'],
}
const TYPES = ['S', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS', 'M', 'L']

/**
 * Refuses values in a condition that its operators do not take, as DynamoDB does before it looks at any item. Else a test that can
 * never hold would, behind a `NOT`, always do.
 *
 * @param values of the placeholders, by their names with the colon; one that is not among them is not looked at
 * @throws {EvaluationError} `wrong-type`
 */
export function refuseOperandTypes(condition: Condition, values: Attributes): void {
  if (condition.kind === 'test') refuseTypesOf(condition, values)
  else for (const each of condition.conditions) refuseOperandTypes(each, values)
}

function refuseTypesOf({ operator, operands }: Test, values: Attributes): void {
  const given = operands.map(operand =>
    'value' in operand && Object.hasOwn(values, operand.value) ? values[operand.value] : undefined,
  )
  const types = TAKEN[operator]
  if (types !== undefined)
    refuseOthers(operator, operator === 'attribute_type' ? given.slice(1) : given, types)
  if (operator === 'BETWEEN') refuseBounds(given[1], given[2])
  const [, type] = given
  if (operator === 'attribute_type' && is('S', type) && !TYPES.includes(type.S))
    throw new EvaluationError('wrong-type', `attribute_type takes one of ${TYPES.join(', ')}.`)
}

function refuseOthers(
  operator: string,
  given: readonly (AttributeValue | undefined)[],
  types: readonly string[],
): void {
  const other = given.find(value => value !== undefined && !types.includes(typeOf(value)))
  if (other !== undefined)
    throw new EvaluationError('wrong-type', `${operator} takes no value of type ${typeOf(other)}.`)
}

function refuseBounds(low: AttributeValue | undefined, high: AttributeValue | undefined): void {
  if (low === undefined || high === undefined) return
  const order = compare(low, high)
  if (order === undefined || order > 0)
    throw new EvaluationError(
      'wrong-type',
      'BETWEEN takes two bounds of one type, of which the first is not above the second.',
    )
}
