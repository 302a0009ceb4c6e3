import type { AttributePath } from '@dynaseal/core'
import type { FieldInMemory } from '@dynaseal/core/parts'
import { decodedLength, isWritten } from './base64.js'

const SCRATCH_BYTES = 64 * 1024
/** To be opened before there is more: what has been decoded a moment ago is still in the cache of the processor. */
const ENOUGH_BYTES = SCRATCH_BYTES / 2
/** Nothing that was sealed is shorter. */
const LEAST_BYTES = 16

let free: Scratch | undefined

/**
 * Memory for ciphertext that is opened next, and written over then: to get it anew for each value takes longer than to
 * decode the value. Nothing that is handed out may be in it.
 */
export class Scratch {
  #memory = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  #used = 0

  /** One that nobody uses. */
  static take(): Scratch {
    const scratch = free ?? new Scratch()
    free = undefined
    return scratch
  }

  /**
   * Decodes base64 text, as {@link fromBase64}. Valid until {@link rewind}.
   *
   * @param path of the attribute, which is a whole one
   * @returns nothing, too, for what is too short to be sealed
   */
  decode(text: string, path: AttributePath): InScratch | undefined {
    const length = decodedLength(text)
    if (length === undefined || length < LEAST_BYTES) return undefined
    if (length > SCRATCH_BYTES) return decodedInto(Buffer.allocUnsafeSlow(length), 0, length, text, path)
    if (this.#used + length > SCRATCH_BYTES) {
      this.#memory = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
      this.#used = 0
    }
    const decoded = decodedInto(this.#memory, this.#used, length, text, path)
    if (decoded !== undefined) this.#used += length
    return decoded
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
    this.#used = 0
    free = this
  }
}

function decodedInto(
  memory: Buffer,
  start: number,
  length: number,
  text: string,
  path: AttributePath,
): InScratch | undefined {
  return isWritten(text, memory, start, length)
    ? new InScratch(memory, start, start + length, path)
    : undefined
}

/** A sealed value that is in scratch memory, and not in its item. */
export class InScratch implements FieldInMemory {
  constructor(
    readonly memory: Buffer,
    readonly start: number,
    readonly end: number,
    readonly path: AttributePath,
  ) {}

  get value(): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.start, this.end - this.start)
  }
}
