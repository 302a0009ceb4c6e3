import { isUtf8 } from 'node:buffer'
import { FieldError } from '@dynaseal/core'
import { allocateMessage, type EncryptedDataKeyEntry, Reader } from '@dynaseal/core/formats'
import { COMMITMENT_BYTES } from './commitment.js'
import type { Pairs } from './context.js'
import { keysLength, writeKeys } from './encryptedDataKeys.js'
import { MESSAGE_ID_BYTES } from './keys.js'

export const MAX_RECIPIENTS = 255

/** The algorithm suites: with an ECDSA signature (0x6701, default), and without (0x6700). */
export type AlgorithmSuite = '0x6700' | '0x6701'
const FLAVORS: readonly AlgorithmSuite[] = ['0x6700', '0x6701']

/** The header of a sealed item, taken apart (structured-encryption/header.md). */
export interface Header {
  readonly version: 1 | 2
  readonly suite: AlgorithmSuite
  readonly messageId: Buffer
  /** A letter for each signed attribute. */
  readonly legend: string
  /** The stored part of the encryption context. */
  readonly pairs: Pairs
  readonly encryptedDataKeys: readonly EncryptedDataKeyEntry[]
  /** All but the commitment. */
  readonly body: Buffer
  readonly commitment: Buffer
}

export interface HeaderParts {
  readonly version: 1 | 2
  readonly suite: AlgorithmSuite
  readonly messageId: Buffer
  readonly legend: string
  /** The stored part of the encryption context, serialized. */
  readonly context: Buffer
  readonly encryptedDataKeys: readonly EncryptedDataKeyEntry[]
}

/**
 * A header whose commitment is still to be written, in its last 32 bytes.
 *
 * @throws {RangeError} for an encrypted data key that does not fit
 */
export function layOutHeader(parts: HeaderParts): Buffer {
  const { version, suite, messageId, legend, context, encryptedDataKeys } = parts
  const length =
    2 +
    MESSAGE_ID_BYTES +
    2 +
    legend.length +
    context.length +
    1 +
    keysLength(encryptedDataKeys) +
    COMMITMENT_BYTES
  const header = allocateMessage(length)
  header[0] = version
  header[1] = FLAVORS.indexOf(suite)
  let position = 2 + messageId.copy(header, 2)
  position = header.writeUInt16BE(legend.length, position)
  position += header.write(legend, position, 'latin1')
  position += context.copy(header, position)
  header[position++] = encryptedDataKeys.length
  writeKeys(header, position, encryptedDataKeys)
  return header
}

/** @throws {FieldError} `malformed-message`, `unsupported-version` or `unsupported-suite`; not placed */
export function parseHeader(bytes: Buffer): Header {
  const reader = new Reader(bytes, () => malformed('it ends too early'))
  const version = reader.u8()
  if (version !== 1 && version !== 2)
    throw new FieldError('unsupported-version', `its header is of version ${version}, which is not known.`)
  const suite = FLAVORS[reader.u8()]
  if (suite === undefined)
    throw new FieldError(
      'unsupported-suite',
      `its header names an algorithm suite that is none of ${FLAVORS.join(' and ')}.`,
    )
  const messageId = reader.view(MESSAGE_ID_BYTES)
  const legend = latin1(reader, reader.u16())
  if (!/^[esc]+$/.test(legend)) throw malformed('its legend has other letters than e, s and c, or none')
  if (legend.includes('c') !== (version === 2)) throw malformed('its legend is none of its version')
  const pairs = readPairs(reader)
  const encryptedDataKeys = readKeys(reader)
  const body = bytes.subarray(0, reader.position)
  const commitment = reader.view(COMMITMENT_BYTES)
  if (reader.remaining !== 0) throw malformed('bytes follow its end')
  return { version, suite, messageId, legend, pairs, encryptedDataKeys, body, commitment }
}

const NO_KEY: Buffer = Buffer.alloc(0)

function readPairs(reader: Reader): Pairs {
  const pairs: Pairs = {}
  let before = NO_KEY
  for (let count = reader.u16(); count > 0; count--) {
    const key = reader.view(reader.u16())
    // In order after the empty text, which is no key.
    if (Buffer.compare(before, key) >= 0)
      throw malformed('the pairs of its encryption context are not in order')
    before = key
    // Assignment would take "__proto__" for the prototype.
    Object.defineProperty(pairs, utf8(key), {
      value: text(reader, reader.u16()),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  }
  return pairs
}

function readKeys(reader: Reader): EncryptedDataKeyEntry[] {
  const count = reader.u8()
  if (count === 0) throw malformed('it has no encrypted data key')
  const keys: EncryptedDataKeyEntry[] = []
  for (let index = 0; index < count; index++) {
    const providerId = text(reader, reader.u16())
    const rawInfo = reader.view(reader.u16())
    const encryptedDataKey = reader.view(reader.u16())
    keys.push({ providerId, providerInfo: rawInfo.toString('utf8'), rawInfo, encryptedDataKey })
  }
  return keys
}

/** What is ASCII needs no view, which takes longer to make than to read. */
function text(reader: Reader, length: number): string {
  const { position } = reader
  const characters = latin1(reader, length)
  for (let index = 0; index < length; index++)
    if (characters.charCodeAt(index) > 0x7f) return utf8(reader.bytes.subarray(position, position + length))
  return characters
}

function latin1(reader: Reader, length: number): string {
  const start = reader.skip(length)
  return reader.bytes.toString('latin1', start, start + length)
}

function utf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw malformed('a text in it is not UTF-8')
  return bytes.toString('utf8')
}

function malformed(what: string): FieldError {
  return new FieldError(
    'malformed-message',
    `its header is none of the AWS Database Encryption SDK: ${what}. It was changed, or written by other software.`,
  )
}
