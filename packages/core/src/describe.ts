import { types } from 'node:util'
import { asBuffer, plainBytes, Reader } from './bytes/reader.js'
import type { EncryptedDataKeyEntry } from './dataKeyCache/keyring.js'
import { type Envelope, parseEnvelope, parseEnvelopeAttribute } from './envelope/envelope.js'
import {
  ENVELOPE_TAG_BYTES,
  isOfFormat2,
  LEAST_BOX_BYTES,
  MARKER_BYTES,
  malformed,
  NONCE_BYTES,
  SHORT_HEADER_BYTES,
  Shape,
  shapeOf,
  TAG_BYTES,
} from './envelope/layout.js'
import { FieldError } from './errors.js'
import { LOCATION_BYTES } from './location.js'
import { parseEncryptedDataKeys } from './materials/encryptedDataKeys.js'
import { parseBody } from './message/body.js'
import { malformed as malformedMessage, parseHeader } from './message/header.js'
import {
  COMMITMENT_BYTES,
  CONTEXT_OFFSET,
  MESSAGE_ID_BYTES,
  MESSAGE_ID_OFFSET,
  SIGNED_SUITE_ID,
  SUITE_ID,
} from './message/suite.js'

/** What stored bytes say of themselves. Whoever wrote them wrote this: nothing of it has been authenticated. */
export interface StoredDescription {
  readonly format: 1 | 2
  /** `message` is format 1; `envelope` is no field, but the attribute that short fields need beside them. */
  readonly form: 'message' | 'short' | 'full' | 'envelope'
  /** All of them. */
  readonly bytes: number
  /** Bytes of the serialized value, without its type id. None in an envelope. */
  readonly valueBytes?: number
  /** None in a short field: they are in the item's envelope. */
  readonly encryptedDataKeys?: readonly EncryptedDataKeyEntry[]
  /** The encryption context, which format 1 stores. */
  readonly context?: Readonly<Record<string, string>>
  /** The first 4 bytes of the context's SHA-256, in hex, of format 2. */
  readonly contextTag?: string
  /** The commitment to the data key, in hex. Of a short field, the first 3 bytes of that of its envelope. */
  readonly commitment: string
  /** In hex, of format 1. */
  readonly messageId?: string
  /** The algorithm suite of format 1: 0x0478, or 0x0578, which is signed. */
  readonly suite?: number
}

/**
 * Takes stored bytes apart, without any key.
 *
 * @throws {FieldError} `not-a-message`, `unsupported-suite`, `unsupported-version` or `malformed-message`
 * @example
 * const { format, encryptedDataKeys } = describeStored(item.ssn.B)
 * for (const { providerId, providerInfo } of encryptedDataKeys ?? []) console.log(format, providerId, providerInfo)
 */
export function describeStored(stored: Uint8Array): StoredDescription {
  if (!types.isUint8Array(stored))
    throw new FieldError('not-a-message', 'it is no Uint8Array: give the bytes of a Binary attribute.')
  const plain = plainBytes(stored)
  // Most are, and tables have millions of them.
  if (shapeOf(plain) === Shape.SHORT) return ofShort(plain)
  const bytes = asBuffer(plain)
  return isOfFormat2(bytes) ? ofFormat2(bytes) : ofMessage(bytes)
}

/** Of the short field before: most fields are under the same envelope. */
let lastTag = -1
let lastCommitment = ''

function ofShort(bytes: Uint8Array): StoredDescription {
  const valueBytes = boxed(bytes, SHORT_HEADER_BYTES)
  let tag = 0
  for (let index = MARKER_BYTES; index < SHORT_HEADER_BYTES; index++) tag = tag * 256 + bytes[index]!
  if (tag !== lastTag) {
    lastTag = tag
    lastCommitment = tag.toString(16).padStart(2 * ENVELOPE_TAG_BYTES, '0')
  }
  return { format: 2, form: 'short', bytes: bytes.length, valueBytes, commitment: lastCommitment }
}

function ofFormat2(bytes: Buffer): StoredDescription {
  switch (shapeOf(bytes)) {
    case Shape.ENVELOPE: {
      const envelope = parseEnvelopeAttribute(bytes)
      return { format: 2, form: 'envelope', bytes: bytes.length, ...ofEnvelope(envelope) }
    }
    case Shape.FULL: {
      const envelope = parseEnvelope(bytes)
      const valueBytes = boxed(bytes, envelope.end)
      return { format: 2, form: 'full', bytes: bytes.length, valueBytes, ...ofEnvelope(envelope) }
    }
    default:
      throw new FieldError(
        'unsupported-version',
        'it was sealed in a form that this software does not know. Update it, or find out what else writes the table.',
      )
  }
}

function ofEnvelope(envelope: Envelope) {
  const { bytes, encryptedDataKeysStart, encryptedDataKeysEnd, commitmentStart, end } = envelope
  return {
    encryptedDataKeys: parseEncryptedDataKeys(bytes.subarray(encryptedDataKeysStart, encryptedDataKeysEnd)),
    contextTag: hex(bytes, MARKER_BYTES, encryptedDataKeysStart),
    commitment: hex(bytes, commitmentStart, end),
  }
}

const TYPE_ID_BYTES = 2

/** The value's bytes in a box that ends the field. */
function boxed(bytes: Uint8Array, start: number): number {
  const length = bytes.length - start
  if (length < LEAST_BOX_BYTES) throw malformed('they end too early')
  return length - NONCE_BYTES - TAG_BYTES - TYPE_ID_BYTES
}

/** Version and location come before the value. */
const BEFORE_VALUE_BYTES = 1 + LOCATION_BYTES + TYPE_ID_BYTES

function ofMessage(bytes: Buffer): StoredDescription {
  const header = parseHeader(bytes, true)
  const { signed, encryptedDataKeysStart, encryptedDataKeysEnd, commitmentStart } = header
  const content = parseBody(header).reduce((sum, block) => sum + block.contentEnd - block.contentStart, 0)
  return {
    format: 1,
    form: 'message',
    bytes: bytes.length,
    valueBytes: Math.max(0, content - BEFORE_VALUE_BYTES),
    encryptedDataKeys: parseEncryptedDataKeys(bytes.subarray(encryptedDataKeysStart, encryptedDataKeysEnd)),
    context: contextPairs(bytes, encryptedDataKeysStart),
    commitment: hex(bytes, commitmentStart, commitmentStart + COMMITMENT_BYTES),
    messageId: hex(bytes, MESSAGE_ID_OFFSET, MESSAGE_ID_OFFSET + MESSAGE_ID_BYTES),
    suite: signed ? SIGNED_SUITE_ID : SUITE_ID,
  }
}

/** As it stands in a message: `length(2) count(2)`, then per pair `length(2) key length(2) value`. */
function contextPairs(message: Buffer, end: number): Record<string, string> {
  const reader = new Reader(
    message,
    () => malformedMessage('its context ends too early'),
    CONTEXT_OFFSET,
    end,
  )
  const text = () => reader.view(reader.u16()).toString('utf8')
  const pairs: [string, string][] = []
  if (reader.u16() > 0) for (let left = reader.u16(); left > 0; left--) pairs.push([text(), text()])
  return Object.fromEntries(pairs)
}

function hex(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('hex', start, end)
}
