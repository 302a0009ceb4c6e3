import type { Schema } from 'dynamodb-toolbox'
// Not from its root, which loads all of it: an application loads the parts that it uses. And by name, not as a whole: a
// bundle has what is named.
import { DynamoDBToolboxError } from 'dynamodb-toolbox/errors'
import { AnySchema, AnySchema_ } from 'dynamodb-toolbox/schema'
import { Formatter } from 'dynamodb-toolbox/schema/actions/format'
import { Parser } from 'dynamodb-toolbox/schema/actions/parse'
import { PrimaryKeyParser } from 'dynamodb-toolbox/table/actions/parsePrimaryKey'
import { invalidSchema } from './errors.js'

/** What we call of dynamodb-toolbox. */
export interface ToolboxCopy {
  readonly schemas: { readonly AnySchema: typeof AnySchema; readonly AnySchema_: typeof AnySchema_ }
  readonly parse: { readonly Parser: typeof Parser }
  readonly keys: { readonly PrimaryKeyParser: typeof PrimaryKeyParser }
  readonly format: { readonly Formatter: typeof Formatter }
  readonly errors: { readonly DynamoDBToolboxError: typeof DynamoDBToolboxError }
}

/**
 * dynamodb-toolbox exists twice in a process: once for those who import it, and once as CommonJS. Each copy has
 * symbols and classes of its own, so a schema is only ever given to the copy that made it.
 */
const copies: ToolboxCopy[] = [
  {
    schemas: { AnySchema, AnySchema_ },
    parse: { Parser },
    keys: { PrimaryKeyParser },
    format: { Formatter },
    errors: { DynamoDBToolboxError },
  },
]

/** Makes a copy known, of which schemas may come. */
export function addCopy(copy: ToolboxCopy): void {
  if (!copies.some(known => known.schemas.AnySchema === copy.schemas.AnySchema)) copies.push(copy)
}

export function knownCopies(): readonly ToolboxCopy[] {
  return copies
}

/** The kinds of schemas that are understood here: of another one, nobody would know what is inside. */
const KINDS = Object.keys({
  any: true,
  anyOf: true,
  binary: true,
  boolean: true,
  item: true,
  list: true,
  map: true,
  null: true,
  number: true,
  record: true,
  set: true,
  string: true,
  tuple: true,
} satisfies Record<Schema['type'], true>)

/** The copies that classes of schemas are of, by their prototypes. */
const copyByPrototype = new WeakMap<object, ToolboxCopy>()

/**
 * The copy that made a schema.
 *
 * @throws {ToolboxError} `invalid-schema` when it is none that is known
 */
export function copyOf(schema: Schema): ToolboxCopy {
  const prototype: object | null = Object.getPrototypeOf(Object(schema))
  const copy = prototype === null ? undefined : (copyByPrototype.get(prototype) ?? askedFor(schema))
  if (copy !== undefined && KINDS.includes(schema.type)) {
    copyByPrototype.set(prototype as object, copy)
    return copy
  }
  throw invalidSchema(
    'encrypted() was given a schema of another copy of dynamodb-toolbox than the one that it uses. In CommonJS, load both with require(), in an ES module both with import; and look for two versions with npm ls dynamodb-toolbox.',
  )
}

/**
 * Each copy has its own class of errors, and its schemas throw one where a property is wrong. A list of the classes of all kinds
 * would tell as well, and take them all into every bundle.
 */
function askedFor(schema: Schema): ToolboxCopy | undefined {
  const wrong = Object.create(schema, { props: { value: { required: 'none that there is' } } }) as Schema
  try {
    wrong.check()
  } catch (error) {
    return copies.find(({ errors }) => error instanceof errors.DynamoDBToolboxError)
  }
  return undefined
}
