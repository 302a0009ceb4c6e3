import { parseHeader } from '../../src/message/header.js'

/** An encrypted data key as it stands in a message. */
export function encryptedDataKey(providerId: string, providerInfo: string, ciphertext: Uint8Array): Buffer {
  const parts = [Buffer.from(providerId), Buffer.from(providerInfo), ciphertext]
  return Buffer.concat(parts.flatMap(part => [u16(part.length), part]))
}

/** The message with other encrypted data keys in its header, and all the rest as it is. */
export function withDataKeys(message: Uint8Array, encryptedDataKeys: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.from(message)
  const { encryptedDataKeysStart, encryptedDataKeysEnd } = parseHeader(bytes)
  return Buffer.concat([
    bytes.subarray(0, encryptedDataKeysStart),
    u16(encryptedDataKeys.length),
    ...encryptedDataKeys,
    bytes.subarray(encryptedDataKeysEnd),
  ])
}

/** Its encrypted data keys, without their count. */
export function dataKeysOf(message: Uint8Array): Buffer {
  const bytes = Buffer.from(message)
  const { encryptedDataKeysStart, encryptedDataKeysEnd } = parseHeader(bytes)
  return bytes.subarray(encryptedDataKeysStart + 2, encryptedDataKeysEnd)
}

/** Up to the tag of the header: no body follows. */
export function withoutBody(message: Uint8Array): Buffer {
  const bytes = Buffer.from(message)
  return bytes.subarray(0, parseHeader(bytes).end + 16)
}

function u16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff)
}
