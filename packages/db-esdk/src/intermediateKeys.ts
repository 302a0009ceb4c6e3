import { decrypt, encryptInto, TAG_BYTES } from './gcm.js'
import { hmac } from './hmac.js'
import { expandIntermediateKey, KEY_BYTES } from './keys.js'

/** What stands before the keyring's own bytes in an encrypted data key: the data key, encrypted under the intermediate key. */
export const WRAPPED_BYTES = KEY_BYTES + TAG_BYTES
/** Bytes of a recipient's tag. */
export const RECIPIENT_TAG_BYTES = 48

/** Public: it is stored, or compared with what is. */
const tag = Buffer.allocUnsafe(RECIPIENT_TAG_BYTES)

/** Each key wraps one data key only. */
const NONCE = Buffer.alloc(12)

/**
 * One recipient of an item. The keyring wraps an intermediate key; that one wraps the item's data key, and gives the
 * recipient a key to sign with (aws-cryptographic-material-providers-library, IntermediateKeyWrapping.dfy).
 */
export class Recipient {
  readonly #wrap = Buffer.allocUnsafeSlow(KEY_BYTES)
  readonly #sign = Buffer.allocUnsafeSlow(KEY_BYTES)

  setKey(intermediateKey: Uint8Array): void {
    expandIntermediateKey(intermediateKey, this.#wrap, this.#sign)
  }

  /** @param context the whole encryption context, serialized */
  wrapInto(target: Buffer, dataKey: Uint8Array, context: Uint8Array): void {
    encryptInto(target, 0, this.#wrap, NONCE, context, dataKey)
  }

  /** The data key with which an encrypted data key begins, if it was wrapped for this recipient. */
  unwrap(encryptedDataKey: Uint8Array, context: Uint8Array): Buffer | undefined {
    return decrypt(this.#wrap, NONCE, context, encryptedDataKey, 0, WRAPPED_BYTES)
  }

  /** @returns valid until the next is made, by whomever */
  tag(digest: Uint8Array): Buffer {
    return hmac('sha384', this.#sign, [digest], tag)
  }

  zero(): void {
    this.#wrap.fill(0)
    this.#sign.fill(0)
  }
}

/** Made once, and used for one item after another. */
const known: Recipient[] = []

/**
 * Does something with the recipients that have these intermediate keys, and zeroes what they were given.
 *
 * @param use neither awaits nor keeps them
 */
export function withRecipients<T>(
  intermediateKeys: readonly Uint8Array[],
  use: (recipients: readonly Recipient[]) => T,
): T {
  while (known.length < intermediateKeys.length) known.push(new Recipient())
  const recipients = known.slice(0, intermediateKeys.length)
  try {
    for (let index = 0; index < recipients.length; index++)
      recipients[index]!.setKey(intermediateKeys[index]!)
    return use(recipients)
  } finally {
    for (const recipient of recipients) recipient.zero()
  }
}
