import type { VersionedToken } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import type { Test } from '../expressions/condition.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import type { Values } from '../values/values.js'
import type { CommandTokens } from './commandTokens.js'
import type { ItemToken } from './itemToken.js'
import { Searched } from './searched.js'
import { type PlannedTest, planSearch, type SearchPlan } from './searchPlan.js'
import { attributesOf } from './storedTokens.js'
import { searchedTenant, subjectOf, type TokenSource } from './tokenTenant.js'

/** A test of a token attribute, with what one command searches for. */
export interface TokenTest extends PlannedTest {
  /** One of these. */
  readonly searched: readonly TokenSource[]
  /** Their tokens, when they are made: for each the versions. */
  readonly found: (readonly VersionedToken[])[]
}

/** What a command searches for. */
export interface Searches {
  readonly plan: SearchPlan
  /** Those of the plan, in its order. */
  readonly tests: readonly TokenTest[]
}

/** What is searched for by a test of a condition; undefined for a test of something else. */
export function searchBy({ tests }: Searches, test: Test): TokenTest | undefined {
  return tests.find(each => each.test === test)
}

/**
 * Finds what the expressions of a command search for.
 *
 * @param kind the name of the item's kind, where the command says it
 * @param tokens notes the tokens to look for; without it what is searched for is compared with values in clear alone
 * @returns nothing where nothing is searched for
 * @throws {DocumentClientError} `condition-refused`, `invalid-value`
 */
export function searchesOf(
  table: KnownTable,
  kind: unknown,
  params: Item,
  tokens: CommandTokens | undefined,
  values: Values,
): Searches | undefined {
  const plan = planSearch(table, kind, params, tokens !== undefined)
  return plan && searchesBy(table, plan, params, tokens, values)
}

/**
 * As {@link searchesOf}, where it is known what the expressions search for.
 *
 * @throws {DocumentClientError} `invalid-value`
 */
export function searchesBy(
  table: KnownTable,
  plan: SearchPlan,
  params: Item,
  tokens: CommandTokens | undefined,
  values: Values,
): Searches {
  const given = params.ExpressionAttributeValues as Item
  const tests: TokenTest[] = []
  // By index, here and below: iterators and closures are what takes long of what is done once for a command.
  for (let i = 0; i < plan.tests.length; i++) {
    const { parameter, test, token, path, placeholders } = plan.tests[i]!
    const searched: TokenSource[] = []
    const found: (readonly VersionedToken[])[] = []
    for (let j = 0; j < placeholders.length; j++) {
      const source = searchedSource(table, token, given[placeholders[j]!] as Searched, values)
      searched.push(source)
      tokens?.find(subjectOf(table, token, source), versions => {
        found[j] = versions
      })
    }
    tests.push({ parameter, test, token, path, placeholders, searched, found })
  }
  return { plan, tests }
}

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
