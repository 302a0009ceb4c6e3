import { Reader } from '../bytes/reader.js'
import type { FieldError } from '../errors.js'
import { MAX_MESSAGE_BYTES } from '../limits.js'
import { skipEncryptedDataKeys } from '../materials/encryptedDataKeys.js'
import { COMMITMENT_BYTES, CONTEXT_TAG_BYTES, MARKER_BYTES, malformed, Shape, shapeOf } from './layout.js'

/** Where the parts of an envelope are: `context tag(4) encrypted data keys commitment(32)`. Nothing is copied. */
export interface Envelope {
  /** The field, or the envelope attribute, that it stands in. */
  readonly bytes: Buffer
  readonly encryptedDataKeysStart: number
  readonly encryptedDataKeysEnd: number
  readonly commitmentStart: number
  readonly end: number
  /** From the marker to its end, once it has been asked for: one view for all fields that share the envelope. */
  claim: Uint8Array | undefined
  /** What it has been found to be committed to: the keys of a data key, once that has been compared. */
  committedTo: unknown
}

/**
 * Reads an envelope that begins after the marker. Nothing is authenticated yet.
 *
 * @throws {FieldError} `malformed-message`
 */
export function parseEnvelope(bytes: Buffer): Envelope {
  const reader = new Reader(bytes, truncated, MARKER_BYTES)
  reader.skip(CONTEXT_TAG_BYTES)
  const encryptedDataKeysStart = reader.position
  skipEncryptedDataKeys(reader, malformed)
  const encryptedDataKeysEnd = reader.position
  const commitmentStart = reader.skip(COMMITMENT_BYTES)
  return {
    bytes,
    encryptedDataKeysStart,
    encryptedDataKeysEnd,
    commitmentStart,
    end: reader.position,
    claim: undefined,
    committedTo: undefined,
  }
}

/**
 * Reads an envelope that stands in an attribute of its own, to its last byte.
 *
 * @throws {FieldError} `malformed-message`
 */
export function parseEnvelopeAttribute(bytes: Buffer): Envelope {
  if (bytes.length > MAX_MESSAGE_BYTES) throw malformed(`they are more than ${MAX_MESSAGE_BYTES}`)
  if (shapeOf(bytes) !== Shape.ENVELOPE) throw malformed('the envelope attribute is none')
  const envelope = parseEnvelope(bytes)
  if (envelope.end !== bytes.length) throw malformed('bytes follow the end of the envelope')
  return envelope
}

function truncated(): FieldError {
  return malformed('they end too early')
}
