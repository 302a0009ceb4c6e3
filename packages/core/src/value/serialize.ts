import type { AttributeValue } from '../attributeValue.js'
import { lengthOf, Writer } from '../bytes/writer.js'
import { SealError } from '../errors.js'
import { MAX_DEPTH } from '../limits.js'
import { normalizeNumber } from './number.js'
import { TypeId } from './typeIds.js'

/**
 * A value's type id followed by its bytes, in the one canonical form: numbers normalized, sets and map
 * keys sorted. Two values are equal in DynamoDB exactly when their bytes are.
 *
 * @throws {SealError} `invalid-value` or `too-deep`
 */
export function serializeValue(value: AttributeValue): Uint8Array {
  const writer = new Writer(256)
  writeValue(writer, value)
  const bytes = Uint8Array.from(writer.written())
  writer.clear()
  return bytes
}

/**
 * As {@link serializeValue}, appended to a writer.
 *
 * @param depth levels of maps and lists that are counted although they are not the value's own
 */
export function writeValue(writer: Writer, value: AttributeValue, depth = 0): void {
  const [type, content] = typeAndContent(value)
  writer.u16(TypeId[type])
  writeTyped(writer, type, content, depth)
}

type ValueType = keyof typeof TypeId

/** The type and the content of a value, which is whatever a caller without type checks passed. */
function typeAndContent(value: unknown): [ValueType, unknown] {
  if (typeof value !== 'object' || value === null) throw invalid('it is no attribute value')
  let type: string | undefined
  let content: unknown
  let members = 0
  for (const name in value) {
    const member = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
    // The SDK writes absent members as undefined.
    if (member === undefined) continue
    type = name
    content = member
    members++
  }
  if (members !== 1 || type === undefined || !Object.hasOwn(TypeId, type)) {
    throw invalid(
      'an attribute value has exactly one member, named by its type (S, N, B, BOOL, NULL, SS, NS, BS, M or L)',
    )
  }
  return [type as ValueType, content]
}

function writeTyped(writer: Writer, type: ValueType, content: unknown, depth: number): void {
  switch (type) {
    case 'NULL':
      if (content !== true) throw invalid('NULL is not true')
      return
    case 'BOOL':
      if (typeof content !== 'boolean') throw invalid('BOOL is not a boolean')
      writer.u8(content ? 1 : 0)
      return
    case 'S':
      writer.text(text(content))
      return
    case 'N':
      writer.text(number(content))
      return
    case 'B':
      writer.bytes(binary(content))
      return
    case 'SS':
      writeTextSet(writer, members(content).map(text))
      return
    case 'NS':
      writeTextSet(writer, members(content).map(number))
      return
    case 'BS':
      writeBinarySet(writer, members(content).map(binary))
      return
    case 'M':
      writeMap(writer, content, depth + 1)
      return
    case 'L':
      writeList(writer, content, depth + 1)
      return
  }
}

function writeTextSet(writer: Writer, members: string[]): void {
  // Without a comparison function, sort() goes by UTF-16 code units, as the specification wants.
  members.sort()
  writer.u32(members.length)
  for (const [index, member] of members.entries()) {
    if (index > 0 && member === members[index - 1]) throw duplicate()
    writeLengthAndText(writer, member)
  }
}

function writeBinarySet(writer: Writer, members: Uint8Array[]): void {
  members.sort(Buffer.compare)
  writer.u32(members.length)
  for (const [index, member] of members.entries()) {
    const before = members[index - 1]
    if (before !== undefined && Buffer.compare(before, member) === 0) throw duplicate()
    writer.u32(lengthOf(member))
    writer.bytes(member)
  }
}

function writeMap(writer: Writer, content: unknown, depth: number): void {
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw invalid('M is not an object')
  checkDepth(depth)
  const keys = Object.keys(content).sort()
  writer.u32(keys.length)
  for (const key of keys) {
    if (key === '') throw invalid('a map has an empty key')
    writer.u16(TypeId.S)
    writeLengthAndText(writer, text(key))
    writeNested(writer, (content as Record<string, unknown>)[key], depth)
  }
}

function writeList(writer: Writer, content: unknown, depth: number): void {
  if (!Array.isArray(content)) throw invalid('L is not an array')
  checkDepth(depth)
  writer.u32(content.length)
  for (const element of content) writeNested(writer, element, depth)
}

function writeNested(writer: Writer, value: unknown, depth: number): void {
  const [type, content] = typeAndContent(value)
  writer.u16(TypeId[type])
  const start = writer.beginLength()
  writeTyped(writer, type, content, depth)
  writer.endLength(start)
}

function writeLengthAndText(writer: Writer, value: string): void {
  const start = writer.beginLength()
  writer.text(value)
  writer.endLength(start)
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) {
    throw new SealError(
      'too-deep',
      `maps and lists are nested deeper than ${MAX_DEPTH} levels, which DynamoDB refuses too.`,
    )
  }
}

function text(content: unknown): string {
  if (typeof content !== 'string') throw invalid('a string is not a string')
  if (!content.isWellFormed()) throw invalid('a string has a lone surrogate, which has no UTF-8 form')
  return content
}

function number(content: unknown): string {
  if (typeof content !== 'string') throw invalid('a number is not given as a string')
  return normalizeNumber(content)
}

function binary(content: unknown): Uint8Array {
  if (!(content instanceof Uint8Array)) throw invalid('a binary is not a Uint8Array')
  return content
}

function members(content: unknown): unknown[] {
  if (!Array.isArray(content)) throw invalid('a set is not an array')
  if (content.length === 0) throw invalid('a set is empty, which DynamoDB refuses: leave the attribute out')
  return content
}

function duplicate(): SealError {
  return invalid('a set has the same member twice')
}

function invalid(what: string): SealError {
  return new SealError('invalid-value', `${what}.`)
}
