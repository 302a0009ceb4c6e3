import type { AttributePath } from '@dynaseal/core'
import { Tokens } from './tokens.js'

/** How one test of a condition looks at a path: whether it is there, its type, or what it holds. */
export interface ConditionReference {
  readonly path: AttributePath
  readonly use: 'existence' | 'type' | 'content'
  /** What the developer wrote, for messages: a function's name or a comparator. */
  readonly operator: string
  /** The value placeholder that it is compared with, if it is just one. */
  readonly value?: string
}

/** What a test is about. `value` names a placeholder with its colon, as in ExpressionAttributeValues. */
export type ConditionOperand =
  | {
      readonly path: AttributePath
      readonly size?: true
      /** Where it stands in the expression. */
      readonly start: number
      readonly end: number
    }
  | { readonly value: string }

/** One comparison or function, with its operands, and the paths that it refers to. */
export interface Test {
  readonly kind: 'test'
  /** A comparator, BETWEEN, IN, or a function's name. */
  readonly operator: string
  readonly operands: readonly ConditionOperand[]
  readonly references: readonly ConditionReference[]
  /** Where it stands in the expression: from there, up to there. */
  readonly start: number
  readonly end: number
}

/** A condition as a tree. */
export type Condition =
  | Test
  | { readonly kind: 'and' | 'or' | 'not'; readonly conditions: readonly Condition[] }

const COMPARATORS = new Set(['=', '<>', '<', '<=', '>', '>='])

/**
 * Reads a condition, filter or key-condition expression.
 *
 * Grammar: DynamoDB developer guide, "Condition and filter expressions, operators, and functions".
 *
 * @throws {DocumentClientError} `expression-syntax`
 */
export function parseCondition(expression: string, names: Readonly<Record<string, string>>): Condition {
  // Without names it says the same each time, and several look at the same one of a command.
  if (last?.expression === expression) return last.condition
  const tokens = new Tokens(expression, names)
  const condition = disjunction(tokens)
  tokens.end()
  if (!expression.includes('#')) last = { expression, condition }
  return condition
}

let last: { readonly expression: string; readonly condition: Condition } | undefined

function disjunction(tokens: Tokens): Condition {
  const conditions = [conjunction(tokens)]
  while (tokens.skipKeyword('OR')) conditions.push(conjunction(tokens))
  return conditions.length === 1 ? conditions[0]! : { kind: 'or', conditions }
}

function conjunction(tokens: Tokens): Condition {
  const conditions = [negation(tokens)]
  while (tokens.skipKeyword('AND')) conditions.push(negation(tokens))
  return conditions.length === 1 ? conditions[0]! : { kind: 'and', conditions }
}

function negation(tokens: Tokens): Condition {
  if (tokens.skipKeyword('NOT')) return { kind: 'not', conditions: [negation(tokens)] }
  if (tokens.peek().text === '(') {
    // A parenthesis opens a condition, or an operand of a comparison: which one, only its end tells.
    return tokens.either(
      () => {
        tokens.expect('(')
        const inner = disjunction(tokens)
        tokens.expect(')')
        return inner
      },
      () => comparison(tokens),
    )
  }
  if (tokens.isCall() && tokens.peek().text !== 'size') return test(tokens)
  return comparison(tokens)
}

/** A function that is a condition by itself. */
function test(tokens: Tokens): Condition {
  const name = tokens.take()
  const operator = name.text
  tokens.expect('(')
  let operands: ConditionOperand[]
  let references: ConditionReference[]
  switch (operator) {
    case 'attribute_exists':
    case 'attribute_not_exists': {
      const operand = pathOperand(tokens)
      operands = [operand]
      references = [{ path: operand.path, use: 'existence', operator }]
      break
    }
    case 'attribute_type':
    case 'begins_with':
    case 'contains': {
      const left = operand(tokens)
      tokens.expect(',')
      const right = operand(tokens)
      operands = [left, right]
      references = compare(operator, operands, operator === 'attribute_type' ? 'type' : 'content')
      break
    }
    default:
      throw tokens.unexpected('a function of DynamoDB conditions', name)
  }
  tokens.expect(')')
  return { kind: 'test', references, operator, operands, start: name.at, end: tokens.peek().at }
}

function comparison(tokens: Tokens): Condition {
  const start = tokens.peek().at
  const operands = [operand(tokens)]
  const token = tokens.take()
  const operator = token.kind === 'name' ? token.text.toUpperCase() : token.text
  if (COMPARATORS.has(operator)) {
    operands.push(operand(tokens))
  } else if (operator === 'BETWEEN') {
    operands.push(operand(tokens))
    if (!tokens.skipKeyword('AND')) throw tokens.unexpected('AND')
    operands.push(operand(tokens))
  } else if (operator === 'IN') {
    tokens.expect('(')
    do operands.push(operand(tokens))
    while (tokens.skip(','))
    tokens.expect(')')
  } else {
    throw tokens.unexpected('a comparison', token)
  }
  const references = compare(operator, operands, 'content')
  return { kind: 'test', references, operator, operands, start, end: tokens.peek().at }
}

function operand(tokens: Tokens): ConditionOperand {
  if (tokens.skip('(')) {
    const inner = operand(tokens)
    tokens.expect(')')
    return inner
  }
  if (tokens.peek().kind === 'value') return { value: tokens.take().text }
  if (!tokens.isCall()) return pathOperand(tokens)
  const name = tokens.take()
  if (name.text !== 'size') throw tokens.unexpected('an attribute, a value or size()', name)
  tokens.expect('(')
  const path = pathOperand(tokens)
  tokens.expect(')')
  return { ...path, size: true }
}

function pathOperand(tokens: Tokens) {
  const start = tokens.peek().at
  return { path: tokens.path(), start, end: tokens.peek().at }
}

function compare(
  operator: string,
  operands: readonly ConditionOperand[],
  use: ConditionReference['use'],
): ConditionReference[] {
  const values = operands.flatMap(each => ('value' in each ? [each.value] : []))
  const value = values.length === 1 && operands.length === 2 ? { value: values[0]! } : {}
  return operands.flatMap(each => {
    if ('value' in each) return []
    if (each.size) return [{ path: each.path, use: 'content' as const, operator: 'size' }]
    return [{ path: each.path, use, operator, ...value }]
  })
}
