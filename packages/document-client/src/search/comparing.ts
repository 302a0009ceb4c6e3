import { channel } from 'node:diagnostics_channel'
import type { AttributePath, AttributeValue, FieldError, TokenMaker } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import type { ClientSettings } from '../client/settings.js'
import type { Test } from '../expressions/condition.js'
import { failure } from '../opening/failure.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { evaluate } from './kindsOf.js'
import { type Searches, searchBy, type TokenTest } from './searches.js'
import { attributesOf } from './storedTokens.js'
import { hasTenant, subjectOf, tenantIn } from './tokenTenant.js'
import { valueAt } from './valueAt.js'

/** Published for each item that a search found, and whose value is another one with the same token. Names only. */
export interface FalsePositiveEvent {
  /** Logical table name. */
  readonly table: string
  /** Names of the item's key attributes. */
  readonly keyNames: readonly string[]
  /** Of the token attribute. */
  readonly path: AttributePath
}

/** The `diagnostics_channel` on which it is published that something was found and is not what was searched for. */
export const falsePositiveChannel = 'dynaseal:document-client:false-positive'
const falsePositives = channel(falsePositiveChannel)

/** What was found and is not what was searched for. */
export interface Compared {
  /** Other values that have the same token. */
  readonly dropped: ReadonlySet<Item>
  /** Items whose token is not that of their value. */
  readonly failures: ReadonlyMap<Item, FieldError>
}

/**
 * Whether it is plain that all items are what was searched for: one text alone decides, and each has it to the letter, as
 * {@link compareFound} would find one by one. Most are.
 */
export function allSpelledSo({ plan, tests }: Searches, items: readonly Item[]): boolean {
  const name = plan.decides
  const value = name === undefined ? undefined : tests[0]!.searched[0]!.values[0]!
  if (name === undefined || value === undefined || !('S' in value)) return false
  const text = value.S
  for (let index = 0; index < items.length; index++) {
    const item = items[index]!
    if (!Object.hasOwn(item, name) || item[name] !== text) return false
  }
  return true
}

/**
 * Compares what was found with what was searched for, after it was opened.
 *
 * @param given the values of the command, before tokens took the place of what is searched for
 */
export async function compareFound(
  table: KnownTable,
  searches: Searches,
  items: readonly Item[],
  given: Item,
  { search, values }: ClientSettings,
): Promise<Compared> {
  const dropped = new Set<Item>()
  const failures = new Map<Item, FieldError>()
  const texts: KnownTexts = new Map()
  let item: Item = {}
  let others: TokenTest[] = []
  const isAlone = searches.tests.length === 1
  const holds = (test: Test): boolean | undefined => {
    const search = searchBy(searches, test)
    if (search === undefined) return undefined
    const isMatch =
      matches(search, item, values, texts) &&
      ((isAlone && search.searched.length === 1) || hasTokenOfValue(search, item, values))
    if (!isMatch) others.push(search)
    return isMatch
  }
  for (item of items) {
    if (others.length > 0) others = []
    let isFound = true
    for (const condition of searches.plan.conditions.values())
      isFound &&= evaluate(table, condition, item, given, holds) !== false
    if (isFound) continue
    const there = others.filter(({ token }) => valueAt(item, token.path) !== undefined)
    const wrong = await firstWrong(table, there, item, search, values)
    if (wrong !== undefined) failures.set(item, wrong)
    else {
      dropped.add(item)
      publish(table, there)
    }
  }
  return { dropped, failures }
}

/** Whether texts are what a test searches for: most items that it found have the same one. */
type KnownTexts = Map<TokenTest, Map<string, boolean>>

