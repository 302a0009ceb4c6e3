import type { AttributeValue } from '../dynamodb/items.js'
import { type EnvelopePart, readEnvelopePart } from './envelope.js'
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

/** What is sealed, by the format that it is in. */
export type Found = {
  /** Where in the attribute; empty for the attribute itself. */
  readonly path: string
} & ({ readonly message: EncryptedMessage } | { readonly part: EnvelopePart })

/** Whether it is a sealed value, and not only what it takes to open others. */
export function isField(found: Found): boolean {
  return !('part' in found) || found.part.shape !== 'envelope'
}

/** What is sealed in a value, in either format: itself, or inside its lists, maps and sets. */
export function sealedIn(value: AttributeValue, path = ''): Found[] {
  if (typeof value.B === 'string') return sealedAt(value.B, path)
  if (Array.isArray(value.BS)) return value.BS.flatMap((bytes, n) => sealedAt(bytes, `${path}[${n}]`))
  if (Array.isArray(value.L)) return value.L.flatMap((one, n) => sealedIn(one, `${path}[${n}]`))
  if (typeof value.M === 'object' && value.M !== null)
    return Object.entries(value.M).flatMap(([name, one]) => sealedIn(one, `${path}.${name}`))
  return []
}

function sealedAt(base64: string, path: string): Found[] {
  const bytes = Buffer.from(base64, 'base64')
  const message = readMessage(bytes)
  if (message !== undefined) return [{ path, message }]
  const part = readEnvelopePart(bytes)
  return part === undefined ? [] : [{ path, part }]
}
