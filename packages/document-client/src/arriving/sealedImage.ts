import type { AttributeValue, Format, ItemToOpen } from '@dynaseal/core'
import { type FormatParts, formatParts, PARTS } from '@dynaseal/core/parts'
import { PROTOTYPE } from '../paths/attributePattern.js'
import type { EncryptedPlaces } from '../paths/encryptedPlaces.js'
import type { KnownTable } from '../tables/knownTable.js'
import { fromBase64Again } from '../values/base64.js'
import type { Item } from '../values/place.js'
import type { InScratch, Scratch } from '../values/scratch.js'
import { isOwn, onlyMember, type Reading, readAttribute, TOP } from '../values/wireJson.js'

export type OpenNow = FormatParts['openNow']

/** How a format opens at once, if it can: ours do. */
export function openNowOf(format: Format): OpenNow | undefined {
  return Object.hasOwn(format, PARTS) ? formatParts(format)?.openNow : undefined
}

type Members = Readonly<Record<string, unknown>>

/**
 * An image as nearly all are: its encrypted attributes are attributes as wholes, and have ciphertext. It is what the format is
 * given to open: there is nothing else that would have to be made for it.
 */
export interface SealedImage extends ItemToOpen {
  readonly known: KnownTable
  readonly item: Item
  /** Of the item that it has to be; nothing's until that is known. */
  key: Record<string, AttributeValue>
  /** Those that are sealed. */
  readonly fields: readonly InScratch[]
  /** Whether it has what ciphertext may be inside of. */
  readonly hasContainers: boolean
}

const UNKNOWN = {}
const NOTHING: Members = {}

/**
 * Reads an image for the ciphertext in it to be opened where it was decoded: the item has `null` there.
 *
 * @param told attribute values
 * @param scratch that which it is decoded to
 * @returns nothing for any other image, which has to be searched for what is sealed in it
 * @throws {DocumentClientError} `invalid-record`
 */
export function readSealedImage(
  known: KnownTable,
  { names, roles }: EncryptedPlaces,
  told: object,
  scratch: Scratch,
  reading: Reading,
): SealedImage | undefined {
  const prototype: unknown = Object.getPrototypeOf(told)
  if (names === undefined || (prototype !== Object.prototype && prototype !== null)) return undefined
  const item: Item = {}
  /** The format only reads them. */
  const attributes: Item = {}
  const fields: InScratch[] = new Array(names.length)
  let count = 0
  let hasContainers = false
  // Without a list of names or entries, which are garbage: most of an item is its map.
  for (const name in told) {
    if (!isOwn(told, name)) continue
    if (name === PROTOTYPE) return undefined
    const value = (told as Members)[name]
    const type = typeof value === 'object' && value !== null ? onlyMember(value) : undefined
    const role = roles.get(name)
    if (role === undefined) {
      const { S } = type === 'S' ? (value as Members) : NOTHING
      const native = typeof S === 'string' ? S : readAttribute(value, reading, TOP, name)
      if (typeof native === 'object' && native !== null) hasContainers = true
      item[name] = native
      continue
    }
    const { B } = type === 'B' ? (value as Members) : NOTHING
    if (typeof B !== 'string') return undefined
    if (role === 'of the format') {
      const bytes = fromBase64Again(B)
      if (bytes === undefined) return undefined
      attributes[name] = bytes
    } else {
      const sealed = scratch.decode(B, role.path)
      if (sealed === undefined) return undefined
      fields[role.index] = sealed
      count++
      item[name] = null
    }
  }
  return {
    known,
    item,
    table: known.name,
    key: UNKNOWN,
    partitionKey: known.keyNames[0],
    // Those that the item has not are no members of the list.
    fields: count === names.length ? fields : fields.filter(() => true),
    attributes,
    hasContainers,
  }
}
