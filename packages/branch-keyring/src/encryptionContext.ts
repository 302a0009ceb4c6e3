import { BranchKeyError } from './errors.js'

const U16_MAX = 0xffff

/**
 * `count(2)`, then per pair `length(2) key length(2) value`, sorted by the UTF-8 bytes of the keys; nothing at all for no
 * pairs (aws-encryption-sdk-specification, framework/structures.md, "Encryption Context", "Serialization").
 *
 * @throws {BranchKeyError} `BAD_CONTEXT`
 */
export function serializeContext(pairs: Readonly<Record<string, string>>): Buffer {
  const keys = Object.keys(pairs)
  if (keys.length === 0) return Buffer.alloc(0)
  if (keys.length > U16_MAX) throw bad(`it has more than ${U16_MAX} pairs`)
  let length = 2
  for (const key of keys) length += 4 + lengthOf(key) + lengthOf(pairs[key])
  const bytes = Buffer.allocUnsafe(length)
  let position = bytes.writeUInt16BE(keys.length, 0)
  for (const key of isInOrder(keys) ? keys : keys.sort(compareUtf8)) {
    position = writeText(bytes, position, key)
    position = writeText(bytes, position, pairs[key]!)
  }
  return bytes
}

/** Bytes of a text in UTF-8. */
function lengthOf(text: unknown): number {
  if (typeof text !== 'string') throw bad('its values are strings')
  if (!text.isWellFormed()) throw bad('a string has a lone surrogate, which has no UTF-8 form')
  const length = Buffer.byteLength(text, 'utf8')
  if (length > U16_MAX) throw bad(`a key or a value is longer than ${U16_MAX} bytes`)
  return length
}

/** Characters of texts that are written faster one by one than by a call out of JavaScript. */
const SHORT_TEXT = 24

/** @returns where it ends */
function writeText(bytes: Buffer, position: number, text: string): number {
  const length =
    text.length <= SHORT_TEXT && writeAscii(bytes, position + 2, text)
      ? text.length
      : bytes.write(text, position + 2, 'utf8')
  bytes.writeUInt16BE(length, position)
  return position + 2 + length
}

/** @returns false where it has other characters; then what it wrote is to be written over */
function writeAscii(bytes: Buffer, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 0x7f) return false
    bytes[start + index] = code
  }
  return true
}

/** To sort what is sorted takes longer than to see it. */
function isInOrder(keys: readonly string[]): boolean {
  for (let index = 1; index < keys.length; index++)
    if (compareUtf8(keys[index - 1]!, keys[index]!) > 0) return false
  return true
}

/** By UTF-8 bytes, hence by code points: among UTF-16 code units, surrogates stand for the highest of these. */
function compareUtf8(a: string, b: string): number {
  const end = Math.min(a.length, b.length)
  let index = 0
  while (index < end && a.charCodeAt(index) === b.charCodeAt(index)) index++
  if (index === end) return a.length - b.length
  return inOrder(a.charCodeAt(index)) - inOrder(b.charCodeAt(index))
}

/** Moves surrogates behind all other code units. */
function inOrder(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800
  return unit >= 0xd800 ? unit + 0x2000 : unit
}

function bad(what: string): BranchKeyError {
  return new BranchKeyError('BAD_CONTEXT', `The encryption context cannot be used: ${what}.`)
}
