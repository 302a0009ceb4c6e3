import type { AttributeValue } from '../dynamodb/items.js'
import { type EncryptedMessage, readMessage } from './message.js'

/** More characters of a value than this are not shown. */
const LONGEST = 300

/** A value as DynamoDB stores and shows it, in JSON; shortened where it is long. */
export function storedText(value: AttributeValue): string {
  const indent = 'M' in value || 'L' in value ? 1 : 0
  return JSON.stringify(value, (_, part) => (typeof part === 'string' ? shortened(part) : part), indent)
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`
}

export interface FoundMessage {
  /** Where in the attribute; empty for the attribute itself. */
  readonly path: string
  readonly message: EncryptedMessage
}

/** The AWS Encryption SDK messages in a value: itself, or inside its lists, maps and sets. */
export function messagesIn(value: AttributeValue, path = ''): FoundMessage[] {
  if (typeof value.B === 'string') return messageAt(value.B, path)
  if (Array.isArray(value.BS)) return value.BS.flatMap((bytes, n) => messageAt(bytes, `${path}[${n}]`))
  if (Array.isArray(value.L)) return value.L.flatMap((one, n) => messagesIn(one, `${path}[${n}]`))
  if (typeof value.M === 'object' && value.M !== null)
    return Object.entries(value.M).flatMap(([name, one]) => messagesIn(one, `${path}.${name}`))
  return []
}

function messageAt(base64: string, path: string): FoundMessage[] {
  const message = readMessage(Buffer.from(base64, 'base64'))
  return message === undefined ? [] : [{ path, message }]
}
