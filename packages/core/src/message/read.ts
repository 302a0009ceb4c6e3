import { createDecipheriv, type DecipherGCM, timingSafeEqual } from 'node:crypto'
import { copyBytes } from '../bytes/copy.js'
import { FieldError } from '../errors.js'
import { bodyAdditionalData } from './additionalData.js'
import { type Block, parseBody } from './body.js'
import type { Header } from './header.js'
import { derived, deriveKeys } from './keyDerivation.js'
import { CIPHER, COMMITMENT_BYTES, IV_BYTES, TAG_BYTES } from './suite.js'

const HEADER_IV = Buffer.alloc(IV_BYTES)

// Public parts of the message that is being read: to copy a few bytes takes less than to make a view of them.
const commitment = Buffer.alloc(COMMITMENT_BYTES)
const iv = Buffer.alloc(IV_BYTES)
const tag = Buffer.alloc(TAG_BYTES)

/**
 * The plaintext of a message, in memory of its own, once all of it has authenticated.
 *
 * @throws {FieldError} `malformed-message` or `not-authentic`
 */
export function readMessage(header: Header, dataKey: Buffer): Buffer {
  const blocks = parseBody(header)
  const { message, commitmentStart, end } = header
  const contents: Buffer[] = []
  try {
    deriveKeys(dataKey, message)
    copyBytes(commitment, message, commitmentStart)
    if (!timingSafeEqual(derived.commitment, commitment)) {
      throw notAuthentic('its key commitment does not match')
    }
    // There is nothing to decrypt: the header's tag is over its additional data alone.
    finish(startDecipher(HEADER_IV, message.subarray(0, end), message, end))
    for (const block of blocks) contents.push(decrypt(message, block))
    return contents.length === 1 ? contents[0]! : join(contents)
  } catch (error) {
    for (const content of contents) content.fill(0)
    throw error
  } finally {
    derived.key.fill(0)
  }
}

function decrypt(message: Buffer, block: Block): Buffer {
  const { kind, sequenceNumber, ivStart, contentStart, contentEnd } = block
  copyBytes(iv, message, ivStart)
  const additionalData = bodyAdditionalData(message, kind, sequenceNumber, contentEnd - contentStart)
  const decipher = startDecipher(iv, additionalData, message, contentEnd)
  const plaintext = decipher.update(message.subarray(contentStart, contentEnd))
  try {
    finish(decipher)
  } catch (error) {
    plaintext.fill(0)
    throw error
  }
  return plaintext
}

/** The tag always has all of its 16 bytes: Node.js would take shorter ones. */
function startDecipher(iv: Buffer, additionalData: Buffer, message: Buffer, tagStart: number): DecipherGCM {
  const decipher = createDecipheriv(CIPHER, derived.key, iv)
  decipher.setAAD(additionalData)
  copyBytes(tag, message, tagStart)
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
