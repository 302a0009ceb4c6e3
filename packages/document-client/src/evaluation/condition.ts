import type { AttributeValue } from '@dynaseal/core'
import type { Condition, ConditionOperand, Test } from '../expressions/condition.js'
import { areEqual, beginsWith, compare, contains, sizeOf } from './comparison.js'
import { EvaluationError } from './errors.js'
import { valueAt } from './paths.js'
import { type Attributes, is, typeOf } from './types.js'

/**
 * Whether a condition holds for an item, as DynamoDB evaluates it (developer guide, "Condition and filter expressions, operators, and
 * functions").
 *
 * @param values of the placeholders, by their names with the colon
 * @param known the outcome of a test, if it is known by other means
 * @throws {EvaluationError} `missing-value` or `wrong-type`
 */
export function holds(
  condition: Condition,
  item: Attributes,
  values: Attributes,
  known: (test: Test) => boolean | undefined = () => undefined,
): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every(each => holds(each, item, values, known))
    case 'or':
      return condition.conditions.some(each => holds(each, item, values, known))
    case 'not':
      return !holds(condition.conditions[0]!, item, values, known)
    case 'test':
      return known(condition) ?? passes(condition, item, values)
  }
}

function passes({ operator, operands }: Test, item: Attributes, values: Attributes): boolean {
  const found = operands.map(operand => operandValue(operand, item, values))
  const [first, second, third] = found
  switch (operator) {
    case 'attribute_exists':
      return first !== undefined
    case 'attribute_not_exists':
      return first === undefined
    // Of two things that are not there, or of one, it is said that they differ.
    case '<>':
      return first === undefined || second === undefined || !areEqual(first, second)
    case 'IN':
      return first !== undefined && found.slice(1).some(each => each !== undefined && areEqual(first, each))
  }
  if (first === undefined || second === undefined) return false
  switch (operator) {
    case '=':
      return areEqual(first, second)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return isInOrder(first, operator, second)
    case 'BETWEEN':
      return third !== undefined && isInOrder(first, '>=', second) && isInOrder(first, '<=', third)
    case 'attribute_type':
      return is('S', second) && typeOf(first) === second.S
    case 'begins_with':
      return beginsWith(first, second)
    case 'contains':
      return contains(first, second)
    default:
      throw new EvaluationError('wrong-type', `${operator} is no operator of conditions.`)
  }
}

function isInOrder(a: AttributeValue, operator: '<' | '<=' | '>' | '>=', b: AttributeValue): boolean {
  const order = compare(a, b)
  if (order === undefined) return false
  switch (operator) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

/** Undefined for an attribute that is not there, and for the size of what has none. */
function operandValue(
  operand: ConditionOperand,
  item: Attributes,
  values: Attributes,
): AttributeValue | undefined {
  if ('value' in operand) return placeholder(operand.value, values)
  const value = valueAt(item, operand.path)
  if (value === undefined || !operand.size) return value
  const size = sizeOf(value)
  return size === undefined ? undefined : { N: String(size) }
}

/** @throws {EvaluationError} `missing-value` */
export function placeholder(name: string, values: Attributes): AttributeValue {
  if (!Object.hasOwn(values, name))
    throw new EvaluationError('missing-value', `${name} is not among the ExpressionAttributeValues.`)
  return values[name]!
}
