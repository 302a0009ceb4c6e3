import { hash, timingSafeEqual } from 'node:crypto'
import { Writer } from '@dynaseal/core/formats'
import type { SignedField } from './fields.js'
import type { AlgorithmSuite } from './header.js'
import { RECIPIENT_TAG_BYTES } from './intermediateKeys.js'
import { SIGNATURE_BYTES } from './signature.js'

const ENCRYPTED = Buffer.from('ENCRYPTED', 'latin1')
const PLAINTEXT = Buffer.from('PLAINTEXT', 'latin1')

/** How long a footer is: a tag for each recipient, and the signature where the suite has one. */
export function footerBytes(recipients: number, suite: AlgorithmSuite): number {
  return recipients * RECIPIENT_TAG_BYTES + (suite === '0x6701' ? SIGNATURE_BYTES : 0)
}

/** What is signed of one item. Empty between two calls. */
const scratch = new Writer(8192)

/**
 * The SHA-384 of all that the footer signs (structured-encryption/footer.md, "Canonical Record"): the whole header, the
 * whole encryption context, and each signed attribute with its path.
 *
 * @param fields in the order of their paths, with the bytes that are stored of encrypted ones
 */
export function digestOf(header: Uint8Array, context: Uint8Array, fields: readonly SignedField[]): Buffer {
  scratch.bytes(header)
  writeLength(context.length)
  scratch.bytes(context)
  for (const { path, letter, bytes } of fields) {
    scratch.bytes(path)
    // The length is that of the value; the type id is not counted, but signed.
    writeLength(bytes.length - 2)
    scratch.bytes(letter === 'e' ? ENCRYPTED : PLAINTEXT)
    scratch.bytes(bytes)
  }
  const digest = hash('sha384', scratch.written(), 'buffer')
  scratch.clear()
  return digest
}

function writeLength(length: number): void {
  scratch.u32(0)
  scratch.u32(length)
}

/** Whether one of the recipients' tags in a footer is `tag`. */
export function hasTag(footer: Buffer, recipients: number, tag: Buffer): boolean {
  let found = false
  for (let index = 0; index < recipients; index++) {
    const start = index * RECIPIENT_TAG_BYTES
    if (timingSafeEqual(footer.subarray(start, start + RECIPIENT_TAG_BYTES), tag)) found = true
  }
  return found
}
