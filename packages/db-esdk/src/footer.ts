import { hash, timingSafeEqual } from 'node:crypto'
import { copyLatin1 } from '@dynaseal/core/formats'
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

const DIGEST_BYTES = 48
/** Bytes of a length. */
const LENGTH = 8

/** What is signed of one item. */
const scratch = Buffer.alloc(8192)

/**
 * The SHA-384 of all that the footer signs (structured-encryption/footer.md, "Canonical Record"): the whole header, the
 * whole encryption context, and each signed attribute with its path.
 *
 * @param fields in the order of their paths, with the bytes that are stored of encrypted ones
 */
export function digestOf(header: Uint8Array, context: Uint8Array, fields: readonly SignedField[]): Buffer {
  let length = header.length + LENGTH + context.length
  for (const { path, bytes } of fields) length += path.length + LENGTH + ENCRYPTED.length + bytes.length
  const record = length <= scratch.length ? scratch : Buffer.allocUnsafe(length)
  record.set(header)
  let position = writeLength(record, header.length, context.length)
  record.set(context, position)
  position += context.length
  for (const { path, letter, bytes } of fields) {
    record.set(path, position)
    // The length is that of the value; the type id is not counted, but signed.
    position = writeLength(record, position + path.length, bytes.length - 2)
    record.set(letter === 'e' ? ENCRYPTED : PLAINTEXT, position)
    position += ENCRYPTED.length
    record.set(bytes, position)
    position += bytes.length
  }
  const digest = Buffer.allocUnsafe(DIGEST_BYTES)
  copyLatin1(digest, hash('sha384', record.subarray(0, length), 'binary'))
  record.fill(0, 0, length)
  return digest
}

function writeLength(record: Buffer, position: number, length: number): number {
  return record.writeUInt32BE(length, record.writeUInt32BE(0, position))
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
