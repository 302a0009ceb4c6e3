import type { AttributePath } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { DocumentClientError } from '../errors.js'
import { PROTOTYPE } from '../paths/attributePattern.js'
import { fromBase64 } from './base64.js'
import { isOfClass, setMember } from './copyContainers.js'
import type { Item } from './place.js'
import type { ReadApart } from './readApart.js'
import type { Values } from './values.js'

type Members = Readonly<Record<string, unknown>>

/**
 * An item of attribute values that no SDK has read: of an event, whose JSON has binary values as base64 text, or of an export.
 * Those of an SDK are taken, too, which has bytes there.
 *
 * Whoever sent it need not have got it of DynamoDB, so a value that has not exactly the shape of its type is refused.
 *
 * @param what it is: `NewImage`
 * @param apart has those that are read otherwise
 * @throws {DocumentClientError} `invalid-record`, which names the place and no value
 */
export function readItem(item: unknown, values: Values, what: string, apart?: ReadApart): Item {
  return readMap(item, { values, what }, ITSELF, apart)
}

interface Reading {
  readonly values: Values
  readonly what: string
}

const ITSELF: AttributePath = []

/** Nested maps and lists ('Data types', Amazon DynamoDB developer guide): what is deeper, no table has. */
const MAX_DEPTH = 32

/** Asked in this way in a loop over names, it costs nothing, as `Object.hasOwn` does not. */
const isOwn = Object.prototype.hasOwnProperty

function readMap(map: unknown, reading: Reading, path: AttributePath, apart?: ReadApart): Item {
  if (typeof map !== 'object' || map === null || Array.isArray(map) || path.length > MAX_DEPTH)
    throw malformed(reading, path)
  const read: Item = {}
  // Without a list of names or entries, which are garbage: most of an item is its map.
  for (const name in map) {
    if (!isOwn.call(map, name)) continue
    const value = (map as Members)[name]
    const role = apart?.roles.get(name)
    const text = role && base64In(value)
    if (text !== undefined && apart!.putBytes(read, name, role!, text)) continue
    const native = readValue(value, reading, path, name)
    if (apart === undefined) setMember(read, name, native)
    else apart.put(read, name, role, native)
  }
  const prototype: object | null = Object.getPrototypeOf(map)
  if (prototype === Object.prototype || prototype === null) return read
  // The AWS SDK makes the prototype of an entry named `__proto__`; here it is an entry again.
  if (!isOfClass(prototype)) {
    const native = readValue(prototype, reading, path, PROTOTYPE)
    if (apart === undefined) setMember(read, PROTOTYPE, native)
    else apart.put(read, PROTOTYPE, undefined, native)
  } else if (Object.getPrototypeOf(prototype) !== null) throw malformed(reading, path)
  return read
}

function readValue(value: unknown, reading: Reading, above: AttributePath, step: string | number): unknown {
  const type = typeof value === 'object' && value !== null ? onlyMember(value) : undefined
  const read =
    type === undefined ? undefined : readTyped(type, (value as Members)[type], reading, above, step)
  if (read === undefined) throw malformed(reading, [...above, step])
  return read
}

/** The text of a binary value as JSON has it. */
function base64In(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || onlyMember(value) !== 'B') return undefined
  const { B } = value as Members
  return typeof B === 'string' ? B : undefined
}

/** Its name, where an object has one member of its own; a list of the names would be garbage. */
function onlyMember(value: object): string | undefined {
  let only: string | undefined
  for (const name in value) {
    if (!isOwn.call(value, name)) continue
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
  return Array.from(list, (element, index) => readValue(element, reading, path, index))
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
