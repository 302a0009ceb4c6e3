import type { DataKeyName, EncryptedDataKeyEntry } from '@dynaseal/core/formats'
import type { Pairs } from './context.js'
import { keysLength, writeKeys } from './encryptedDataKeys.js'

/**
 * By what the data-key cache knows an item's intermediate keys: its whole encryption context, and what the keyrings made
 * of them: `count(2)`, then each encrypted data key.
 *
 * @param context the pairs, serialized
 */
export function intermediateKeyName(
  pairs: Readonly<Pairs>,
  context: Buffer,
  entries: readonly EncryptedDataKeyEntry[],
): DataKeyName {
  const start = context.length
  const bytes = Buffer.allocUnsafe(start + 2 + keysLength(entries))
  bytes.set(context)
  writeKeys(bytes, bytes.writeUInt16BE(entries.length, start), entries)
  return { id: bytes.toString('latin1'), context: { pairs }, encryptedDataKeys: bytes.subarray(start) }
}
