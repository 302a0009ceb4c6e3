import { checkOptions } from '../checkOptions.js'
import type { Keyring } from '../dataKeyCache/keyring.js'
import type { KeyringOfContext } from '../dataKeyCache/keyringOf.js'
import type { DataKeyCacheOptions } from '../dataKeyCache/options.js'
import { invalidOption } from '../errors.js'
import { additionalContext, searchContext } from '../materials/context.js'
import { parseSearchKey, type SearchKey } from './searchKey.js'

export interface SearchOptions {
  /** As for a format: any keyring of the AWS Encryption SDK for Node.js, or a function that gives one for a context. */
  readonly keyring: Keyring | KeyringOfContext
  /** The search key whose tokens are stored: what {@link createSearchKey} made. */
  readonly writeWith: Uint8Array
  /** Other search keys, whose tokens are found, too, and fit. Each has a version of its own. Default: none. */
  readonly findWith?: readonly Uint8Array[]
  /** The pairs that the search keys were made with. Default: none. */
  readonly encryptionContext?: Readonly<Record<string, string>>
  /** How long search keys and what is derived of them live in memory, and how many. Default: as its members say. */
  readonly cache?: SearchCacheOptions
}

/** As for a format, but for `maxKeys`. */
export interface SearchCacheOptions
  extends Pick<DataKeyCacheOptions, 'maxAge' | 'refusalAge' | 'openingGrace' | 'now'> {
  /**
   * Keys of tokens kept for each search key, one for each table, tenant and attribute; the least recently used leaves
   * first. To derive one again takes no call into the keyring. Default 1,000.
   */
  readonly maxKeys?: number
}

export interface ResolvedSearchOptions {
  readonly writeWith: SearchKey
  /** That which is written with stands first. */
  readonly all: readonly SearchKey[]
  readonly cache: Omit<SearchCacheOptions, 'maxKeys'>
  readonly maxKeys: number
}

const DEFAULT_MAX_KEYS = 1000

/**
 * @throws {ConfigurationError}
 * @throws {SearchError} `malformed-search-key` or `wrong-context`
 */
export function searchKeysOf(options: SearchOptions): ResolvedSearchOptions {
  checkOptions(undefined, options, ['keyring', 'writeWith', 'findWith', 'encryptionContext', 'cache'])
  const { findWith = [], encryptionContext = {}, cache: given = {} } = options
  checkOptions('cache', given, ['maxAge', 'refusalAge', 'openingGrace', 'now', 'maxKeys'])
  const { maxKeys = DEFAULT_MAX_KEYS, ...cache } = given
  if (!Number.isInteger(maxKeys) || maxKeys < 1)
    throw invalidOption('The cache option maxKeys must be a positive integer.')
  if (!Array.isArray(findWith)) throw invalidOption('The option findWith must be a list of search keys.')
  const context = searchContext(additionalContext(encryptionContext))
  const writeWith = parseSearchKey(options.writeWith, context)
  const all = [writeWith, ...findWith.map(bytes => parseSearchKey(bytes, context))]
  const versions = new Set(all.map(({ version }) => version))
  if (versions.size < all.length) {
    throw invalidOption(
      'Two of the search keys have one version, by which their tokens are told apart. Give each once, and make a new one with another version: createSearchKey(keyring, { version }).',
    )
  }
  return { writeWith, all, cache, maxKeys }
}
