import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { PROTOTYPE } from '../paths/attributePattern.js'
import { fromBase64 } from './base64.js'
import { isOfClass, setMember } from './copyContainers.js'
import type { Item } from './place.js'
import type { Values } from './values.js'

type Members = Readonly<Record<string, unknown>>

/**
 * An item of attribute values that no SDK has read: of an event, whose JSON has binary values as base64 text, or of an export.
 * Those of an SDK are taken, too, which has bytes there.
 *
 * Whoever sent it need not have got it of DynamoDB, so a value that has not exactly the shape of its type is refused.
 *
 * @param what it is: `NewImage`
 * @throws {DocumentClientError} `invalid-record`, which names the place and no value
 */
export function readItem(item: unknown, values: Values, what: string): Item {
  return readMap(item, { values, what }, TOP)
}

/**
 * The same of a primary key: what has other attributes than these is none.
 *
 * @returns nothing for what is none
 * @throws {DocumentClientError} `invalid-record`
 */
export function readKey(
  key: unknown,
  names: readonly string[],
  values: Values,
  what: string,
): Item | undefined {
  const reading = { values, what }
  if (!isMap(key)) throw malformed(reading, TOP)
  if (entryPrototype(key, reading, TOP) !== undefined) return undefined
  const read: Item = {}
  let missing = names.length
  for (const name in key) {
    if (!isOwn(key, name)) continue
    if (!names.includes(name)) return undefined
    setMember(read, name, readAttribute((key as Members)[name], reading, TOP, name))
    missing--
  }
  return missing === 0 ? read : undefined
}

export interface Reading {
  readonly values: Values
  readonly what: string
}

/** The path of an item itself. */
export const TOP: AttributePath = []

/** Nested maps and lists ('Data types', Amazon DynamoDB developer guide): what is deeper, no table has. */
const MAX_DEPTH = 32

/**
 * Whether a name that a loop over the names of `object` has come to is its own. Asked in these words it costs nothing there, as
 * `Object.hasOwn` does not, nor the same function by a name of its own.
 */
export function isOwn(object: object, name: string): boolean {
  // biome-ignore lint/suspicious/noPrototypeBuiltins: see above
  return Object.prototype.hasOwnProperty.call(object, name)
}

function readMap(map: unknown, reading: Reading, path: AttributePath): Item {
  if (!isMap(map) || path.length > MAX_DEPTH) throw malformed(reading, path)
  const read: Item = {}
  // Without a list of names or entries, which are garbage: most of an item is its map.
  for (const name in map)
    if (isOwn(map, name)) setMember(read, name, readAttribute((map as Members)[name], reading, path, name))
  const prototype = entryPrototype(map, reading, path)
  if (prototype !== undefined) setMember(read, PROTOTYPE, readAttribute(prototype, reading, path, PROTOTYPE))
  return read
}

/** The AWS SDK makes the prototype of an entry named `__proto__`; here it is an entry again. */
function entryPrototype(map: object, reading: Reading, path: AttributePath): object | undefined {
  const prototype: object | null = Object.getPrototypeOf(map)
  if (prototype === Object.prototype || prototype === null) return undefined
  if (!isOfClass(prototype)) return prototype
  if (Object.getPrototypeOf(prototype) === null) return undefined
  throw malformed(reading, path)
}

function isMap(map: unknown): map is object {
  return typeof map === 'object' && map !== null && !Array.isArray(map)
}

/** @param above path of what has it, as `step` */
export function readAttribute(
  value: unknown,
  reading: Reading,
  above: AttributePath,
  step: string | number,
): unknown {
  const type = typeof value === 'object' && value !== null ? onlyMember(value) : undefined
  const read =
    type === undefined ? undefined : readTyped(type, (value as Members)[type], reading, above, step)
  if (read === undefined) throw malformed(reading, [...above, step])
  return read
}

/** Its name, where an object has one member of its own; a list of the names would be garbage. */
export function onlyMember(value: object): string | undefined {
  let only: string | undefined
  for (const name in value) {
    if (!isOwn(value, name)) continue
    if (only !== undefined) return undefined
    only = name
  }
  return only
}

/** @returns `undefined` for what is not of the type */
function readTyped(
  type: string,
  content: unknown,
  reading: Reading,
  above: AttributePath,
  step: string | number,
): unknown {
  switch (type) {
    case 'S':
      return typeof content === 'string' ? content : undefined
    case 'N':
      return isNumber(content) ? readNumber({ N: content }, reading, above, step) : undefined
    case 'B':
      return readBytes(content)
    case 'BOOL':
      return typeof content === 'boolean' ? content : undefined
    case 'NULL':
      return content === true ? null : undefined
    case 'M':
      return readMap(content, reading, [...above, step])
    case 'L':
      return readList(content, reading, [...above, step])
    case 'SS':
      return isArrayOf(content, member => typeof member === 'string') ? new Set(content) : undefined
    case 'NS':
      return isArrayOf(content, isNumber)
        ? readNumber({ NS: content as string[] }, reading, above, step)
        : undefined
    case 'BS': {
      const members = Array.isArray(content) ? content.map(readBytes) : []
      return members.length > 0 && !members.includes(undefined) ? new Set(members) : undefined
    }
    default:
      return undefined
  }
}

function readList(list: unknown, reading: Reading, path: AttributePath): unknown[] {
  if (!Array.isArray(list) || path.length > MAX_DEPTH) throw malformed(reading, path)
  return Array.from(list, (element, index) => readAttribute(element, reading, path, index))
}

function readNumber(
  value: { N: string } | { NS: string[] },
  { values, what }: Reading,
  above: AttributePath,
  step: string | number,
): unknown {
  try {
    return values.native(value)
  } catch {
    // The converter's own message quotes the number.
    throw new DocumentClientError(
      'invalid-record',
      `A number in ${what}, at '${formatPath([...above, step])}', does not fit a JavaScript number. Set unmarshallOptions.wrapNumbers on the document client.`,
    )
  }
}

/** @returns `undefined` for what is neither bytes nor base64 text, with its padding, from its first character to its last */
function readBytes(content: unknown): Uint8Array | undefined {
  if (typeof content === 'string') return fromBase64(content)
  return content instanceof Uint8Array ? content : undefined
}

function isNumber(content: unknown): content is string {
  // What `Number()` takes besides are spaces, other bases and what is no number.
  return typeof content === 'string' && Number.isFinite(Number(content)) && /^[\d.eE+-]+$/.test(content)
}

function isArrayOf(content: unknown, is: (member: unknown) => boolean): content is unknown[] {
  return Array.isArray(content) && content.length > 0 && content.every(is)
}

function malformed({ what }: Reading, path: AttributePath): DocumentClientError {
  const where = path.length === 0 ? 'is no item' : `has no attribute value at '${formatPath(path)}'`
  return new DocumentClientError(
    'invalid-record',
    `${what} ${where}: DynamoDB JSON is expected, with binary values as base64 text or bytes. Give it as it came, without unmarshalling it.`,
  )
}
