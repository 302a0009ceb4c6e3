import { isMessage } from '@dynaseal/core'
import {
  $SET,
  any,
  DynamoDBToolboxError,
  Formatter,
  isExtension,
  isSetting,
  Parser,
  type Schema,
  type Transformer,
} from 'dynamodb-toolbox'
import { ToolboxError } from './errors.js'
import { PendingSeal } from './pendingSeal.js'

/** A second argument that nobody can give: makes the call with a key a type error that says why. */
type NoKey<SCHEMA extends Schema> = SCHEMA extends { props: { key: true } }
  ? [refused: 'A key attribute cannot be encrypted: DynamoDB finds items by its value.' & never]
  : []

/**
 * Annotates an attribute: what is saved is ciphertext, what is loaded is what was saved.
 *
 * Works on every schema: leaves (`string`, `number`, `boolean`, `binary`, `nul`, `any`) and containers
 * (`map`, `list`, `set`, `record`, `tuple`, `anyOf`), which become one ciphertext as a whole. Input and
 * output types stay those of the schema. Put `optional()`, `hidden()`, `savedAs()`, `default()` and
 * `link()` before or after; `transform()` and the validators inside.
 *
 * In an `UpdateItemCommand` a container is replaced as a whole, so it must be given with `$set(...)`.
 *
 * @throws {ToolboxError} `invalid-schema` for a key, and for links inside a container
 * @example
 * item({ id: string().key(), ssn: encrypted(string()), address: encrypted(map({ city: string() })) })
 */
export function encrypted<SCHEMA extends Schema>(schema: SCHEMA, ..._refused: NoKey<SCHEMA>): SCHEMA {
  const annotated: Schema = schema
  if (annotated.type === 'item') {
    throw new ToolboxError(
      'invalid-schema',
      'encrypted() takes an attribute, not a whole item: annotate its fields.',
    )
  }
  if (annotated.props.key === true) {
    throw new ToolboxError(
      'invalid-schema',
      'A key attribute cannot be encrypted: DynamoDB finds items by its value. Remove encrypted() or key().',
    )
  }
  refuseNestedLinks(annotated, [])

  const attribute = new EncryptedAttribute(bare(annotated))
  const { required, hidden, savedAs, meta, putDefault, updateDefault, putLink, updateLink } =
    annotated.props as CommonProps
  const props = Object.fromEntries(
    Object.entries({ required, hidden, savedAs, putDefault, updateDefault, putLink, updateLink }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  const { putValidator, updateValidator } = annotated.props as CommonProps
  // The run-time schema is any(): it lets a container have a transformer at all, and brings every value
  // and every update extension to one place, where what is not understood is refused.
  return any().clone({
    ...props,
    meta: { ...meta, [META]: true },
    transform: attribute,
    putValidator: attribute.validator('put', putValidator),
    updateValidator: attribute.validator('update', updateValidator),
  } as object) as unknown as SCHEMA
}

/** Marks the attribute a second time, so that a transformer that replaced ours is noticed. */
const META = 'dynaseal:encrypted'

type Validator = (input: unknown, schema: Schema) => boolean | string
interface CommonProps {
  required?: unknown
  hidden?: unknown
  savedAs?: unknown
  meta?: Record<string, unknown>
  putDefault?: unknown
  updateDefault?: unknown
  putLink?: unknown
  updateLink?: unknown
  putValidator?: Validator
  updateValidator?: Validator
}

const validators = new WeakSet<object>()

/** The transformer of an encrypted attribute: plaintext to {@link PendingSeal}, and opened value to plaintext. */
export class EncryptedAttribute implements Transformer {
  readonly transformerId = 'dynaseal:encrypted'
  /** Where registration found the attribute, for messages. */
  readonly places = new Set<string>()

  constructor(private readonly schema: Schema) {}

  /** The encrypted attribute behind a schema. @throws {ToolboxError} if a later call undid the annotation */
  static of(schema: Schema, place: string): EncryptedAttribute | undefined {
    const { transform, meta, putValidator, updateValidator } = schema.props as CommonProps & {
      transform?: unknown
    }
    if (!(transform instanceof EncryptedAttribute)) {
      if (meta?.[META] === true) {
        throw new ToolboxError(
          'invalid-schema',
          `transform() after encrypted() would store '${place}' in clear. Put it inside: encrypted(string().transform(...)).`,
        )
      }
      return undefined
    }
    for (const validator of [putValidator, updateValidator]) {
      if (validator === undefined || !validators.has(validator)) {
        throw new ToolboxError(
          'invalid-schema',
          `A validator after encrypted() would put the value of '${place}' into error payloads. Put it inside: encrypted(string().validate(...)).`,
        )
      }
    }
    return transform
  }

  get place(): string {
    return this.places.size === 0
      ? 'encrypted attribute'
      : `encrypted attribute '${[...this.places].join("' or '")}'`
  }

  encode(input: unknown): PendingSeal {
    const value = this.#explicit(input)
    return new PendingSeal(this.#scrubbed(() => new Parser(this.schema).parse(value, { fill: true })))
  }

  decode(stored: unknown): never {
    if (stored instanceof Uint8Array && isMessage(stored)) {
      throw new ToolboxError(
        'client-not-sealed',
        `The ${this.place} arrived as ciphertext. Give the table a document client from sealDocumentClient(), and register the entity on it.`,
      )
    }
    return this.#scrubbed(() => new Formatter(this.schema).format(stored)) as never
  }

  /** A validator that runs the schema's own, and lets no value into an error's payload. */
  validator(mode: 'put' | 'update', own: Validator | undefined): Validator {
    const validate: Validator = (input, schema) => {
      // dynamodb-toolbox merges a bare map or list into the stored one; ciphertext cannot be merged into.
      if (mode === 'update' && !isSetting(input) && this.#wouldMerge(input)) {
        throw new ToolboxError(
          'update-refused',
          `The ${this.place} can only be replaced as a whole. Say so: $set({ ... all of it ... }), or use UpdateAttributesCommand.`,
        )
      }
      const verdict = own === undefined ? true : own(this.#explicit(input), schema)
      if (verdict === true) return true
      throw new ToolboxError(
        'invalid-value',
        `Custom validation of the ${this.place} failed${typeof verdict === 'string' ? `: ${verdict}` : '.'}`,
      )
    }
    validators.add(validate)
    return validate
  }

  #wouldMerge(input: unknown): boolean {
    const { type } = this.schema
    if (type === 'map' || type === 'record' || type === 'list' || type === 'tuple') return true
    return (
      type === 'anyOf' &&
      typeof input === 'object' &&
      input !== null &&
      !(input instanceof Set) &&
      !(input instanceof Uint8Array)
    )
  }

  #explicit(input: unknown): unknown {
    if (isSetting(input)) return (input as { [$SET]: unknown })[$SET]
    if (isExtension(input)) {
      throw new ToolboxError(
        'update-refused',
        `The ${this.place} cannot be computed with: DynamoDB sees ciphertext. Read it, change it, and save it with a condition on a version attribute.`,
      )
    }
    return input
  }

  /** dynamodb-toolbox puts the value it refuses into the error's payload; for us that is a leak. */
  #scrubbed<RESULT>(work: () => RESULT): RESULT {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof DynamoDBToolboxError)) throw error
      throw new ToolboxError('invalid-value', `The ${this.place} is not valid: ${error.message}`)
    }
  }
}

