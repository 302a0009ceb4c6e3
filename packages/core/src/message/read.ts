import { createDecipheriv, type DecipherGCM, timingSafeEqual } from 'node:crypto'
import { FieldError } from '../errors.js'
import { bodyAdditionalData } from './additionalData.js'
import { parseBody } from './body.js'
import type { Header } from './header.js'
import { deriveKeys } from './keyDerivation.js'
import {
  CIPHER,
  COMMITMENT_BYTES,
  IV_BYTES,
  MESSAGE_ID_BYTES,
  MESSAGE_ID_OFFSET,
  TAG_BYTES,
} from './suite.js'

const HEADER_IV = Buffer.alloc(IV_BYTES)

/**
 * The plaintext of a message, in memory of its own, once all of it has authenticated.
 *
 * @throws {FieldError} `malformed-message` or `not-authentic`
 */
export function readMessage(header: Header, dataKey: Buffer): Buffer {
  const blocks = parseBody(header)
  const { message, commitmentStart } = header
  const messageId = message.subarray(MESSAGE_ID_OFFSET, MESSAGE_ID_OFFSET + MESSAGE_ID_BYTES)
  const { key, commitment } = deriveKeys(dataKey, messageId)
  const contents: Buffer[] = []
  try {
    if (!timingSafeEqual(commitment, message.subarray(commitmentStart, commitmentStart + COMMITMENT_BYTES))) {
      throw notAuthentic('its key commitment does not match')
    }
    const headerTag = message.subarray(header.end, header.end + TAG_BYTES)
    // There is nothing to decrypt: the header's tag is over its additional data alone.
    finish(startDecipher(key, HEADER_IV, message.subarray(0, header.end), headerTag))
    for (const { kind, sequenceNumber, iv, content, tag } of blocks) {
      const additionalData = bodyAdditionalData(messageId, kind, sequenceNumber, content.length)
      contents.push(decrypt(key, iv, additionalData, content, tag))
    }
    return contents.length === 1 ? contents[0]! : join(contents)
  } catch (error) {
    for (const content of contents) content.fill(0)
    throw error
  } finally {
    key.fill(0)
  }
}

function decrypt(key: Buffer, iv: Buffer, additionalData: Buffer, content: Buffer, tag: Buffer): Buffer {
  const decipher = startDecipher(key, iv, additionalData, tag)
  const plaintext = decipher.update(content)
  try {
    finish(decipher)
  } catch (error) {
    plaintext.fill(0)
    throw error
  }
  return plaintext
}

/** The tag always has all of its 16 bytes: Node.js would take shorter ones. */
function startDecipher(key: Buffer, iv: Buffer, additionalData: Buffer, tag: Buffer): DecipherGCM {
  const decipher = createDecipheriv(CIPHER, key, iv)
  decipher.setAAD(additionalData)
  decipher.setAuthTag(tag)
  return decipher
}

function finish(decipher: DecipherGCM): void {
  try {
    decipher.final()
  } catch {
    throw notAuthentic('its authentication tag does not match')
  }
}

/** The frames' contents as one; they are zeroed. */
function join(contents: Buffer[]): Buffer {
  const joined = Buffer.allocUnsafeSlow(contents.reduce((sum, content) => sum + content.length, 0))
  let position = 0
  for (const content of contents) {
    position += content.copy(joined, position)
    content.fill(0)
  }
  return joined
}

/** The error for a well-formed message that was changed. */
export function notAuthentic(what: string): FieldError {
  return new FieldError(
    'not-authentic',
    `the stored message was changed after it was sealed: ${what}. Find out who wrote it; restore the attribute from a backup, or write it again.`,
  )
}
