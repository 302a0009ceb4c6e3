import { types } from 'node:util'
import { isContainer, PROTOTYPE } from '../paths/attributePattern.js'
import { Searched } from '../search/searched.js'

/**
 * Copies the containers of a response. It may be handed out again by a mock or a cache; what is opened is a copy.
 *
 * The AWS SDK makes the prototype of a map's object out of an entry named `__proto__`, and whoever looks for a member
 * that the object does not have finds it there. In the copy, it is an entry.
 */
export function copyContainers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyContainers)
  if (typeof value !== 'object' || value === null) return value
  const prototype = Object.getPrototypeOf(value)
  if (!isContainer(value) && isOfClass(prototype)) return value
  const copy = copyMembers(value, copyContainers)
  if (prototype !== Object.prototype && prototype !== null)
    setMember(copy, PROTOTYPE, copyContainers(prototype))
  return copy
}

/**
 * Copies the containers of what is to be written, so that nobody else can change them, and reads all of it once. What is
 * no plain object or list stays as it is, for the checks and the AWS SDK to refuse.
 *
 * @throws {DocumentClientError} `invalid-value` for what is searched for
 */
export function ownContainers(value: unknown): unknown {
  if (value instanceof Searched) throw Searched.misplaced()
  return copyParts(value, ownContainers) ?? value
}

/** As {@link ownContainers}, of keys and of the values of expressions, which may be what is searched for. */
export function ownMembers(value: unknown): unknown {
  return copyParts(value, member => (member instanceof Searched ? member : ownContainers(member))) ?? value
}

/** As {@link ownContainers}, and copies what holds bytes as well: those of the caller may change until they are sealed. */
export function ownBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Searched) throw Searched.misplaced()
  if (types.isAnyArrayBuffer(value)) return Uint8Array.from(new Uint8Array(value))
  if (ArrayBuffer.isView(value))
    return Uint8Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  if (value instanceof Set) return new Set(Array.from(value, ownBytes))
  if (value instanceof Map) return new Map(Array.from(value, ([key, child]) => [key, ownBytes(child)]))
  return copyParts(value, ownBytes) ?? value
}

/** A list or a plain object with copies of what is in it. */
function copyParts(value: unknown, copyOf: (child: unknown) => unknown): object | undefined {
  if (Array.isArray(value)) return Array.from(value, copyOf)
  return isContainer(value) || isOfAnotherRealm(value) ? copyMembers(value, copyOf) : undefined
}

/** A plain object of another realm, as Jest, node:vm and structuredClone() may make them: the AWS SDK takes it for a map, too. */
function isOfAnotherRealm(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return (
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'hasOwnProperty') &&
    prototype.constructor?.name === 'Object'
  )
}

function copyMembers(value: object, copyOf: (child: unknown) => unknown): object {
  const copy = {}
  for (const key of Object.keys(value)) setMember(copy, key, copyOf((value as Record<string, unknown>)[key]))
  return copy
}

/** Assigned, `__proto__` would be another thing than a member. */
export function setMember(container: object, key: string, value: unknown): void {
  if (key !== PROTOTYPE) {
    ;(container as Record<string, unknown>)[key] = value
    return
  }
  Object.defineProperty(container, key, { value, configurable: true, enumerable: true, writable: true })
}

/** A class has a function that says it is its constructor; nothing that DynamoDB stores becomes a function. */
export function isOfClass(prototype: object): boolean {
  const type: unknown = Object.hasOwn(prototype, 'constructor') ? prototype.constructor : undefined
  return typeof type === 'function' && type.prototype === prototype
}
