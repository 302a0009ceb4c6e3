import { createHmac } from 'node:crypto'

export const COMMITMENT_BYTES = 32

/** HMAC-SHA-512, cut to 32 bytes, of all of the header that stands before it. */
export function commitmentOf(body: Uint8Array, key: Uint8Array): Buffer {
  return createHmac('sha512', key).update(body).digest().subarray(0, COMMITMENT_BYTES)
}
