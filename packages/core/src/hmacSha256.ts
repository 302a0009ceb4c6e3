import { hash } from 'node:crypto'
import { copyLatin1 } from './bytes/copy.js'

const HASH = 'sha256'
/** What stands in front of each message, for the padded key. */
export const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
const INNER_PAD = 0x36
const OUTER_PAD = 0x5c

/**
 * HMAC-SHA-256 (RFC 2104) under one key of up to a block, for as long as that is used.
 *
 * It is written out because one-shot hashes make no native object, which costs more to collect than to use.
 */
export class HmacSha256 {
  /** The key padded to a block, for the inner and for the outer hash. */
  readonly #inner = Buffer.allocUnsafeSlow(BLOCK_BYTES).fill(INNER_PAD)
  readonly #outer = Buffer.allocUnsafeSlow(BLOCK_BYTES + DIGEST_BYTES).fill(OUTER_PAD)

  constructor(key: Uint8Array) {
    for (const [index, byte] of key.entries()) {
      this.#inner[index] = byte ^ INNER_PAD
      this.#outer[index] = byte ^ OUTER_PAD
    }
  }

  /**
   * @param block a block that is free for the key, and zero again afterwards; then the message
   * @returns the digest as characters: `docs/decisions/digests-are-characters.md` says why
   */
  digest(block: Buffer, encoding: 'binary' | 'base64url'): string {
    block.set(this.#inner)
    try {
      copyLatin1(innerDigest, hash(HASH, block, 'binary'))
      this.#outer.set(innerDigest, BLOCK_BYTES)
      return hash(HASH, this.#outer, encoding)
    } finally {
      // Set, and not filled: what Buffer fills with is looked at first.
      block.set(ZEROS)
      innerDigest.fill(0)
      this.#outer.set(innerDigest, BLOCK_BYTES)
    }
  }

  /** Takes the key out of memory; nothing can be made with it after that. */
  zero(): void {
    this.#inner.fill(0)
    this.#outer.fill(0)
  }
}

const innerDigest = Buffer.alloc(DIGEST_BYTES)
const ZEROS = new Uint8Array(BLOCK_BYTES)
