import type { Schema } from 'dynamodb-toolbox'
// Not from its root, which loads all of it: an application loads the parts that it uses.
import * as errors from 'dynamodb-toolbox/errors'
import * as schemas from 'dynamodb-toolbox/schema'
import * as format from 'dynamodb-toolbox/schema/actions/format'
import * as parse from 'dynamodb-toolbox/schema/actions/parse'
import { ToolboxError } from './errors.js'

/** What we call of dynamodb-toolbox. */
export interface ToolboxCopy {
  readonly schemas: typeof schemas
  readonly parse: typeof parse
  readonly format: typeof format
  readonly errors: typeof errors
}

/**
 * dynamodb-toolbox exists twice in a process: once for those who import it, and once as CommonJS. Each copy has
 * symbols and classes of its own, so a schema is only ever given to the copy that made it.
 */
const copies: ToolboxCopy[] = [{ schemas, parse, format, errors }]

/** Makes a copy known, of which schemas may come. */
export function addCopy(copy: ToolboxCopy): void {
  if (!copies.some(known => known.schemas === copy.schemas)) copies.push(copy)
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
