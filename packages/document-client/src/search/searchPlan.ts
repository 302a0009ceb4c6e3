import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { type Condition, type ConditionOperand, parseCondition, type Test } from '../expressions/condition.js'
import { names } from '../guards/conditions.js'
import { relate } from '../paths/attributePattern.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { type ItemToken, makesSame } from './itemToken.js'
import { type Kinds, kindsOf, refuseMixedAlternatives } from './kindsOf.js'
import { Searched } from './searched.js'

const PARAMETERS = ['ConditionExpression', 'FilterExpression', 'KeyConditionExpression'] as const
type Parameter = (typeof PARAMETERS)[number]

/** A write cannot be taken back, so its condition may not hold for another value that shares the token. Beacons have 63 at most. */
const LEAST_BITS_OF_WRITES = 63

/** A test of a token attribute. */
export interface PlannedTest {
  readonly parameter: Parameter
  readonly test: Test
  readonly token: ItemToken
  readonly path: ConditionOperand & { readonly start: number; readonly end: number }
  /** Of what is searched for: one of these. */
  readonly placeholders: readonly string[]
}

/** What expressions search for, whatever the values are. */
export interface SearchPlan {
  readonly conditions: ReadonlyMap<Parameter, Condition>
  readonly tests: readonly PlannedTest[]
  /** Which of them, in the order in which tokens are put into the expressions: of each from the end on, so that places stay what they are. */
  readonly written: readonly number[]
  /** What the expressions ask the attribute that tells kinds apart for. */
  readonly askedKinds: readonly unknown[]
  /**
   * The name of an attribute that decides by itself whether an item was found by its value: where that is, to the letter, what
   * is searched for. None where more than one value is searched for, or something else is asked for that an item shows.
   */
  readonly decides: string | undefined
  /** The expressions with tokens, as they were written last, and for how many tokens of each test. */
  rewritten: Rewritten | undefined
}

interface Rewritten {
  /** Of the placeholders. */
  readonly prefix: string
  readonly counts: readonly number[]
  readonly expressions: Readonly<Expressions>
}

/** By parameter. */
export type Expressions = { [parameter in Parameter]?: string }

/** The placeholders of what `search()` returned. */
function searchedIn(given: Item): string[] {
  const found: string[] = []
  for (const name of Object.keys(given)) if (given[name] instanceof Searched) found.push(name)
  return found
}

/**
 * Finds what the expressions of a command search for. Whatever else they do with token attributes is refused.
 *
 * @param kind the name of the item's kind, where the command says it
 * @param sendsTokens whether tokens are compared, and not values in clear alone
 * @returns nothing where nothing is searched for
 * @throws {DocumentClientError} `condition-refused`
 */
export function planSearch(
  table: KnownTable,
  kind: unknown,
  params: Item,
  sendsTokens: boolean,
): SearchPlan | undefined {
  const given = (params.ExpressionAttributeValues ?? {}) as Item
  const wrapped = searchedIn(given)
  if (!table.hasTokens && wrapped.length === 0) return undefined
  const conditions = new Map<Parameter, Condition>()
  for (const parameter of PARAMETERS) {
    const expression = params[parameter]
    if (typeof expression !== 'string' || expression === '') continue
    conditions.set(parameter, parseCondition(expression, names(params)))
  }
  const planned = new Map<Test, PlannedTest>()
  const askedKinds: unknown[] = []
  const filter = conditions.get('FilterExpression')
  const visit = (condition: Condition, scope: Kinds, parameter: Parameter, isNegated: boolean): void => {
    if (condition.kind === 'test') {
      askedKinds.push(...(kindsOf(table, condition, given) ?? []))
      const found = plannedTest(table, scope, condition, wrapped, parameter)
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
      if (parameter === 'ConditionExpression' && sendsTokens) refuseShort(table, found.token)
      planned.set(condition, found)
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
    if (parameter === 'FilterExpression') refuseMixedAlternatives(table, condition, planned, given)
  }
  const tests = [...planned.values()]
  const stray = wrapped.find(name => !tests.some(({ placeholders }) => placeholders.includes(name)))
  if (stray !== undefined) throw isNoToken(table, stray)
  const [first] = tests
  if (first === undefined) return undefined
  if (params.Select === 'COUNT')
    throw refused(table, first.token, 'Select', 'COUNT', 'what is found has to be compared. Count the items')
  const written = [...tests.keys()].sort((a, b) => tests[b]!.test.start - tests[a]!.test.start)
  const decides = tests.length > 1 || askedKinds.length > 0 ? undefined : decidingName(first)
  return { conditions, tests, written, askedKinds, decides, rewritten: undefined }
}

function decidingName({ token: { definition, tenant }, placeholders }: PlannedTest): string | undefined {
  const [[name, ...inside] = [], ...others] = definition.paths
  const isOneValue = !definition.members && inside.length + others.length === 0 && placeholders.length === 1
  return isOneValue && tenant === undefined ? String(name) : undefined
}

/** Undefined for a test of something else. */
function plannedTest(
  table: KnownTable,
  kinds: Kinds,
  test: Test,
  wrapped: readonly string[],
  parameter: Parameter,
): PlannedTest | undefined {
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
    const placeholders: string[] = []
    for (const other of operands)
      if ('value' in other && wrapped.includes(other.value)) placeholders.push(other.value)
    if (placeholders.length !== operands.length - 1) {
      throw refuse(
        'what is compared with it goes into search(value), and nothing else does. Without it, the value would be sent in clear, and nothing be found',
      )
    }
    if (candidates.some(other => other !== token && !makesSame(token, other)))
      throw refuse(
        'several kinds of items have tokens of different attributes there. Ask for the items of one kind',
      )
    return { parameter, test, token, path: operand, placeholders }
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

function refused(
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
