import type { AttributeValue } from '@dynaseal/core'
import { valueAt } from '../evaluation/paths.js'
import type { Condition, Test } from '../expressions/condition.js'
import { relate } from '../paths/attributePattern.js'
import { searchBy, searchesOf } from '../search/searches.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import type { Values } from '../values/values.js'
import type { ReadItem } from './readFirst.js'

/** A condition that looks at search tokens, which are not in an item that was opened. */
export interface SearchedCondition {
  readonly condition: Condition | undefined
  /** Whether a test of a token holds; undefined for a test of anything else. */
  holds(test: Test, item: ReadItem): boolean | undefined
}

/**
 * What is searched for is compared with the values that tokens are of, however short they are.
 *
 * @throws {DocumentClientError} `condition-refused`
 */
export function searchedCondition(
  table: KnownTable,
  condition: Condition | undefined,
  params: Item,
  values: Values,
): SearchedCondition {
  const searches = searchesOf(table, undefined, params, undefined, values)
  return {
    condition: searches?.plan.conditions.get('ConditionExpression') ?? condition,
    holds(test, { stored, opened }) {
      const search = searches && searchBy(searches, test)
      if (search === undefined) return isThere(table, test, stored as ReadItem['opened'])
      const { definition, tenant } = search.token
      const parts = definition.paths.map(path => valueAt(opened ?? {}, path))
      if (parts.includes(undefined)) return false
      const own = tenant === undefined ? {} : (valueAt(opened ?? {}, tenant) ?? {})
      const ownTenant = 'S' in own ? own.S : undefined
      return search.searched.some(
        wanted => wanted.tenant === ownTenant && definition.matches(parts as AttributeValue[], wanted.values),
      )
    },
  }
}

/** Whether there is a token, as it is stored. */
function isThere(
  table: KnownTable,
  { operator, operands: [operand] }: Test,
  stored: ReadItem['opened'] = {},
): boolean | undefined {
  if (operator !== 'attribute_exists' && operator !== 'attribute_not_exists') return undefined
  if (operand === undefined || 'value' in operand) return undefined
  if (!table.tokens(undefined).some(({ path }) => relate(path, operand.path) === 'at')) return undefined
  return (valueAt(stored, operand.path) !== undefined) === (operator === 'attribute_exists')
}
