import { Reader } from '../bytes/reader.js'
import type { EncryptedDataKeyEntry } from '../dataKeyCache/keyring.js'
import { MAX_ENCRYPTED_DATA_KEYS } from '../limits.js'

/**
 * `count(2)`, then per key `length(2) provider id length(2) provider information length(2) ciphertext`
 * (message-header.md, "Encrypted Data Keys").
 */
export function serializeEncryptedDataKeys(keys: readonly EncryptedDataKeyEntry[]): Buffer {
  const parts = keys.flatMap(({ providerId, providerInfo, rawInfo, encryptedDataKey }) => [
    Buffer.from(providerId, 'utf8'),
    // Provider information is binary; a keyring that has it as such says so in rawInfo.
    rawInfo ?? Buffer.from(providerInfo, 'utf8'),
    encryptedDataKey,
  ])
  if (keys.length === 0 || keys.length > MAX_ENCRYPTED_DATA_KEYS) {
    throw new RangeError(
      `The keyring made ${keys.length} encrypted data keys; 1 to ${MAX_ENCRYPTED_DATA_KEYS} fit.`,
    )
  }
  const bytes = Buffer.allocUnsafeSlow(parts.reduce((sum, part) => sum + 2 + part.length, 2))
  let position = bytes.writeUInt16BE(keys.length, 0)
  for (const part of parts) {
    position = bytes.writeUInt16BE(part.length, position)
    bytes.set(part, position)
    position += part.length
  }
  return bytes
}

/**
 * Moves a reader over encrypted data keys, and checks that they are whole. None of the three parts of one may be empty.
 *
 * @param malformed makes the error for what does not add up
 */
export function skipEncryptedDataKeys(reader: Reader, malformed: (what: string) => Error): void {
  const count = reader.u16()
  if (count === 0) throw malformed('there is no encrypted data key')
  if (count > MAX_ENCRYPTED_DATA_KEYS)
    throw malformed(`there are more than ${MAX_ENCRYPTED_DATA_KEYS} encrypted data keys`)
  for (let part = 0; part < count * 3; part++) {
    const length = reader.u16()
    if (length === 0) throw malformed('a part of an encrypted data key is empty')
    reader.skip(length)
  }
}

/** The keys that {@link skipEncryptedDataKeys} has walked over, as a keyring wants them, in views of `bytes`. */
export function parseEncryptedDataKeys(bytes: Buffer): EncryptedDataKeyEntry[] {
  const reader = new Reader(bytes, () => new RangeError('The encrypted data keys end too early.'))
  const count = reader.u16()
  const keys: EncryptedDataKeyEntry[] = []
  for (let index = 0; index < count; index++) {
    const idLength = reader.u16()
    const idStart = reader.skip(idLength)
    const providerId = bytes.toString('utf8', idStart, idStart + idLength)
    const rawInfo = reader.view(reader.u16())
    const encryptedDataKey = reader.view(reader.u16())
    keys.push({ providerId, providerInfo: rawInfo.toString('utf8'), rawInfo, encryptedDataKey })
  }
  return keys
}

/**
 * The first of those that have provider id and provider information in common, which name the wrapping key
 * (message-header.md, "Encrypted Data Key Entries"). An honest writer encrypts a data key once under each, and each one
 * more would be one more call into KMS.
 */
export function oneOfEachWrappingKey(
  keys: readonly EncryptedDataKeyEntry[],
): readonly EncryptedDataKeyEntry[] {
  if (keys.length === 1) return keys
  const wrappingKeys = new Set<string>()
  return keys.filter(({ providerId, providerInfo, rawInfo }) => {
    const information = rawInfo === undefined ? providerInfo : Buffer.from(rawInfo).toString('latin1')
    const wrappingKey = `${providerId.length}:${providerId}${information}`
    if (wrappingKeys.has(wrappingKey)) return false
    wrappingKeys.add(wrappingKey)
    return true
  })
}
