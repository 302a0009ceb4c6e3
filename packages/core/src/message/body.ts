import { Reader } from '../bytes/reader.js'
import { BodyKind } from './additionalData.js'
import { type Header, malformed } from './header.js'
import { ContentType, FINAL_FRAME, IV_BYTES, TAG_BYTES } from './suite.js'

/** One frame, or the whole body of an unframed message, by where its parts are in the message. */
export interface Block {
  readonly kind: Buffer
  readonly sequenceNumber: number
  readonly ivStart: number
  readonly contentStart: number
  /** The tag follows. */
  readonly contentEnd: number
}

/**
 * Takes a body apart, up to the last byte of the message, before anything is decrypted.
 * @throws {FieldError} `malformed-message`
 */
export function parseBody(header: Header): Block[] {
  const reader = new Reader(header.message, () => malformed('it ends too early'), header.end + TAG_BYTES)
  const blocks =
    header.contentType === ContentType.FRAMED ? readFrames(reader, header) : [readUnframed(reader)]
  // The footer: a signature, which the AWS Encryption SDK verifies.
  if (header.signed) reader.skip(reader.u16())
  if (reader.remaining !== 0) throw malformed('bytes follow its end')
  return blocks
}

function readFrames(reader: Reader, { frameLength }: Header): Block[] {
  const blocks: Block[] = []
  for (let expected = 1; ; expected++) {
    let sequenceNumber = reader.u32()
    const final = sequenceNumber === FINAL_FRAME
    if (final) sequenceNumber = reader.u32()
    if (sequenceNumber !== expected) throw malformed('its frames are not in order')
    const ivStart = reader.skip(IV_BYTES)
    const length = final ? reader.u32() : frameLength
    if (length > frameLength) throw malformed('its final frame is longer than its frames')
    const contentStart = reader.skip(length)
    const contentEnd = reader.position
    reader.skip(TAG_BYTES)
    const kind = final ? BodyKind.FINAL_FRAME : BodyKind.FRAME
    blocks.push({ kind, sequenceNumber, ivStart, contentStart, contentEnd })
    if (final) return blocks
  }
}

/** message-body.md, "Nonframed Data": `iv(12) length(8) content tag(16)`. */
function readUnframed(reader: Reader): Block {
  const ivStart = reader.skip(IV_BYTES)
  if (reader.u32() !== 0) throw malformed('its content is longer than the message')
  const contentStart = reader.skip(reader.u32())
  const contentEnd = reader.position
  reader.skip(TAG_BYTES)
  return { kind: BodyKind.UNFRAMED, sequenceNumber: 1, ivStart, contentStart, contentEnd }
}
