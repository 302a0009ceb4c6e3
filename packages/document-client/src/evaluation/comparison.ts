import { type AttributeValue, serializeValue } from '@dynaseal/core'
import { compareNumbers } from './decimal.js'
import { is, typeOf } from './types.js'

/** Whether two values are equal to DynamoDB: numbers by what they are, sets in any order. */
export function areEqual(a: AttributeValue, b: AttributeValue): boolean {
  return typeOf(a) === typeOf(b) && Buffer.compare(serializeValue(a), serializeValue(b)) === 0
}

/** Negative, zero or positive; undefined for values of different types, and of types that have no order. */
export function compare(a: AttributeValue, b: AttributeValue): number | undefined {
  if (is('N', a) && is('N', b)) return compareNumbers(a.N, b.N)
  // Texts are in the order of their UTF-8 bytes.
  if (is('S', a) && is('S', b)) return Buffer.compare(Buffer.from(a.S), Buffer.from(b.S))
  if (is('B', a) && is('B', b)) return Buffer.compare(a.B, b.B)
  return undefined
}

/** Whether text or binary begins with another of its type. */
export function beginsWith(value: AttributeValue, prefix: AttributeValue): boolean {
  if (is('S', value) && is('S', prefix)) return value.S.startsWith(prefix.S)
  if (is('B', value) && is('B', prefix))
    return Buffer.compare(value.B.subarray(0, prefix.B.length), prefix.B) === 0
  return false
}

/** Whether text or binary has another within it, or a set or a list such a member. */
export function contains(value: AttributeValue, part: AttributeValue): boolean {
  if (is('S', value)) return is('S', part) && value.S.includes(part.S)
  if (is('B', value)) return is('B', part) && Buffer.from(value.B).includes(Buffer.from(part.B))
  return membersOf(value).some(member => areEqual(member, part))
}

/** Of a set or a list; of anything else, none. */
function membersOf(value: AttributeValue): readonly AttributeValue[] {
  if (is('L', value)) return value.L
  if (is('SS', value)) return value.SS.map(S => ({ S }))
  if (is('NS', value)) return value.NS.map(N => ({ N }))
  if (is('BS', value)) return value.BS.map(B => ({ B }))
  return []
}

/** Characters, bytes, members or entries; undefined for a type that has no size. */
export function sizeOf(value: AttributeValue): number | undefined {
  if (is('S', value)) return value.S.length
  if (is('B', value)) return value.B.length
  if (is('M', value)) return Object.keys(value.M).length
  if (is('L', value)) return value.L.length
  if (is('SS', value)) return value.SS.length
  if (is('NS', value)) return value.NS.length
  return is('BS', value) ? value.BS.length : undefined
}
