import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { WireItem } from './wireItem.js'

/** Bytes of an item as DynamoDB counts them ("DynamoDB item sizes and formats" in its guide), about. */
export function itemBytes(item: WireItem): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  )
}

/** Of a map or list: 3, and 1 for each entry. */
const CONTAINER = 3

export function valueBytes({ S, N, B, SS, NS, BS, L, M }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S)
  if (B !== undefined) return B.length
  if (N !== undefined) return numberBytes(N)
  if (M !== undefined) return CONTAINER + Object.keys(M).length + itemBytes(M)
  if (L !== undefined) return CONTAINER + L.reduce((sum, one) => sum + 1 + valueBytes(one), 0)
  if (SS !== undefined) return SS.reduce((sum, one) => sum + Buffer.byteLength(one), 0)
  if (NS !== undefined) return NS.reduce((sum, one) => sum + numberBytes(one), 0)
  if (BS !== undefined) return BS.reduce((sum, one) => sum + one.length, 0)
  return 1 // BOOL and NULL
}

/** One for two significant digits, and one more. */
function numberBytes(digits: string): number {
  const significant = digits
    .replace(/[eE].*$/, '')
    .replace(/[^0-9]/g, '')
    .replace(/^0+|0+$/g, '')
  return 1 + Math.ceil(significant.length / 2)
}
