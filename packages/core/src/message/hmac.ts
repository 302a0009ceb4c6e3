import { hash } from 'node:crypto'
import { copyLatin1 } from '../bytes/copy.js'

const BLOCK_BYTES = 128
const DIGEST_BYTES = 64
const INNER_PAD = 0x36363636
const OUTER_PAD = 0x5c5c5c5c

/**
 * HMAC-SHA-512 (RFC 2104) of messages of one length, with keys of up to one block, on one-shot hashes.
 *
 * `createHmac` makes a native object for each message, which costs about as much to collect as to use;
 * one-shot hashes make none. The buffers are used again and again: `clear` takes the key out of them.
 */
export class Hmac {
  readonly #inner: Buffer
  readonly #outer: Buffer
  readonly #innerDigest: Buffer
  readonly #innerKey: Uint32Array
  readonly #outerKey: Uint32Array

  constructor(messageBytes: number) {
    this.#inner = Buffer.from(new ArrayBuffer(BLOCK_BYTES + messageBytes))
    this.#outer = Buffer.from(new ArrayBuffer(BLOCK_BYTES + DIGEST_BYTES))
    this.#innerDigest = this.#outer.subarray(BLOCK_BYTES)
    this.#innerKey = new Uint32Array(this.#inner.buffer, 0, BLOCK_BYTES / 4)
    this.#outerKey = new Uint32Array(this.#outer.buffer, 0, BLOCK_BYTES / 4)
    this.clear()
  }

  /** The key in words of the machine's own byte order; what is missing to a block counts as zero. */
  setKey(words: Uint32Array): void {
    for (let index = 0; index < words.length; index++) {
      const word = words[index]!
      this.#innerKey[index] = word ^ INNER_PAD
      this.#outerKey[index] = word ^ OUTER_PAD
    }
  }

  setMessage(message: Uint8Array): void {
    this.#inner.set(message, BLOCK_BYTES)
  }

  /** 64 bytes as characters: `docs/decisions/digests-are-characters.md` says why. */
  digest(): string {
    copyLatin1(this.#innerDigest, hash('sha512', this.#inner, 'binary'))
    return hash('sha512', this.#outer, 'binary')
  }

  /** Zeroes the key and what depends on it, but not the message. */
  clear(): void {
    this.#innerKey.fill(INNER_PAD)
    this.#outerKey.fill(OUTER_PAD)
    this.#innerDigest.fill(0)
  }
}
