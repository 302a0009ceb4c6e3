import type { AttributePath } from '@dynaseal/core'
import { Tokens } from './tokens.js'

/** What `SET` may assign. `value` names a placeholder with its colon, as in ExpressionAttributeValues. */
export type UpdateOperand =
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'path'; readonly path: AttributePath }
  | { readonly kind: 'if_not_exists'; readonly path: AttributePath; readonly otherwise: UpdateOperand }
  | { readonly kind: 'list_append'; readonly left: UpdateOperand; readonly right: UpdateOperand }
  | {
      readonly kind: 'arithmetic'
      readonly sign: '+' | '-'
      readonly left: UpdateOperand
      readonly right: UpdateOperand
    }

export type UpdateAction =
  | { readonly clause: 'SET'; readonly target: AttributePath; readonly operand: UpdateOperand }
  | { readonly clause: 'REMOVE'; readonly target: AttributePath }
  | { readonly clause: 'ADD' | 'DELETE'; readonly target: AttributePath; readonly value: string }

const CLAUSES = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const

/**
 * Reads an update expression.
 *
 * Grammar: DynamoDB developer guide, "Using update expressions in DynamoDB".
 *
 * @throws {DocumentClientError} `expression-syntax`
 */
export function parseUpdate(expression: string, names: Readonly<Record<string, string>>): UpdateAction[] {
  return parseClauses(expression, names).flatMap(({ actions }) => actions)
}

/** An update expression that does some more: actions as they are written in the clause of the name. */
export function addActions(
  expression: string,
  names: Readonly<Record<string, string>>,
  more: Readonly<Partial<Record<Clause, readonly string[]>>>,
): string {
  let added = expression
  // From the end, so that positions stay.
  const clauses = parseClauses(expression, names).reverse()
  for (const [name, actions = []] of Object.entries(more)) {
    if (actions.length === 0 || clauses.some(({ clause }) => clause === name)) continue
    added += ` ${name} ${actions.join(', ')}`
  }
  for (const { clause, start } of clauses) {
    const actions = more[clause] ?? []
    if (actions.length > 0) added = `${added.slice(0, start)} ${actions.join(', ')},${added.slice(start)}`
  }
  return added
}

type Clause = (typeof CLAUSES)[number]

interface ParsedClause {
  readonly clause: Clause
  /** Where its name ends. */
  readonly start: number
  readonly actions: UpdateAction[]
}

function parseClauses(expression: string, names: Readonly<Record<string, string>>): ParsedClause[] {
  const tokens = new Tokens(expression, names)
  const clauses: ParsedClause[] = []
  while (tokens.peek().kind !== 'end') {
    const clause = CLAUSES.find(word => tokens.isKeyword(word))
    if (clause === undefined) throw tokens.unexpected('SET, REMOVE, ADD or DELETE')
    if (clauses.some(other => other.clause === clause)) throw tokens.unexpected(`no second ${clause}`)
    const { at, text } = tokens.take()
    const actions: UpdateAction[] = []
    do actions.push(action(clause, tokens))
    while (tokens.skip(','))
    clauses.push({ clause, start: at + text.length, actions })
  }
  return clauses
}

function action(clause: (typeof CLAUSES)[number], tokens: Tokens): UpdateAction {
  const target = tokens.path()
  switch (clause) {
    case 'SET':
      tokens.expect('=')
      return { clause, target, operand: sum(tokens) }
    case 'REMOVE':
      return { clause, target }
    case 'ADD':
    case 'DELETE': {
      const value = tokens.take()
      if (value.kind !== 'value') throw tokens.unexpected('a value', value)
      return { clause, target, value: value.text }
    }
  }
}

function sum(tokens: Tokens): UpdateOperand {
  const left = operand(tokens)
  const sign = tokens.skip('+') ? '+' : tokens.skip('-') ? '-' : undefined
  if (sign === undefined) return left
  return { kind: 'arithmetic', sign, left, right: operand(tokens) }
}

function operand(tokens: Tokens): UpdateOperand {
  if (tokens.skip('(')) {
    const inner = sum(tokens)
    tokens.expect(')')
    return inner
  }
  if (tokens.peek().kind === 'value') return { kind: 'value', value: tokens.take().text }
  if (!tokens.isCall()) return { kind: 'path', path: tokens.path() }
  const name = tokens.take()
  tokens.expect('(')
  let result: UpdateOperand
  switch (name.text) {
    case 'if_not_exists': {
      const path = tokens.path()
      tokens.expect(',')
      result = { kind: 'if_not_exists', path, otherwise: operand(tokens) }
      break
    }
    case 'list_append': {
      const left = operand(tokens)
      tokens.expect(',')
      result = { kind: 'list_append', left, right: operand(tokens) }
      break
    }
    default:
      throw tokens.unexpected('if_not_exists or list_append', name)
  }
  tokens.expect(')')
  return result
}
