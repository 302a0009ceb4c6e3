import { createCipheriv, createDecipheriv } from 'node:crypto'

export const TAG_BYTES = 16

const CIPHER = 'aes-256-gcm'
const OPTIONS = { authTagLength: TAG_BYTES }

/** Encrypts `plaintext` into `target`, from `start` on, and its tag behind it. */
export function encryptInto(
  target: Buffer,
  start: number,
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  plaintext: Uint8Array,
): void {
  const cipher = createCipheriv(CIPHER, key, nonce, OPTIONS)
  cipher.setAAD(additionalData)
  target.set(cipher.update(plaintext), start)
  cipher.final()
  target.set(cipher.getAuthTag(), start + plaintext.length)
}

/** What was encrypted with its tag behind it; undefined where it does not authenticate. */
export function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  additionalData: Uint8Array,
  sealed: Uint8Array,
): Buffer | undefined {
  const end = sealed.length - TAG_BYTES
  const decipher = createDecipheriv(CIPHER, key, nonce, OPTIONS)
  decipher.setAAD(additionalData)
  decipher.setAuthTag(sealed.subarray(end))
  const plaintext = decipher.update(sealed.subarray(0, end))
  try {
    decipher.final()
    return plaintext
  } catch {
    plaintext.fill(0)
    return undefined
  }
}