/** The schema of the value alone: what concerns its place in the item stays on the outside. */
function bare(schema: Schema): Schema {
  const outside = {
    required: 'atLeastOnce',
    hidden: undefined,
    savedAs: undefined,
    putDefault: undefined,
    updateDefault: undefined,
    putLink: undefined,
    updateLink: undefined,
    putValidator: undefined,
    updateValidator: undefined,
  }
  return (schema as unknown as { clone(props: object): Schema }).clone(outside)
}

/** A link is computed from the whole item, which a container that is sealed as one value never sees. */
function refuseNestedLinks(schema: Schema, path: readonly string[]): void {
  const props = schema.props as CommonProps
  if (path.length > 0 && (props.putLink !== undefined || props.updateLink !== undefined)) {
    throw new ToolboxError(
      'invalid-schema',
      `'${path.join('.')}' inside an encrypted container has a link, which needs the whole item. Link the container, or move the attribute out of it.`,
    )
  }
  if (path.length > 0 && props.meta?.[META] === true) {
    throw new ToolboxError(
      'invalid-schema',
      `'${path.join('.')}' is encrypted inside an encrypted container. One of the two is enough.`,
    )
  }
  for (const [name, child] of children(schema)) refuseNestedLinks(child, [...path, name])
}

function children(schema: Schema): [string, Schema][] {
  switch (schema.type) {
    case 'map':
      return Object.entries(schema.attributes)
    case 'list':
    case 'set':
      return [['[n]', schema.elements]]
    case 'record':
      return [['*', schema.elements]]
    case 'tuple':
    case 'anyOf':
      return schema.elements.map((element, index) => [`[${index}]`, element] as [string, Schema])
    default:
      return []
  }
}
