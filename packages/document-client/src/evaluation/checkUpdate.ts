import type { AttributeValue } from '@dynaseal/core'
import type { UpdateAction, UpdateOperand } from '../expressions/update.js'
import { placeholder } from './condition.js'
import { EvaluationError } from './errors.js'
import { refuseOverlaps } from './paths.js'
import { type Attributes, is } from './types.js'

/**
 * Refuses what is wrong with an update whatever its item is, as DynamoDB does before it looks at the item and at the condition:
 * overlapping paths, placeholders without a value, and values that an operator does not take.
 *
 * @param values of the placeholders, by their names with the colon
 * @throws {EvaluationError} `overlapping-paths`, `missing-value` or `wrong-type`
 */
export function checkUpdate(actions: readonly UpdateAction[], values: Attributes): void {
  refuseOverlaps(actions.map(({ target }) => target))
  for (const action of actions) {
    if (action.clause === 'SET') checkOperand(action.operand, values)
    else if (action.clause === 'ADD') refuseUnless(isNumberOrSet, action.value, values, ADD)
    else if (action.clause === 'DELETE') refuseUnless(isSet, action.value, values, DELETE)
  }
}

const ADD = 'ADD takes a number or a set.'
const DELETE = 'DELETE takes a set.'
const LIST_APPEND = 'list_append takes two lists.'

function checkOperand(operand: UpdateOperand, values: Attributes): void {
  switch (operand.kind) {
    case 'value':
      placeholder(operand.value, values)
      return
    case 'path':
      return
    case 'if_not_exists':
      checkOperand(operand.otherwise, values)
      return
    case 'list_append':
      for (const side of [operand.left, operand.right])
        checkTaken(side, value => is('L', value), values, LIST_APPEND)
      return
    case 'arithmetic':
      for (const side of [operand.left, operand.right])
        checkTaken(side, value => is('N', value), values, `${operand.sign} takes two numbers.`)
  }
}

function checkTaken(operand: UpdateOperand, isTaken: IsTaken, values: Attributes, what: string): void {
  if (operand.kind === 'value') refuseUnless(isTaken, operand.value, values, what)
  else checkOperand(operand, values)
}

type IsTaken = (value: AttributeValue) => boolean

function refuseUnless(isTaken: IsTaken, name: string, values: Attributes, what: string): void {
  if (!isTaken(placeholder(name, values))) throw new EvaluationError('wrong-type', what)
}

export function isSet(value: AttributeValue): boolean {
  return is('SS', value) || is('NS', value) || is('BS', value)
}

function isNumberOrSet(value: AttributeValue): boolean {
  return is('N', value) || isSet(value)
}
