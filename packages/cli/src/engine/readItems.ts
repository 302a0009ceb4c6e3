import { isAscii } from 'node:buffer'
import { fromBase64 } from '@dynaseal/document-client/mapper'
import type { WireItem } from '../stored/wireItem.js'

/** What an answer to a scan says. */
export interface ReadAnswer {
  readonly items: WireItem[]
  /** All its members but the items, as they are in JSON. */
  readonly others: object
}

/**
 * Reads the JSON of an answer to a scan: its items are those that the AWS SDK would make of it.
 *
 * @returns undefined for what is not plainly such an answer, with nothing in it but the ten types of attribute values
 */
export function readItems(bytes: Buffer): ReadAnswer | undefined {
  const answer = parse(bytes)
  if (typeof answer !== 'object' || answer === null) return undefined
  const { Items, ...others } = answer as { Items?: unknown }
  if (!Array.isArray(Items) || '__type' in others || !Items.every(readMap)) return undefined
  return { items: Items as WireItem[], others }
}

function parse(bytes: Buffer): unknown {
  try {
    // Most answers are ASCII, which takes less to read as Latin-1.
    return JSON.parse(bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8'))
  } catch {
    return undefined
  }
}

// What was parsed is nobody else's: values in it are changed into those that the SDK makes, and only binary ones differ.

function readMap(map: unknown): boolean {
  if (typeof map !== 'object' || map === null || Array.isArray(map)) return false
  // In JSON nothing is inherited, and names in a list take more memory than most values.
  for (const name in map) if (!readValue((map as Members)[name])) return false
  return true
}

type Members = Record<string, unknown>

/** Whether it is an attribute value. */
function readValue(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  let type: string | undefined
  for (const name in value) {
    if (type !== undefined) return false
    type = name
  }
  const members = value as Members
  const content = members[type ?? '']
  switch (type) {
    case 'S':
    case 'N':
      return typeof content === 'string'
    case 'B':
      members.B = readBytes(content)
      return members.B !== undefined
    case 'BOOL':
    case 'NULL':
      return typeof content === 'boolean'
    case 'M':
      return readMap(content)
    case 'L':
      return Array.isArray(content) && content.every(readValue)
    case 'SS':
    case 'NS':
      return Array.isArray(content) && content.every(one => typeof one === 'string')
    case 'BS': {
      const all = Array.isArray(content) ? content.map(readBytes) : [undefined]
      members.BS = all
      return !all.includes(undefined)
    }
    default:
      return false
  }
}

/** Texts that are as long may be envelopes, which are the same for all items under one data key. */
const LONG = 256
let lastLong: { readonly text: string; readonly bytes: Uint8Array | undefined } | undefined

/** Items share the bytes of equal texts: nobody changes them. */
function readBytes(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length < LONG) return decoded(text)
  if (text !== lastLong?.text) lastLong = { text, bytes: decoded(text) }
  return lastLong.bytes
}

function decoded(text: unknown): Uint8Array | undefined {
  // The other alphabet of RFC 4648 is decoded as well, and refused by the SDK.
  if (typeof text !== 'string' || text.includes('-') || text.includes('_')) return undefined
  return fromBase64(text)
}
