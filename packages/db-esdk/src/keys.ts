import { createCipheriv, createHmac } from 'node:crypto'

/** Bytes of every key here: data key, intermediate key, and what is derived from them. */
export const KEY_BYTES = 32
export const MESSAGE_ID_BYTES = 32
const NONCE_BYTES = 12

const COMMIT = Buffer.from('AWS_DBE_COMMIT_KEY', 'latin1')
const ENCRYPT = Buffer.from('AWS_DBE_DERIVE_KEY', 'latin1')
const WRAP = Buffer.from('AWS_MPL_INTERMEDIATE_KEYWRAP_ENC', 'latin1')
const SIGN = Buffer.from('AWS_MPL_INTERMEDIATE_KEYWRAP_MAC', 'latin1')
const FIRST_BLOCK = Buffer.from([1])
const NO_SALT = Buffer.alloc(64)

/** HKDF with SHA-512 and no salt (RFC 5869): one key's output key material, 32 bytes for each `info`. */
class Hkdf {
  readonly #key: Buffer

  constructor(inputKey: Uint8Array) {
    this.#key = createHmac('sha512', NO_SALT).update(inputKey).digest()
  }

  expand(...info: readonly Uint8Array[]): Buffer {
    const hmac = createHmac('sha512', this.#key)
    for (const part of info) hmac.update(part)
    const block = hmac.update(FIRST_BLOCK).digest()
    const key = Buffer.allocUnsafeSlow(KEY_BYTES)
    block.copy(key, 0, 0, KEY_BYTES)
    block.fill(0)
    return key
  }

  zero(): void {
    this.#key.fill(0)
  }
}

/** Keys that a data key gives for the item with a message id. The caller zeroes them. */
export function itemKeys(dataKey: Uint8Array, messageId: Uint8Array): { commit: Buffer; root: Buffer } {
  const hkdf = new Hkdf(dataKey)
  const keys = { commit: hkdf.expand(COMMIT, messageId), root: hkdf.expand(ENCRYPT, messageId) }
  hkdf.zero()
  return keys
}

/** Keys that an intermediate key gives: that which wraps the data key, and that of the recipient's tag. */
export function recipientKeys(intermediateKey: Uint8Array): { wrap: Buffer; sign: Buffer } {
  const hkdf = new Hkdf(intermediateKey)
  const keys = { wrap: hkdf.expand(WRAP), sign: hkdf.expand(SIGN) }
  hkdf.zero()
  return keys
}

/** First counter block of the stream that attributes have their keys from; the last four bytes count. */
const COUNTER = Buffer.concat([
  Buffer.from('AwsDbeField', 'latin1'),
  Buffer.from([KEY_BYTES + NONCE_BYTES, 0, 0, 0, 0]),
])
/** A key and a nonce take 44 bytes of three blocks. */
const BYTES_PER_FIELD = 48

/** Key and nonce of each encrypted attribute, by its number among them. All are one stretch of key stream. */
export class FieldKeys {
  readonly #stream: Buffer

  constructor(root: Uint8Array, count: number) {
    this.#stream = createCipheriv('aes-256-ctr', root, COUNTER).update(Buffer.alloc(count * BYTES_PER_FIELD))
  }

  key(index: number): Buffer {
    const start = index * BYTES_PER_FIELD
    return this.#stream.subarray(start, start + KEY_BYTES)
  }

  nonce(index: number): Buffer {
    const start = index * BYTES_PER_FIELD + KEY_BYTES
    return this.#stream.subarray(start, start + NONCE_BYTES)
  }

  zero(): void {
    this.#stream.fill(0)
  }
}
