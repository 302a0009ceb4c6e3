import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { DocumentClientError } from '../errors.js'

/** A file's bytes, piece by piece: a stream of Node.js or of the web, or one piece in an array. */
export type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>

export interface Line {
  /** The first one is 1. */
  readonly number: number
  readonly text: string
}

/**
 * More than two images of 400 KB, the largest items there are, take as JSON, where a byte may become eight. What is longer was
 * not written by DynamoDB, and is not kept until it ends.
 */
const MAX_LINE_BYTES = 8 * 2 ** 20
const NEWLINE = 0x0a

/**
 * The lines of a file that is text, or text in gzip, and of which no more is in memory than a line and a piece. Empty ones
 * are passed over.
 *
 * @throws {DocumentClientError} `invalid-record` for what is no text, or has no end of a line for too long
 */
export async function* linesOf(file: Bytes): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let number = 0
  let begun: Uint8Array[] = []
  let length = 0
  const end = (): Line | undefined => {
    const bytes = Buffer.concat(begun)
    begun = []
    length = 0
    number++
    if (bytes.length === 0) return undefined
    try {
      return { number, text: decoder.decode(bytes) }
    } catch {
      throw invalidLine(number, 'is not UTF-8')
    }
  }
  for await (const piece of unzipped(file)) {
    let start = 0
    while (start < piece.length) {
      const newline = piece.indexOf(NEWLINE, start)
      const part = piece.subarray(start, newline === -1 ? piece.length : newline)
      begun.push(part)
      length += part.length
      if (length > MAX_LINE_BYTES) throw invalidLine(number + 1, 'is longer than any item')
      if (newline === -1) break
      start = newline + 1
      const line = end()
      if (line !== undefined) yield line
    }
  }
  const last = end()
  if (last !== undefined) yield last
}

function invalidLine(number: number, what: string): DocumentClientError {
  return new DocumentClientError('invalid-record', `Line ${number} of the export ${what}.`)
}

/** The bytes, out of gzip if that is what they begin like: no JSON does. */
async function* unzipped(file: Bytes): AsyncGenerator<Uint8Array> {
  const pieces = checked(file)
  let head = Buffer.alloc(0)
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
    head = Buffer.concat([head, next.value])
    if (head.length >= 2) break
  }
  const all = async function* () {
    yield head
    yield* pieces
  }
  // A file of nothing is no file of DynamoDB: that of an empty partition is gzip of nothing, which has some 20 bytes.
  if (head.length === 0)
    throw new DocumentClientError(
      'invalid-record',
      'The file of the export is empty: it has 0 bytes, and even one without items has some in gzip. Its download was cut off, or it was never written; fetch it again.',
    )
  const isZipped = head[0] === 0x1f && head[1] === 0x8b
  // Its errors come with the iteration, which the pipeline ends for both.
  yield* isZipped ? pipeline(Readable.from(all()), createGunzip(), () => {}) : all()
}

async function* checked(file: Bytes): AsyncGenerator<Uint8Array> {
  const isIterable = Symbol.asyncIterator in Object(file) || Symbol.iterator in Object(file)
  for await (const piece of isIterable ? file : [file]) {
    if (!(piece instanceof Uint8Array))
      throw new DocumentClientError(
        'invalid-record',
        'The file of an export has to come as bytes: give a stream that has no encoding, or [buffer].',
      )
    yield piece
  }
}
