import type { AttributeValue } from '@dynaseal/core'
import { isPlainObject } from '@dynaseal/core/formats'
import { setAttribute } from './attributes.js'

/** Each level of a value takes two or three objects. What is deeper than any value is refused where it is written down. */
const MOST_OBJECTS = 100

/** A copy that is nobody else's: all of it has been read once, so it stays what it was when it was signed. */
export function ownValue(value: AttributeValue): AttributeValue {
  return own(value, MOST_OBJECTS) as AttributeValue
}

function own(value: unknown, left: number): unknown {
  if (left === 0) return value
  if (Buffer.isBuffer(value)) return Buffer.from(value)
  if (value instanceof Uint8Array) return Uint8Array.from(value)
  if (Array.isArray(value)) return value.map(member => own(member, left - 1))
  if (!isPlainObject(value)) return value
  const copy = {}
  for (const name of Object.keys(value))
    setAttribute(copy, name, own(value[name], left - 1) as AttributeValue)
  return copy
}
