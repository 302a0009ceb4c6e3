import { type AttributeValue, ConfigurationError, FieldError } from '@dynaseal/core'
import { setAttribute } from './attributes.js'
import { ATTRIBUTE, LEGEND, PARTITION_NAME, SORT_NAME, TABLE_NAME } from './context.js'
import { compareUtf8 } from './names.js'
import { parseValue } from './parseValue.js'

/**
 * The attributes that an encryption context has, so that a branch key or a keyring can be chosen by them: those of the
 * item's key or, where the table has attributes with `SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT`, all of these, and names of table
 * and keys as `aws_dbe_table_name`, `aws_dbe_partition_name` and `aws_dbe_sort_name`. It is what a branch key id supplier of
 * the AWS Database Encryption SDK is given. Numbers are in canonical form.
 *
 * @throws {ConfigurationError} `invalid-context` for a context that is not of an item
 * @example
 * const branchKeyId = (context: Record<string, string>) => {
 *   const { tenant } = contextAttributes(context)
 *   return tenant !== undefined && 'S' in tenant ? `tenant-${tenant.S}` : 'nobody'
 * }
 */
export function contextAttributes(context: Readonly<Record<string, string>>): Record<string, AttributeValue> {
  const names = Object.keys(context)
    .filter(key => key.startsWith(ATTRIBUTE))
    .sort(compareUtf8)
  const legend = Object.hasOwn(context, LEGEND) ? context[LEGEND] : undefined
  if (legend !== undefined && legend.length !== names.length) throw notOfAnItem()
  const attributes: Record<string, AttributeValue> = {}
  for (const [index, key] of names.entries())
    setAttribute(attributes, key.slice(ATTRIBUTE.length), attributeOf(legend?.[index] ?? 'B', context[key]!))
  if (legend === undefined) return attributes
  for (const [name, key] of NAMES) {
    const text = Object.hasOwn(context, key) ? context[key] : undefined
    if (text !== undefined) attributes[name] = { S: text }
  }
  return attributes
}

const NAMES = [
  ['aws_dbe_table_name', TABLE_NAME],
  ['aws_dbe_partition_name', PARTITION_NAME],
  ['aws_dbe_sort_name', SORT_NAME],
] as const

function attributeOf(letter: string, text: string): AttributeValue {
  if (letter === 'S') return { S: text }
  if (letter === 'N') return { N: text }
  if (letter === 'L') return text === 'null' ? { NULL: true } : { BOOL: text === 'true' }
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length < 2) throw notOfAnItem()
  try {
    return parseValue(bytes.readUInt16BE(0), bytes.subarray(2))
  } catch (error) {
    throw error instanceof FieldError ? notOfAnItem() : error
  }
}

function notOfAnItem(): ConfigurationError {
  return new ConfigurationError('invalid-context', 'It is not the encryption context of an item.')
}
