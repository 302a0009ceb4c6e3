import { isUtf8 } from 'node:buffer'
import { Reader } from '../bytes/reader.js'
import { FieldError } from '../errors.js'
import { MAX_CONTEXT_BYTES, MAX_CONTEXT_PAIRS, MAX_MESSAGE_BYTES } from '../limits.js'
import { TABLE_KEY } from '../materials/context.js'
import { skipEncryptedDataKeys } from '../materials/encryptedDataKeys.js'
import {
  COMMITMENT_BYTES,
  CONTEXT_OFFSET,
  ContentType,
  FORMAT_VERSION,
  MESSAGE_ID_BYTES,
  MESSAGE_ID_OFFSET,
  SIGNED_SUITE_ID,
  SUITE_ID,
  TAG_BYTES,
  UNCOMMITTED,
} from './suite.js'

/**
 * Where the parts of a message begin and end. Offsets instead of views: a page of results has
 * thousands of headers, all parsed before the first data key arrives.
 */
export interface Header {
  readonly message: Buffer
  /** Of the signed suite: a signature follows the body. */
  readonly signed: boolean
  /** The context starts at CONTEXT_OFFSET, with its length; the encrypted data keys follow, with their count. */
  readonly encryptedDataKeysStart: number
  readonly encryptedDataKeysEnd: number
  readonly contentType: number
  readonly frameLength: number
  readonly commitmentStart: number
  /** End of what the header's tag authenticates; the tag starts here. */
  readonly end: number
}

/**
 * Reads a message up to its header's tag. Nothing is authenticated yet.
 *
 * @param allowSigned whether a message of the signed suite is taken, too
 * @throws {FieldError} `not-a-message`, `unsupported-suite` or `malformed-message`
 */
export function parseHeader(message: Buffer, allowSigned = false): Header {
  const signed = checkSuite(message, allowSigned)
  if (message.length > MAX_MESSAGE_BYTES) throw malformed(`it is longer than ${MAX_MESSAGE_BYTES} bytes`)
  const reader = new Reader(message, truncated, MESSAGE_ID_OFFSET)
  reader.skip(MESSAGE_ID_BYTES)
  const contextLength = reader.u16()
  if (contextLength > MAX_CONTEXT_BYTES)
    throw malformed(`its context is longer than ${MAX_CONTEXT_BYTES} bytes`)
  const contextStart = reader.skip(contextLength)
  if (contextLength >= 2 && u16(message, contextStart) > maxContextPairs(signed))
    throw malformed(`its context has more than ${MAX_CONTEXT_PAIRS} pairs`)
  const encryptedDataKeysStart = reader.position
  skipEncryptedDataKeys(reader, malformed)
  const encryptedDataKeysEnd = reader.position
  const contentType = reader.u8()
  const frameLength = reader.u32()
  checkContentType(contentType, frameLength)
  const commitmentStart = reader.skip(COMMITMENT_BYTES)
  const end = reader.position
  reader.skip(TAG_BYTES)
  return {
    message,
    signed,
    encryptedDataKeysStart,
    encryptedDataKeysEnd,
    contentType,
    frameLength,
    commitmentStart,
    end,
  }
}

/** Whether the message is of the signed suite. */
function checkSuite(message: Buffer, allowSigned: boolean): boolean {
  const suite =
    message.length < MESSAGE_ID_OFFSET || message[0] !== FORMAT_VERSION ? undefined : message.readUInt16BE(1)
  if (suite === SUITE_ID) return false
  if (suite === SIGNED_SUITE_ID) {
    if (allowSigned) return true
    throw new FieldError(
      'unsupported-suite',
      "it is an AWS Encryption SDK message of the signed suite 0x0578. Where such messages are expected, allow them with the option allowSuites: ['0x0578'].",
    )
  }
  if (isUncommitted(message)) {
    throw new FieldError(
      'unsupported-suite',
      'it is an AWS Encryption SDK message of format 1, whose suites lack key commitment: such messages are never opened. Whoever wrote it has to write it again with suite 0x0478.',
    )
  }
  throw notSealed()
}

/** Of bytes that have the form of no format. */
export function notSealed(): FieldError {
  return new FieldError(
    'not-a-message',
    'the stored bytes are no sealed value. Was the item written before the attribute was sealed, by software that does not seal it, or by a client with another format?',
  )
}

function checkContentType(contentType: number, frameLength: number): void {
  if (contentType === ContentType.FRAMED) {
    if (frameLength === 0) throw malformed('its frames have no length')
  } else if (contentType === ContentType.UNFRAMED) {
    if (frameLength !== 0) throw malformed('it has a frame length but no frames')
  } else {
    throw malformed('its content type is unknown')
  }
}

/** The context of a signed message has its public key besides. */
function maxContextPairs(signed: boolean): number {
  return signed ? MAX_CONTEXT_PAIRS + 1 : MAX_CONTEXT_PAIRS
}

/**
 * Whether bytes look like a sealed value: an AWS Encryption SDK message whose encryption context names a table of
 * ours. Cheap, authenticates nothing, never throws. A message of a suite that is not allowed is one, too: it is
 * ciphertext, and no binary value.
 */
export function isMessage(bytes: Uint8Array): boolean {
  if (!(bytes instanceof Uint8Array)) return false
  const start = contextOffset(bytes)
  if (start === undefined) return false
  // A length that is not there is not a number, and no comparison with it is true.
  const end = start + 2 + u16(bytes, start)
  if (!(end <= bytes.length)) return false
  const count = u16(bytes, start + 2)
  if (count > maxContextPairs(true)) return false
  let position = start + 4
  for (let pair = 0; pair < count; pair++) {
    const keyStart = position + 2
    const keyEnd = keyStart + u16(bytes, position)
    const valueEnd = keyEnd + 2 + u16(bytes, keyEnd)
    if (!(valueEnd <= end)) return false
    if (isTableKey(bytes, keyStart, keyEnd)) return isUtf8(bytes.subarray(keyEnd + 2, valueEnd))
    position = valueEnd
  }
  return false
}

function contextOffset(bytes: Uint8Array): number | undefined {
  if (bytes[0] === FORMAT_VERSION) {
    const suite = u16(bytes, 1)
    return suite === SUITE_ID || suite === SIGNED_SUITE_ID ? CONTEXT_OFFSET : undefined
  }
  return isUncommitted(bytes) ? UNCOMMITTED.contextOffset : undefined
}

function isUncommitted(bytes: Uint8Array): boolean {
  const { version, type, suiteIds, suiteOffset } = UNCOMMITTED
  const suite = u16(bytes, suiteOffset)
  return bytes[0] === version && bytes[1] === type && suiteIds.some(id => id === suite)
}

function isTableKey(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== TABLE_KEY.length) return false
  for (let index = 0; index < TABLE_KEY.length; index++) {
    if (bytes[start + index] !== TABLE_KEY.charCodeAt(index)) return false
  }
  return true
}

function u16(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! * 256 + bytes[offset + 1]!
}

function truncated(): FieldError {
  return malformed('it ends too early')
}

/** The error for a message whose parts do not add up. */
export function malformed(what: string): FieldError {
  return new FieldError(
    'malformed-message',
    `the stored message is damaged: ${what}. Restore the attribute from a backup, or write it again.`,
  )
}
