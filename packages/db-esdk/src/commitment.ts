import { hmac } from './hmac.js'

export const COMMITMENT_BYTES = 32

/** HMAC-SHA-512, cut to 32 bytes, of all of the header that stands before it. */
export function commitmentOf(body: Uint8Array, key: Uint8Array): Buffer {
  return hmac('sha512', key, [body], Buffer.allocUnsafe(COMMITMENT_BYTES))
}
