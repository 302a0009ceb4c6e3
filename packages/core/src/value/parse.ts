import { isAscii, isUtf8 } from 'node:buffer'
import { types } from 'node:util'
import type { AttributeValue } from '../attributeValue.js'
import { asBuffer, Reader } from '../bytes/reader.js'
import { FieldError } from '../errors.js'
import { MAX_DEPTH } from '../limits.js'
import { canonicalNumber } from './number.js'
import { TypeId } from './typeIds.js'

const TYPE_ID_BYTES = 2

/**
 * The value that {@link serializeValue} wrote. Reads the canonical form only, so that no two stored
 * values mean the same.
 *
 * @throws {FieldError} `malformed-value`
 */
export function parseValue(bytes: Uint8Array): AttributeValue {
  if (!types.isUint8Array(bytes)) throw new FieldError('malformed-value', 'it is no Uint8Array.')
  return parseValueFrom(asBuffer(bytes), 0)
}

/** As {@link parseValue}, of the bytes from `start` on. */
export function parseValueFrom(bytes: Buffer, start: number): AttributeValue {
  if (bytes.length - start < TYPE_ID_BYTES) throw truncated()
  return readContent(bytes, bytes.readUInt16BE(start), start + TYPE_ID_BYTES, bytes.length, 0, true)
}

/**
 * The value of a type, from its content alone. Takes what is not canonical as well: numbers in any spelling, empty sets, and members and keys in
 * any order, but none twice.
 *
 * @param depth how many maps and lists are around the value
 * @throws {FieldError} `malformed-value`
 */
export function parseContent(typeId: number, content: Buffer, depth: number): AttributeValue {
  return readContent(content, typeId, 0, content.length, depth, false)
}

/** The value that takes exactly the bytes from `start` to `end`. */
function readContent(
  bytes: Buffer,
  typeId: number,
  start: number,
  end: number,
  depth: number,
  isCanonical: boolean,
): AttributeValue {
  switch (typeId) {
    case TypeId.NULL:
      if (start !== end) throw malformed('a null has content')
      return { NULL: true }
    case TypeId.BOOL:
      if (end - start !== 1 || bytes[start]! > 1) throw malformed('a boolean is neither 0 nor 1')
      return { BOOL: bytes[start] === 1 }
    case TypeId.S:
      return { S: textAt(bytes, start, end) }
    case TypeId.N:
      return { N: isCanonical ? canonical(bytes.subarray(start, end)) : number(bytes.subarray(start, end)) }
    case TypeId.B:
      return { B: binary(bytes.subarray(start, end)) }
    case TypeId.SS:
      return { SS: readSet(bytes, start, end, text, isCanonical ? compareText : undefined) }
    case TypeId.NS:
      return {
        NS: isCanonical
          ? readSet(bytes, start, end, canonical, compareText)
          : readSet(bytes, start, end, number),
      }
    case TypeId.BS:
      return { BS: readSet(bytes, start, end, binary, isCanonical ? Buffer.compare : undefined) }
    case TypeId.M:
      return { M: readMap(bytes, start, end, depth + 1, isCanonical) }
    case TypeId.L:
      return { L: readList(bytes, start, end, depth + 1, isCanonical) }
    default:
      throw malformed('a type id is unknown')
  }
}

function readSet<T>(
  bytes: Buffer,
  start: number,
  end: number,
  read: (bytes: Buffer) => T,
  compare?: (a: T, b: T) => number,
): T[] {
  const reader = nestedReader(bytes, start, end)
  const count = reader.u32()
  if (count === 0 && compare !== undefined) throw malformed('a set is empty')
  const members: T[] = []
  const seen = compare === undefined ? new Set<string>() : undefined
  for (let index = 0; index < count; index++) {
    const view = reader.view(reader.u32())
    const member = read(view)
    if (index > 0 && compare !== undefined && compare(members[index - 1]!, member) >= 0) {
      throw malformed('the members of a set are not in order')
    }
    if (seen !== undefined && seen.size === seen.add(view.toString('latin1')).size)
      throw malformed('a set has a member twice')
    members.push(member)
  }
  checkEnd(reader)
  return members
}

