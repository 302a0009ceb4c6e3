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
 * Copies what a command is given, as it is now: the AWS SDK reads it before it first waits for anything, and here a data key may
 * have to be fetched first. What the caller changes meanwhile is nobody's. All of it is read once.
 *
 * What is no plain object, list, map or set, and holds no bytes, stays as it is, for the checks and the AWS SDK to refuse.
 */
export function ownInput<T>(value: T): T
export function ownInput(value: unknown): unknown {
  return ownParts(value, ownInput)
}

/**
 * The same of what is to be written.
 *
 * @throws {DocumentClientError} `invalid-value` for what is searched for
 */
export function ownContainers(value: unknown): unknown {
  if (value instanceof Searched) throw Searched.misplaced()
  return ownParts(value, ownContainers)
}

/** As {@link ownContainers}, of keys and of the values of expressions, which may be what is searched for. */
export function ownMembers(value: unknown): unknown {
  return ownParts(value, member => (member instanceof Searched ? member : ownContainers(member)))
}

/** Named as the AWS SDK tells them. */
const BUILT_IN = /^(Set|Map|Buffer|DataView|\w*ArrayBuffer|\w+\d(Clamped)?Array)$/

/** What holds others, with copies of these, or bytes. */
function ownParts(value: unknown, copyOf: (child: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Array.from(value, copyOf)
  if (isContainer(value) || isOfAnotherRealm(value)) return copyMembers(value, copyOf)
  // An instance of a class is none of these, and may hold more than its bytes: what waits to be sealed, of another copy of this package.
  if (!BUILT_IN.test(String(value.constructor?.name))) return value
  if (ArrayBuffer.isView(value))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value).slice()
  if (value instanceof Set) return new Set(Array.from(value, copyOf))
  if (value instanceof Map) return new Map(Array.from(value, ([key, child]) => [key, copyOf(child)]))
  return value
}

/** A plain object of another realm, as Jest, node:vm and structuredClone() may make them: the AWS SDK takes it for a map, too. */
function isOfAnotherRealm(value: object): boolean {
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
