import { sharedMemory } from '@dynaseal/core/formats'

/** What values share. A value that is kept keeps all of it, so it is no longer. */
const POOL_BYTES = 32 * 1024
/** Longer ones have memory of their own. */
const POOLED_BYTES = POOL_BYTES / 4

/** The character that base64 fills up with. */
const PADDING = 0x3d

let pool = sharedMemory(POOL_BYTES)
let used = 0

/**
 * The bytes of base64 text (RFC 4648, section 4) with its padding; `undefined` for any other text. Ciphertext is read but
 * once, and an event has thousands: their memory is not asked for one by one, which takes longer than decoding.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  const length = decodedLength(text)
  if (length === undefined) return undefined
  if (length > POOLED_BYTES) return written(text, Buffer.allocUnsafeSlow(length), 0, length)
  if (used + length > POOL_BYTES) {
    pool = sharedMemory(POOL_BYTES)
    used = 0
  }
  const bytes = written(text, pool, used, length)
  if (bytes !== undefined) used += length
  return bytes
}

/** What it would be; `undefined` for what cannot be base64 with its padding. */
export function decodedLength(text: string): number | undefined {
  const { length } = text
  if (length % 4 !== 0) return undefined
  const padding =
    text.charCodeAt(length - 1) !== PADDING ? 0 : text.charCodeAt(length - 2) !== PADDING ? 1 : 2
  return (length / 4) * 3 - padding
}

let lastText: string | undefined
let lastBytes: Buffer | undefined

/**
 * The same, of a text that comes again and again, as the envelope of all items under one data key. The bytes are shared: for
 * who only reads them.
 */
export function fromBase64Again(text: string): Buffer | undefined {
  if (text !== lastText) {
    const bytes = fromBase64(text)
    lastBytes = bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    lastText = text
  }
  return lastBytes
}

/** What is no base64 is passed over, and makes it shorter. There has to be room for all of it. */
export function isWritten(text: string, into: Buffer, at: number, length: number): boolean {
  return into.write(text, at, length, 'base64') === length
}

function written(text: string, into: Buffer, at: number, length: number): Uint8Array | undefined {
  return isWritten(text, into, at, length) ? new Uint8Array(into.buffer, at, length) : undefined
}
