import type { ClientSettings } from '../client/settings.js'
import { DocumentClientError } from '../errors.js'
import { dropItems, leaveOut } from '../opening/openPartially.js'
import type { Sealing } from '../sealing/sealing.js'
import type { KnownTable } from '../tables/knownTable.js'
import { setMember } from '../values/copyContainers.js'
import type { Item } from '../values/place.js'
import { allSpelledSo, compareFound } from './comparing.js'
import { mergedPages, type Stream } from './mergedPages.js'
import { type ReadPlan, readPlan } from './readPlan.js'
import { keyChoices, rewrite } from './rewriting.js'
import { Searched } from './searched.js'
import { type Searches, searchesBy } from './searches.js'
import { valueAt } from './valueAt.js'

/**
 * What a query or scan that searches does more than another one. Undefined for what searches for nothing.
 *
 * @throws {DocumentClientError} `condition-refused`, `projection-refused` or `invalid-value`
 */
export function searchRead(table: KnownTable, input: Item, sealing: Sealing): SearchRead | undefined {
  const plan = readPlan(table, input)
  return plan && new SearchRead(table, input, plan, sealing)
}

/** One query or scan that searches. */
export class SearchRead {
  readonly #searches: Searches
  /** When all tokens are made. */
  #streams: readonly Stream[] = []

  constructor(
    private readonly table: KnownTable,
    private readonly input: Item,
    private readonly plan: ReadPlan,
    private readonly sealing: Sealing,
  ) {
    this.#searches = searchesBy(table, plan.search, input, sealing.tokens, sealing.values)
  }

  /** With what is compared. */
  get params(): Item {
    return this.plan.widened.apply(this.input)
  }

  /** Makes the queries of the complete parameters, when all tokens are made. */
  prepare(params: Item): void {
    this.sealing.tokens.afterwards(() => {
      const choices = keyChoices(this.#searches)
      if (choices.length > 1 && this.plan.key === undefined)
        throw isUnknownIndex(this.table, this.input.IndexName)
      this.#streams = choices.map(choice => {
        const own = { ...params, ExpressionAttributeValues: inClear(params) }
        rewrite(own, this.#searches, choice)
        const owns = (start: Item) =>
          this.plan.search.tests.every(({ token }, index) => {
            const text = choice.tokens[index]
            return text === undefined || valueAt(start, token.path) === text
          })
        return { name: choice.name, input: own, owns }
      })
    })
  }

  send(forward: (input: Item) => Promise<Item>): Promise<Item> {
    const streams = this.#streams
    const { table, input, plan } = this
    // Most often there is one search key, whose pages need no merging.
    if (streams.length === 1 && input.ExclusiveStartKey === undefined) return forward(streams[0]!.input)
    const { items } = this.sealing
    const { keyNames, key } = plan
    return mergedPages(
      { streams, items, keyNames, tableKey: table.keyNames, sortKey: key?.[1] },
      input,
      forward,
    )
  }

  async compare(output: Item, settings: ClientSettings): Promise<void> {
    const { table, input } = this
    const found = output.Items as Item[] | undefined
    if (found === undefined) return
    if (allSpelledSo(this.#searches, found)) {
      countFound(output)
      return
    }
    const given = (input.ExpressionAttributeValues ?? {}) as Item
    const { dropped, failures } = await compareFound(table, this.#searches, found, given, settings)
    if (failures.size > 0)
      leaveOut([...failures].map(([item, failure]) => ({ table, item, key: item, failures: [failure] })))
    if (dropped.size + failures.size > 0) dropItems(output, new Set([...dropped, ...failures.keys()]))
    countFound(output)
  }

  /** Takes out what was added. */
  strip(item: Item): void {
    this.plan.widened.strip(item)
  }
}

function countFound(output: Item): void {
  if (output.Count !== undefined) output.Count = (output.Items as Item[]).length
}

/** A copy of the values, but for what is searched for. It is not put there to be deleted again: from then on, an object is slow. */
function inClear({ ExpressionAttributeValues }: Item): Item {
  const values: Item = {}
  const given = ExpressionAttributeValues as Item
  for (const placeholder of Object.keys(given)) {
    const value = given[placeholder]
    if (!(value instanceof Searched)) setMember(values, placeholder, value)
  }
  return values
}

function isUnknownIndex(table: KnownTable, indexName: unknown): DocumentClientError {
  return new DocumentClientError(
    'condition-refused',
    `Index ${String(indexName)} of table ${table.name} is searched with several search keys, and what they find is merged by its sort key, which is not known. Declare it: indexKeys: { ${String(indexName)}: [partition key, sort key] }.`,
  )
}
