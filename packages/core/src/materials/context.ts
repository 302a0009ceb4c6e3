import { hash } from 'node:crypto'
import { Reader } from '../bytes/reader.js'
import { ConfigurationError, FieldError } from '../errors.js'
import { MAX_CONTEXT_BYTES, MAX_CONTEXT_PAIRS } from '../limits.js'
import { isPlainObject, kindOf } from '../plainObject.js'

/** The pair that every data key of ours is bound to: the logical table name. */
export const TABLE_KEY = 'dynaseal:table'

/** The pair that says for what a data key was made, so that none serves two purposes; those of format 1 have none. */
const PURPOSE_KEY = 'dynaseal:format'
export type Purpose = 'message' | 'envelope'
const PURPOSES: Readonly<Record<Purpose, Readonly<Record<string, string>>>> = {
  message: {},
  envelope: { [PURPOSE_KEY]: '2' },
}

/** The pair that says that a data key is a search key, and the version of what is derived from it. */
export const SEARCH_KEY = 'dynaseal:search'

/** The pair that signed messages have besides: the key that verifies the signature, another for each message. */
const PUBLIC_KEY = 'aws-crypto-public-key'

const RESERVED_PREFIXES = ['aws-crypto-', 'aws:', 'dynaseal:']

/** The encryption context of a data key. */
export interface DataKeyContext {
  readonly pairs: Readonly<Record<string, string>>
}

/** An encryption context in the shapes it is needed in, made once. */
export interface EncryptionContext extends DataKeyContext {
  /** Its bytes as a string, to be a map key. */
  readonly id: string
  /** As in the message header, its own u16 length first. */
  readonly bytes: Buffer
  /** The first 4 bytes of the bytes' SHA-256, by which an envelope says which context it was made for. */
  readonly tag: Buffer
}

/** @throws {ConfigurationError} `invalid-context` */
export function encryptionContext(
  purpose: Purpose,
  table: string,
  additional: Readonly<Record<string, string>>,
): EncryptionContext {
  if (typeof table !== 'string' || table === '') throw invalid('the table name is empty')
  const pairs = Object.freeze({ ...additional, [TABLE_KEY]: table, ...PURPOSES[purpose] })
  return contextOf(pairs, serializeContext(pairs))
}

/**
 * The context of search keys. No table is in it: one serves all tables of an application, and its tokens are bound to
 * theirs.
 *
 * @throws {ConfigurationError} `invalid-context`
 */
export function searchContext(additional: Readonly<Record<string, string>>): EncryptionContext {
  const pairs = Object.freeze({ ...additional, [SEARCH_KEY]: '1' })
  return contextOf(pairs, serializeContext(pairs))
}

function contextOf(pairs: Readonly<Record<string, string>>, bytes: Buffer): EncryptionContext {
  return {
    pairs,
    bytes,
    id: bytes.toString('latin1'),
    tag: Buffer.from(hash('sha256', bytes), 'hex').subarray(0, 4),
  }
}

/** The error for what was sealed under another context than the expected one. */
export function wrongContext(): FieldError {
  return new FieldError(
    'wrong-context',
    'it was sealed for another table, or with another encryption context. Check the logical table name and the encryptionContext option against those of the writer.',
  )
}

/**
 * The context that a signed message ought to have: the expected pairs, and the public key of its own. Undefined when
 * it has none, or the two are too long together.
 *
 * @param bytes the context as it stands in the message, with its length
 */
export function signedContext({ pairs }: EncryptionContext, bytes: Buffer): EncryptionContext | undefined {
  const publicKey = findPublicKey(bytes)
  if (publicKey === undefined) return undefined
  const signedPairs = Object.freeze({ ...pairs, [PUBLIC_KEY]: publicKey })
  const expected = encodePairs(signedPairs)
  if (expected === undefined) return undefined
  return contextOf(signedPairs, expected)
}

function findPublicKey(bytes: Buffer): string | undefined {
  const reader = new Reader(bytes, () => new RangeError('The context ends too early.'), 2)
  try {
    const count = reader.u16()
    for (let pair = 0; pair < count; pair++) {
      const key = reader.view(reader.u16()).toString('utf8')
      const value = reader.view(reader.u16()).toString('utf8')
      if (key === PUBLIC_KEY) return value
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return undefined
}

/**
 * A copy of what an application adds to a context. Whatever is not taken would leave the context without it, so that
 * messages open with nothing but the table's name: each pair is one that is own, enumerable and of two strings.
 *
 * @throws {ConfigurationError} `invalid-context`
 */
export function additionalContext(given: unknown): Readonly<Record<string, string>> {
  if (!isPlainObject(given)) throw invalid(`it must be a plain object, and not ${kindOf(given)}`)
  const pairs = Object.freeze(Object.fromEntries(Reflect.ownKeys(given).map(key => pairOf(given, key))))
  serializeContext(pairs)
  return pairs
}

function pairOf(given: Readonly<Record<string, unknown>>, key: string | symbol): [string, string] {
  if (typeof key !== 'string') throw invalid('a key is a symbol')
  if (key === '') throw invalid('a key is empty')
  if (!Object.prototype.propertyIsEnumerable.call(given, key)) throw invalid(`${key} is not enumerable`)
  const reserved = RESERVED_PREFIXES.find(prefix => key.startsWith(prefix))
  if (reserved !== undefined) throw invalid(`keys that begin with "${reserved}" are reserved`)
  const value = given[key]
  if (typeof value !== 'string') throw invalid(`the value of ${key} is no string`)
  return [key, value]
}

/**
 * `length(2) count(2)`, then per pair `length(2) key length(2) value`, sorted by the UTF-8 bytes of the
 * keys (message-header.md, "AAD").
 */
function serializeContext(pairs: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(pairs)
  if (entries.length > MAX_CONTEXT_PAIRS)
    throw invalid(`it has more than ${MAX_CONTEXT_PAIRS} pairs, those of Dynaseal included`)
  if (!entries.flat().every(text => text.isWellFormed()))
    throw invalid('a string has a lone surrogate, which has no UTF-8 form')
  const bytes = encodePairs(pairs)
  if (bytes === undefined)
    throw invalid(`it is longer than ${MAX_CONTEXT_BYTES} bytes, the pairs of Dynaseal included`)
  return bytes
}

/** Undefined when it is too long. */
function encodePairs(pairs: Readonly<Record<string, string>>): Buffer | undefined {
  const encoded = Object.entries(pairs)
    .map(([key, value]) => [Buffer.from(key, 'utf8'), Buffer.from(value, 'utf8')] as const)
    .sort(([a], [b]) => Buffer.compare(a, b))
  const length = encoded.reduce((sum, [key, value]) => sum + 4 + key.length + value.length, 2)
  if (length > MAX_CONTEXT_BYTES) return undefined
  const bytes = Buffer.allocUnsafeSlow(2 + length)
  let position = bytes.writeUInt16BE(length, 0)
  position = bytes.writeUInt16BE(encoded.length, position)
  for (const part of encoded.flat()) {
    position = bytes.writeUInt16BE(part.length, position)
    position += part.copy(bytes, position)
  }
  return bytes
}

function invalid(what: string): ConfigurationError {
  return new ConfigurationError('invalid-context', `The encryption context cannot be used: ${what}.`)
}
