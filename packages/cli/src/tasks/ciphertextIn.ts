import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Format } from '@dynaseal/core'
import { leavesOf } from '../stored/wireItem.js'

/** Why a value is not simply one in clear; undefined when it is. */
export function ciphertextIn(value: AttributeValue, format: Format): string | undefined {
  for (const { value: leaf } of leavesOf({ value })) {
    if (leaf.B !== undefined && format.looksSealed(leaf.B)) return 'holds-ciphertext'
    if (leaf.BS?.some(one => format.looksSealed(one))) return 'holds-ciphertext'
    if (leaf.S !== undefined && isText(leaf.S, format)) return 'ciphertext-as-text'
  }
  return undefined
}

/** Binary values are text in JSON. */
function isText(text: string, format: Format): boolean {
  if (text.length < 8 || text.length % 4 !== 0 || !/^[\w+/]+=*$/.test(text)) return false
  return format.looksSealed(Buffer.from(text, 'base64'))
}
