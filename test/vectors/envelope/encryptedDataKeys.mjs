import { sized16, utf8 } from '../writer.mjs'
import { place } from './vector.mjs'
import { envelope } from './writer.mjs'

/** An encrypted data key, in its three parts, that does not decrypt. */
export function damaged([id, information, ciphertext]) {
  return [id, information, Buffer.concat([ciphertext.subarray(0, -1), Buffer.of(ciphertext.at(-1) ^ 1)])]
}

/** One that no keyring of the vectors knows, with a ciphertext of zeros. */
export const zeroKey = length => [utf8('zeros'), utf8('zeros'), Buffer.alloc(length)].map(sized16)

/** Encrypted data keys that make an envelope attribute of `length` bytes; the first of them is good. */
export function keysOfLength(length) {
  const bare = envelope('long', { ...place, keys: wrap => [wrap('first'), ...Array(9).fill(zeroKey(0))] })
  const zeros = length - bare.attribute.length
  const each = Math.floor(zeros / 9)
  return wrap => [wrap('first'), ...Array(8).fill(zeroKey(each)), zeroKey(zeros - 8 * each)]
}
