const lengthGetter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length')!
  .get!

/**
 * How many bytes there are. What a subclass says may be something else: memory that is none of its own would be
 * written, or plaintext be left where it was written.
 */
export function lengthOf(bytes: Uint8Array): number {
  return lengthGetter.call(bytes)
}

/** Characters of texts that are written faster one by one than by a call out of JavaScript: names and keys. */
const SHORT_TEXT = 24

/**
 * A byte buffer that grows, written front to back. One is reused for all messages, so `clear` zeroes
 * what was written: it held plaintext.
 */
export class Writer {
  #bytes: Buffer
  #length = 0
  #view: Buffer | undefined

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
  }

  get length(): number {
    return this.#length
  }

  /** A view, not a copy: valid until the next write or `clear`. */
  written(): Buffer {
    // The same one as before where it fits: what is written for the fields of a page is often as long, and views are garbage.
    if (this.#view?.length !== this.#length) this.#view = this.#bytes.subarray(0, this.#length)
    return this.#view
  }

  clear(): void {
    this.#bytes.fill(0, 0, this.#length)
    this.#length = 0
  }

  u8(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  u16(value: number): void {
    this.#reserve(2)
    this.#length = this.#bytes.writeUInt16BE(value, this.#length)
  }

  u32(value: number): void {
    this.#reserve(4)
    this.#length = this.#bytes.writeUInt32BE(value, this.#length)
  }

  bytes(value: Uint8Array): void {
    const length = lengthOf(value)
    this.#reserve(length)
    this.#bytes.set(value, this.#length)
    this.#length += length
  }

  /** Bytes given as characters, none beyond U+00FF. */
  latin1(bytes: string): void {
    this.#reserve(bytes.length)
    for (let index = 0; index < bytes.length; index++) this.#bytes[this.#length++] = bytes.charCodeAt(index)
  }

  /** UTF-8, without a length. The caller has checked that the text is well formed. */
  text(value: string): void {
    // A UTF-16 code unit never takes more than three bytes of UTF-8.
    this.#reserve(value.length * 3)
    if (value.length <= SHORT_TEXT && this.#ascii(value)) return
    this.#length += this.#bytes.write(value, this.#length, 'utf8')
  }

  #ascii(value: string): boolean {
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index)
      if (code > 0x7f) return false
      this.#bytes[this.#length + index] = code
    }
    this.#length += value.length
    return true
  }

  /** Leaves room for a u32 length; `endLength` fills it in with the number of bytes written since. */
  beginLength(): number {
    this.u32(0)
    return this.#length
  }

  /** @param uncounted bytes of these that do not count */
  endLength(start: number, uncounted = 0): void {
    this.#bytes.writeUInt32BE(this.#length - start - uncounted, start - 4)
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes.fill(0)
    this.#bytes = larger
    this.#view = undefined
  }
}
