import { createCipheriv } from 'node:crypto'
import { allocateMessage } from '../bytes/memory.js'
import { fillRandom } from '../bytes/randomness.js'
import { BodyKind, bodyAdditionalData } from './additionalData.js'
import { derived, deriveKeys } from './keyDerivation.js'
import {
  CIPHER,
  COMMITMENT_BYTES,
  ContentType,
  FINAL_FRAME,
  FORMAT_VERSION,
  IV_BYTES,
  MESSAGE_ID_BYTES,
  MESSAGE_ID_OFFSET,
  SUITE_ID,
  TAG_BYTES,
} from './suite.js'

/** Longer than any DynamoDB item, so that one final frame holds every value. */
export const FRAME_LENGTH = 0x80000

const HEADER_IV = Buffer.alloc(IV_BYTES)
const FIRST_SEQUENCE_NUMBER = 1
/** A frame's IV is its sequence number (message-body.md, "IV"). */
const FIRST_FRAME_IV = Buffer.concat([Buffer.alloc(IV_BYTES - 1), Buffer.of(FIRST_SEQUENCE_NUMBER)])
/** End marker, sequence number, IV and content length. */
const FINAL_FRAME_HEADER_BYTES = 4 + 4 + IV_BYTES + 4

/**
 * The header that all messages under one data key share, with gaps for message id and commitment.
 *
 * @param context serialized, with its length
 * @param encryptedDataKeys serialized, with their count
 */
export function headerTemplate(context: Buffer, encryptedDataKeys: Buffer): Buffer {
  return Buffer.concat([
    Buffer.of(FORMAT_VERSION, SUITE_ID >> 8, SUITE_ID & 0xff),
    Buffer.alloc(MESSAGE_ID_BYTES),
    context,
    encryptedDataKeys,
    Buffer.of(ContentType.FRAMED, 0, FRAME_LENGTH >> 16, (FRAME_LENGTH >> 8) & 0xff, FRAME_LENGTH & 0xff),
    Buffer.alloc(COMMITMENT_BYTES),
  ])
}

/** Bytes of the message that `writeMessage` makes. */
export function messageLength(template: Buffer, plaintextLength: number): number {
  return template.length + TAG_BYTES + FINAL_FRAME_HEADER_BYTES + plaintextLength + TAG_BYTES
}

/**
 * A message of one final frame.
 *
 * The message key is used twice, under two IVs that are never the same: all zero for the header's tag, 1
 * for the frame. It is derived from the data key and 256 random bits, so that no two messages share one.
 *
 * @param template from `headerTemplate`
 * @param plaintext at most `FRAME_LENGTH` bytes
 */
export function writeMessage(template: Buffer, dataKey: Buffer, plaintext: Buffer): Buffer {
  const message = allocateMessage(messageLength(template, plaintext.length))
  template.copy(message, 0)
  fillRandom(message, MESSAGE_ID_OFFSET, MESSAGE_ID_BYTES)
  try {
    deriveKeys(dataKey, message)
    derived.commitment.copy(message, template.length - COMMITMENT_BYTES)

    const header = createCipheriv(CIPHER, derived.key, HEADER_IV)
    header.setAAD(message.subarray(0, template.length))
    header.final()
    let position = template.length
    position += header.getAuthTag().copy(message, position)

    position = message.writeUInt32BE(FINAL_FRAME, position)
    position = message.writeUInt32BE(FIRST_SEQUENCE_NUMBER, position)
    position += FIRST_FRAME_IV.copy(message, position)
    position = message.writeUInt32BE(plaintext.length, position)
    const frame = createCipheriv(CIPHER, derived.key, FIRST_FRAME_IV)
    frame.setAAD(bodyAdditionalData(message, BodyKind.FINAL_FRAME, FIRST_SEQUENCE_NUMBER, plaintext.length))
    position += frame.update(plaintext).copy(message, position)
    frame.final()
    frame.getAuthTag().copy(message, position)
    return message
  } finally {
    derived.key.fill(0)
  }
}
