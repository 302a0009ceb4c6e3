import type { Schema } from 'dynamodb-toolbox'
import { EncryptedAttribute } from './encryptedAttribute.js'
import { encrypts } from './encrypts.js'
import type { ToolboxCopy } from './toolboxCopies.js'
import { isExtension } from './updateExtensions.js'

const patched = new WeakSet<ToolboxCopy>()

/**
 * Lets a copy of dynamodb-toolbox take for an encrypted attribute what it takes for the attribute in clear. To it an
 * encrypted attribute is `any()`, of which it makes a copy before anybody else sees the value; and what it cannot copy
 * it refuses: objects without a prototype (arguments of GraphQL), or of another realm (of Jest). Of others it copies
 * no more than their own members, where a `map()` would have read getters of their class. So before it starts to
 * parse, such objects become plain ones.
 */
export function adoptInputs(copy: ToolboxCopy): void {
  if (patched.has(copy)) return
  patched.add(copy)
  const prototype = copy.parse.Parser.prototype as unknown as {
    schema: Schema
    start(input: unknown, options?: { mode?: string }): unknown
  }
  const { start } = prototype
  prototype.start = function (input, options) {
    return start.call(this, options?.mode === 'key' ? input : adopt(this.schema, input), options)
  }
}

function adopt(schema: Schema, input: unknown): unknown {
  return encrypts(schema) ? new Adoption().value(input, [schema], undefined) : input
}

type Members = Readonly<Record<PropertyKey, unknown>>

/** Of one input. What need not change is not copied. */
class Adoption {
  /** What holds the value that is looked at. */
  readonly #ancestors = new Set<object>()

  /**
   * @param schemas the schemas that it may be parsed by: several in an `anyOf()`
   * @param attribute the encrypted attribute that it is a part of
   */
  value(value: unknown, schemas: readonly Schema[], attribute: EncryptedAttribute | undefined): unknown {
    if (typeof value !== 'object' || value === null) return value
    const found = alternatives(schemas, attribute)
    if (found.attribute === undefined && !found.schemas.some(encrypts)) return value
    if (value instanceof Set || value instanceof Uint8Array || value instanceof Date) return value
    if (this.#ancestors.has(value))
      return found.attribute === undefined ? value : found.attribute.refuse('it contains itself')
    this.#ancestors.add(value)
    const adopted = Array.isArray(value)
      ? this.#array(value, found.schemas, found.attribute)
      : this.#object(value as Members, found.schemas, found.attribute)
    this.#ancestors.delete(value)
    return adopted
  }

  #array(array: unknown[], schemas: readonly Schema[], attribute: EncryptedAttribute | undefined): unknown[] {
    const isArray = schemas.some(({ type }) => type === 'list' || type === 'tuple')
    if (!isArray) refuseStranger(array, attribute)
    // Not by map(), which makes an array of the other realm.
    const adopted = Array.from(array, (child, i) => this.value(child, parts(schemas, i), attribute))
    return isOfHere(array) && adopted.every((child, i) => child === array[i]) ? array : adopted
  }

  #object(object: Members, schemas: readonly Schema[], attribute: EncryptedAttribute | undefined): Members {
    const isUpdate = isExtension(object)
    const isObject = schemas.some(({ type }) => type === 'map' || type === 'record')
    if (!isObject && !isUpdate) refuseStranger(object, attribute)
    const members = [...memberNames(object, schemas)].map(name => {
      const inside = isUpdate && typeof name === 'symbol' ? schemas : parts(schemas, name)
      return [name, this.value(object[name], inside, attribute)] as const
    })
    const changes = members.some(
      ([name, member]) =>
        !Object.prototype.propertyIsEnumerable.call(object, name) || member !== object[name],
    )
    return changes || (attribute !== undefined && !isOfHere(object)) ? Object.fromEntries(members) : object
  }
}

/** Those that dynamodb-toolbox reads: the attributes of a map, whether or not they are the object's own. */
function memberNames(object: Members, schemas: readonly Schema[]): Set<PropertyKey> {
  const attributes = schemas.flatMap(schema =>
    schema.type === 'map' || schema.type === 'item' ? Object.keys(schema.attributes) : [],
  )
  return new Set([
    ...Object.keys(object),
    ...attributes.filter(name => object[name] !== undefined),
    ...Object.getOwnPropertySymbols(object),
  ])
}

const isOfHere = (object: object) => object instanceof Object

/** Where no container is expected, dynamodb-toolbox makes a copy, and refuses with an error that says nothing. */
function refuseStranger(object: object, attribute: EncryptedAttribute | undefined): void {
  if (attribute === undefined || isOfHere(object)) return
  const name = Object.prototype.toString.call(object).slice('[object '.length, -1)
  attribute.refuse(
    Object.getPrototypeOf(object) === null
      ? 'it has an object without a prototype where the schema says neither map() nor record(). Give a copy: { ...value }'
      : `it has an object (${name}) of another realm, as Jest and node:vm make them, where the schema does not say what it is. Make it anew`,
  )
}

/** The schemas without `anyOf()`, and of encrypted attributes what is inside. */
function alternatives(
  schemas: readonly Schema[],
  attribute: EncryptedAttribute | undefined,
): { schemas: readonly Schema[]; attribute: EncryptedAttribute | undefined } {
  let inside = attribute
  const expand = (schema: Schema): readonly Schema[] => {
    if (schema.type === 'anyOf') return schema.elements.flatMap(expand)
    const encrypted = EncryptedAttribute.behind(schema)
    if (encrypted === undefined) return [schema]
    inside ??= encrypted
    return expand(encrypted.schema)
  }
  return { schemas: schemas.flatMap(expand), attribute: inside }
}

/** The schemas of one member. */
function parts(schemas: readonly Schema[], name: PropertyKey): readonly Schema[] {
  return schemas
    .flatMap((schema): readonly (Schema | undefined)[] => {
      switch (schema.type) {
        case 'item':
        case 'map':
          return typeof name === 'string' && Object.hasOwn(schema.attributes, name)
            ? [schema.attributes[name]]
            : []
        case 'list':
        case 'record':
          return [schema.elements]
        case 'tuple':
          return [schema.elements[Number(String(name))]]
        default:
          return []
      }
    })
    .filter(schema => schema !== undefined)
}
