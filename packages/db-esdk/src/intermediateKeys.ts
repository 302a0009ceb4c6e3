import { decrypt, encryptInto, TAG_BYTES } from './gcm.js'
import { hmac } from './hmac.js'
import { expandIntermediateKey, KEY_BYTES } from './keys.js'

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
  readonly #keys = Buffer.allocUnsafeSlow(2 * KEY_BYTES)
  readonly #wrap = this.#keys.subarray(0, KEY_BYTES)
  readonly #sign = this.#keys.subarray(KEY_BYTES)

  constructor(intermediateKey: Uint8Array) {
    try {
      expandIntermediateKey(intermediateKey, this.#wrap, this.#sign)
    } catch (error) {
      this.zero()
      throw error
    }
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
    return hmac('sha384', this.#sign, [digest], Buffer.allocUnsafe(RECIPIENT_TAG_BYTES))
  }

  zero(): void {
    this.#keys.fill(0)
  }
}
