import { types } from 'node:util'
import type { Format } from '@dynaseal/core'
import {
  type AttributePattern,
  isContainer,
  isSealedText,
  PendingSeal,
  sameAs,
  wasOpened,
} from '@dynaseal/document-client/mapper'
import type { Schema, Transformer } from 'dynamodb-toolbox'
import { ENCRYPTED_META, isEncryptedSchema } from './encryptedSchema.js'
import { invalidSchema, ToolboxError } from './errors.js'
import { lostEncryption } from './lostEncryption.js'
import type { ToolboxCopy } from './toolboxCopies.js'
import { isExtension, removeMark, setting } from './updateExtensions.js'
import { placeIn, reasonOf } from './valueReasons.js'

export type Validator = (input: unknown, schema: Schema) => boolean | string

const WAY_OUT =
  'Give its table the document client that sealDocumentClient() of @dynaseal/toolbox returns, and call register(entity) on that client.'

const UNOPENED =
  'Give the table the document client from sealDocumentClient() on which its entity is registered. What came another way is opened by that client, too: a record of a stream by openStreamRecord(), an export by openExport(), an item by openItem().'

const notSealed = (what: string) =>
  new ToolboxError(
    'client-not-sealed',
    `${what} Give the table a document client from sealDocumentClient(), and send commands through it as dynamodb-toolbox built them.`,
  )

/** What reads the items of a registered entity. */
export interface RegisteredReader {
  readonly format: Format
  /** Whether something answers in the place of the sealed client. */
  isMocked(): boolean
}

/** The transformer of an encrypted attribute: plaintext to {@link PendingSeal}, and opened value to plaintext. */
export class EncryptedAttribute implements Transformer {
  readonly transformerId = 'dynaseal:encrypted'
  /** Where entities have the attribute, as their schemas say it; several may share one schema. */
  readonly places = new Set<string>()
  /** Where it stands in the items of registered entities. */
  readonly #patterns: AttributePattern[] = []
  #reader: RegisteredReader | undefined

  /** @param copy the copy of dynamodb-toolbox that made the schema */
  constructor(
    readonly schema: Schema,
    private readonly copy: ToolboxCopy,
  ) {}

  /** The encrypted attribute behind a schema. */
  static behind(schema: Schema): EncryptedAttribute | undefined {
    const { transform } = schema.props as { transform?: unknown }
    return isEncryptedSchema(schema) && transform instanceof EncryptedAttribute ? transform : undefined
  }

  /**
   * The same, of a schema that is to be registered.
   *
   * @throws {ToolboxError} `invalid-schema` when it says that it is encrypted and nothing encrypts it
   */
  static of(schema: Schema, place: string): EncryptedAttribute | undefined {
    const attribute = EncryptedAttribute.behind(schema)
    if (attribute !== undefined) return attribute
    const { meta } = schema.props as { meta?: Record<string, unknown> }
    if (meta?.[ENCRYPTED_META] === true) {
      throw invalidSchema(
        `'${place}' was encrypted in the schema that this one was made from, and is not any more: fromSchemaDTO() and the like lose transformers, so it would be stored in clear. Annotate it again with encrypted().`,
      )
    }
    return undefined
  }

