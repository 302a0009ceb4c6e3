import { type AttributePattern, formatPath } from '@dynaseal/document-client/mapper'
import type { Schema } from 'dynamodb-toolbox'
import { adoptInputs } from './adoptInput.js'
import { children } from './children.js'
import { EncryptedAttribute, type Validator } from './encryptedAttribute.js'
import { ENCRYPTED_META, encryptedSchema, isEncryptedSchema } from './encryptedSchema.js'
import type { Encrypted } from './encryptedType.js'
import { invalidSchema } from './errors.js'
import { guardLibraryErrors } from './libraryErrors.js'
import { TokenMark } from './tokenMark.js'
import { copyOf, type ToolboxCopy } from './toolboxCopies.js'

/**
 * The schema itself; for a key something that no schema is, and that says what is wrong. TypeScript takes what a type
 * parameter stands for only if it would fit either; but it sees that the spread of any array is not a tuple of one.
 */
type NoKey<SCHEMA extends Schema> = [...KeyMark<SCHEMA>] extends [true]
  ? 'A key attribute cannot be encrypted: DynamoDB finds items by its value.'
  : SCHEMA
type KeyMark<SCHEMA> = SCHEMA extends { props: { key: true } } ? [true] : []

interface CommonProps {
  key?: unknown
  meta?: Record<string, unknown>
  putLink?: unknown
  updateLink?: unknown
  putValidator?: Validator
  updateValidator?: Validator
}

/** What concerns an attribute's place in the item stays outside of what is encrypted. */
const PLACE_PROPS = [
  'required',
  'hidden',
  'savedAs',
  'putDefault',
  'updateDefault',
  'putLink',
  'updateLink',
] as const

/**
 * Annotates an attribute: what is saved is ciphertext, what is loaded is what was saved. Give the table the client
 * that `sealDocumentClient()` returns, and `register()` the entity on it.
 *
 * Works on every schema: leaves (`string`, `number`, `boolean`, `binary`, `nul`, `any`) and containers
 * (`map`, `list`, `set`, `record`, `tuple`, `anyOf`), which become one ciphertext as a whole. Input and
 * output types stay those of the schema. Put `optional()`, `hidden()`, `savedAs()`, `default()` and
 * `link()` before or after; `enum()`, `transform()` and the validators inside.
 *
 * DynamoDB sees ciphertext, so an encrypted attribute cannot be used in conditions, filters and arithmetic, but
 * for whether it exists; a key of the table cannot be encrypted at all, but it can be the `token()` of what is. In an `UpdateItemCommand` a container is replaced as a
 * whole, so it must be given with `$set(...)`.
 *
 * @throws {ToolboxError} `invalid-schema` for a key, for what is no schema, and for links inside a container
 * @example
 * item({ id: string().key(), ssn: encrypted(string()), address: encrypted(map({ city: string() })) })
 */
export function encrypted<SCHEMA extends Schema>(schema: NoKey<SCHEMA>): Encrypted<SCHEMA> {
  const annotated = schema as Schema
  if (typeof annotated?.type !== 'string' || Object(annotated.props) !== annotated.props) {
    throw invalidSchema('encrypted() takes a schema of dynamodb-toolbox, as in encrypted(string()).')
  }
  if (annotated.type === 'item') {
    throw invalidSchema('encrypted() takes an attribute, not a whole item: annotate its fields.')
  }
  const props = annotated.props as CommonProps & Record<string, unknown>
  if (props.key === true) {
    throw invalidSchema(
      'A key attribute cannot be encrypted: DynamoDB finds items by its value. Remove encrypted() or key(). If the key is the search token of it, say so after: encrypted(string()).key().',
    )
  }
  if (isEncryptedSchema(annotated)) {
    throw invalidSchema('The attribute is encrypted already: once is enough.')
  }
  const copy = copyOf(annotated)
  refuseNested(annotated, [], copy)

  adoptInputs(copy)
  guardLibraryErrors(copy)
  const attribute = new EncryptedAttribute(bare(annotated), copy)
  const place = PLACE_PROPS.flatMap(name => (props[name] === undefined ? [] : [[name, props[name]]]))
  // The run-time schema is any(): it lets a container have a transformer at all, and brings every value
  // and every update extension to one place, where what is not understood is refused.
  return new (encryptedSchema(copy))({
    ...Object.fromEntries(place),
    meta: { ...props.meta, [ENCRYPTED_META]: true },
    transform: attribute,
    putValidator: attribute.validator('put', props.putValidator),
    updateValidator: attribute.validator('update', props.updateValidator),
  }) as unknown as Encrypted<SCHEMA>
}

/** The schema of the value alone. */
function bare(schema: Schema): Schema {
  const outside = Object.fromEntries(PLACE_PROPS.map(name => [name, undefined]))
  return (schema as unknown as { clone(props: object): Schema }).clone({
    ...outside,
    required: 'atLeastOnce',
    putValidator: undefined,
    updateValidator: undefined,
  })
}

/**
 * A link is computed from the whole item, which a container that is sealed as one value never sees. The token of what is
 * encrypted is stored in clear: it is what items are found by.
 */
function refuseNested(schema: Schema, path: AttributePattern, copy: ToolboxCopy): void {
  const isInside = path.length > 0
  const refuse = (why: string) => {
    const what = isInside
      ? `'${formatPath(path)}' inside an encrypted container`
      : 'What encrypted() was given'
    throw invalidSchema(`${what} ${why}`)
  }
  if (copyOf(schema) !== copy)
    refuse(
      'was made by another copy of dynamodb-toolbox than the container: load dynamodb-toolbox everywhere with import, or everywhere with require().',
    )
  const token = TokenMark.of(schema, formatPath(path))
  if (token !== undefined)
    refuse(
      `is the search token of '${token.of.join("', '")}', which cannot be encrypted: DynamoDB finds items by it, and the sealed client computes it. Encrypt what it is of, and leave token() beside it, outside of encrypted().`,
    )
  const props = schema.props as CommonProps
  if (isInside && (props.putLink !== undefined || props.updateLink !== undefined))
    refuse('has a link, which needs the whole item. Link the container, or move the attribute out of it.')
  if (isInside && isEncryptedSchema(schema)) refuse('is encrypted as well. One of the two is enough.')
  for (const [name, child] of children(schema)) refuseNested(child, [...path, name], copy)
}
