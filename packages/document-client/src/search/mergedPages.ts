import type { ClientSettings } from '../client/settings.js'
import type { Item } from '../values/place.js'
import { compareKeys, numberOf } from './compareKeys.js'

/** A query by the tokens of one choice of versions. */
export interface Stream {
  /** The versions of its search keys. */
  readonly name: string
  readonly input: Item
  /** Whether a start key of a query that knew no other versions is one of this. */
  owns(startKey: Item): boolean
}

export interface MergedQuery {
  /** Those of older versions first. */
  readonly streams: readonly Stream[]
  /** Between the client's keys and those that are compared here. */
  readonly items: ClientSettings['commands']['items']
  /** Names of the key attributes of the table. */
  readonly tableKey: readonly string[]
  /** Names of the key attributes of what is queried, and of the table. */
  readonly keyNames: readonly string[]
  /** By which items are in order, if there is one. */
  readonly sortKey: string | undefined
}

/** In front of the versions, in the start key of several queries. */
const PREFIX = 'dynaseal:'
/** The start key of a query that has nothing more. */
const DONE = true

type Start = Item | typeof DONE | undefined

interface Page {
  readonly stream: Stream
  readonly start: Start
  readonly items: readonly Item[]
  readonly output: Item | undefined
  /** Where the query goes on after the page. */
  readonly next: Item | undefined
  taken: number
}

/**
 * Runs the queries of all versions, and merges a page of each into one that is in order. What stays over of a page is read
 * again with the next one. An item that gets a new token between two pages may come twice, and never not at all.
 *
 * @param given the caller's parameters: the start key, and the most items of a page
 */
export async function mergedPages(
  { streams, items: { read, write }, keyNames, tableKey, sortKey }: MergedQuery,
  given: Item,
  send: (input: Item) => Promise<Item>,
): Promise<Item> {
  const native = (key: unknown) => (key === undefined ? undefined : (read({ Key: key }).Key as Item))
  const ofClient = (key: unknown) => (key === undefined ? undefined : write({ Key: key }).Key)
  const givenStart = native(given.ExclusiveStartKey)
  const starts = streams.map(stream => startOf(stream, givenStart))
  const [first] = streams
  if (streams.length === 1 && first !== undefined && starts[0] !== DONE)
    return send({ ...first.input, ExclusiveStartKey: ofClient(starts[0]) })
  const pages: Page[] = []
  // One after the other: an item that gets the token of a newer version between two queries is found by the second one.
  for (const [index, stream] of streams.entries()) {
    const start = starts[index]
    const output =
      start === DONE ? undefined : await send({ ...stream.input, ExclusiveStartKey: ofClient(start) })
    const next = native(output?.LastEvaluatedKey)
    pages.push({ stream, start, items: (output?.Items ?? []) as Item[], output, next, taken: 0 })
  }
  const limit = typeof given.Limit === 'number' ? given.Limit : Number.POSITIVE_INFINITY
  const isForward = given.ScanIndexForward !== false
  const items: Item[] = []
  const seen = new Set<string>()
  // Of a page that has no more items, but is not the last one, the next item may come before those of the others.
  while (items.length < limit && !pages.some(page => isEmpty(page) && hasMore(page))) {
    let next: Page | undefined
    for (const page of pages) {
      if (isEmpty(page)) continue
      if (next === undefined || comesBefore(headOf(page), headOf(next), sortKey, isForward)) next = page
    }
    if (next === undefined) break
    const item = headOf(next)
    next.taken++
    const name = keyName(item, tableKey)
    if (!seen.has(name)) items.push(item)
    seen.add(name)
  }
  const { LastEvaluatedKey, ...result } = resultOf(pages, items, keyNames)
  return LastEvaluatedKey === undefined ? result : { ...result, LastEvaluatedKey: ofClient(LastEvaluatedKey) }
}

function startOf({ name, owns }: Stream, given: Item | undefined): Start {
  if (given === undefined) return undefined
  if (!Object.keys(given).some(each => each.startsWith(PREFIX))) return owns(given) ? given : undefined
  return given[`${PREFIX}${name}`] as Start
}

/** Another one for each primary key; a number has one, whatever the AWS SDK wraps it in. */
export function keyName(item: Item, tableKey: readonly string[]): string {
  return JSON.stringify(
    tableKey.map(name => {
      const value = item[name]
      return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(numberOf(value))
    }),
  )
}

const isEmpty = ({ items, taken }: Page) => taken === items.length
const hasMore = ({ next }: Page) => next !== undefined
const headOf = ({ items, taken }: Page) => items[taken]!

function comesBefore(one: Item, other: Item, sortKey: string | undefined, isForward: boolean): boolean {
  if (sortKey === undefined) return false
  const order = compareKeys(one[sortKey], other[sortKey])
  return isForward ? order < 0 : order > 0
}

function resultOf(pages: readonly Page[], items: readonly Item[], keyNames: readonly string[]): Item {
  const outputs = pages.flatMap(({ output }): Item[] => (output === undefined ? [] : [output]))
  const [first = {}, ...others] = outputs
  const result: Item = { ...first, Items: items, Count: items.length }
  if (others.length > 0) {
    result.ScannedCount = sum(outputs.map(({ ScannedCount }) => ScannedCount))
    const consumed = sumOfConsumed(outputs)
    if (consumed !== undefined) result.ConsumedCapacity = consumed
  }
  delete result.LastEvaluatedKey
  const isOver = (page: Page) => isEmpty(page) && !hasMore(page)
  // What has ended gets more items for as long as an older one has some, which may be rewritten before they are read.
  const ends = pages.map((_, index) => pages.slice(0, index + 1).every(isOver))
  const next = pages.map(
    (page, index) =>
      [`${PREFIX}${page.stream.name}`, ends[index] ? DONE : nextStart(page, keyNames)] as const,
  )
  if (!pages.every(isOver))
    result.LastEvaluatedKey = Object.fromEntries(next.filter(([, start]) => start !== undefined))
  return result
}

/** What several commands consumed together, where the first one says it. */
export function sumOfConsumed(outputs: readonly Item[]): Item | undefined {
  const consumed = outputs.map(({ ConsumedCapacity }) => ConsumedCapacity as Item | undefined)
  return consumed[0] === undefined
    ? undefined
    : {
        TableName: consumed[0].TableName,
        CapacityUnits: sum(consumed.map(each => each?.CapacityUnits)),
      }
}

function nextStart(page: Page, keyNames: readonly string[]): Start {
  const { items, taken, start } = page
  if (isEmpty(page) && page.next !== undefined) return page.next
  const last = items[taken - 1]
  return last === undefined ? start : Object.fromEntries(keyNames.map(name => [name, last[name]]))
}

function sum(numbers: readonly unknown[]): number {
  return numbers.reduce((total: number, each) => total + (typeof each === 'number' ? each : 0), 0)
}
