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
  for (const name of Object.keys(map)) if (!readValue((map as Members)[name])) return false
  return true
}

type Members = Record<string, unknown>

/** Whether it is an attribute value. */
function readValue(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const [type, another] = Object.keys(value)
  if (another !== undefined) return false
  const members = value as Members
  switch (type) {
    case 'S':
    case 'N':
      return typeof members[type] === 'string'
    case 'B':
      members.B = readBytes(members.B)
      return members.B !== undefined
    case 'BOOL':
    case 'NULL':
      return typeof members[type] === 'boolean'
    case 'M':
      return readMap(members.M)
    case 'L':
      return Array.isArray(members.L) && members.L.every(readValue)
    case 'SS':
    case 'NS':
      return Array.isArray(members[type]) && members[type].every(one => typeof one === 'string')
    case 'BS':
      members.BS = Array.isArray(members.BS) ? members.BS.map(readBytes) : [undefined]
      return !(members.BS as unknown[]).includes(undefined)
    default:
      return false
  }
}

function readBytes(text: unknown): Uint8Array | undefined {
  // The other alphabet of RFC 4648 is decoded as well, and refused by the SDK.
  if (typeof text !== 'string' || text.includes('-') || text.includes('_')) return undefined
  return fromBase64(text)
}
