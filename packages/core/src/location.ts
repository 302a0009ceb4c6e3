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
  return Buffer.from(new ItemLocation(table, key).hash(path), 'latin1')
}

/** What is hashed. Empty between two calls. */
const scratch = new Writer(256)

/** A getter in the caller's key may come back here in the middle of a call, when the scratch is in use. */
function freeWriter(): Writer {
  return scratch.length === 0 ? scratch : new Writer(256)
}

/** The location of one item, which its fields share; only the path differs. */
export class ItemLocation {
  /** The canonical item location, without a path. */
  readonly item: Uint8Array

  /** @throws {SealError} `invalid-location` */
  constructor(table: string, key: Readonly<Record<string, AttributeValue>>) {
    const writer = freeWriter()
    try {
      writeItem(writer, table, key)
      this.item = new Uint8Array(writer.written())
    } finally {
      writer.clear()
    }
  }

  /**
   * Its bytes as characters, which take less to make than a buffer.
   * @throws {SealError} `invalid-location`
   */
  hash(path: AttributePath): string {
    const writer = freeWriter()
    try {
      writer.bytes(this.item)
      writePath(writer, path)
      return hash('sha256', writer.written(), 'binary')
    } finally {
      writer.clear()
    }
  }
}

function writeItem(writer: Writer, table: string, key: Readonly<Record<string, AttributeValue>>): void {
  if (typeof key !== 'object' || key === null)
    throw invalid('the primary key is no object of attribute values')
  const names = Object.keys(key)
  if (names.length > 1) names.sort((a, b) => Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8')))
  // What is inherited would not be bound to.
  for (const name in key) if (!Object.hasOwn(key, name)) throw invalid('a key attribute is inherited')
  if (names.length === 0) {
    throw invalid('the primary key of the item is not known: read the key attributes along with the field')
  }
  if (names.length > 2)
    throw invalid('a primary key has one attribute or two, and no other attributes beside it')
  writeHead(writer, table, names)
  writeKeyValue(writer, key[names[0]!])
  for (let index = 1; index < names.length; index++) {
    writeText(writer, names[index], 'the name of a key attribute')
    writeKeyValue(writer, key[names[index]!])
  }
}

/** What comes before the first value of a key: the same for all items of a table, so that of the last one is kept. */
let lastHead:
  | { readonly table: string; readonly names: number; readonly first: string; readonly bytes: Uint8Array }
  | undefined
/** Names come from tables, too. */
const LONGEST_HEAD = 512

function writeHead(writer: Writer, table: string, names: readonly string[]): void {
  const first = names[0]!
  const last = lastHead
  if (last !== undefined && last.table === table && last.names === names.length && last.first === first) {
    writer.bytes(last.bytes)
    return
  }
  writer.bytes(DOMAIN)
  writeText(writer, table, 'the table name')
  writer.u32(names.length)
  writeText(writer, first, 'the name of a key attribute')
  if (writer.length <= LONGEST_HEAD)
    lastHead = { table, names: names.length, first, bytes: new Uint8Array(writer.written()) }
}

function writeKeyValue(writer: Writer, value: AttributeValue | undefined): void {
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
    throw invalid(
      'a key attribute is no string, number or binary value. A document client takes it plainly, and not as { S: … }',
    )
  }
}

function normalizedKey(number: string): string {
  try {
    return normalizeNumber(number)
  } catch {
    throw invalid('a key attribute of type N is not a number that DynamoDB can hold')
  }
}

/** @throws {SealError} `invalid-location` */
export function writePath(writer: Writer, path: AttributePath): void {
  // A text is a list of characters, too.
  if (!Array.isArray(path) || typeof path[0] !== 'string')
    throw invalid('an attribute path begins with the name of an attribute')
  writer.u32(path.length)
  // By index: what an iterator makes for each step is more garbage than the step.
  for (let index = 0; index < path.length; index++) {
    const step: unknown = path[index]
    if (typeof step === 'string') {
      writer.u8(MAP_KEY)
      writeText(writer, step, 'an attribute path')
    } else if (Number.isInteger(step) && (step as number) >= 0) {
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
