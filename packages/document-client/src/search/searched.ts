import { inspect } from 'node:util'
import { isPlainObject, kindOf } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'

const LABEL = '[searched value]'

/** What {@link search} returns: to TypeScript a text, as the token is that it stands for. */
export type Search = string & { readonly 'dynaseal:search': true }

/** What can be searched for: a text, a number or a binary value; of several attributes one of each. */
export type SearchedScalar =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | null
  | { readonly value: string }

let count = 0

/**
 * What is searched for, in clear, on its way to the sealed client, which puts tokens in its place.
 *
 * A `Uint8Array`, and an empty one, for the same reasons as a value that waits to be sealed: mappers leave it whole, and an
 * ordinary document client refuses it.
 */
export class Searched extends Uint8Array {
  readonly #value: unknown
  readonly #number = ++count

  readonly #tenant: unknown

  constructor(value: unknown, tenant?: unknown) {
    super(0)
    this.#value = value
    this.#tenant = tenant
  }

  static plaintextOf(searched: Searched): unknown {
    return searched.#value
  }

  static tenantOf(searched: Searched): unknown {
    return searched.#tenant
  }

  static misplaced(): DocumentClientError {
    return new DocumentClientError(
      'invalid-value',
      'What search() returns was about to be written, copied or sent as it is. Compare it with a token attribute, in a query, a filter or a condition, through a client from sealDocumentClient(); where a value is written, give the value itself.',
    )
  }

  static get [Symbol.species]() {
    return Uint8Array
  }

  override [Symbol.iterator](): never {
    throw Searched.misplaced()
  }

  override toString() {
    return '[searched value: the table needs a document client from sealDocumentClient(), and not the option named next]'
  }

  /** Another one for each: some compare what values are as JSON. */
  toJSON() {
    return `${LABEL} ${this.#number}`
  }

  [inspect.custom]() {
    return LABEL
  }
}

// As for values that wait to be sealed: with `convertClassInstanceToMap`, it would be sent as an empty map.
Object.defineProperty(Searched.prototype, 'dynaseal: not replaced', {
  enumerable: true,
  get() {
    throw Searched.misplaced()
  },
})

/**
 * Wraps what a query, a filter or a condition searches for: the sealed client compares the tokens of this value with the
 * token attribute that it is compared with. Take it for equality, `IN`, and of the members of sets and lists `contains`.
 *
 * @param value in clear; for a token of several attributes, a list of their values, in the order of the definition
 * @param options `tenant`: whose items are searched, where tokens are bound to tenants
 * @example
 * client.send(new QueryCommand({
 *   TableName: 'users', IndexName: 'byEmail', KeyConditionExpression: 'emailToken = :email',
 *   ExpressionAttributeValues: { ':email': search('ada@example.com') },
 * }))
 */
export function search(
  value: SearchedScalar | readonly SearchedScalar[],
  options: { readonly tenant?: string } = {},
): Search {
  const [unknown] = isPlainObject(options) ? Object.keys(options).filter(name => name !== 'tenant') : ['']
  if (unknown !== undefined)
    throw new DocumentClientError(
      'invalid-value',
      unknown === ''
        ? `The options of search() must be a plain object, as in search(value, { tenant }), and not ${kindOf(options)}.`
        : `search() has no option ${unknown}. It has tenant.`,
    )
  return new Searched(value, options.tenant) as unknown as Search
}
