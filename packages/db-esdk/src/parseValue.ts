import { isUtf8 } from 'node:buffer'
import { type AttributeValue, FieldError } from '@dynaseal/core'
import { canonicalNumber, Reader, TypeId } from '@dynaseal/core/formats'
import { LEVELS_OF_ITEM } from './fields.js'

const MAX_DEPTH = 32

/**
 * The value of an encrypted attribute. Takes what any release of the AWS Database Encryption SDK writes: empty sets too,
 * and members and keys in any order, but none twice (ddb-attribute-serialization.md).
 *
 * @throws {FieldError} `malformed-value`; not placed
 */
export function parseValue(typeId: number, bytes: Buffer): AttributeValue {
  return readContent(bytes, typeId, 0, bytes.length, LEVELS_OF_ITEM)
}

function readContent(
  bytes: Buffer,
  typeId: number,
  start: number,
  end: number,
  depth: number,
): AttributeValue {
  switch (typeId) {
    case TypeId.NULL:
      if (start !== end) throw malformed('a null has content')
      return { NULL: true }
    case TypeId.BOOL:
      if (end - start !== 1 || bytes[start]! > 1) throw malformed('a boolean is neither 0 nor 1')
      return { BOOL: bytes[start] === 1 }
    case TypeId.S:
      return { S: text(bytes.subarray(start, end)) }
    case TypeId.N:
      return { N: number(bytes.subarray(start, end)) }
    case TypeId.B:
      return { B: Uint8Array.from(bytes.subarray(start, end)) }
    case TypeId.SS:
      return { SS: readSet(bytes, start, end, text) }
    case TypeId.NS:
      return { NS: readSet(bytes, start, end, number) }
    case TypeId.BS:
      return { BS: readSet(bytes, start, end, member => Uint8Array.from(member)) }
    case TypeId.M:
      return { M: readMap(bytes, start, end, depth + 1) }
    case TypeId.L:
      return { L: readList(bytes, start, end, depth + 1) }
    default:
      throw malformed('a type id is unknown')
  }
}

function readSet<T>(bytes: Buffer, start: number, end: number, read: (member: Buffer) => T): T[] {
  const seen = new Set<string>()
  return readAll(new Reader(bytes, truncated, start, end), reader => {
    const member = reader.view(reader.u32())
    if (seen.size === seen.add(member.toString('latin1')).size) throw malformed('a set has a member twice')
    return read(member)
  })
}

function readMap(bytes: Buffer, start: number, end: number, depth: number): Record<string, AttributeValue> {
  checkDepth(depth)
  const map: Record<string, AttributeValue> = {}
  readAll(new Reader(bytes, truncated, start, end), reader => {
    if (reader.u16() !== TypeId.S) throw malformed('a map key is not a string')
    const key = text(reader.view(reader.u32()))
    if (key === '') throw malformed('a map has an empty key')
    if (Object.hasOwn(map, key)) throw malformed('a map has a key twice')
    const value = readNested(reader, depth)
    // Assignment would take "__proto__" for the prototype.
    Object.defineProperty(map, key, { value, enumerable: true, writable: true, configurable: true })
  })
  return map
}

function readList(bytes: Buffer, start: number, end: number, depth: number): AttributeValue[] {
  checkDepth(depth)
  return readAll(new Reader(bytes, truncated, start, end), reader => readNested(reader, depth))
}

/** As many as the count says, to the last byte. */
function readAll<T>(reader: Reader, read: (reader: Reader) => T): T[] {
  const count = reader.u32()
  const all: T[] = []
  for (let index = 0; index < count; index++) all.push(read(reader))
  if (reader.remaining !== 0) throw malformed('bytes follow its end')
  return all
}

function readNested(reader: Reader, depth: number): AttributeValue {
  const typeId = reader.u16()
  const length = reader.u32()
  const start = reader.skip(length)
  return readContent(reader.bytes, typeId, start, start + length, depth)
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw malformed('maps and lists are nested too deep')
}

function text(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw malformed('a string is not UTF-8')
  return bytes.toString('utf8')
}

function number(bytes: Buffer): string {
  const value = bytes.toString('latin1')
  if (canonicalNumber(value) === undefined) throw malformed('a number is none that DynamoDB can hold')
  return value
}

function truncated(): FieldError {
  return malformed('it ends too early')
}

function malformed(what: string): FieldError {
  return new FieldError(
    'malformed-value',
    `the content is not the serialization of an attribute value: ${what}. It was written by software with a defect.`,
  )
}
