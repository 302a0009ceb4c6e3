import type { AttributePath } from '@dynaseal/core'
import { Tokens } from './tokens.js'

/** How a condition looks at a path: only whether it is there, or at what it holds. */
export interface ConditionReference {
  readonly path: AttributePath
  readonly use: 'existence' | 'content'
  /** What the developer wrote, for messages: a function's name or a comparator. */
  readonly operator: string
}

const COMPARATORS = new Set(['=', '<>', '<', '<=', '>', '>='])

/**
 * Reads a condition, filter or key-condition expression and lists the paths it refers to.
 *
 * Grammar: DynamoDB developer guide, "Condition and filter expressions, operators, and functions".
 *
 * @throws {ToolboxError} `expression-syntax`
 */
export function parseCondition(
  expression: string,
  names: Readonly<Record<string, string>>,
): ConditionReference[] {
  const tokens = new Tokens(expression, names)
  const references: ConditionReference[] = []
  disjunction(tokens, references)
  tokens.end()
  return references
}

function disjunction(tokens: Tokens, references: ConditionReference[]): void {
  do conjunction(tokens, references)
  while (tokens.skipKeyword('OR'))
}

function conjunction(tokens: Tokens, references: ConditionReference[]): void {
  do negation(tokens, references)
  while (tokens.skipKeyword('AND'))
}

function negation(tokens: Tokens, references: ConditionReference[]): void {
  while (tokens.skipKeyword('NOT')) {
    // NOT binds tighter than AND and may be repeated.
  }
  if (tokens.skip('(')) {
    disjunction(tokens, references)
    tokens.expect(')')
    return
  }
  if (tokens.isCall() && tokens.peek().text !== 'size') test(tokens, references)
  else comparison(tokens, references)
}

/** A function that is a condition by itself. */
function test(tokens: Tokens, references: ConditionReference[]): void {
  const name = tokens.take()
  tokens.expect('(')
  switch (name.text) {
    case 'attribute_exists':
    case 'attribute_not_exists':
      references.push({ path: tokens.path(), use: 'existence', operator: name.text })
      break
    case 'attribute_type':
    case 'begins_with':
    case 'contains':
      operand(tokens, references, name.text)
      tokens.expect(',')
      operand(tokens, references, name.text)
      break
    default:
      throw tokens.unexpected('a function of DynamoDB conditions', name)
  }
  tokens.expect(')')
}

function comparison(tokens: Tokens, references: ConditionReference[]): void {
  const left: ConditionReference[] = []
  operand(tokens, left, '')
  const operator = tokens.take()
  const keyword = operator.kind === 'name' ? operator.text.toUpperCase() : operator.text
  references.push(...left.map(reference => ({ ...reference, operator: reference.operator || keyword })))
  if (COMPARATORS.has(keyword)) {
    operand(tokens, references, keyword)
  } else if (keyword === 'BETWEEN') {
    operand(tokens, references, keyword)
    if (!tokens.skipKeyword('AND')) throw tokens.unexpected('AND')
    operand(tokens, references, keyword)
  } else if (keyword === 'IN') {
    tokens.expect('(')
    do operand(tokens, references, keyword)
    while (tokens.skip(','))
    tokens.expect(')')
  } else {
    throw tokens.unexpected('a comparison', operator)
  }
}

function operand(tokens: Tokens, references: ConditionReference[], operator: string): void {
  if (tokens.peek().kind === 'value') {
    tokens.take()
    return
  }
  if (tokens.isCall()) {
    const name = tokens.take()
    if (name.text !== 'size') throw tokens.unexpected('an attribute, a value or size()', name)
    tokens.expect('(')
    references.push({ path: tokens.path(), use: 'content', operator: 'size' })
    tokens.expect(')')
    return
  }
  references.push({ path: tokens.path(), use: 'content', operator })
}
