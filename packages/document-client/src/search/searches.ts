import type { AttributePath, VersionedToken } from '@dynaseal/core'
import { DocumentClientError } from '../errors.js'
import { type Condition, type ConditionOperand, parseCondition, type Test } from '../expressions/condition.js'
import { names } from '../guards/conditions.js'
import { formatPath, relate } from '../paths/attributePattern.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import type { Values } from '../values/values.js'
import type { CommandTokens } from './commandTokens.js'
import { type ItemToken, makesSame } from './itemToken.js'
import { type Kinds, kindsOf, refuseMixedAlternatives } from './kindsOf.js'
import { Searched } from './searched.js'
import { attributesOf } from './storedTokens.js'
import { searchedTenant, subjectOf, type TokenSource } from './tokenTenant.js'

const PARAMETERS = ['ConditionExpression', 'FilterExpression', 'KeyConditionExpression'] as const
type Parameter = (typeof PARAMETERS)[number]

/** A write cannot be taken back, so its condition may not hold for another value that shares the token. Beacons have 63 at most. */
const LEAST_BITS_OF_WRITES = 63

/** A test of a token attribute. */
export interface TokenTest {
  readonly test: Test
  readonly token: ItemToken
  readonly path: ConditionOperand & { readonly start: number; readonly end: number }
  /** One of these. */
  readonly searched: readonly TokenSource[]
  /** Their tokens, when they are made: for each the versions. */
  readonly found: (readonly VersionedToken[])[]
}

/** What a command searches for. */
export interface Searches {
  readonly conditions: ReadonlyMap<Parameter, Condition>
  readonly tests: ReadonlyMap<Test, TokenTest>
}

/**
 * Finds what the expressions of a command search for. Whatever else they do with token attributes is refused.
 *
 * @param kind the name of the item's kind, where the command says it
 * @param tokens notes the tokens to look for; without it what is searched for is compared with values in clear alone
 * @returns nothing where nothing is searched for
 * @throws {DocumentClientError} `condition-refused`
 */
export function searchesOf(
  table: KnownTable,
  kind: unknown,
  params: Item,
  tokens: CommandTokens | undefined,
  values: Values,
): Searches | undefined {
  const given = (params.ExpressionAttributeValues ?? {}) as Item
  const wrapped = Object.keys(given).filter(name => given[name] instanceof Searched)
  if (!table.hasTokens && wrapped.length === 0) return undefined
  const conditions = new Map<Parameter, Condition>()
  for (const parameter of PARAMETERS) {
    const expression = params[parameter]
    if (typeof expression !== 'string' || expression === '') continue
    conditions.set(parameter, parseCondition(expression, names(params)))
  }
  const tests = new Map<Test, TokenTest>()
  const used = new Set<string>()
  const filter = conditions.get('FilterExpression')
  const visit = (condition: Condition, scope: Kinds, parameter: Parameter, isNegated: boolean): void => {
    if (condition.kind === 'test') {
      const found = tokenTest(table, scope, condition, given, values, parameter)
      if (found === undefined) {
        for (const operand of condition.operands)
          if ('value' in operand && wrapped.includes(operand.value)) throw isNoToken(table, operand.value)
        return
      }
      if (isNegated)
        throw refused(
          table,
          found.token,
          parameter,
          'NOT',
          'nothing says that another value has another token',
        )
      if (parameter === 'ConditionExpression' && tokens !== undefined) refuseShort(table, found.token)
      for (const operand of condition.operands) if ('value' in operand) used.add(operand.value)
      tests.set(condition, found)
      return
    }
    const isNot = condition.kind === 'not'
    const inner = condition.kind === 'and' ? (kindsOf(table, condition, given) ?? scope) : scope
    for (const part of condition.conditions) visit(part, inner, parameter, isNegated || isNot)
  }
  for (const [parameter, condition] of conditions) {
    const asked =
      parameter === 'KeyConditionExpression' && filter !== undefined
        ? kindsOf(table, filter, given)
        : undefined
    visit(condition, asked ?? (kind === undefined ? undefined : [kind]), parameter, false)
    if (parameter === 'FilterExpression') refuseMixedAlternatives(table, condition, tests, given)
  }
  const stray = wrapped.find(name => !used.has(name))
  if (stray !== undefined) throw isNoToken(table, stray)
  if (tests.size === 0) return undefined
  if (params.Select === 'COUNT') {
    const [{ token }] = [...tests.values()] as [TokenTest]
    throw refused(table, token, 'Select', 'COUNT', 'what is found has to be compared. Count the items')
  }
  for (const { token, searched, found } of tests.values()) {
    for (const [index, each] of searched.entries()) {
      tokens?.find(subjectOf(table, token, each), versions => {
        found[index] = versions
      })
    }
  }
  return { conditions, tests }
}

