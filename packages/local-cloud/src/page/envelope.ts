/*
 * Reads what stands in the clear of Dynaseal's format 2, "envelope": after docs/format.md, which is all that it shares
 * with whoever writes it. It authenticates nothing.
 */
import { type Cursor, ifRead, require } from './cursor.js'
import { type EncryptedDataKey, readDataKeys } from './dataKeys.js'

export type EnvelopePart = EnvelopeAttribute | ShortField | FullField

interface Envelope {
  /** Hex: the first bytes of a digest of the encryption context, which is not stored. */
  readonly contextTag: string
  readonly dataKeys: readonly EncryptedDataKey[]
  /** Hex. */
  readonly commitment: string
}

export interface EnvelopeAttribute extends Envelope {
  readonly shape: 'envelope'
  /** Bytes, all in all. */
  readonly length: number
}

export interface ShortField {
  readonly shape: 'short'
  /** Hex: how the commitment of its envelope begins. */
  readonly envelopeTag: string
  /** Bytes of plaintext, which are as many of ciphertext. */
  readonly contentLength: number
  readonly length: number
}

export interface FullField extends Envelope {
  readonly shape: 'full'
  readonly contentLength: number
  readonly length: number
}

const MARKER = 0xda5e
const [ENVELOPE, SHORT, FULL] = [0x20, 0x21, 0x22]
const NONCE_LENGTH = 12
const TAG_LENGTH = 16
/** A type id. */
const LEAST_CONTENT = 2

/** Undefined for bytes that are no part of format 2, to the last byte. */
export function readEnvelopePart(bytes: Uint8Array): EnvelopePart | undefined {
  return ifRead(bytes, read)
}

function read(bytes: Cursor): EnvelopePart {
  const length = bytes.rest
  require(bytes.uint(2) === MARKER)
  switch (bytes.uint(1)) {
    case ENVELOPE:
      return { shape: 'envelope', ...readEnvelope(bytes), length }
    case SHORT:
      return {
        shape: 'short',
        envelopeTag: bytes.take(3).toString('hex'),
        contentLength: skipBox(bytes),
        length,
      }
    case FULL:
      return { shape: 'full', ...readEnvelope(bytes), contentLength: skipBox(bytes), length }
    default:
      return require(false) as never
  }
}

function readEnvelope(bytes: Cursor): Envelope {
  return {
    contextTag: bytes.take(4).toString('hex'),
    dataKeys: readDataKeys(bytes),
    commitment: bytes.take(32).toString('hex'),
  }
}

function skipBox(bytes: Cursor): number {
  const contentLength = bytes.rest - NONCE_LENGTH - TAG_LENGTH
  require(contentLength >= LEAST_CONTENT)
  bytes.take(bytes.rest)
  return contentLength
}
