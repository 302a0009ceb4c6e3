import { type AttributeValue, SealError, SearchError, type TokenDefinition } from '@dynaseal/core'
import { Writer, writeValue } from '@dynaseal/core/formats'
import { LEVELS_OF_ITEM } from '../fields.js'

const TYPE_ID_BYTES = 2

/**
 * What the beacons of values are of. Of one attribute whose texts stay as they are it is the value without its type; else the text
 * of a virtual field: the texts of all, joined. A set of which each member has a beacon gives several.
 *
 * @throws {SearchError} `invalid-value`
 */
export function beaconBytes(definition: TokenDefinition, values: readonly AttributeValue[]): Buffer[] {
  const { paths, members } = definition
  if (values.length !== paths.length)
    throw refused(`it is of ${paths.length} attributes, and ${values.length} values were given`)
  if (members) return membersOf(values[0]).map(member => bytesOf(definition, [member]))
  return [bytesOf(definition, values)]
}

/** The same of what is searched for. */
export function searchedBytes(definition: TokenDefinition, values: readonly AttributeValue[]): Buffer {
  // What was found could not be compared with others, and a boolean has no beacon that hides it.
  definition.normalizeOne(values)
  return bytesOf(definition, values)
}

function bytesOf(definition: TokenDefinition, values: readonly AttributeValue[]): Buffer {
  if (values.length === 1 && !definition.isNormalized(0)) return valueBytes(values[0]!)
  const texts = values.map((value, index) => {
    const text = textOf(value)
    return definition.isNormalized(index) ? definition.normalizeText(index, text) : text
  })
  const text = texts.join('')
  if (!text.isWellFormed())
    throw refused('half of a surrogate pair is left over of its text. Cut it where characters end')
  return Buffer.from(text, 'utf8')
}

/** Empty between two values. */
const scratch = new Writer(512)

function valueBytes(value: AttributeValue): Buffer {
  // A getter in the caller's value may come back here in the middle, when the scratch is in use.
  const writer = scratch.length === 0 ? scratch : new Writer(512)
  try {
    writeValue(writer, value, LEVELS_OF_ITEM)
    return Buffer.from(writer.written().subarray(TYPE_ID_BYTES))
  } catch (error) {
    throw error instanceof SealError ? refused(error.reason.replace(/\.$/, '')) : error
  } finally {
    writer.clear()
  }
}

/** A part of a virtual field (virtual.md, "Virtual Part"): numbers as they are spelled. */
export function textOf(value: AttributeValue): string {
  const { S, N, BOOL, NULL } = (value ?? {}) as Record<string, unknown>
  if (typeof S === 'string') return S
  if (typeof N === 'string') return N
  if (typeof BOOL === 'boolean') return String(BOOL)
  if (NULL === true) return 'null'
  throw refused('a virtual field is of texts, numbers, booleans and nulls, and it is of another value')
}

function membersOf(value: unknown): AttributeValue[] {
  const { SS, NS, BS } = (value ?? {}) as Record<string, unknown>
  if (Array.isArray(SS)) return SS.map(S => ({ S }))
  if (Array.isArray(NS)) return NS.map(N => ({ N }))
  if (Array.isArray(BS)) return BS.map(B => ({ B }))
  throw refused('a beacon of members is of a set (SS, NS or BS), and it is none')
}

function refused(what: string): SearchError {
  return new SearchError('invalid-value', `${what}.`)
}
