import type { Normalizer } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import type { ClientFeatures } from '../client/features.js'
import { DocumentClientError } from '../errors.js'
import { type AttributePattern, overlap } from '../paths/attributePattern.js'
import type { ItemKind, TableDescription } from '../tables/itemKind.js'
import { declaredTokens } from './declaredTokens.js'
import { parsePath } from './parsePath.js'

/** What is encrypted in a table, or in one kind of its items. */
export interface Declaration {
  /** The table's name or ARN, as commands carry it. */
  readonly table: string
  /** The names of its primary key: the partition key, and the sort key if there is one. Ciphertexts are bound to it. */
  readonly key: readonly string[]
  /**
   * The paths of encrypted attributes: `email`, `address.street`, `cards[*].number`, `tags.*`, and in quotes what has dots
   * or brackets in its name: `['first.name']`. What a path leads to is encrypted as a whole, whatever it is.
   */
  readonly encrypted: readonly string[]
  /**
   * The names of the keys of its indexes, so that they are refused among the encrypted paths: a list, or by index its
   * partition key and its sort key, which it takes where tokens are searched for with several search keys. Default: none.
   */
  readonly indexKeys?: readonly string[] | Readonly<Record<string, readonly string[]>>
  /**
   * The items that the declaration is for, where a table has several kinds of them: those whose `attribute` is `equals`.
   * Whatever it does not name is stored in clear in them. Default: all items.
   */
  readonly when?: { readonly attribute: string; readonly equals: string }
  /** The attributes that have search tokens of others, by their paths. Default: none. */
  readonly tokens?: Readonly<Record<string, DeclaredToken>>
}

/** What a token attribute is of. */
export interface DeclaredToken {
  /** The path of an attribute, encrypted or not; or of several, which are searched for together, in this order. */
  readonly of: string | readonly string[]
  /** What is made of texts first: one, or several in order; for several attributes, by path. Default: nothing. */
  readonly normalize?:
    | Normalizer
    | readonly Normalizer[]
    | Readonly<Record<string, Normalizer | readonly Normalizer[]>>
  /** Whether it is a set or a list, each member of which is searched for by itself. Default: no. */
  readonly members?: boolean
  /** Length of a token, 8 to 256 bits; of a beacon 1 to 63. Default 128. */
  readonly bits?: number
  /**
   * The path of an attribute, stored in clear, that has the tenant of an item as a text: equal values of two tenants have
   * different tokens. It is given to `search()`. Default: none.
   */
  readonly tenant?: string
}

/** A declaration as the tables of a sealed client take it. */
export interface CheckedDeclaration {
  readonly description: TableDescription
  readonly kind: ItemKind
}

const MEMBERS = Object.keys({
  table: true,
  key: true,
  encrypted: true,
  indexKeys: true,
  when: true,
  tokens: true,
} satisfies Record<keyof Declaration, true>)

/** @throws {DocumentClientError} `invalid-schema` */
export function checkDeclaration(declaration: Declaration, features: ClientFeatures): CheckedDeclaration {
  if (typeof declaration !== 'object' || declaration === null || Array.isArray(declaration))
    throw invalid(
      "declare() takes { table, key, encrypted }, such as { table: 'users', key: ['id'], encrypted: ['email'] }, one after the other.",
    )
  const unknown = Object.keys(declaration).filter(name => !MEMBERS.includes(name))
  if (unknown.length > 0)
    throw invalid(`A declaration has no ${unknown.join(', ')}. It has ${MEMBERS.join(', ')}.`)
  const { table, key, encrypted, indexKeys = [], when, tokens } = declaration
  if (!isName(table)) throw invalid('The table of a declaration must be its name or its ARN.')
  if (!isListOfNames(key) || key.length < 1 || key.length > 2 || key[0] === key[1]) {
    throw invalid(
      `The key of table ${table} must be a list of one or two names, such as ['id']: the partition key, and the sort key if there is one.`,
    )
  }
  const indexes = isRecord(indexKeys) ? indexKeys : undefined
  const names = indexes === undefined ? indexKeys : Object.values(indexes).flat()
  if (!isListOfNames(names)) {
    throw invalid(`indexKeys of table ${table} must be a list of names, or such a list for each index.`)
  }
  if (!Array.isArray(encrypted) || encrypted.some(path => typeof path !== 'string'))
    throw invalid(
      `What is encrypted in table ${table} must be a list of paths, such as encrypted: ['email']; [] where nothing is.`,
    )
  if (when !== undefined && !(isName(when?.attribute) && isName(when.equals)))
    throw invalid(`when of table ${table} must be { attribute, equals }, two strings.`)
  const patterns = encrypted.map(parsePath)
  refuseNested(table, patterns)
  return {
    description: {
      tableName: table,
      keyNames: [...key],
      indexKeyNames: names,
      indexes,
      kindAttribute: when?.attribute,
      takesPlaintext: true,
    },
    kind: {
      name: when?.equals,
      encrypted: patterns,
      clear: 'the rest',
      binary: [],
      isNamed: when !== undefined,
      tokens: tokens === undefined ? [] : declaredTokens(table, tokens, features.search),
    },
  }
}

/** @throws {DocumentClientError} `invalid-schema` where one path leads through another one, or to it */
function refuseNested(table: string, patterns: readonly AttributePattern[]): void {
  for (const [i, pattern] of patterns.entries()) {
    const other = patterns.slice(0, i).find(each => overlap(each, pattern))
    if (other === undefined) continue
    const [outer, inner] = other.length <= pattern.length ? [other, pattern] : [pattern, other]
    throw invalid(
      `'${formatPath(inner)}' and '${formatPath(outer)}' of table ${table} are the same attribute, or one is inside of the other: what a path leads to is encrypted as a whole. Declare one of the two.`,
    )
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, readonly string[]>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== ''
}

function isListOfNames(names: unknown): names is string[] {
  return Array.isArray(names) && names.every(isName)
}

function invalid(what: string): DocumentClientError {
  return new DocumentClientError('invalid-schema', what)
}
