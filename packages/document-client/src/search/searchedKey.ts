import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { guardKey } from '../guards/keys.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import type { Values } from '../values/values.js'
import { fromWire } from '../values/wireItems.js'
import type { CommandTokens } from './commandTokens.js'
import { keyName } from './mergedPages.js'
import { Searched } from './searched.js'
import { searchedSource } from './searches.js'
import { attributesOf } from './storedTokens.js'
import { isSearchedFor, subjectOf, type TokenSource, tenantIn } from './tokenTenant.js'
import { valueAt } from './valueAt.js'

/** Of a command. */
interface Speech {
  readonly tokens: CommandTokens
  readonly values: Values
}

/** What key tokens are of, by the name of the key attribute. */
type KeySources = ReadonlyMap<string, TokenSource>

/**
 * The primary key of one item, where that is a token, or has one: there is one for each search key, and an item has one of
 * them. All tokens of a key are of one search key, since one put made them.
 */
export class SearchedKey {
  /** Filled when all tokens are made: with that of the search key which is written with, until another one is chosen. */
  readonly key: Item
  #versions: readonly Item[] = []

  /** @param given in the command; nothing where an item is put */
  private constructor(
    readonly table: KnownTable,
    readonly given: Item | undefined,
    others: Item,
    readonly sources: KeySources,
    tokens: CommandTokens,
  ) {
    this.key = { ...others }
    const found = new Map<string, ReadonlyMap<number, string>>()
    for (const [name, source] of sources) {
      tokens.find(subjectOf(table, table.keyTokens.get(name)!, source), versions =>
        found.set(name, new Map(versions.map(({ version, token }) => [version, token]))),
      )
    }
    tokens.afterwards(() => {
      const [[, first] = []] = found
      this.#versions = [...(first?.keys() ?? [])].map(version => ({
        ...others,
        ...Object.fromEntries([...found].map(([name, byVersion]) => [name, byVersion.get(version)])),
      }))
      this.choose(this.current)
    })
  }

  /**
   * Of a command that gives a key; undefined where that is no token.
   *
   * @throws {DocumentClientError} `invalid-schema`; `condition-refused` or `invalid-value` for what is not searched for
   */
  static where(table: KnownTable, given: unknown, { tokens, values }: Speech): SearchedKey | undefined {
    guardKey(table, given)
    if (table.keyTokens.size === 0) return undefined
    const key = (given ?? {}) as Item
    const searched = new Map<string, TokenSource>()
    for (const [name, token] of table.keyTokens) {
      const value = key[name]
      if (!(value instanceof Searched)) throw isUnwrapped(table, name)
      const source = searchedSource(table, token, value, values)
      refuseOtherKey(table, name, source, key, values)
      searched.set(name, source)
    }
    return new SearchedKey(table, key, key, searched, tokens)
  }

  /** Of an item that is put; undefined, too, where it is sealed already, and has the token that it was sealed with. */
  static ofItem(table: KnownTable, item: Item, { tokens, values }: Speech): SearchedKey | undefined {
    if (table.keyTokens.size === 0) return undefined
    const others = Object.fromEntries(table.keyNames.map(name => [name, item[name]]))
    if ([...table.keyTokens.keys()].every(name => typeof others[name] === 'string')) return undefined
    const made = new Map<string, TokenSource>()
    for (const [name, token] of table.keyTokens) {
      const { definition } = token
      const parts = definition.paths.map(path => valueAt(item, path))
      const attributes = attributesOf(definition, parts, values)
      if (attributes === undefined) return undefined
      made.set(name, { values: attributes, tenant: tenantIn(token, item) })
    }
    return new SearchedKey(table, undefined, others, made, tokens)
  }

  /** When all tokens are made: that of the search key which is written with first. */
  get versions(): readonly Item[] {
    return this.#versions
  }

  /** That of the search key which is written with. */
  get current(): Item {
    return this.#versions[0]!
  }

  /** Those of the other search keys. */
  get others(): readonly Item[] {
    return this.#versions.slice(1)
  }

  choose(version: Item): void {
    Object.assign(this.key, version)
  }

  /**
   * Asks for one version after the other until the item is there, that which is written with first. Those that were asked
   * for before the last one are asked for again: an item that somebody moves meanwhile, from any to any, is found.
   *
   * @returns what was answered, the last first; the version that it is about stays chosen
   */
  async firstFound(ask: (key: Item) => Promise<Item>, isFound: (answer: Item) => boolean): Promise<Item[]> {
    const answers: Item[] = []
    for (const version of [...this.versions, ...this.versions.slice(0, -1)]) {
      this.choose(version)
      const answer = await ask(this.key)
      answers.unshift(answer)
      if (isFound(answer)) break
    }
    return answers
  }

  /** Whether an item has it, under any search key. */
  isOf(item: Item): boolean {
    const { keyNames } = this.table
    return this.versions.some(version => keyName(version, keyNames) === keyName(item, keyNames))
  }

  /** The items that have it, each under another search key: that which is written with first. */
  among(items: readonly Item[]): Item[] {
    const { keyNames } = this.table
    return this.versions.flatMap(version => {
      const name = keyName(version, keyNames)
      const item = items.find(each => keyName(each, keyNames) === name)
      return item === undefined ? [] : [item]
    })
  }

  /** A key as DynamoDB returns it, which has tokens, as the command gave it; nothing where it is that of another item. */
  restored(key: Item): Item | undefined {
    const names = [...this.sources.keys()]
    // What was not processed comes as the client has it.
    const isWire = names.some(name => typeof key[name] !== 'string')
    if (this.given === undefined || !this.isOf(isWire ? fromWire(key) : key)) return undefined
    const restored = { ...key }
    for (const name of names) {
      const given = this.given[name]
      restored[name] = isWire ? { S: given } : given
    }
    return restored
  }
}

export function isUnwrapped(table: KnownTable, name: string): DocumentClientError {
  const { paths } = table.keyTokens.get(name)!.definition
  return new DocumentClientError(
    'condition-refused',
    `Key: '${name}' of table ${table.name} is the search token of ${paths.map(formatPath).join(', ')}. What it is of goes into search(value), and nothing else does: without it, the value would be sent in clear, and nothing be found.`,
  )
}

/**
 * What a key token is of, or bound to, and is of the key itself, stands in it twice.
 *
 * @throws {DocumentClientError} `invalid-value` where they differ
 */
function refuseOtherKey(
  table: KnownTable,
  name: string,
  source: TokenSource,
  key: Item,
  values: Values,
): void {
  const token = table.keyTokens.get(name)!
  const { definition, tenant } = token
  const parts = definition.paths.map((path, index) => {
    const own = path.length === 1 && table.keyNames.includes(String(path[0])) ? key[path[0]!] : undefined
    return own === undefined ? source.values[index]! : values.attributeAt(path, own)
  })
  const isSame = tenantIn(token, key) === source.tenant && isSearchedFor(table, token, parts, source)
  if (isSame) return
  const names = [...definition.paths, ...(tenant === undefined ? [] : [tenant])].map(formatPath)
  throw new DocumentClientError(
    'invalid-value',
    `Key: '${name}' of table ${table.name} is the search token of ${names.join(', ')}, and search() was given another one of these than the key has beside it.`,
  )
}
