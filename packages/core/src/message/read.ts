import { createDecipheriv, timingSafeEqual } from 'node:crypto'
import { Reader } from '../bytes/reader.js'
import { FieldError } from '../errors.js'
import { BodyKind, bodyAdditionalData } from './additionalData.js'
import { type Header, malformed } from './header.js'
import { deriveKeys } from './keyDerivation.js'
import {
  CIPHER,
  COMMITMENT_BYTES,
  ContentType,
  FINAL_FRAME,
  IV_BYTES,
  MESSAGE_ID_BYTES,
  MESSAGE_ID_OFFSET,
  TAG_BYTES,
} from './suite.js'

const HEADER_IV = Buffer.alloc(IV_BYTES)
const NOTHING = Buffer.alloc(0)

/**
 * The plaintext of a message, in memory of its own, once all of it has authenticated.
 *
 * @throws {FieldError} `not-authentic` or `malformed-message`
 */
export function readMessage(header: Header, dataKey: Buffer): Buffer {
  const { message, commitmentStart } = header
  const messageId = message.subarray(MESSAGE_ID_OFFSET, MESSAGE_ID_OFFSET + MESSAGE_ID_BYTES)
  const { key, commitment } = deriveKeys(dataKey, messageId)
  try {
    if (!timingSafeEqual(commitment, message.subarray(commitmentStart, commitmentStart + COMMITMENT_BYTES))) {
      throw notAuthentic('its key commitment does not match')
    }
    decrypt(
      key,
      HEADER_IV,
      message.subarray(0, header.end),
      NOTHING,
      message.subarray(header.end, header.end + TAG_BYTES),
    )
    return header.contentType === ContentType.FRAMED
      ? readFrames(header, key, messageId)
      : readUnframed(header, key, messageId)
  } finally {
    key.fill(0)
  }
}

function readFrames(header: Header, key: Buffer, messageId: Buffer): Buffer {
  const reader = bodyReader(header)
  const contents: Buffer[] = []
  for (let expected = 1; ; expected++) {
    let sequenceNumber = reader.u32()
    const final = sequenceNumber === FINAL_FRAME
    if (final) sequenceNumber = reader.u32()
    if (sequenceNumber !== expected) throw malformed('its frames are not in order')
    const iv = reader.view(IV_BYTES)
    const length = final ? reader.u32() : header.frameLength
    if (length > header.frameLength) throw malformed('its final frame is longer than its frames')
    const content = reader.view(length)
    const kind = final ? BodyKind.FINAL_FRAME : BodyKind.FRAME
    contents.push(
      decrypt(
        key,
        iv,
        bodyAdditionalData(messageId, kind, sequenceNumber, length),
        content,
        reader.view(TAG_BYTES),
      ),
    )
    if (final) break
  }
  checkEnd(reader)
  return contents.length === 1 ? contents[0]! : joinAndZero(contents)
}

/** message-body.md, "Nonframed Data": `iv(12) length(8) content tag(16)`. */
function readUnframed(header: Header, key: Buffer, messageId: Buffer): Buffer {
  const reader = bodyReader(header)
  const iv = reader.view(IV_BYTES)
  if (reader.u32() !== 0) throw malformed('its content is longer than the message')
  const length = reader.u32()
  const content = reader.view(length)
  const tag = reader.view(TAG_BYTES)
  checkEnd(reader)
  return decrypt(key, iv, bodyAdditionalData(messageId, BodyKind.UNFRAMED, 1, length), content, tag)
}

function bodyReader({ message, end }: Header): Reader {
  return new Reader(message, () => malformed('it ends too early'), end + TAG_BYTES)
}

function checkEnd(reader: Reader): void {
  if (reader.remaining !== 0) throw malformed('bytes follow its end')
}

/** The tag always has all of its 16 bytes: Node.js would take shorter ones. */
function decrypt(key: Buffer, iv: Buffer, additionalData: Buffer, content: Buffer, tag: Buffer): Buffer {
  const decipher = createDecipheriv(CIPHER, key, iv)
  decipher.setAAD(additionalData)
  decipher.setAuthTag(tag)
  const plaintext = decipher.update(content)
  try {
    decipher.final()
  } catch {
    plaintext.fill(0)
    throw notAuthentic('its authentication tag does not match')
  }
  return plaintext
}

function joinAndZero(parts: Buffer[]): Buffer {
  const joined = Buffer.allocUnsafeSlow(parts.reduce((sum, part) => sum + part.length, 0))
  let position = 0
  for (const part of parts) {
    position += part.copy(joined, position)
    part.fill(0)
  }
  return joined
}

function notAuthentic(what: string): FieldError {
  return new FieldError(
    'not-authentic',
    `the stored message was changed after it was sealed: ${what}. Find out who wrote it; restore the attribute from a backup, or write it again.`,
  )
}
