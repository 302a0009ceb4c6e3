import type { AnySchema_, Schema } from 'dynamodb-toolbox'
import { invalidSchema } from './errors.js'
import type { ToolboxCopy } from './toolboxCopies.js'

/** Marks the attribute where a serialized schema keeps it, so that one rebuilt from a DTO is noticed. */
export const ENCRYPTED_META = 'dynaseal:encrypted'

/** Methods that say where the attribute stands in its item; they do not touch the value. */
const PLACE_METHODS = [
  'required',
  'optional',
  'hidden',
  'savedAs',
  'castAs',
  'default',
  'putDefault',
  'updateDefault',
  'link',
  'putLink',
  'updateLink',
  'clone',
] as const

/** Methods that concern the value, which the outer schema no longer sees. */
const VALUE_METHODS = [
  'transform',
  'validate',
  'putValidate',
  'updateValidate',
  'keyValidate',
  'enum',
  'const',
  'big',
  'pick',
  'omit',
  'and',
  'partial',
  'strict',
  'discriminate',
] as const

const KEY_METHODS = ['keyDefault', 'keyLink'] as const

type Builder = (...args: unknown[]) => AnySchema_
type EncryptedType = new (props: object) => AnySchema_

const known = new Map<ToolboxCopy, EncryptedType>()

/** `any()` that stays encrypted: whatever is called on it, its transformer is never replaced. */
export function encryptedSchema(copy: ToolboxCopy): EncryptedType {
  const type = known.get(copy) ?? createType(copy)
  known.set(copy, type)
  return type
}

export function isEncryptedSchema(schema: Schema): boolean {
  return [...known.values()].some(type => schema instanceof type)
}

function createType({ schemas: { AnySchema_ } }: ToolboxCopy): EncryptedType {
  const inherited = AnySchema_.prototype as unknown as Record<string, Builder>

  class EncryptedSchema extends AnySchema_ {
    /** dynamodb-toolbox checks the schemas of an entity when it is made, and says where each one stands. */
    override check(path?: string): void {
      const { transform } = this.props as { transform?: { places?: Set<string> } }
      if (path !== undefined) transform?.places?.add(path)
      super.check(path)
    }
  }

  const methods = EncryptedSchema.prototype as unknown as Record<string, Builder>
  for (const name of PLACE_METHODS) {
    methods[name] = function (this: EncryptedSchema, ...args) {
      const { transform, putValidator, updateValidator, keyValidator } = this.props as Record<string, unknown>
      const { props } = (inherited[name] as Builder).apply(this, args)
      const validators = {
        putValidator,
        updateValidator,
        ...(keyValidator === undefined ? {} : { keyValidator }),
      }
      return new EncryptedSchema({ ...props, transform, ...validators } as object)
    }
  }
  methods.meta = function (this: EncryptedSchema, meta) {
    return new EncryptedSchema({
      ...this.props,
      meta: { ...(meta as object), [ENCRYPTED_META]: true },
    } as object)
  }
  // What a command gives as a key, and a token is of. That it is no key of the table is seen when its entity is registered.
  methods.key = function (this: EncryptedSchema) {
    const { putValidator } = this.props as { putValidator?: unknown }
    return new EncryptedSchema({
      ...this.props,
      key: true,
      required: 'always',
      keyValidator: putValidator,
    } as object)
  }
  for (const name of VALUE_METHODS) {
    methods[name] = () => {
      throw invalidSchema(
        `${name}() concerns the value, which is encrypted already. Put it inside: encrypted(schema.${name}(...)).`,
      )
    }
  }
  for (const name of KEY_METHODS) {
    methods[name] = () => {
      throw invalidSchema(
        `${name}() gives a key its value, and what is encrypted has no other than that which is given.`,
      )
    }
  }
  return EncryptedSchema
}