/** Undefined for a test of something else. */
function tokenTest(
  table: KnownTable,
  kinds: Kinds,
  test: Test,
  given: Item,
  values: Values,
  parameter: Parameter,
): TokenTest | undefined {
  const { operator, operands } = test
  for (const operand of operands) {
    if ('value' in operand) continue
    const candidates = candidatesAt(table, kinds, operand.path)
    const token = candidates[0]
    if (token === undefined) continue
    const refuse = (why: string) => refused(table, token, parameter, operand.size ? 'size' : operator, why)
    const isAt = relate(token.path, operand.path) === 'at'
    if (operator === 'attribute_exists' || operator === 'attribute_not_exists') {
      if (relate(token.path, operand.path) === 'below') throw refuse('there is nothing inside of a token')
      continue
    }
    if (!isAt) throw refuse('a map that has a token in it can only be tested for existence')
    if (operand.size || !SEARCHING.includes(operator)) throw refuse(whyNot(operator))
    if (parameter === 'KeyConditionExpression' && operator !== '=')
      throw refuse('a key is searched for by equality')
    const { members } = token.definition
    if (members !== (operator === 'contains'))
      throw refuse(members ? 'it has a token of each member: use contains' : 'a token has no parts: use =')
    const compared: Searched[] = []
    for (const other of operands) {
      const value = 'value' in other ? given[other.value] : undefined
      if (value instanceof Searched) compared.push(value)
    }
    if (compared.length !== operands.length - 1) {
      throw refuse(
        'what is compared with it goes into search(value), and nothing else does. Without it, the value would be sent in clear, and nothing be found',
      )
    }
    if (candidates.some(other => other !== token && !makesSame(token, other)))
      throw refuse(
        'several kinds of items have tokens of different attributes there. Ask for the items of one kind',
      )
    const searched = compared.map(each => searchedSource(table, token, each, values))
    return { test, token, path: operand, searched, found: [] }
  }
  return undefined
}

/** Tests that tokens can answer. */
const SEARCHING = ['=', 'IN', 'contains']

/** The tokens at a path, above it or inside, of all kinds that an item may be of. */
function candidatesAt(table: KnownTable, kinds: Kinds, path: AttributePath): ItemToken[] {
  const found: ItemToken[] = []
  for (const kind of kinds ?? ANY_KIND)
    for (const token of table.tokens(kind)) if (relate(token.path, path) !== 'beside') found.push(token)
  return found
}

const ANY_KIND: NonNullable<Kinds> = [undefined]

/** @throws {DocumentClientError} `invalid-value` */
export function searchedSource(
  table: KnownTable,
  token: ItemToken,
  searched: Searched,
  values: Values,
): TokenSource {
  const value = Searched.plaintextOf(searched)
  const { paths } = token.definition
  const parts = paths.length === 1 ? [value] : value
  const attributes =
    Array.isArray(parts) && parts.length === paths.length
      ? attributesOf(token.definition, parts, values)
      : undefined
  if (attributes !== undefined) return { values: attributes, tenant: searchedTenant(table, token, searched) }
  throw new DocumentClientError(
    'invalid-value',
    paths.length === 1
      ? `search() was given no value for '${formatPath(token.path)}' of table ${table.name}.`
      : `'${formatPath(token.path)}' of table ${table.name} is of ${paths.map(formatPath).join(', ')}: search() takes a list of their values, in this order.`,
  )
}

function whyNot(operator: string): string {
  switch (operator) {
    case '<>':
      return 'nothing says that another value has another token'
    case 'attribute_type':
      return 'a token says nothing of the type of its value'
    case 'begins_with':
      return 'the token of a beginning is another one. Store the beginning in an attribute of its own'
    default:
      return 'tokens have no order and no length that is of their values'
  }
}

function refuseShort(table: KnownTable, token: ItemToken): void {
  if (token.definition.bits >= LEAST_BITS_OF_WRITES) return
  throw refused(
    table,
    token,
    'ConditionExpression',
    'its tokens',
    `with fewer than ${LEAST_BITS_OF_WRITES} bits, other values have the same one, and the write would happen for these, too. Load the item, and compare`,
  )
}

export function refused(
  table: KnownTable,
  { path }: ItemToken,
  parameter: string,
  operator: string,
  why: string,
): DocumentClientError {
  return new DocumentClientError(
    'condition-refused',
    `${parameter}: '${formatPath(path)}' of table ${table.name} is a search token and cannot be used with ${operator}: ${why}.`,
  )
}

function isNoToken(table: KnownTable, placeholder: string): DocumentClientError {
  return new DocumentClientError(
    'condition-refused',
    `${placeholder} is what search() returned, and is compared with what is no search token in table ${table.name}, or not used in a condition. Compare it with the token attribute.`,
  )
}
