import type { EncryptedDataKeyEntry } from '@dynaseal/core/formats'

/** Bytes that {@link writeKeys} writes. */
export function keysLength(entries: readonly EncryptedDataKeyEntry[]): number {
  let length = 0
  for (const { providerId, providerInfo, rawInfo, encryptedDataKey } of entries)
    length +=
      6 +
      Buffer.byteLength(providerId, 'utf8') +
      (rawInfo?.length ?? Buffer.byteLength(providerInfo, 'utf8')) +
      encryptedDataKey.length
  return length
}

/**
 * Writes `length(2) provider id length(2) provider information length(2) encrypted data key` for each, as headers of items and
 * messages of the AWS Encryption SDK have them.
 *
 * @returns where they end
 * @throws {RangeError} for what is longer than a length says
 */
export function writeKeys(bytes: Buffer, start: number, entries: readonly EncryptedDataKeyEntry[]): number {
  let position = start
  for (const { providerId, providerInfo, rawInfo, encryptedDataKey } of entries) {
    position = writeText(bytes, position, providerId)
    position =
      rawInfo === undefined ? writeText(bytes, position, providerInfo) : writeBytes(bytes, position, rawInfo)
    position = writeBytes(bytes, position, encryptedDataKey)
  }
  return position
}

function writeText(bytes: Buffer, position: number, text: string): number {
  const start = bytes.writeUInt16BE(Buffer.byteLength(text, 'utf8'), position)
  return start + bytes.write(text, start, 'utf8')
}

function writeBytes(bytes: Buffer, position: number, part: Uint8Array): number {
  const start = bytes.writeUInt16BE(part.length, position)
  bytes.set(part, start)
  return start + part.length
}
