import type { AttributePath } from './format.js'
import { formatPath } from './formatPath.js'

/** Where a value stands. Names only: the values of key attributes are never part of an error. */
export interface Place {
  /** Logical table name. */
  readonly table: string
  /** Names of the item's key attributes. */
  readonly keyNames: readonly string[]
  readonly path: AttributePath
}

interface Details {
  readonly place?: Place | undefined
  readonly cause?: unknown
}

/**
 * Base of every error this package throws. `code` is stable and made for programs; `message` is made
 * for people and may be reworded.
 *
 * No error holds a plaintext, a key or the value of a key attribute: not in its message, its
 * properties or its `cause`.
 */
export abstract class DynasealError extends Error {
  abstract readonly code: string

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

export type ConfigurationErrorCode = 'invalid-option' | 'invalid-context'

/** An option cannot be used. Thrown by {@link createFormat}, or when a table name is first used. */
export class ConfigurationError extends DynasealError {
  override readonly name = 'ConfigurationError'

  constructor(
    readonly code: ConfigurationErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause)
  }
}

/** Of what an application is set up with. */
export function invalidOption(message: string): ConfigurationError {
  return new ConfigurationError('invalid-option', message)
}

/** One that knows where it happened, once that is told. */
abstract class PlacedError extends DynasealError {
  readonly table: string | undefined
  readonly keyNames: readonly string[] | undefined
  readonly path: AttributePath | undefined

  /** @param what could not be done */
  constructor(
    what: string,
    /** What went wrong, and the way out, without the place. */
    readonly reason: string,
    { place, cause }: Details,
  ) {
    super(describe(what, reason, place), cause)
    this.table = place?.table
    this.keyNames = place?.keyNames
    this.path = place?.path
  }
}

/**
 * - `invalid-value`: no DynamoDB attribute value, or one that DynamoDB would refuse
 * - `too-deep`: maps and lists nested deeper than {@link MAX_DEPTH}
 * - `too-large`: longer than any DynamoDB item
 * - `invalid-location`: the item's key or the path cannot be bound to
 * - `key-unavailable`: the keyring gave no data key; `cause` is its error
 * - `sealing-failed`: anything else
 */
export type SealErrorCode =
  | 'invalid-value'
  | 'too-deep'
  | 'too-large'
  | 'invalid-location'
  | 'key-unavailable'
  | 'sealing-failed'

/**
 * A value was not sealed, and nothing of the call was returned: nothing may be sent.
 *
 * @example
 * try {
 *   await format.seal(items)
 * } catch (error) {
 *   if (error instanceof SealError && error.code === 'key-unavailable') retryLater()
 * }
 */
export class SealError extends PlacedError {
  override readonly name = 'SealError'

  constructor(
    readonly code: SealErrorCode,
    reason: string,
    details: Details = {},
  ) {
    super('Cannot seal', reason, details)
  }

  /** The same error, told where it happened. */
  at(place: Place): SealError {
    return new SealError(this.code, this.reason, { place, cause: this.cause })
  }
}

/**
 * - `not-a-message`: the bytes are no sealed field
 * - `unsupported-suite`: a message of the signed suite 0x0578, which `allowSuites` does not name, or of format 1,
 *   without key commitment
 * - `malformed-message`: it begins like a sealed field, but its parts do not add up, or those of its envelope
 * - `missing-envelope`: a short field of format 2, whose item came without its envelope attribute
 * - `wrong-envelope`: a short field of format 2 that belongs to another envelope than the item has
 * - `wrong-context`: sealed for another table, or with another encryption context
 * - `key-unavailable`: the keyring gave no data key; `cause` is its error
 * - `too-many-data-keys`: this call would ask the keyring for more data keys than the cache option `maxKeysPerOpen` allows
 * - `not-authentic`: commitment or authentication tag do not match: changed after it was sealed
 * - `unsupported-version`: it is of a version this package does not know
 * - `wrong-location`: sealed for another item, or for another attribute path; in format 2 that is `not-authentic`
 * - `invalid-location`: the item's key or the path, as given by the caller, cannot be bound to
 * - `invalid-context`: the function `encryptionContext` gives nothing usable for the item
 * - `malformed-value`: the content is not the canonical serialization of an attribute value
 * - `wrong-token`: a search found the item by a token that is not that of its value
 */
export type FieldErrorCode =
  | 'not-a-message'
  | 'unsupported-suite'
  | 'malformed-message'
  | 'missing-envelope'
  | 'wrong-envelope'
  | 'wrong-context'
  | 'key-unavailable'
  | 'too-many-data-keys'
  | 'not-authentic'
  | 'unsupported-version'
  | 'wrong-location'
  | 'invalid-location'
  | 'invalid-context'
  | 'malformed-value'
  | 'wrong-token'

/**
 * One stored field did not open.
 *
 * @example
 * const [{ fields }] = await format.open([item])
 * for (const field of fields) if ('error' in field && field.error.code === 'not-authentic') alarm(field.error)
 */
export class FieldError extends PlacedError {
  override readonly name = 'FieldError'

  constructor(
    readonly code: FieldErrorCode,
    reason: string,
    details: Details = {},
  ) {
    super('Cannot open', reason, details)
  }

  /** The same error, told where it happened. */
  at(place: Place): FieldError {
    return new FieldError(this.code, this.reason, { place, cause: this.cause })
  }
}

/**
 * - `invalid-value`: a value that no token can be made of, or that the definition's `normalize` does not take
 * - `invalid-location`: the table name or the tenant cannot be bound to
 * - `malformed-search-key`: the bytes are no search key
 * - `wrong-context`: a search key that was made with another encryption context
 * - `key-unavailable`: the keyring gave no data key for a search key; `cause` is its error
 * - `not-authentic`: a search key was changed after it was made
 */
export type SearchErrorCode =
  | 'invalid-value'
  | 'invalid-location'
  | 'malformed-search-key'
  | 'wrong-context'
  | 'key-unavailable'
  | 'not-authentic'

/** There is no token, and nothing of the call was returned: nothing may be sent. */
export class SearchError extends PlacedError {
  override readonly name = 'SearchError'

  constructor(
    readonly code: SearchErrorCode,
    reason: string,
    details: Details = {},
  ) {
    super(`Cannot make a token${details.place === undefined ? '' : ' of'}`, reason, details)
  }

  /** The same error, told where it happened. */
  at(place: Place): SearchError {
    return new SearchError(this.code, this.reason, { place, cause: this.cause })
  }
}

function describe(what: string, reason: string, place: Place | undefined): string {
  if (place === undefined) return `${what}: ${reason}`
  const keys = place.keyNames.length === 0 ? '' : ` (key: ${place.keyNames.join(', ')})`
  // An item that is sealed as a whole fails as one.
  const part = Array.isArray(place.path) && place.path.length === 0 ? '' : `${formatPath(place.path)} of `
  return `${what} ${part}an item in table ${place.table}${keys}: ${reason}`
}
