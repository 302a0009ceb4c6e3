import type { AttributeMap, AttributeValue } from '../items.js'
import { isName, isSymbol, isWord, type Token, tokensOf } from './tokens.js'

/** One statement with the values of its `?`. */
export interface Statement {
  readonly Statement: string
  readonly Parameters?: readonly AttributeValue[]
}

/** What a statement writes: nothing, one item, or who knows what. */
export type Meaning =
  | { readonly kind: 'read' }
  | {
      readonly kind: 'write'
      readonly tableName: string
      /** Attributes that the written item is sure to have; the key is among them, if the statement is in order. */
      readonly item: AttributeMap
    }
  | { readonly kind: 'unknown' }

const UNKNOWN: Meaning = { kind: 'unknown' }

/**
 * DynamoDB's statements write one item each, INSERT the one it gives and UPDATE and DELETE the one whose whole key
 * WHERE gives: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html. What is written in
 * any other way is unknown, even if an engine can make sense of it.
 */
export function meaningOf({ Statement: text, Parameters: parameters = [] }: Statement): Meaning {
  // Whatever follows.
  if (/^\s*(SELECT|EXISTS)\b/i.test(text)) return { kind: 'read' }
  const tokens = tokensOf(text)
  if (tokens === undefined) return UNKNOWN
  const [first, second, third] = tokens
  if (isWord(first, 'INSERT') && isWord(second, 'INTO'))
    return write(third, inserted(tokens.slice(3), parameters))
  if (isWord(first, 'UPDATE') && (isWord(third, 'SET') || isWord(third, 'REMOVE')))
    return write(second, selected(tokens.slice(2), parameters))
  if (isWord(first, 'DELETE') && isWord(second, 'FROM') && isWord(tokens[3], 'WHERE'))
    return write(third, selected(tokens.slice(3), parameters))
  return UNKNOWN
}

function write(table: Token | undefined, item: AttributeMap | undefined): Meaning {
  return isName(table) && item !== undefined ? { kind: 'write', tableName: table.text, item } : UNKNOWN
}

type Parameters = readonly AttributeValue[]

/** `VALUE { 'name': value, ... }`: those of its values that could be keys. */
function inserted(tokens: readonly Token[], parameters: Parameters): AttributeMap | undefined {
  const [first, open, ...rest] = tokens
  if (!isWord(first, 'VALUE') || !isSymbol(open, '{') || !isSymbol(rest.at(-1), '}')) return undefined
  const names = new Set<string>()
  const item: [string, AttributeValue][] = []
  for (const pair of split(rest.slice(0, -1), token => isSymbol(token, ','))) {
    const [name, colon, ...value] = pair
    if (!isName(name, 'string') || !isSymbol(colon, ':')) return undefined
    if (names.has(name.text)) return undefined
    names.add(name.text)
    const scalar = value.length === 1 ? given(value[0]!, parameters) : undefined
    if (scalar !== undefined) item.push([name.text, scalar])
  }
  return Object.fromEntries(item)
}

/** What `WHERE` demands to be equal, and is not only one of several possibilities. */
function selected(tokens: readonly Token[], parameters: Parameters): AttributeMap | undefined {
  const [, where, ...more] = split(tokens, token => isWord(token, 'WHERE'))
  if (where === undefined || more.length > 0) return undefined
  const [condition = []] = split(where, token => isWord(token, 'RETURNING'))
  const found = equalities(condition, parameters)
  const item = Object.fromEntries(found)
  // Demanded twice, perhaps of two values.
  return Object.keys(item).length === found.length ? item : undefined
}

function equalities(condition: readonly Token[], parameters: Parameters): [string, AttributeValue][] {
  const inner = withoutParentheses(condition)
  if (inner !== condition) return equalities(inner, parameters)
  if (split(condition, token => isWord(token, 'OR')).length > 1) return []
  // The AND of BETWEEN joins no conditions.
  if (split(condition, token => isWord(token, 'BETWEEN')).length > 1) return []
  const all = split(condition, token => isWord(token, 'AND'))
  if (all.length > 1) return all.flatMap(one => equalities(one, parameters))
  const [name, equals, operand, ...more] = condition
  if (!isName(name) || !isSymbol(equals, '=') || operand === undefined || more.length > 0) return []
  const value = given(operand, parameters)
  return value === undefined ? [] : [[name.text, value]]
}

function withoutParentheses(tokens: readonly Token[]): readonly Token[] {
  if (!isSymbol(tokens[0], '(') || !isSymbol(tokens.at(-1), ')')) return tokens
  const inner = tokens.slice(1, -1)
  let depth = 0
  for (const token of inner) {
    depth += depthChange(token)
    if (depth < 0) return tokens
  }
  return inner
}

/** At the separators that stand in no brackets. */
function split(tokens: readonly Token[], separates: (token: Token) => boolean): Token[][] {
  const parts: Token[][] = [[]]
  let depth = 0
  for (const token of tokens) {
    depth += depthChange(token)
    if (depth === 0 && separates(token)) parts.push([])
    else parts.at(-1)!.push(token)
  }
  return parts
}

function depthChange(token: Token): number {
  if (token.kind !== 'symbol') return 0
  if ('([{'.includes(token.text)) return 1
  return ')]}'.includes(token.text) ? -1 : 0
}

function given(token: Token, parameters: Parameters): AttributeValue | undefined {
  switch (token.kind) {
    case 'string':
      return { S: token.text }
    case 'number':
      return { N: token.text }
    case 'parameter':
      return parameters[token.index]
    default:
      return undefined
  }
}
