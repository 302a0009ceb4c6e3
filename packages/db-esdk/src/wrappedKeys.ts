import { type DataKeyName, dataKeyName, type EncryptedDataKeyEntry } from '@dynaseal/core/formats'
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
  const bytes = Buffer.allocUnsafe(2 + keysLength(entries))
  writeKeys(bytes, bytes.writeUInt16BE(entries.length, 0), entries)
  return dataKeyName({ pairs, id: context.toString('latin1') }, bytes)
}
