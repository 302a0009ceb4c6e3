import { createCipheriv, createDecipheriv } from 'node:crypto'
import { copyBytes } from '@dynaseal/core/formats'

export const TAG_BYTES = 16

const CIPHER = 'aes-256-gcm'

/** Public part of what is decrypted. */
const tag = Buffer.alloc(TAG_BYTES)

/** Encrypts `plaintext` into `target`, from `start` on, and its tag behind it. */
export function encryptInto(
  target: Buffer,
  start: number,
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  plaintext: Uint8Array,
): void {
  const cipher = createCipheriv(CIPHER, key, nonce)
  cipher.setAAD(additionalData)
  target.set(cipher.update(plaintext), start)
  cipher.final()
  target.set(cipher.getAuthTag(), start + plaintext.length)
}

/** What was encrypted from `start` to `end`, its tag in the end; undefined where it does not authenticate. */
export function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): Buffer | undefined {
  const tagStart = end - TAG_BYTES
  copyBytes(tag, bytes, tagStart)
  const decipher = createDecipheriv(CIPHER, key, nonce)
  decipher.setAAD(additionalData)
  // All 16 bytes: Node.js would take shorter tags.
  decipher.setAuthTag(tag)
  const plaintext = decipher.update(bytes.subarray(start, tagStart))
  try {
    decipher.final()
    return plaintext
  } catch {
    plaintext.fill(0)
    return undefined
  }
}
