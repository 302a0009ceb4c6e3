import { createCipheriv, createDecipheriv } from 'node:crypto'
import { copyBytes } from '../bytes/copy.js'
import { fillRandom } from '../bytes/randomness.js'
import { FieldError } from '../errors.js'
import { NONCE_BYTES, TAG_BYTES } from './layout.js'

const CIPHER = 'aes-256-gcm'

// Public parts of the field that is being written or read: to copy a few bytes takes less than to make a view of them.
const nonce = Buffer.allocUnsafeSlow(NONCE_BYTES)
const tag = Buffer.allocUnsafeSlow(TAG_BYTES)

/** Bytes of what {@link writeBox} writes. */
export function boxLength(plaintextLength: number): number {
  return NONCE_BYTES + plaintextLength + TAG_BYTES
}

/**
 * Writes `nonce(12) ciphertext tag(16)` to the end of `field`, from `start` on: AES-256-GCM with a random nonce.
 *
 * @param key the item's
 * @param additionalData what the ciphertext is bound to besides the item
 */
export function writeBox(
  field: Buffer,
  start: number,
  key: Buffer,
  additionalData: Buffer,
  plaintext: Buffer,
): void {
  fillRandom(nonce, 0, NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce)
  cipher.setAAD(additionalData)
  field.set(nonce, start)
  field.set(cipher.update(plaintext), start + NONCE_BYTES)
  cipher.final()
  field.set(cipher.getAuthTag(), field.length - TAG_BYTES)
}

/**
 * The plaintext of what {@link writeBox} wrote, in memory of its own, which the caller zeroes.
 *
 * @param bytes hold it, from `start` to `end`
 *
 * @throws {FieldError} `not-authentic`
 */
export function readBox(
  bytes: Uint8Array,
  start: number,
  end: number,
  key: Buffer,
  additionalData: Buffer,
): Buffer {
  const tagStart = end - TAG_BYTES
  copyBytes(nonce, bytes, start)
  copyBytes(tag, bytes, tagStart)
  const decipher = createDecipheriv(CIPHER, key, nonce)
  decipher.setAAD(additionalData)
  // All 16 bytes: Node.js would take shorter tags.
  decipher.setAuthTag(tag)
  const plaintext = decipher.update(bytes.subarray(start + NONCE_BYTES, tagStart))
  try {
    decipher.final()
    return plaintext
  } catch {
    plaintext.fill(0)
    throw new FieldError(
      'not-authentic',
      'it was changed after it was sealed, or was sealed for another item or another attribute and moved here. Find out who wrote it; restore the item from a backup, or write the attribute again.',
    )
  }
}
