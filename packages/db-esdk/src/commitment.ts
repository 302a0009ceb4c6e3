import { hmac } from './hmac.js'

export const COMMITMENT_BYTES = 32

/** Public: it is stored, or compared with what is. */
const commitment = Buffer.allocUnsafe(COMMITMENT_BYTES)

/**
 * HMAC-SHA-512, cut to 32 bytes, of all of the header that stands before it.
 *
 * @returns valid until the next is made
 */
export function commitmentOf(body: Uint8Array, key: Uint8Array): Buffer {
  return hmac('sha512', key, [body], commitment)
}