function matches(test: TokenTest, item: Item, values: ClientSettings['values'], texts: KnownTexts): boolean {
  const { paths, members } = test.token.definition
  const tenant = tenantIn(test.token, item)
  const text = paths.length === 1 ? valueAt(item, paths[0]!) : undefined
  if (typeof text === 'string' && !members && isSpelledSo(test, text, tenant)) return true
  const isText = typeof text === 'string' && tenant === undefined
  const known = isText ? texts.get(test)?.get(text) : undefined
  if (known !== undefined) return known
  const attributes = partsOf(test, item, values)
  const isMatch =
    attributes !== undefined &&
    test.searched.some(
      searched => searched.tenant === tenant && test.token.definition.matches(attributes, searched.values),
    )
  if (isText) texts.set(test, (texts.get(test) ?? new Map()).set(text, isMatch))
  return isMatch
}

/**
 * Whether a text is what is searched for to the letter. Then nothing has to be normalized: a normalizer makes the same of the
 * same text, and it made something of this one, since a token was made of it, or nothing would have been sent.
 */
function isSpelledSo({ searched }: TokenTest, text: string, tenant: string | undefined): boolean {
  for (const { values, tenant: wanted } of searched) {
    const [value] = values as [AttributeValue]
    if ('S' in value && value.S === text && wanted === tenant) return true
  }
  return false
}

/**
 * Whether an item has the token of the value that it has, where it may have been found by that of another value which is
 * searched for beside it. By one token alone, it was found because it has it.
 */
function hasTokenOfValue(test: TokenTest, item: Item, values: ClientSettings['values']): boolean {
  const { token, searched, found } = test
  const attributes = partsOf(test, item, values)
  const tenant = tenantIn(token, item)
  const stored = new Set(tokensAt(item, token.path))
  return searched.some(
    (each, index) =>
      attributes !== undefined &&
      each.tenant === tenant &&
      token.definition.matches(attributes, each.values) &&
      found[index]!.some(made => stored.has(made.token)),
  )
}

function partsOf({ token: { definition } }: TokenTest, item: Item, values: ClientSettings['values']) {
  return attributesOf(
    definition,
    definition.paths.map(path => valueAt(item, path)),
    values,
  )
}

/**
 * Of the tokens that an item may have been found by, the first that is not that of its value.
 *
 * @param tests whose tokens the item has: of alternatives, it was found by another one
 */
async function firstWrong(
  table: KnownTable,
  tests: readonly TokenTest[],
  item: Item,
  maker: TokenMaker | undefined,
  values: ClientSettings['values'],
): Promise<FieldError | undefined> {
  for (const test of tests) {
    const { path, definition } = test.token
    const stored = tokensAt(item, path)
    const attributes = partsOf(test, item, values)
    if (attributes === undefined || !hasTenant(test.token, item)) {
      const absent = [...definition.paths, ...(test.token.tenant ? [test.token.tenant] : [])]
        .filter(part => valueAt(item, part) === undefined)
        .map(formatPath)
      return failure(
        table,
        path,
        'wrong-token',
        `it was found by this search token, and has no ${absent.join(', ')} to compare. Either the index does not project it, or somebody wrote past the sealed client.`,
      )
    }
    const source = { values: attributes, tenant: tenantIn(test.token, item) }
    const [fit] = (await maker?.check([{ ...subjectOf(table, test.token, source), stored }])) ?? []
    if (fit?.fits !== true) {
      return failure(
        table,
        path,
        'wrong-token',
        `it was found by this search token, which is not that of its value (${fit?.reason ?? 'unknown'}). Somebody wrote past the sealed client, or the way values are normalized has changed since.`,
      )
    }
  }
  return undefined
}

function tokensAt(item: Item, path: AttributePath): unknown[] {
  const stored = valueAt(item, path)
  return stored instanceof Set ? [...stored] : [stored]
}

function publish({ name: table, keyNames }: KnownTable, tests: readonly TokenTest[]): void {
  const [first] = tests
  if (first === undefined || !falsePositives.hasSubscribers) return
  falsePositives.publish({ table, keyNames, path: first.token.path } satisfies FalsePositiveEvent)
}
