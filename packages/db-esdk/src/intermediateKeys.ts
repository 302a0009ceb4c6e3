import { createHmac } from 'node:crypto'
import { decrypt, encryptInto, TAG_BYTES } from './gcm.js'
import { KEY_BYTES, recipientKeys } from './keys.js'

/** What stands before the keyring's own bytes in an encrypted data key: the data key, encrypted under the intermediate key. */
export const WRAPPED_BYTES = KEY_BYTES + TAG_BYTES
/** Bytes of a recipient's tag. */
export const RECIPIENT_TAG_BYTES = 48

/** Each key wraps one data key only. */
const NONCE = Buffer.alloc(12)

/**
 * One recipient of an item. The keyring wraps an intermediate key; that one wraps the item's data key, and gives the
 * recipient a key to sign with (aws-cryptographic-material-providers-library, IntermediateKeyWrapping.dfy).
 */
export class Recipient {
  readonly #wrap: Buffer
  readonly #sign: Buffer

  constructor(intermediateKey: Uint8Array) {
    const { wrap, sign } = recipientKeys(intermediateKey)
    this.#wrap = wrap
    this.#sign = sign
  }

  /** @param context the whole encryption context, serialized */
  wrapInto(target: Buffer, start: number, dataKey: Uint8Array, context: Uint8Array): void {
    encryptInto(target, start, this.#wrap, NONCE, context, dataKey)
  }

  /** The data key, if it was wrapped for this recipient. */
  unwrap(wrapped: Uint8Array, context: Uint8Array): Buffer | undefined {
    return decrypt(this.#wrap, NONCE, context, wrapped)
  }

  tag(digest: Uint8Array): Buffer {
    return createHmac('sha384', this.#sign).update(digest).digest()
  }

  zero(): void {
    this.#wrap.fill(0)
    this.#sign.fill(0)
  }
}
