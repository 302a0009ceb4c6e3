import { DocumentClientError } from '../errors.js'
import type { Condition, Test } from '../expressions/condition.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'

/** The kinds of items that something is about; undefined where nothing says it. */
export type Kinds = readonly unknown[] | undefined

/** The kinds that a condition asks for, as far as its form shows it. */
export function kindsOf(table: KnownTable, condition: Condition, given: Item): Kinds {
  switch (condition.kind) {
    case 'test':
      return kindTest(table, condition, given)
    case 'and':
      for (const part of condition.conditions) {
        const kinds = kindsOf(table, part, given)
        if (kinds !== undefined) return kinds
      }
      return undefined
    case 'or': {
      const kinds = condition.conditions.map(part => kindsOf(table, part, given))
      return kinds.includes(undefined) ? undefined : kinds.flatMap(each => each ?? [])
    }
    case 'not':
      return undefined
  }
}

/** The kind that a test compares the attribute with that tells kinds apart. */
function kindTest(table: KnownTable, { operator, references: [reference] }: Test, given: Item): Kinds {
  if (operator !== '=' || reference?.value === undefined || !table.tellsKind(reference.path)) return undefined
  return [given[reference.value]]
}

/**
 * What is found is compared; where it may have been found by something else as well, nobody knows by what. So of alternatives
 * all have to be searches, or each of items of another kind.
 *
 * @throws {DocumentClientError} `condition-refused`
 */
export function refuseMixedAlternatives(
  table: KnownTable,
  condition: Condition,
  tests: ReadonlyMap<Test, unknown>,
  given: Item,
): void {
  if (condition.kind === 'test') return
  if (condition.kind === 'or' && searches(condition, tests) && !isExact(table, condition, tests, given)) {
    const kinds = condition.conditions.map(part => kindsOf(table, part, given))
    const all = kinds.flatMap(each => each ?? [])
    if (kinds.includes(undefined) || new Set(all).size < all.length) {
      throw new DocumentClientError(
        'condition-refused',
        `FilterExpression: what is found by a search token of table ${table.name} has to be compared, and an OR with something else leaves open what an item was found by. Ask twice.`,
      )
    }
  }
  for (const part of condition.conditions) refuseMixedAlternatives(table, part, tests, given)
}

function searches(condition: Condition, tests: ReadonlyMap<Test, unknown>): boolean {
  return condition.kind === 'test'
    ? tests.has(condition)
    : condition.conditions.some(part => searches(part, tests))
}

/** Whether all of a condition can be told from the item that was opened. */
function isExact(
  table: KnownTable,
  condition: Condition,
  tests: ReadonlyMap<Test, unknown>,
  given: Item,
): boolean {
  return condition.kind === 'test'
    ? tests.has(condition) || kindTest(table, condition, given) !== undefined
    : condition.conditions.every(part => isExact(table, part, tests, given))
}

/**
 * Whether a condition holds for an item: undefined where only DynamoDB knows.
 *
 * @param holds for a search
 */
export function evaluate(
  table: KnownTable,
  condition: Condition,
  item: Item,
  given: Item,
  holds: (test: Test) => boolean | undefined,
): boolean | undefined {
  if (condition.kind === 'test') {
    const kinds = kindTest(table, condition, given)
    return kinds === undefined ? holds(condition) : kinds.includes(table.kindOf(item))
  }
  // Nothing was found by searches of items of another kind.
  if (holds !== NOT_KNOWN && evaluate(table, condition, item, given, NOT_KNOWN) === false) return false
  let hasTrue = false
  let hasFalse = false
  let isKnown = true
  // All of them, also where the first one decides: what does not hold is looked at further.
  for (const part of condition.conditions) {
    const isTrue = evaluate(table, part, item, given, holds)
    if (isTrue === undefined) isKnown = false
    else if (isTrue) hasTrue = true
    else hasFalse = true
  }
  switch (condition.kind) {
    case 'and':
      return hasFalse ? false : isKnown ? true : undefined
    case 'or':
      return hasTrue ? true : isKnown ? false : undefined
    case 'not':
      return isKnown ? hasFalse : undefined
  }
}

const NOT_KNOWN = () => undefined
