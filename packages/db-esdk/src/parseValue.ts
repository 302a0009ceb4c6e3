import type { AttributeValue } from '@dynaseal/core'
import { parseContent } from '@dynaseal/core/formats'
import { LEVELS_OF_ITEM } from './fields.js'

/**
 * The value of an encrypted attribute. Takes what any release of the AWS Database Encryption SDK writes: empty sets too,
 * and members and keys in any order, but none twice (ddb-attribute-serialization.md).
 *
 * @throws {FieldError} `malformed-value`; not placed
 */
export function parseValue(typeId: number, bytes: Buffer): AttributeValue {
  return parseContent(typeId, bytes, LEVELS_OF_ITEM)
}
