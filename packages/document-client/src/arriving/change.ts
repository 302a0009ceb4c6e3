import { DocumentClientError } from '../errors.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { readKey } from '../values/wireJson.js'
import type { Image, Images } from './images.js'

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
  images: Images,
  wanted?: Wanted,
): Change | undefined {
  const keys = readKey(Keys, table.keyNames, images.values(table), 'Keys')
  if (keys === undefined) {
    throw new DocumentClientError(
      'invalid-record',
      `Keys has not the key attributes of table ${table.name} (${table.keyNames.join(', ')}), so it is of another table, or nobody's.`,
    )
  }
  const hasImages = isThere(NewImage) || isThere(OldImage)
  const newImage = readImage(table, Keys as Item, NewImage, 'NewImage', keys, images, wanted)
  const oldImage = readImage(table, Keys as Item, OldImage, 'OldImage', keys, images, wanted)
  if (hasImages && newImage === undefined && oldImage === undefined) return undefined
  // Not before both have been read: where one is refused, nothing of the other is opened.
  if (newImage !== undefined) images.collect(newImage)
  if (oldImage !== undefined) images.collect(oldImage)
  return { keys, newImage: newImage?.item, oldImage: oldImage?.item }
}

/** @returns nothing where it is not there, or not wanted */
function readImage(
  table: KnownTable,
  toldKeys: Item,
  told: unknown,
  what: string,
  keys: Item,
  images: Images,
  wanted: Wanted | undefined,
): Image | undefined {
  if (!isThere(told)) return undefined
  const image = images.read(table, told, what, keys)
  checkKey(table, toldKeys, told as Item, what)
  return wanted === undefined || wanted.isWanted(image.item) ? image : undefined
}

/** What the stream's view leaves out is not there, or is null. */
function isThere(image: unknown): boolean {
  return image !== undefined && image !== null
}

/** @throws {DocumentClientError} `invalid-record` */
function checkKey(table: KnownTable, keys: Item, image: Item, what: string): void {
  const { keyNames } = table
  for (let index = 0; index < keyNames.length; index++) {
    const name = keyNames[index]!
    if (!isSameKey(keys[name], image[name])) throw ofAnother(table, what, name)
  }
}

/** Two attribute values of one record, which has one way to write each. */
function isSameKey(one: unknown, other: unknown): boolean {
  const { S, N, B } = one as Item
  const { S: otherS, N: otherN, B: otherB } = Object(other) as Item
  if (S !== undefined) return S === otherS
  if (N !== undefined) return N === otherN
  if (B instanceof Uint8Array) return otherB instanceof Uint8Array && Buffer.compare(B, otherB) === 0
  return B !== undefined && B === otherB
}

function ofAnother(table: KnownTable, what: string, name: string): DocumentClientError {
  return new DocumentClientError(
    'invalid-record',
    `${what} is of another item of table ${table.name} than Keys says: their '${name}' differs. DynamoDB writes no such record.`,
  )
}
