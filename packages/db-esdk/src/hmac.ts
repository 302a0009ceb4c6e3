import { hash } from 'node:crypto'
import { copyLatin1 } from '@dynaseal/core/formats'

const BLOCK_BYTES = 128
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

/** What is hashed, the padded key first. All zero between two calls. */
const scratch = new Uint8Array(4096)
const outer = {
  sha384: new Uint8Array(BLOCK_BYTES + 48),
  sha512: new Uint8Array(BLOCK_BYTES + 64),
}

/**
 * HMAC (RFC 2104) on one-shot hashes, which make no native object: `createHmac` takes several times as long.
 *
 * @param key at most one block of the hash, 128 bytes
 * @param target filled with the digest, or with as much of it as fits
 */
export function hmac(
  algorithm: 'sha384' | 'sha512',
  key: Uint8Array,
  message: readonly Uint8Array[],
  target: Buffer,
): Buffer {
  let length = BLOCK_BYTES
  for (const part of message) length += part.length
  const inner = length <= scratch.length ? scratch : new Uint8Array(length)
  const outerBlock = outer[algorithm]
  try {
    inner.fill(INNER_PAD, key.length, BLOCK_BYTES)
    outerBlock.fill(OUTER_PAD, key.length, BLOCK_BYTES)
    for (let index = 0; index < key.length; index++) {
      inner[index] = key[index]! ^ INNER_PAD
      outerBlock[index] = key[index]! ^ OUTER_PAD
    }
    let position = BLOCK_BYTES
    for (const part of message) {
      inner.set(part, position)
      position += part.length
    }
    const digest = hash(algorithm, inner.subarray(0, length), 'binary')
    for (let index = 0; index < digest.length; index++)
      outerBlock[BLOCK_BYTES + index] = digest.charCodeAt(index)
    copyLatin1(target, hash(algorithm, outerBlock, 'binary'))
    return target
  } finally {
    inner.fill(0, 0, length)
    outerBlock.fill(0)
  }
}
