import { BranchKeyError } from './errors.js'

const U16_MAX = 0xffff

/**
 * `count(2)`, then per pair `length(2) key length(2) value`, sorted by the UTF-8 bytes of the keys; nothing at all for no
 * pairs (aws-encryption-sdk-specification, framework/structures.md, "Encryption Context", "Serialization").
 *
 * @throws {BranchKeyError} `BAD_CONTEXT`
 */
export function serializeContext(pairs: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(pairs)
  if (entries.length === 0) return Buffer.alloc(0)
  if (entries.length > U16_MAX) throw bad(`it has more than ${U16_MAX} pairs`)
  const encoded = entries.map(([key, value]) => [encode(key), encode(value)] as const)
  if (encoded.length > 1) encoded.sort(([a], [b]) => Buffer.compare(a, b))
  const length = encoded.reduce((sum, [key, value]) => sum + 4 + key.length + value.length, 2)
  const bytes = Buffer.allocUnsafe(length)
  let position = bytes.writeUInt16BE(encoded.length, 0)
  for (const [key, value] of encoded) {
    position = bytes.writeUInt16BE(key.length, position)
    position += key.copy(bytes, position)
    position = bytes.writeUInt16BE(value.length, position)
    position += value.copy(bytes, position)
  }
  return bytes
}

function encode(text: string): Buffer {
  if (typeof text !== 'string') throw bad('its values are strings')
  if (!text.isWellFormed()) throw bad('a string has a lone surrogate, which has no UTF-8 form')
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length > U16_MAX) throw bad(`a key or a value is longer than ${U16_MAX} bytes`)
  return bytes
}

function bad(what: string): BranchKeyError {
  return new BranchKeyError('BAD_CONTEXT', `The encryption context cannot be used: ${what}.`)
}
