import { FieldError } from '../errors.js'

/**
 * How the bytes of format 2 begin: two bytes that no other format begins with, and one that says which of the three
 * shapes follows. `docs/format.md`, "Format 2", has the layouts.
 */
export const MARKER = [0xda, 0x5e] as const

export const Shape = {
  /** What it takes to get the data key, as an attribute of its own. */
  ENVELOPE: 0x20,
  /** A field whose envelope is that attribute. */
  SHORT: 0x21,
  /** A field with its envelope inside. */
  FULL: 0x22,
} as const

export type Shape = (typeof Shape)[keyof typeof Shape]

/** The form of a field: `SHORT` where its envelope is stored beside it, `FULL` with the envelope inside. */
export type Form = typeof Shape.SHORT | typeof Shape.FULL

export const MARKER_BYTES = MARKER.length + 1
/** First bytes of the digest of the encryption context: for good errors, not for security. */
export const CONTEXT_TAG_BYTES = 4
export const COMMITMENT_BYTES = 32
/** First bytes of the commitment, by which a short field names its envelope: for good errors, not for security. */
export const ENVELOPE_TAG_BYTES = 3
export const NONCE_BYTES = 12
export const TAG_BYTES = 16
/** Bytes of a value's type id: no plaintext is shorter. */
const LEAST_PLAINTEXT_BYTES = 2
/** Nonce, ciphertext and tag at least have. */
export const LEAST_BOX_BYTES = NONCE_BYTES + LEAST_PLAINTEXT_BYTES + TAG_BYTES

export const SHORT_HEADER_BYTES = MARKER_BYTES + ENVELOPE_TAG_BYTES

export function isOfFormat2(bytes: Uint8Array, start = 0): boolean {
  return bytes[start] === MARKER[0] && bytes[start + 1] === MARKER[1]
}

/** The shape that bytes of this format say they have; undefined for any other. */
export function shapeOf(bytes: Uint8Array, start = 0): Shape | undefined {
  if (!isOfFormat2(bytes, start)) return undefined
  const shape = bytes[start + 2]
  return shape === Shape.ENVELOPE || shape === Shape.SHORT || shape === Shape.FULL ? shape : undefined
}

/** The error for bytes of this format whose parts do not add up. */
export function malformed(what: string): FieldError {
  return new FieldError(
    'malformed-message',
    `the stored bytes are damaged: ${what}. Restore the item from a backup, or write it again.`,
  )
}