function readMap(
  bytes: Buffer,
  start: number,
  end: number,
  depth: number,
  isCanonical: boolean,
): Record<string, AttributeValue> {
  checkDepth(depth)
  const reader = nestedReader(bytes, start, end)
  const count = reader.u32()
  const map: Record<string, AttributeValue> = {}
  let before = ''
  for (let index = 0; index < count; index++) {
    if (reader.u16() !== TypeId.S) throw malformed('a map key is not a string')
    const key = text(reader.view(reader.u32()))
    if (isCanonical) {
      // The empty key is refused by the same comparison: nothing sorts before it.
      if (compareText(before, key) >= 0) throw malformed('the keys of a map are not in order')
    } else if (key === '' || Object.hasOwn(map, key)) {
      throw malformed('a map has an empty key, or one twice')
    }
    // Assignment would take "__proto__" for the prototype.
    Object.defineProperty(map, key, {
      value: readNested(reader, depth, isCanonical),
      enumerable: true,
      writable: true,
      configurable: true,
    })
    before = key
  }
  checkEnd(reader)
  return map
}

function readList(
  bytes: Buffer,
  start: number,
  end: number,
  depth: number,
  isCanonical: boolean,
): AttributeValue[] {
  checkDepth(depth)
  const reader = nestedReader(bytes, start, end)
  const count = reader.u32()
  const list: AttributeValue[] = []
  for (let index = 0; index < count; index++) list.push(readNested(reader, depth, isCanonical))
  checkEnd(reader)
  return list
}

function readNested(reader: Reader, depth: number, isCanonical: boolean): AttributeValue {
  const typeId = reader.u16()
  const length = reader.u32()
  const start = reader.skip(length)
  return readContent(reader.bytes, typeId, start, start + length, depth, isCanonical)
}

function nestedReader(bytes: Buffer, start: number, end: number): Reader {
  return new Reader(bytes, truncated, start, end)
}

function checkEnd(reader: Reader): void {
  if (reader.remaining !== 0) throw malformed('bytes follow its end')
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw malformed(`maps and lists are nested deeper than ${MAX_DEPTH} levels`)
}

/**
 * Most texts are ASCII, which takes half the time and memory to read as Latin-1; and most are all of the value, when no
 * view is needed to see it: the type id of a string is ASCII, too.
 */
function textAt(bytes: Buffer, start: number, end: number): string {
  const isAll = (start === 0 || start === TYPE_ID_BYTES) && end === bytes.length
  const content = isAll ? bytes : bytes.subarray(start, end)
  if (isAscii(content)) return bytes.toString('latin1', start, end)
  return text(isAll ? bytes.subarray(start, end) : content)
}

function text(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw malformed('a string is not UTF-8')
  return bytes.toString('utf8')
}

function canonical(bytes: Buffer): string {
  const value = bytes.toString('latin1')
  if (canonicalNumber(value) !== value) throw malformed('a number is not normalized')
  return value
}

function number(bytes: Buffer): string {
  const value = bytes.toString('latin1')
  if (canonicalNumber(value) === undefined) throw malformed('a number is none that DynamoDB can hold')
  return value
}

/** A copy in memory of its own: the bytes read from are plaintext that gets zeroed. */
function binary(bytes: Buffer): Uint8Array {
  return Uint8Array.from(bytes)
}

/** By UTF-16 code units. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function truncated(): FieldError {
  return malformed('it ends too early')
}

function malformed(what: string): FieldError {
  return new FieldError(
    'malformed-value',
    `the content is not the serialization of an attribute value: ${what}. It was written by other software, or by a version with a defect.`,
  )
}