  /**
   * Tells it that a sealed client knows an entity that has it.
   *
   * @param pattern where in the entity's items
   * @param reader that client
   */
  register(pattern: AttributePattern, reader: RegisteredReader): void {
    if (!this.#patterns.some(known => sameAs(known, pattern))) this.#patterns.push(pattern)
    this.#reader = reader
  }

  /** Whether a sealed client knows an entity that has it. */
  get isRegistered(): boolean {
    return this.#patterns.length > 0
  }

  encode(input: unknown): PendingSeal | undefined {
    this.#refuseUnregistered()
    // Neither parsers nor formatters ask. Those of a ZodSchemer do, for what is optional, and refuse by themselves the lack of what is not.
    if (input === undefined) return undefined
    const value = this.#explicit(input)
    const parsed = this.#scrubbed(() => new this.copy.parse.Parser(this.schema).parse(value, { fill: true }))
    return new PendingSeal(parsed, path => placeIn(this.schema, path), notSealed)
  }

  decode(stored: unknown): never {
    if (!this.isRegistered) {
      throw new ToolboxError(
        'not-registered',
        `The ${this.#name} was loaded for an entity that no sealed client knows, so nothing has opened it. ${WAY_OUT}`,
      )
    }
    if (stored === undefined) return undefined as never
    if (!wasOpened(stored, this.#patterns)) this.#refuseUnopened(stored)
    return this.#scrubbed(() => new this.copy.format.Formatter(this.schema).format(stored)) as never
  }

  /** For the DTO of a schema. */
  toJSON(): object {
    return lostEncryption
  }

  /**
   * Checks the value where dynamodb-toolbox validates, and lets no value into an error's payload. There is none
   * that may be given before the entity is registered, not even one that is only validated.
   */
  validator(mode: 'put' | 'update', own: Validator | undefined): Validator {
    return (input, schema) => {
      // With `transform: false`, as a condition may have it, the value goes on as it is and is not encoded.
      this.#refuseUnregistered()
      // dynamodb-toolbox merges a bare map or list into the stored one; ciphertext cannot be merged into.
      if (mode === 'update' && setting(input) === undefined && this.#wouldMerge(input)) {
        throw new ToolboxError(
          'update-refused',
          `The ${this.#name} can only be replaced as a whole. Say so: $set({ ... all of it ... }), or use UpdateAttributesCommand.`,
        )
      }
      const value = this.#explicit(input)
      const parsed = this.#scrubbed(() =>
        new this.copy.parse.Parser(this.schema).parse(value, { fill: true, transform: false }),
      )
      const verdict = own === undefined ? true : this.#scrubbed(() => own(parsed, schema))
      this.#showParsed(input, value, parsed)
      if (verdict === true) return true
      throw new ToolboxError(
        'invalid-value',
        `Custom validation of the ${this.#name} failed${typeof verdict === 'string' ? `: ${verdict}` : '.'}`,
      )
    }
  }

  /**
   * Makes `ToolboxItem` what it is without encryption. The input is dynamodb-toolbox's own copy, with which it goes
   * on; the schema inside has filled in defaults, and dropped what it does not know.
   */
  #showParsed(input: unknown, value: unknown, parsed: unknown): void {
    replaceMembers(value, parsed)
    // As dynamodb-toolbox does with a $set() that it has parsed; that of an any() it does not parse.
    if (setting(input) !== undefined && this.schema.type !== 'any') removeMark(input)
  }

  #refuseUnregistered(): void {
    if (this.isRegistered) return
    throw new ToolboxError(
      'not-registered',
      `The ${this.#name} was given a value for an entity that no sealed client knows, so nothing would encrypt it. ${WAY_OUT}`,
    )
  }

  /** A mock's answers are the developer's own, but for ciphertext, which would be data to the application. */
  #refuseUnopened(stored: unknown): void {
    if (this.#reader?.isMocked() && !isCiphertext(stored, this.#reader.format)) return
    throw new ToolboxError(
      'client-not-sealed',
      stored instanceof Uint8Array
        ? `The ${this.#name} arrived as ciphertext. ${UNOPENED}`
        : `The ${this.#name} has a value that no sealed client has opened. ${UNOPENED}`,
    )
  }

  /** @throws {ToolboxError} `invalid-value` */
  refuse(reason: string): never {
    throw new ToolboxError('invalid-value', `The ${this.#name} is not valid: ${reason}.`)
  }

  get #name(): string {
    return this.places.size === 0
      ? 'encrypted attribute'
      : `encrypted attribute '${[...this.places].join("' or '")}'`
  }

  #wouldMerge(input: unknown): boolean {
    switch (this.schema.type) {
      case 'map':
      case 'record':
      case 'list':
      case 'tuple':
        return true
      case 'any':
      case 'anyOf':
        return (
          typeof input === 'object' &&
          input !== null &&
          !isExtension(input) &&
          !(input instanceof Set) &&
          !types.isDate(input) &&
          !(input instanceof Uint8Array)
        )
      default:
        return false
    }
  }

  #explicit(input: unknown): unknown {
    const whole = setting(input)
    if (whole !== undefined) return whole.value
    if (isExtension(input)) {
      throw new ToolboxError(
        'update-refused',
        `The ${this.#name} cannot be computed with: DynamoDB sees ciphertext. Load it, change it, and save it with a condition on a version attribute.`,
      )
    }
    return input
  }

  /** Errors of schemas, transformers and validators may quote the value; ours must not, nor have them as cause. */
  #scrubbed<RESULT>(work: () => RESULT): RESULT {
    try {
      return work()
    } catch (error) {
      this.refuse(reasonOf(error, this.schema, this.copy))
    }
  }
}

/** As bytes, or as JSON has them. */
function isCiphertext(stored: unknown, format: Format): boolean {
  return (stored instanceof Uint8Array && format.looksSealed(stored)) || isSealedText(stored, format)
}

function replaceMembers(container: unknown, members: unknown): void {
  if (Array.isArray(container) && Array.isArray(members)) {
    container.splice(0, container.length, ...members)
  } else if (isContainer(container) && isContainer(members)) {
    for (const key of Reflect.ownKeys(container)) Reflect.deleteProperty(container, key)
    // Not by assignment, which takes an entry named __proto__ for the prototype.
    for (const key of Reflect.ownKeys(members)) {
      const member = Object.getOwnPropertyDescriptor(members, key)
      if (member !== undefined) Object.defineProperty(container, key, member)
    }
  }
}
