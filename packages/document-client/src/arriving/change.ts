import type { ClientSettings } from '../client/settings.js'
import { DocumentClientError } from '../errors.js'
import type { Opening } from '../opening/opening.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { ReadApart } from '../values/readApart.js'
import { allDigits } from '../values/readNumbers.js'
import type { Scratch } from '../values/scratch.js'
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
 * @param scratch memory for what is sealed, where it is opened next
 * @returns nothing where it has images, and none that is wanted; an image that is not wanted is not there
 * @throws {DocumentClientError} `invalid-record`, `role-refused`
 */
export function collectChange(
  table: KnownTable,
  { Keys, NewImage, OldImage }: Told,
  values: Values,
  opening: Opening,
  wanted?: Wanted,
  scratch?: Scratch,
): Change | undefined {
  const keys = readItem(Keys, values, 'Keys')
  if (!isKeyOf(table, keys)) {
    throw new DocumentClientError(
      'invalid-record',
      `Keys has not the key attributes of table ${table.name} (${table.keyNames.join(', ')}), so it is of another table, or nobody's.`,
    )
  }
  const hasImages = isThere(NewImage) || isThere(OldImage)
  const newImage = imageOf(table, Keys as Item, NewImage, 'NewImage', values, scratch, wanted)
  const oldImage = imageOf(table, Keys as Item, OldImage, 'OldImage', values, scratch, wanted)
  if (hasImages && newImage === undefined && oldImage === undefined) return undefined
  if (newImage !== undefined) collectImage(table, newImage, opening, keys)
  if (oldImage !== undefined) collectImage(table, oldImage, opening, keys)
  return { keys, newImage: newImage?.item, oldImage: oldImage?.item }
}

/** @returns nothing where it is not there, or not wanted */
function imageOf(
  table: KnownTable,
  keys: Item,
  told: unknown,
  what: string,
  values: Values,
  scratch: Scratch | undefined,
  wanted: Wanted | undefined,
): Image | undefined {
  if (!isThere(told)) return undefined
  const image = readImage(table, told, values, what, scratch)
  checkKey(table, keys, told as Item, what)
  return wanted === undefined || wanted.isWanted(image.item) ? image : undefined
}

/** What is signed is read in all of its digits. */
export function readingValues(
  { wholeItems }: KnownTable,
  { values }: Pick<ClientSettings, 'values'>,
): Values {
  return wholeItems ? allDigits(values) : values
}

/** An item as it is told, and what was found while it was read. */
export interface Image {
  readonly item: Item
  readonly apart: ReadApart
}

/**
 * @param scratch memory for what the opening finds sealed
 * @throws {DocumentClientError} `invalid-record`
 */
export function readImage(
  table: KnownTable,
  image: unknown,
  values: Values,
  what: string,
  scratch?: Scratch,
): Image {
  const places = table.places(toldKind(table, image))
  const apart = new ReadApart(places, scratch)
  const item = readItem(image, values, what, apart)
  // Else what is in scratch memory has to be searched for: then it must not be there.
  if (scratch === undefined || (apart.sealed !== undefined && places === table.places(table.kindOf(item))))
    return { item, apart }
  return readImage(table, image, values, what)
}

/** What {@link KnownTable.kindOf} will find, as a rule: whoever has numbers made into texts may name a kind by a number. */
function toldKind({ kindAttribute }: KnownTable, image: unknown): unknown {
  if (kindAttribute === undefined) return undefined
  const told = Object(image) as Item
  return Object.hasOwn(told, kindAttribute) ? (Object(told[kindAttribute]) as Item).S : undefined
}

/** @throws {DocumentClientError} `role-refused` */
export function collectImage(table: KnownTable, { item, apart }: Image, opening: Opening, keys?: Item): void {
  opening.collect(table, item, table.kindOf(item), keys, undefined, apart)
}

function isKeyOf({ keyNames }: KnownTable, keys: Item): boolean {
  for (const name in keys) if (!keyNames.includes(name) && Object.hasOwn(keys, name)) return false
  for (let index = 0; index < keyNames.length; index++)
    if (!Object.hasOwn(keys, keyNames[index]!)) return false
  return true
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
