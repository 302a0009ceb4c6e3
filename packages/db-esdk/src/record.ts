import { hash } from 'node:crypto'
import type { AttributeValue } from '@dynaseal/core'
import { copyLatin1, type Writer, writeValue } from '@dynaseal/core/formats'
import { LEVELS_OF_ITEM, type SignedField } from './fields.js'
import { borrowWriter, returnWriter } from './writers.js'

/** What stands between path and value: room for the value's length, and whether it is encrypted. */
const ENCRYPTED = Buffer.concat([Buffer.alloc(8), Buffer.from('ENCRYPTED', 'latin1')])
const PLAINTEXT = Buffer.concat([Buffer.alloc(8), Buffer.from('PLAINTEXT', 'latin1')])
const DIGEST_BYTES = 48
const LABEL_BYTES = 9
/** Stands behind the length of a value and is not counted: that, and its type id. */
const UNCOUNTED_BYTES = LABEL_BYTES + 2

/** The signed attributes of one item, in the order of their paths. */
export class CanonicalRecord {
  readonly #writer: Writer

  constructor(writer: Writer) {
    this.#writer = writer
  }

  /** With the bytes that are stored of one that is encrypted. */
  add({ path, letter, bytes }: SignedField): void {
    const start = this.#begin(path, letter === 'e' ? ENCRYPTED : PLAINTEXT)
    this.#writer.bytes(bytes)
    this.#writer.endLength(start, UNCOUNTED_BYTES)
  }

  /** @throws {SealError} for what is no value; not placed */
  addPlaintext(path: Buffer, value: AttributeValue): void {
    const start = this.#begin(path, PLAINTEXT)
    writeValue(this.#writer, value, LEVELS_OF_ITEM)
    this.#writer.endLength(start, UNCOUNTED_BYTES)
  }

  /** @returns where the length ends */
  #begin(path: Buffer, lengthAndLabel: Buffer): number {
    this.#writer.bytes(path)
    this.#writer.bytes(lengthAndLabel)
    return this.#writer.length - LABEL_BYTES
  }
}

/**
 * The SHA-384 of all that the footer signs (structured-encryption/footer.md, "Canonical Record"): the whole header, the
 * whole encryption context, and each signed attribute with its path.
 *
 * @param addFields in the order of their paths
 */
export function digestOf(
  header: Uint8Array,
  context: Uint8Array,
  addFields: (record: CanonicalRecord) => void,
): Buffer {
  const writer = borrowWriter()
  try {
    writer.bytes(header)
    // Eight bytes, whose first four are zero.
    writer.u32(0)
    const start = writer.beginLength()
    writer.bytes(context)
    writer.endLength(start)
    addFields(new CanonicalRecord(writer))
    const digest = Buffer.allocUnsafe(DIGEST_BYTES)
    copyLatin1(digest, hash('sha384', writer.written(), 'binary'))
    return digest
  } finally {
    returnWriter(writer)
  }
}
