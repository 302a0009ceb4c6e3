/**
 * Reads bytes front to back. Every read checks that its bytes are there; when they are not, it throws
 * the error that the constructor was given a maker of.
 */
export class Reader {
  readonly bytes: Buffer
  position: number
  readonly end: number
  readonly #truncated: () => Error

  constructor(bytes: Buffer, truncated: () => Error, start = 0, end = bytes.length) {
    this.bytes = bytes
    this.position = start
    this.end = end
    this.#truncated = truncated
  }

  get remaining(): number {
    return this.end - this.position
  }

  u8(): number {
    return this.bytes.readUInt8(this.skip(1))
  }

  u16(): number {
    return this.bytes.readUInt16BE(this.skip(2))
  }

  u32(): number {
    return this.bytes.readUInt32BE(this.skip(4))
  }

  /** A view of the next bytes, not a copy. */
  view(length: number): Buffer {
    const start = this.skip(length)
    return this.bytes.subarray(start, start + length)
  }

  /** Moves over the next bytes and returns where they start. */
  skip(length: number): number {
    const start = this.position
    if (length > this.end - start) throw this.#truncated()
    this.position = start + length
    return start
  }
}

/** Bytes that say of themselves what is so, for who needs no more: a Buffer takes longer to make than to read. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return Object.getPrototypeOf(bytes) === Uint8Array.prototype ? bytes : asBuffer(bytes)
}

/** Those from start to end, as a Buffer of the same memory. */
export function bufferOf(bytes: Uint8Array, start: number, end: number): Buffer {
  const all = asBuffer(bytes)
  return end - start === all.length ? all : all.subarray(start, end)
}

/** The same memory as a Buffer, which has the reads that a Uint8Array lacks. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
