import type { Schema } from 'dynamodb-toolbox'
import { encrypts } from './encrypts.js'
import { ToolboxError } from './errors.js'
import type { ToolboxCopy } from './toolboxCopies.js'

type Started = Iterator<unknown, unknown, unknown>
/** What dynamodb-toolbox's parser and formatter have in common. */
interface SchemaWork {
  readonly schema: Schema
  start(...args: unknown[]): Started
  validate(...args: unknown[]): boolean
}
type LibraryError = Error & { path?: string; payload?: Record<string, unknown> }

/**
 * Lets no value of an encrypted attribute into the errors of a copy of dynamodb-toolbox. Those about a container quote
 * all of what was given for it, or was read, and the encrypted parts with it. dynamodb-toolbox has no hook there, so
 * its parser and its formatter are changed; for schemas that encrypt nothing they do what they did.
 */
export function guardLibraryErrors(copy: ToolboxCopy): void {
  if (guarded.has(copy)) return
  guarded.add(copy)
  const { parse, format, errors } = copy
  for (const prototype of [parse.Parser.prototype, format.Formatter.prototype])
    guard(prototype as unknown as SchemaWork, errors.DynamoDBToolboxError)
}

const guarded = new WeakSet<ToolboxCopy>()

function guard(prototype: SchemaWork, errorType: new (...args: never) => Error): void {
  const { start, validate } = prototype
  const scrubbed = <RESULT>(schema: Schema, work: () => RESULT): RESULT => {
    try {
      return work()
    } catch (error) {
      if (error instanceof errorType) scrub(schema, error)
      throw error
    }
  }
  replace(prototype, 'start', function (this: SchemaWork, ...args: unknown[]): Started {
    const { schema } = this
    const started = start.apply(this, args)
    if (!encrypts(schema)) return started
    const watched: Started & Iterable<unknown> = {
      next: (...given) => scrubbed(schema, () => started.next(...given)),
      [Symbol.iterator]: () => watched,
    }
    return watched
  })
  replace(prototype, 'validate', function (this: SchemaWork, ...args: unknown[]): boolean {
    try {
      return validate.apply(this, args)
    } catch (error) {
      if (error instanceof ToolboxError && error.code === 'invalid-value') return false
      throw error
    }
  })
}

function replace(prototype: object, name: string, value: unknown): void {
  Object.defineProperty(prototype, name, { value, configurable: true, writable: true, enumerable: false })
}

/** Of what was given for an attribute, an error may have what is not encrypted. */
function scrub(schema: Schema, error: LibraryError): void {
  const { payload, path } = error
  if (payload === undefined || !('received' in payload)) return
  const about = path === undefined ? [schema] : schemasAt([schema], steps(path))
  if (about.length > 0 && !about.some(encrypts)) return
  const { received: _, ...others } = payload
  error.payload = others
}

const steps = (path: string) => path.split(/[.[\]']+/).filter(step => step !== '')

/** The schemas that a value at a path may be of: several if there are alternatives, none if it is unknown. */
function schemasAt(schemas: readonly Schema[], [step, ...rest]: readonly string[]): readonly Schema[] {
  if (step === undefined) return schemas
  const inner = schemas.flatMap(schema => stepInto(schema, step))
  return inner.length === 0 ? [] : schemasAt(inner, rest)
}

function stepInto(schema: Schema, step: string): readonly Schema[] {
  switch (schema.type) {
    case 'item':
    case 'map':
      return Object.entries(schema.attributes).flatMap(([name, child]) =>
        name === step || child.props.savedAs === step ? [child] : [],
      )
    case 'record':
    case 'list':
    case 'set':
      return [schema.elements]
    case 'tuple':
      return schema.elements.filter((_, index) => String(index) === step)
    case 'anyOf':
      return schema.elements.flatMap((element: Schema) => stepInto(element, step))
    default:
      return []
  }
}
