import type { Schema } from 'dynamodb-toolbox'
// Not from its root, which loads all of it: an application loads the parts that it uses. And by name, not as a whole: a
// bundle has what is named.
import { DynamoDBToolboxError } from 'dynamodb-toolbox/errors'
import {
  AnyOfSchema,
  AnySchema,
  AnySchema_,
  BinarySchema,
  BooleanSchema,
  ItemSchema,
  ListSchema,
  MapSchema,
  NullSchema,
  NumberSchema,
  RecordSchema,
  SetSchema,
  StringSchema,
  TupleSchema,
} from 'dynamodb-toolbox/schema'
import { Formatter } from 'dynamodb-toolbox/schema/actions/format'
import { Parser } from 'dynamodb-toolbox/schema/actions/parse'
import { PrimaryKeyParser } from 'dynamodb-toolbox/table/actions/parsePrimaryKey'
import { ToolboxError } from './errors.js'

const schemas = {
  AnyOfSchema,
  AnySchema,
  AnySchema_,
  BinarySchema,
  BooleanSchema,
  ItemSchema,
  ListSchema,
  MapSchema,
  NullSchema,
  NumberSchema,
  RecordSchema,
  SetSchema,
  StringSchema,
  TupleSchema,
}

/** What we call of dynamodb-toolbox. */
export interface ToolboxCopy {
  readonly schemas: typeof schemas
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
    schemas,
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

/**
 * The copy that made a schema.
 *
 * @throws {ToolboxError} `invalid-schema` when it is none that is known
 */
export function copyOf(schema: Schema): ToolboxCopy {
  const copy = copies.find(({ schemas }) => schemaClasses(schemas).some(type => schema instanceof type))
  if (copy !== undefined) return copy
  throw new ToolboxError(
    'invalid-schema',
    'encrypted() was given a schema of another copy of dynamodb-toolbox than the one that it uses. In CommonJS, load both with require(), in an ES module both with import; and look for two versions with npm ls dynamodb-toolbox.',
  )
}

function schemaClasses({ AnySchema, ...of }: typeof schemas) {
  return [
    AnySchema,
    of.AnyOfSchema,
    of.BinarySchema,
    of.BooleanSchema,
    of.ItemSchema,
    of.ListSchema,
    of.MapSchema,
    of.NullSchema,
    of.NumberSchema,
    of.RecordSchema,
    of.SetSchema,
    of.StringSchema,
    of.TupleSchema,
  ]
}
