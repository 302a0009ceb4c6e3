import type { AttributeValue } from '@dynaseal/core'
import { Writer, writeValue } from '@dynaseal/core/formats'
import { hmac } from '../hmac.js'

const number = Buffer.alloc(6)

/**
 * The partition of an item, 0 to `count` − 1, which its primary key decides: an item that is put again stays where queries
 * that are under way look for it. The SDK itself picks one by chance, or has a function of the application pick it.
 *
 * @throws {SealError} for a key that cannot be one
 */
export function partitionOf(
  hmacKey: Uint8Array,
  key: Readonly<Record<string, AttributeValue>>,
  count: number,
): number {
  const writer = new Writer(128)
  writeValue(writer, { M: { ...key } })
  hmac('sha384', hmacKey, [writer.written()], number)
  writer.clear()
  return number.readUIntBE(0, number.length) % count
}
