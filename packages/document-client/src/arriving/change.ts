import { DocumentClientError } from '../errors.js'
import type { Opening } from '../opening/opening.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import type { Values } from '../values/values.js'
import { readItem } from '../values/wireJson.js'

/** What happened to an item, as a stream or an incremental export tells it: attribute values that nobody has looked at. */
export interface Told {
  readonly Keys?: unknown
  readonly NewImage?: unknown
  readonly OldImage?: unknown
}

/** The same with native values; nothing is opened yet. */
export interface Change {
  readonly keys: Item
  readonly newImage: Item | undefined
  readonly oldImage: Item | undefined
}

/** What somebody wants of all that arrives: the rest costs no call of KMS, and no error. */
export interface Wanted {
  /** Name or ARN. */
  readonly table: string
  isWanted(item: Item): boolean
}

/**
 * Reads a change and notes what is sealed in its images. Both are of the item that the change says it is about: its keys,
 * to which the ciphertext has to be bound, are checked against those in the images.
 *
 * @returns nothing where it has images, and none that is wanted; an image that is not wanted is not there
 * @throws {DocumentClientError} `invalid-record`, `role-refused`
 */
export function collectChange(
  table: KnownTable,
  { Keys, NewImage, OldImage }: Told,
  values: Values,
  opening: Opening,
  wanted?: Wanted,
): Change | undefined {
  const keys = readItem(Keys, values, 'Keys')
  const names = Object.keys(keys)
  if (names.length !== table.keyNames.length || !table.keyNames.every(name => Object.hasOwn(keys, name))) {
    throw new DocumentClientError(
      'invalid-record',
      `Keys has not the key attributes of table ${table.name} (${table.keyNames.join(', ')}), so it is of another table, or nobody's.`,
    )
  }
  const read = (image: unknown, what: string) => {
    const item = readItem(image, values, what)
    for (const name of table.keyNames)
      if (!isSameKey((Keys as Item)[name], (image as Item)[name])) throw ofAnother(table, what, name)
    return wanted === undefined || wanted.isWanted(item) ? item : undefined
  }
  const newImage = isThere(NewImage) ? read(NewImage, 'NewImage') : undefined
  const oldImage = isThere(OldImage) ? read(OldImage, 'OldImage') : undefined
  const hasImages = isThere(NewImage) || isThere(OldImage)
  if (hasImages && newImage === undefined && oldImage === undefined) return undefined
  for (const image of [newImage, oldImage])
    if (image !== undefined) opening.collect(table, image, table.kindOf(image), keys)
  return { keys, newImage, oldImage }
}

/** What the stream's view leaves out is not there, or is null. */
function isThere(image: unknown): boolean {
  return image !== undefined && image !== null
}

/** Two attribute values of one record, which has one way to write each. */
function isSameKey(one: unknown, other: unknown): boolean {
  for (const type of ['S', 'N', 'B'] as const) {
    const [a, b] = [(one as Item)[type], (other as Item | undefined)?.[type]]
    if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
    if (a !== undefined) return a === b
  }
  return false
}

function ofAnother(table: KnownTable, what: string, name: string): DocumentClientError {
  return new DocumentClientError(
    'invalid-record',
    `${what} is of another item of table ${table.name} than Keys says: their '${name}' differs. DynamoDB writes no such record.`,
  )
}
