import type { AttributePath } from '@dynaseal/core'
import type { ClientSettings } from '../client/settings.js'
import { DocumentClientError } from '../errors.js'
import { dropItems, leaveOut } from '../opening/openPartially.js'
import type { Sealing } from '../sealing/sealing.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { compareFound } from './comparing.js'
import { type MergedQuery, mergedPages } from './mergedPages.js'
import { keyChoices, rewrite } from './rewriting.js'
import { searchesOf } from './searches.js'
import { valueAt } from './valueAt.js'
import { widened } from './widened.js'

/** What a query or scan that searches does more than another one. */
export interface SearchRead {
  /** With what is compared. */
  readonly params: Item
  /** Makes the queries of the complete parameters, when all tokens are made. */
  plan(params: Item): void
  send(forward: (input: Item) => Promise<Item>): Promise<Item>
  compare(output: Item, settings: ClientSettings): Promise<void>
  /** Takes out what was added. */
  strip(item: Item): void
}

/**
 * Undefined for what searches for nothing.
 *
 * @throws {DocumentClientError} `condition-refused` or `projection-refused`
 */
export function searchRead(table: KnownTable, input: Item, sealing: Sealing): SearchRead | undefined {
  const { tokens, values, items } = sealing
  const searches = searchesOf(table, undefined, input, tokens, values)
  if (searches === undefined) return undefined
  const key = table.keyOf(input.IndexName)
  const keyNames = () => {
    const isQuery = searches.conditions.has('KeyConditionExpression')
    return [...new Set([...(isQuery ? (key ?? []) : []), ...table.keyNames])]
  }
  const compared = () => [
    ...[...searches.tests.values()].flatMap(({ token }) => [
      token.path,
      ...token.definition.paths,
      ...(token.tenant === undefined ? [] : [token.tenant]),
    ]),
    ...keyNames().map((name): AttributePath => [name]),
  ]
  const wide = widened(table, input, compared)
  let query: MergedQuery
  return {
    params: wide.params,
    strip: wide.strip,
    plan(params) {
      tokens.afterwards(() => {
        const choices = keyChoices(searches)
        if (choices.length > 1 && key === undefined) throw isUnknownIndex(table, input.IndexName)
        const streams = choices.map(choice => {
          const own = {
            ...params,
            ExpressionAttributeValues: { ...(params.ExpressionAttributeValues as Item) },
          }
          rewrite(own, searches, choice)
          const owns = (start: Item) =>
            [...choice.tokens].every(([{ token }, text]) => valueAt(start, token.path) === text)
          return { name: choice.name, input: own, owns }
        })
        query = { streams, items, keyNames, tableKey: table.keyNames, sortKey: key?.[1] }
      })
    },
    send(forward) {
      const { streams } = query
      // Most often there is one search key, whose pages need no merging.
      return streams.length === 1 && input.ExclusiveStartKey === undefined
        ? forward(streams[0]!.input)
        : mergedPages(query, input, forward)
    },
    async compare(output, settings) {
      const found = output.Items as Item[] | undefined
      if (found === undefined) return
      const given = (input.ExpressionAttributeValues ?? {}) as Item
      const { dropped, failures } = await compareFound(table, searches, found, given, settings)
      if (failures.size > 0)
        leaveOut([...failures].map(([item, failure]) => ({ table, item, key: item, failures: [failure] })))
      if (dropped.size + failures.size > 0) dropItems(output, new Set([...dropped, ...failures.keys()]))
      if (output.Count !== undefined) output.Count = (output.Items as Item[]).length
    },
  }
}

function isUnknownIndex(table: KnownTable, indexName: unknown): DocumentClientError {
  return new DocumentClientError(
    'condition-refused',
    `Index ${String(indexName)} of table ${table.name} is searched with several search keys, and what they find is merged by its sort key, which is not known. Declare it: indexKeys: { ${String(indexName)}: [partition key, sort key] }.`,
  )
}
