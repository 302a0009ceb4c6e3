import type { Normalizer } from '@dynaseal/core'
import { isPlainObject, kindOf } from '@dynaseal/core/formats'
import type { Search } from '@dynaseal/document-client'
import type { StringSchema } from 'dynamodb-toolbox'
import { AnySchema } from 'dynamodb-toolbox/schema/any'
import { invalidSchema } from './errors.js'
import { letSearchesThrough } from './searchInput.js'
import { TokenAttribute } from './tokenAttribute.js'
import { TOKEN_META } from './tokenMark.js'

export interface TokenOptions {
  /** The name that is stored, such as that of a key of an index. Default: that of the attribute. */
  readonly savedAs?: string
  /**
   * What is made of texts first, so that spellings of one thing are found by each other: one, or several in order; for
   * several attributes, by their names. Default: nothing.
   */
  readonly normalize?:
    | Normalizer
    | readonly Normalizer[]
    | Readonly<Record<string, Normalizer | readonly Normalizer[]>>
  /**
   * Length of a token, 8 to 256 bits; of a beacon 1 to 63. Default 128: one token is one value. With fewer, values share tokens, and what was
   * found by another one is dropped again.
   */
  readonly bits?: number
  /**
   * The name of an attribute, or its path, that is stored in clear and has the tenant of an item as a text: equal values of
   * two tenants have different tokens. Search with `search(value, { tenant })`. Default: none.
   */
  readonly tenant?: string
}

/** What the schema of a token attribute carries in its type. */
export type TokenMeta = { 'dynaseal:token': true }

interface TokenProps {
  required: 'never'
  hidden: true
  /** Not a text: TypeScript sees where `search()` was forgotten, also in conditions. */
  enum: [Search]
  meta: TokenMeta
}

/** A schema as {@link token} returns it. */
export type Token<SAVED extends string | undefined = undefined> = StringSchema<
  // No name is no prop: with `exactOptionalPropertyTypes`, `undefined` would be none.
  SAVED extends string ? TokenProps & { savedAs: SAVED } : TokenProps
>

/**
 * An attribute that has the search token of another one, by which items are found that have a value: in a query, as the key
 * of an index, in filters and in conditions. The sealed client computes it whenever the other attribute is written, and
 * takes it out of what is read. Compare it with `search(value)`.
 *
 * As a key of the table itself, it is given by the entity's `computeKey`, of what it is of: `({ email }) => ({ pk: search(email) })`.
 *
 * Of a set or a list it has a token of each member; compare these with `contains`.
 *
 * @param of the attribute, encrypted or not, by its name, and by its path where it is in a map: `address.city`; or several,
 *   which are searched for together, in this order
 * @throws {ToolboxError} `invalid-schema`
 * @example
 * item({ id: string().key(), email: encrypted(string()), emailToken: token('email', { normalize: 'email' }) })
 * Users.build(QueryCommand).entities(User).query({ index: 'byEmail', partition: search('Ada@example.com') })
 */
export function token<const SAVED extends string | undefined = undefined>(
  of: string | readonly string[],
  options: TokenOptions & { readonly savedAs?: SAVED } = {},
): Token<SAVED> {
  const paths = typeof of === 'string' ? [of] : of
  if (
    !Array.isArray(paths) ||
    paths.length === 0 ||
    paths.some(path => typeof path !== 'string' || path === '')
  )
    throw invalidSchema("token() takes the name of an attribute, as in token('email'), or a list of them.")
  if (!isPlainObject(options as unknown))
    throw invalidSchema(
      `The options of token('${paths.join("', '")}') must be a plain object, and not ${kindOf(options)}.`,
    )
  const unknown = Object.keys(options).filter(
    name => !['savedAs', 'normalize', 'bits', 'tenant'].includes(name),
  )
  if (unknown.length > 0)
    throw invalidSchema(
      `token() has no option ${unknown.join(', ')}. It has savedAs, normalize, bits and tenant.`,
    )
  for (const name of ['tenant', 'savedAs'] as const)
    if (options[name] !== undefined && (typeof options[name] !== 'string' || options[name] === ''))
      throw invalidSchema(
        `The option ${name} of token('${paths.join("', '")}') must be the name of an attribute.`,
      )
  if (options.normalize === null)
    throw invalidSchema(
      `The option normalize of token('${paths.join("', '")}') must be a normalizer, several of them, or left out.`,
    )
  letSearchesThrough()
  const { savedAs, ...others } = options
  const attribute = new TokenAttribute(paths, others)
  return new AnySchema({
    required: 'never',
    hidden: true,
    meta: { [TOKEN_META]: true },
    ...(savedAs === undefined ? {} : { savedAs }),
    transform: attribute,
    putValidator: attribute.refuse,
    updateValidator: attribute.refuse,
  }) as unknown as Token<SAVED>
}
