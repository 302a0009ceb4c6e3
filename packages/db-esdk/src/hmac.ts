import { hash } from 'node:crypto'
import { copyLatin1 } from '@dynaseal/core/formats'

const BLOCK_BYTES = 128
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

/** What is hashed, the padded key first. All zero between two calls. */
class Scratch {
  readonly #bytes = new Uint8Array(4096)
  /** As long as what was hashed last: often the next is as long, and a view takes longer to make than to use. */
  #inner = this.#bytes
  readonly outer: Buffer
  /** Where the inner hash goes. */
  readonly digest: Buffer

  constructor(digestBytes: number) {
    this.outer = Buffer.alloc(BLOCK_BYTES + digestBytes)
    this.digest = this.outer.subarray(BLOCK_BYTES)
  }

  inner(length: number): Uint8Array {
    if (length > this.#bytes.length) return new Uint8Array(length)
    if (length !== this.#inner.length) this.#inner = this.#bytes.subarray(0, length)
    return this.#inner
  }
}

const scratches = { sha384: new Scratch(48), sha512: new Scratch(64) }

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
  const scratch = scratches[algorithm]
  const inner = scratch.inner(length)
  const { outer } = scratch
  try {
    inner.fill(INNER_PAD, key.length, BLOCK_BYTES)
    outer.fill(OUTER_PAD, key.length, BLOCK_BYTES)
    for (let index = 0; index < key.length; index++) {
      inner[index] = key[index]! ^ INNER_PAD
      outer[index] = key[index]! ^ OUTER_PAD
    }
    let position = BLOCK_BYTES
    for (const part of message) {
      inner.set(part, position)
      position += part.length
    }
    copyLatin1(scratch.digest, hash(algorithm, inner, 'binary'))
    copyLatin1(target, hash(algorithm, outer, 'binary'))
    return target
  } finally {
    inner.fill(0)
    outer.fill(0)
  }
}
