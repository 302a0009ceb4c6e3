import { checkOptions } from '../checkOptions.js'
import { DataKeyCache } from '../dataKeyCache/dataKeyCache.js'
import type { Keyring } from '../dataKeyCache/keyring.js'
import { type KeyringOfContext, keyringOf } from '../dataKeyCache/keyringOf.js'
import { invalidOption, SearchError } from '../errors.js'
import type { CallOptions } from '../format.js'
import { additionalContext, searchContext } from '../materials/context.js'
import { isVersion, writeSearchKey } from './searchKey.js'

export interface SearchKeyOptions extends CallOptions {
  /** 1 to 255, higher than those of all search keys whose tokens are still stored: a sealed client looks for older ones first. Default 1. */
  readonly version?: number
  /**
   * Pairs added to the encryption context of the search key, for example a tenant. Public. Using it takes the same ones.
   * Default: none.
   */
  readonly encryptionContext?: Readonly<Record<string, string>>
}

/**
 * A new search key: some 310 bytes, to be kept wherever an application keeps its configuration. They are not secret, since
 * it takes the keyring to use them; whoever loses them can find nothing by its tokens any more, and has to make those anew.
 *
 * One call into the keyring.
 *
 * @throws {ConfigurationError} `invalid-option` or `invalid-context`
 * @throws {SearchError} `key-unavailable`
 * @throws the reason of `options.signal`, when that fires
 */
export async function createSearchKey(
  keyring: Keyring | KeyringOfContext,
  options: SearchKeyOptions = {},
): Promise<Uint8Array> {
  checkOptions(undefined, options, ['version', 'encryptionContext', 'signal'])
  const { version = 1, encryptionContext = {}, signal } = options
  if (!isVersion(version)) {
    throw invalidOption('The option version must be an integer from 1 to 255.')
  }
  const context = searchContext(additionalContext(encryptionContext))
  const cache = new DataKeyCache(keyringOf(keyring, 1))
  try {
    const { key } = await cache.sealingKey(context, 1, 1, signal)
    try {
      return writeSearchKey(version, context, key.secret, key.encryptedDataKeys)
    } finally {
      key.release()
    }
  } catch (cause) {
    signal?.throwIfAborted()
    throw new SearchError(
      'key-unavailable',
      'the keyring gave no data key for a search key. Its error is the cause; check that the key exists and that this process may use it.',
      { cause },
    )
  } finally {
    cache.clear()
  }
}
