import { hash } from 'node:crypto'
import type { AttributeValue } from '@dynaseal/core'
import { copyLatin1, type Writer, writeValue } from '@dynaseal/core/formats'
import { LEVELS_OF_ITEM, type SignedField } from './fields.js'
import { borrowWriter, returnWriter } from './writers.js'

const ENCRYPTED = Buffer.from('ENCRYPTED', 'latin1')
const PLAINTEXT = Buffer.from('PLAINTEXT', 'latin1')
const DIGEST_BYTES = 48
/** Stands between the length of a value and the value, and is not counted: whether it is encrypted, and its type id. */
const UNCOUNTED_BYTES = PLAINTEXT.length + 2

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

  #begin(path: Buffer, label: Buffer): number {
    this.#writer.bytes(path)
    const start = beginLength(this.#writer)
    this.#writer.bytes(label)
    return start
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
    const start = beginLength(writer)
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

/** A length of eight bytes, whose first four are zero. */
function beginLength(writer: Writer): number {
  writer.u32(0)
  return writer.beginLength()
}
