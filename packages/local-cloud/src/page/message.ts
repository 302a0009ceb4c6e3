/*
 * Reads what stands in the clear of an AWS Encryption SDK message, and keeps nothing else. After the
 * aws-encryption-sdk-specification, data-format/message-header.md, message-body.md and message-footer.md; the suites
 * are those of framework/algorithm-suites.md. It authenticates nothing.
 */

import { Cursor, ifRead, require, text } from './cursor.js'
import { type EncryptedDataKey, readDataKeys } from './dataKeys.js'

export interface EncryptedMessage {
  readonly version: 1 | 2
  readonly suite: Suite
  /** Hex. */
  readonly messageId: string
  /** In the order of the message. */
  readonly encryptionContext: readonly (readonly [name: string, value: string])[]
  readonly dataKeys: readonly EncryptedDataKey[]
  /** Unframed content is one block. */
  readonly contentType: 'framed' | 'unframed'
  /** Bytes; 0 when unframed. */
  readonly frameLength: number
  readonly frames: number
  /** Bytes, of the header with its authentication tag. */
  readonly headerLength: number
  /** Bytes of plaintext, which are as many of ciphertext. */
  readonly contentLength: number
  /** Bytes, all in all. */
  readonly length: number
}

export interface Suite {
  /** For example 0x0478. */
  readonly id: number
  readonly name: string
  readonly version: 1 | 2
  readonly signed: boolean
}

const suites: readonly Suite[] = [
  { id: 0x0014, name: 'AES-128-GCM', version: 1, signed: false },
  { id: 0x0046, name: 'AES-192-GCM', version: 1, signed: false },
  { id: 0x0078, name: 'AES-256-GCM', version: 1, signed: false },
  { id: 0x0114, name: 'AES-128-GCM, HKDF-SHA-256', version: 1, signed: false },
  { id: 0x0146, name: 'AES-192-GCM, HKDF-SHA-256', version: 1, signed: false },
  { id: 0x0178, name: 'AES-256-GCM, HKDF-SHA-256', version: 1, signed: false },
  { id: 0x0214, name: 'AES-128-GCM, HKDF-SHA-256, ECDSA P-256', version: 1, signed: true },
  { id: 0x0346, name: 'AES-192-GCM, HKDF-SHA-384, ECDSA P-384', version: 1, signed: true },
  { id: 0x0378, name: 'AES-256-GCM, HKDF-SHA-384, ECDSA P-384', version: 1, signed: true },
  { id: 0x0478, name: 'AES-256-GCM, HKDF-SHA-512, key commitment', version: 2, signed: false },
  { id: 0x0578, name: 'AES-256-GCM, HKDF-SHA-512, key commitment, ECDSA P-384', version: 2, signed: true },
]

/** The same for every suite. */
const IV_LENGTH = 12
const TAG_LENGTH = 16

/** Suite data of the suites of version 2: the commitment. */
const COMMITMENT_LENGTH = 32

/** `Customer Authenticated Encrypted Data`, the only type of version 1. */
const TYPE = 0x80

const UNFRAMED = 1
const FRAMED = 2
const FINAL_FRAME = 0xffffffff

/** Undefined for bytes that are not one message, to the last byte. */
export function readMessage(bytes: Uint8Array): EncryptedMessage | undefined {
  return ifRead(bytes, read)
}

function read(bytes: Cursor): EncryptedMessage {
  const version = bytes.uint(1)
  if (version === 1) require(bytes.uint(1) === TYPE)
  const id = bytes.uint(2)
  const suite = suites.find(one => one.id === id && one.version === version)
  require(suite !== undefined)
  const messageId = bytes.take(version === 1 ? 16 : 32).toString('hex')
  const encryptionContext = readContext(new Cursor(bytes.take(bytes.uint(2))))
  const dataKeys = readDataKeys(bytes)
  const contentType = bytes.uint(1)
  require(contentType === UNFRAMED || contentType === FRAMED)
  if (version === 1) require(bytes.uint(4) === 0 && bytes.uint(1) === IV_LENGTH)
  const frameLength = bytes.uint(4)
  require(frameLength > 0 === (contentType === FRAMED))
  bytes.take(version === 1 ? IV_LENGTH + TAG_LENGTH : COMMITMENT_LENGTH + TAG_LENGTH)
  const headerLength = bytes.offset
  const { frames, contentLength } = contentType === FRAMED ? skipFrames(bytes, frameLength) : skipBlock(bytes)
  if (suite.signed) bytes.take(bytes.uint(2))
  return {
    version: suite.version,
    suite,
    messageId,
    encryptionContext,
    dataKeys,
    contentType: contentType === FRAMED ? 'framed' : 'unframed',
    frameLength,
    frames,
    headerLength,
    contentLength,
    length: bytes.offset,
  }
}

function readContext(bytes: Cursor): [string, string][] {
  if (bytes.rest === 0) return []
  const pairs = Array.from({ length: bytes.uint(2) }, (): [string, string] => [
    text(bytes.take(bytes.uint(2))),
    text(bytes.take(bytes.uint(2))),
  ])
  require(bytes.rest === 0)
  return pairs
}

function skipFrames(bytes: Cursor, frameLength: number): { frames: number; contentLength: number } {
  for (let frames = 1; ; frames++) {
    const sequenceNumber = bytes.uint(4)
    const isFinal = sequenceNumber === FINAL_FRAME
    require((isFinal ? bytes.uint(4) : sequenceNumber) === frames)
    bytes.take(IV_LENGTH)
    const length = isFinal ? bytes.uint(4) : frameLength
    require(length <= frameLength)
    bytes.take(length + TAG_LENGTH)
    if (isFinal) return { frames, contentLength: (frames - 1) * frameLength + length }
  }
}

function skipBlock(bytes: Cursor): { frames: number; contentLength: number } {
  bytes.take(IV_LENGTH)
  const contentLength = bytes.uint(4) * 2 ** 32 + bytes.uint(4)
  bytes.take(contentLength + TAG_LENGTH)
  return { frames: 1, contentLength }
}
