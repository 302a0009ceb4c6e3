import { hash } from 'node:crypto'
import type { AttributeValue } from './attributeValue.js'
import { Writer } from './bytes/writer.js'
import { SealError } from './errors.js'
import type { AttributePath } from './format.js'
import { normalizeNumber } from './value/number.js'
import { TypeId } from './value/typeIds.js'

const DOMAIN = Buffer.from('dynaseal:location:v1', 'ascii')

const MAP_KEY = 0x00
/** Stands for every position in a list: elements move when others are removed. */
const LIST_POSITION = 0x01

/** Bytes of a location's hash. */
export const LOCATION_BYTES = 32

/**
 * The bytes that say where a value stands: logical table, primary key and attribute path, each field
 * with its length before it, so that no two places share them. `docs/format.md` has the layout.
 *
 * @throws {SealError} `invalid-location`
 */
export function canonicalLocation(
  table: string,
  key: Readonly<Record<string, AttributeValue>>,
  path: AttributePath,
): Uint8Array {
  const writer = new Writer(256)
  writeItem(writer, table, key)
  writePath(writer, path)
  return Uint8Array.from(writer.written())
}

/** SHA-256 of {@link canonicalLocation}, 32 bytes: what a sealed value carries. */
export function locationHash(
  table: string,
  key: Readonly<Record<string, AttributeValue>>,
  path: AttributePath,
): Uint8Array {
  return new ItemLocation(table, key).hash(path)
}

/** The location of one item, which its fields share; only the path differs. */
export class ItemLocation {
  readonly #writer = new Writer(256)
  readonly #itemLength: number

  /** @throws {SealError} `invalid-location` */
  constructor(table: string, key: Readonly<Record<string, AttributeValue>>) {
    writeItem(this.#writer, table, key)
    this.#itemLength = this.#writer.length
  }

  /** @throws {SealError} `invalid-location` */
  hash(path: AttributePath): Buffer {
    try {
      writePath(this.#writer, path)
      return hash('sha256', this.#writer.written(), 'buffer')
    } finally {
      this.#writer.truncate(this.#itemLength)
    }
  }
}

function writeItem(writer: Writer, table: string, key: Readonly<Record<string, AttributeValue>>): void {
  writer.bytes(DOMAIN)
  writeText(writer, table, 'the table name')
  const attributes = Object.entries(key)
    .map(([name, value]) => ({ name, nameBytes: Buffer.from(name, 'utf8'), value }))
    .sort((a, b) => Buffer.compare(a.nameBytes, b.nameBytes))
  if (attributes.length === 0) {
    throw invalid('the primary key of the item is not known: read the key attributes along with the field')
  }
  writer.u32(attributes.length)
  for (const { name, value } of attributes) {
    writeText(writer, name, 'the name of a key attribute')
    writeKeyValue(writer, value)
  }
}

function writeKeyValue(writer: Writer, value: AttributeValue): void {
  const { S, N, B } = (value ?? {}) as { S?: unknown; N?: unknown; B?: unknown }
  if (typeof S === 'string') {
    writer.u16(TypeId.S)
    writeText(writer, S, 'a key attribute')
  } else if (typeof N === 'string') {
    writer.u16(TypeId.N)
    const start = writer.beginLength()
    writer.text(normalizedKey(N))
    writer.endLength(start)
  } else if (B instanceof Uint8Array) {
    writer.u16(TypeId.B)
    writer.u32(B.length)
    writer.bytes(B)
  } else {
    throw invalid('a key attribute is none of the types that DynamoDB keys have (S, N or B)')
  }
}

function normalizedKey(number: string): string {
  try {
    return normalizeNumber(number)
  } catch {
    throw invalid('a key attribute of type N is not a number that DynamoDB can hold')
  }
}

function writePath(writer: Writer, path: AttributePath): void {
  if (typeof path[0] !== 'string') throw invalid('an attribute path begins with the name of an attribute')
  writer.u32(path.length)
  for (const step of path) {
    if (typeof step === 'string') {
      writer.u8(MAP_KEY)
      writeText(writer, step, 'an attribute path')
    } else if (Number.isInteger(step) && step >= 0) {
      writer.u8(LIST_POSITION)
    } else {
      throw invalid('a step of an attribute path is neither a map key nor a list position')
    }
  }
}

function writeText(writer: Writer, value: unknown, what: string): void {
  if (typeof value !== 'string' || value === '' || !value.isWellFormed()) {
    throw invalid(`${what} is empty or not a well-formed string`)
  }
  const start = writer.beginLength()
  writer.text(value)
  writer.endLength(start)
}

function invalid(what: string): SealError {
  return new SealError('invalid-location', `${what}.`)
}
