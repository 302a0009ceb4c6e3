import { type DataKeyName, dataKeyName, type EncryptedDataKeyEntry } from '@dynaseal/core/formats'
import type { Pairs } from './context.js'

/**
 * By what the data-key cache knows an item's intermediate keys: its whole encryption context, and what the keyrings made
 * of them: `count(2)`, then for each `length(2) provider id length(2) provider information length(2) wrapped key`.
 *
 * @param context the pairs, serialized
 */
export function intermediateKeyName(
  pairs: Readonly<Pairs>,
  context: Buffer,
  entries: readonly EncryptedDataKeyEntry[],
): DataKeyName {
  const parts = entries.flatMap(({ providerId, providerInfo, rawInfo, encryptedDataKey }) => [
    Buffer.from(providerId, 'utf8'),
    rawInfo ?? Buffer.from(providerInfo, 'utf8'),
    encryptedDataKey,
  ])
  const bytes = Buffer.allocUnsafeSlow(parts.reduce((sum, part) => sum + 2 + part.length, 2))
  let position = bytes.writeUInt16BE(entries.length, 0)
  for (const part of parts) {
    position = bytes.writeUInt16BE(part.length, position)
    bytes.set(part, position)
    position += part.length
  }
  return dataKeyName({ pairs, id: context.toString('latin1') }, bytes)
}
