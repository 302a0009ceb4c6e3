import { allocateMessage } from '../bytes/memory.js'
import type { AttributePath } from '../format.js'
import { additionalData } from './additionalData.js'
import { boxLength, writeBox } from './box.js'
import type { EnvelopeKeys } from './keys.js'
import { ENVELOPE_TAG_BYTES, type Form, MARKER, MARKER_BYTES, Shape } from './layout.js'

/** Bytes of the field that {@link writeField} makes. */
export function fieldLength(form: Form, keys: EnvelopeKeys, plaintextLength: number): number {
  return MARKER_BYTES + headerLength(form, keys) + boxLength(plaintextLength)
}

/**
 * A field: `marker(2) shape(1)`, then the first bytes of the commitment, or the envelope, then `nonce(12) ciphertext
 * tag(16)`.
 *
 * @param key the item's
 * @param plaintext type id and value
 * @throws {SealError} `invalid-location`
 */
export function writeField(
  form: Form,
  keys: EnvelopeKeys,
  key: Buffer,
  path: AttributePath,
  plaintext: Buffer,
): Buffer {
  // First, since it may throw.
  const bound = additionalData(form, path)
  const header = headerLength(form, keys)
  const field = allocateMessage(MARKER_BYTES + header + boxLength(plaintext.length))
  field[0] = MARKER[0]
  field[1] = MARKER[1]
  field[2] = form
  if (form === Shape.SHORT) copyBytesTo(field, keys.commitment, header)
  else keys.envelope.copy(field, MARKER_BYTES, MARKER_BYTES)
  writeBox(field, MARKER_BYTES + header, key, bound, plaintext)
  return field
}

function headerLength(form: Form, { envelope }: EnvelopeKeys): number {
  return form === Shape.SHORT ? ENVELOPE_TAG_BYTES : envelope.length - MARKER_BYTES
}

function copyBytesTo(field: Buffer, source: Buffer, length: number): void {
  for (let index = 0; index < length; index++) field[MARKER_BYTES + index] = source[index]!
}
