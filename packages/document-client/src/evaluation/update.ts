import type { AttributePath, AttributeValue } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import type { UpdateAction, UpdateOperand } from '../expressions/update.js'
import { checkUpdate } from './checkUpdate.js'
import { areEqual } from './comparison.js'
import { placeholder } from './condition.js'
import { addNumbers } from './decimal.js'
import { EvaluationError } from './errors.js'
import { type Change, changed, valueAt } from './paths.js'
import { type Attributes, is } from './types.js'

/**
 * An item after an update, as DynamoDB would have it (developer guide, "Using update expressions"): all that stands on
 * the right is of the item as it was. The item that is given stays as it is.
 *
 * @param item with its key, or with the key alone where there was none
 * @param values of the placeholders, by their names with the colon
 * @throws {EvaluationError} for what DynamoDB refuses
 */
export function updated(
  actions: readonly UpdateAction[],
  item: Attributes,
  values: Attributes,
): Record<string, AttributeValue> {
  checkUpdate(actions, values)
  const evaluation = new Evaluation(item, values)
  return changed(
    item,
    actions.map(action => ({ path: action.target, value: evaluation.valueFor(action) })),
  )
}

class Evaluation {
  constructor(
    private readonly item: Attributes,
    private readonly values: Attributes,
  ) {}

  valueFor(action: UpdateAction): Change['value'] {
    switch (action.clause) {
      case 'SET':
        return this.#operand(action.operand)
      case 'REMOVE':
        return undefined
      case 'ADD':
        return added(valueAt(this.item, action.target), placeholder(action.value, this.values), action.target)
      case 'DELETE':
        return without(
          valueAt(this.item, action.target),
          placeholder(action.value, this.values),
          action.target,
        )
    }
  }

  #operand(operand: UpdateOperand): AttributeValue {
    switch (operand.kind) {
      case 'value':
        return placeholder(operand.value, this.values)
      case 'path': {
        const value = valueAt(this.item, operand.path)
        if (value !== undefined) return value
        throw new EvaluationError(
          'missing-attribute',
          `An update uses ${formatPath(operand.path)}, which the item does not have.`,
        )
      }
      case 'if_not_exists':
        return valueAt(this.item, operand.path) ?? this.#operand(operand.otherwise)
      case 'list_append': {
        const [left, right] = [this.#operand(operand.left), this.#operand(operand.right)]
        if (is('L', left) && is('L', right)) return { L: [...left.L, ...right.L] }
        throw wrongType('list_append takes two lists.')
      }
      case 'arithmetic': {
        const [left, right] = [this.#operand(operand.left), this.#operand(operand.right)]
        if (is('N', left) && is('N', right)) return { N: addNumbers(left.N, operand.sign, right.N) }
        throw wrongType(`${operand.sign} takes two numbers.`)
      }
    }
  }
}

function added(
  value: AttributeValue | undefined,
  given: AttributeValue,
  target: AttributePath,
): AttributeValue {
  if (value === undefined) return given
  if (is('N', value) && is('N', given)) return { N: addNumbers(value.N, '+', given.N) }
  if (is('SS', value) && is('SS', given)) return { SS: union(value.SS, given.SS, S => ({ S })) }
  if (is('NS', value) && is('NS', given)) return { NS: union(value.NS, given.NS, N => ({ N })) }
  if (is('BS', value) && is('BS', given)) return { BS: union(value.BS, given.BS, B => ({ B })) }
  throw wrongType(`ADD has a value of another type than ${formatPath(target)}.`)
}

/** Undefined where nothing is left. */
function without(
  value: AttributeValue | undefined,
  given: AttributeValue,
  target: AttributePath,
): AttributeValue | undefined {
  if (value === undefined) return undefined
  if (is('SS', value) && is('SS', given))
    return setOf(
      'SS',
      difference(value.SS, given.SS, S => ({ S })),
    )
  if (is('NS', value) && is('NS', given))
    return setOf(
      'NS',
      difference(value.NS, given.NS, N => ({ N })),
    )
  if (is('BS', value) && is('BS', given))
    return setOf(
      'BS',
      difference(value.BS, given.BS, B => ({ B })),
    )
  throw wrongType(`DELETE has a set of another type than ${formatPath(target)}.`)
}

type AsValue<T> = (member: T) => AttributeValue

function union<T>(members: readonly T[], more: readonly T[], asValue: AsValue<T>): T[] {
  return [...members, ...difference(more, members, asValue)]
}

function difference<T>(members: readonly T[], less: readonly T[], asValue: AsValue<T>): T[] {
  const gone = less.map(asValue)
  return members.filter(member => !gone.some(each => areEqual(each, asValue(member))))
}

function setOf(type: 'SS' | 'NS' | 'BS', members: readonly unknown[]): AttributeValue | undefined {
  return members.length === 0 ? undefined : ({ [type]: members } as unknown as AttributeValue)
}

function wrongType(message: string): EvaluationError {
  return new EvaluationError('wrong-type', message)
}
