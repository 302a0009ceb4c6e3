class NotRead extends Error {}

/** What `read` makes of bytes; undefined when they are not what it expects, to the last byte. */
export function ifRead<T>(bytes: Uint8Array, read: (cursor: Cursor) => T): T | undefined {
  const cursor = new Cursor(bytes)
  try {
    const value = read(cursor)
    require(cursor.rest === 0)
    return value
  } catch (error) {
    if (error instanceof NotRead) return undefined
    throw error
  }
}

export function require(condition: boolean): asserts condition {
  if (!condition) throw new NotRead()
}

export function text(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new NotRead()
  }
}

export class Cursor {
  readonly #bytes: Buffer
  offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get rest(): number {
    return this.#bytes.length - this.offset
  }

  take(length: number): Buffer {
    require(length <= this.rest)
    this.offset += length
    return this.#bytes.subarray(this.offset - length, this.offset)
  }

  /** Big-endian. */
  uint(length: 1 | 2 | 4): number {
    return this.take(length).readUIntBE(0, length)
  }
}
