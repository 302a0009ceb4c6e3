import { parseEnvelope, parseEnvelopeAttribute } from '../../src/envelope/envelope.js'
import { Shape, shapeOf } from '../../src/envelope/layout.js'
import type { ItemToOpen } from '../../src/index.js'
import { parseHeader } from '../../src/message/header.js'
import { bytesOf, withValue } from './forms.js'

/** Name of the envelope attribute in these tests. */
const ATTRIBUTE = 'dynaseal'
/** Bytes of nonce, shortest plaintext and tag. */
const LEAST_BOX = 12 + 2 + 16

/** What names the data key of a stored item of one field, and where its parts are. */
interface Naming {
  readonly bytes: Buffer
  /** Of the encrypted data keys, with their count. */
  readonly start: number
  readonly end: number
  /** A byte that the data key is proven by. */
  readonly proof: number
  /** The item with other bytes in their place. */
  put(bytes: Uint8Array): ItemToOpen
}

function namingOf(stored: ItemToOpen): Naming {
  const value = bytesOf(stored)
  const putValue = (bytes: Uint8Array) => withValue(stored, bytes)
  const shape = shapeOf(value)
  if (shape === undefined) {
    const { encryptedDataKeysStart: start, encryptedDataKeysEnd: end } = parseHeader(value)
    return { bytes: value, start, end, proof: value.length - 1, put: putValue }
  }
  const bytes = shape === Shape.SHORT ? Buffer.from(stored.attributes![ATTRIBUTE] as Uint8Array) : value
  const envelope = shape === Shape.SHORT ? parseEnvelopeAttribute(bytes) : parseEnvelope(bytes)
  return {
    bytes,
    start: envelope.encryptedDataKeysStart,
    end: envelope.encryptedDataKeysEnd,
    proof: envelope.end - 1,
    put: shape === Shape.SHORT ? other => ({ ...stored, attributes: { [ATTRIBUTE]: other } }) : putValue,
  }
}

/** The item with other encrypted data keys, and all the rest as it is. */
export function underDataKeys(stored: ItemToOpen, encryptedDataKeys: readonly Uint8Array[]): ItemToOpen {
  const { bytes, start, end, put } = namingOf(stored)
  return put(
    Buffer.concat([
      bytes.subarray(0, start),
      u16(encryptedDataKeys.length),
      ...encryptedDataKeys,
      bytes.subarray(end),
    ]),
  )
}

/** Its encrypted data keys, without their count, which is 1. */
export function dataKeyOf(stored: ItemToOpen): Buffer {
  const { bytes, start, end } = namingOf(stored)
  return bytes.subarray(start + 2, end)
}

/** Its encrypted data keys, with their count. */
export function dataKeysOf(stored: ItemToOpen): Buffer {
  const { bytes, start, end } = namingOf(stored)
  return bytes.subarray(start, end)
}

/** The item with a byte changed, by which its data key would be proven. */
export function withoutProof(stored: ItemToOpen): ItemToOpen {
  const { bytes, proof, put } = namingOf(stored)
  const changed = Buffer.from(bytes)
  changed[proof]! ^= 1
  return put(changed)
}

/** The item with parts missing, or bytes too many, as can be told without a data key. */
export function incomplete(stored: ItemToOpen): ItemToOpen[] {
  const value = bytesOf(stored)
  const { bytes, end, proof, put } = namingOf(stored)
  const more = Buffer.concat([bytes, Buffer.of(0)])
  switch (shapeOf(value)) {
    case undefined: {
      const withoutBody = value.subarray(0, parseHeader(value).end + 16)
      return [withoutBody, value.subarray(0, -1), more].map(put)
    }
    case Shape.FULL:
      return [end, proof, proof + 1, proof + LEAST_BOX].map(length => put(bytes.subarray(0, length)))
    default:
      return [
        ...[end, proof].map(length => put(bytes.subarray(0, length))),
        put(more),
        ...[6, 6 + LEAST_BOX - 1].map(length => withValue(stored, value.subarray(0, length))),
      ]
  }
}

function u16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff)
}
