import { asBuffer } from '../bytes/reader.js'
import { parseEnvelope, parseEnvelopeAttribute } from './envelope.js'
import {
  ENVELOPE_TAG_BYTES,
  LEAST_BOX_BYTES,
  MARKER_BYTES,
  SHORT_HEADER_BYTES,
  Shape,
  shapeOf,
} from './layout.js'

/**
 * Whether bytes are, as far as can be told without a data key, a field in an item whose envelope attribute is this:
 * whole, and a short one of just this envelope. Never throws.
 */
export function isSealedField(value: Uint8Array, envelopeAttribute: unknown): boolean {
  const bytes = asBuffer(value)
  switch (shapeOf(bytes)) {
    case Shape.SHORT: {
      if (bytes.length < SHORT_HEADER_BYTES + LEAST_BOX_BYTES) return false
      const envelope = wellFormed(() => parseEnvelopeAttribute(bytesOf(envelopeAttribute)))
      if (envelope === undefined) return false
      const { commitmentStart } = envelope
      const tag = envelope.bytes.subarray(commitmentStart, commitmentStart + ENVELOPE_TAG_BYTES)
      return tag.equals(bytes.subarray(MARKER_BYTES, SHORT_HEADER_BYTES))
    }
    case Shape.FULL: {
      const envelope = wellFormed(() => parseEnvelope(bytes))
      return envelope !== undefined && bytes.length - envelope.end >= LEAST_BOX_BYTES
    }
    default:
      return false
  }
}

function bytesOf(attribute: unknown): Buffer {
  return attribute instanceof Uint8Array ? asBuffer(attribute) : Buffer.alloc(0)
}

function wellFormed<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}
