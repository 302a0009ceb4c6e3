import { decodedLength, fromBase64, written } from './base64.js'

const SCRATCH_BYTES = 64 * 1024
/** To be opened before there is more: what has been decoded a moment ago is still in the cache of the processor. */
const ENOUGH_BYTES = SCRATCH_BYTES / 2

let free: Buffer | undefined

/**
 * Memory for ciphertext that is opened next, and written over then: to get it anew for each value takes longer than to
 * decode the value. Nothing that is handed out may be in it.
 */
export class Scratch {
  #memory = free ?? Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  #used = 0

  constructor() {
    free = undefined
  }

  /** As {@link fromBase64}. Valid until {@link rewind}. */
  fromBase64(text: string): Uint8Array | undefined {
    const length = decodedLength(text)
    if (length === undefined || length > SCRATCH_BYTES) return fromBase64(text)
    if (this.#used + length > SCRATCH_BYTES) {
      this.#memory = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
      this.#used = 0
    }
    const bytes = written(text, this.#memory, this.#used, length)
    if (bytes !== undefined) this.#used += length
    return bytes
  }

  get holdsEnough(): boolean {
    return this.#used >= ENOUGH_BYTES
  }

  /** Nobody needs any more what it holds. */
  rewind(): void {
    this.#used = 0
  }

  /** Nobody needs it any more. */
  giveBack(): void {
    free = this.#memory
  }
}
