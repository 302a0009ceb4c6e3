import type { AttributeValue } from './attributeValue.js'
import { Writer } from './bytes/writer.js'
import { writeContent } from './content.js'
import type { DataKeyCache } from './dataKeyCache/dataKeyCache.js'
import type { SealingLease } from './dataKeyCache/sealingKeys.js'
import { ConfigurationError, type DynasealError, SealError } from './errors.js'
import type { Field, ItemFields } from './format.js'
import type { FormatParts } from './formatParts.js'
import { MAX_MESSAGE_BYTES } from './limits.js'
import { ItemLocation } from './location.js'
import type { Codec } from './message/codec.js'
import type { MessageContext } from './message/context.js'
import { messageLength } from './message/write.js'
import { placeOf } from './place.js'
import { nextSlice, sliceIsOver } from './slices.js'

type Item = ItemFields<AttributeValue>

/** Plaintext on its way into a message. Used between two awaits only, and zeroed after each message. */
const scratch = new Writer(4096)

/** @throws {SealError} */
export async function sealItems(
  items: readonly Item[],
  { cache, codec, contextOf }: FormatParts,
): Promise<Uint8Array[][]> {
  const supplies = await takeKeys(items, cache, contextOf)
  try {
    const sealed: Uint8Array[][] = []
    for (const item of items) sealed.push(await sealItem(item, supplies.get(item.table), codec))
    return sealed
  } finally {
    for (const supply of supplies.values()) supply.release()
  }
}

async function sealItem(item: Item, supply: KeySupply | undefined, codec: Codec): Promise<Uint8Array[]> {
  const messages: Uint8Array[] = []
  // An item without fields needs no key, no location and no place.
  if (item.fields.length === 0 || supply === undefined) return messages
  const location = locate(item)
  for (const field of item.fields) {
    while (sliceIsOver()) await nextSlice()
    let lease = supply.next()
    while (lease === undefined) {
      await refill(supply, item)
      lease = supply.next()
    }
    const message = sealField(item, field, location, lease, codec)
    messages.push(message instanceof Promise ? await message : message)
  }
  return messages
}

function sealField(
  item: Item,
  field: Field<AttributeValue>,
  location: ItemLocation,
  lease: SealingLease,
  codec: Codec,
): Buffer | Promise<Buffer> {
  try {
    writeContent(scratch, location.hash(field.path), field.value)
    if (messageLength(lease.template, scratch.length) > MAX_MESSAGE_BYTES) {
      throw new SealError(
        'too-large',
        'the value is larger than any DynamoDB item (400 KB). Store it elsewhere, or split it.',
      )
    }
    const message = codec.write(lease, scratch.written())
    if (!(message instanceof Promise)) return message
    return message.catch(error => {
      throw placed(error, item, field)
    })
  } catch (error) {
    throw placed(error, item, field)
  } finally {
    scratch.clear()
  }
}

function locate(item: Item): ItemLocation {
  try {
    return new ItemLocation(item.table, item.key)
  } catch (error) {
    throw placed(error, item, item.fields[0]!)
  }
}

/** One supply per table that has fields to seal. */
async function takeKeys(
  items: readonly Item[],
  cache: DataKeyCache,
  contextOf: (table: string) => MessageContext,
): Promise<Map<string, KeySupply>> {
  const supplies = new Map<string, KeySupply>()
  const first = new Map<string, Item>()
  for (const item of items) {
    if (item.fields.length === 0) continue
    let supply = supplies.get(item.table)
    if (supply === undefined) {
      supply = new KeySupply(cache, contextOf(item.table))
      supplies.set(item.table, supply)
      first.set(item.table, item)
    }
    supply.wanted += item.fields.length
  }
  const outcomes = await Promise.allSettled(
    [...supplies].map(([table, supply]) => refill(supply, first.get(table)!)),
  )
  const failure = outcomes.find(outcome => outcome.status === 'rejected')
  if (failure !== undefined) {
    for (const supply of supplies.values()) supply.release()
    throw failure.reason
  }
  return supplies
}

async function refill(supply: KeySupply, item: Item): Promise<void> {
  try {
    await supply.refill()
  } catch (cause) {
    throw new SealError(
      'key-unavailable',
      'the keyring gave no data key. Its error is the cause; check that the key exists and that this process may use it.',
      { place: placeOf(item, item.fields[0]!.path), cause },
    )
  }
}

/** Data keys for the messages of one call and one table. Usually one key; more when `maxMessages` is reached. */
class KeySupply {
  readonly #cache: DataKeyCache
  readonly #context: MessageContext
  #lease: SealingLease | undefined
  #left = 0
  /** Messages still to be granted. */
  wanted = 0

  constructor(cache: DataKeyCache, context: MessageContext) {
    this.#cache = cache
    this.#context = context
  }

  /** The key for one more message, or undefined when it takes a refill first. */
  next(): SealingLease | undefined {
    if (this.#left === 0) return undefined
    this.#left--
    return this.#lease
  }

  async refill(): Promise<void> {
    this.release()
    const lease = await this.#cache.sealingKey(this.#context, this.wanted)
    this.#lease = lease
    this.#left = lease.granted
    this.wanted -= lease.granted
  }

  release(): void {
    this.#lease?.key.release()
    this.#lease = undefined
    this.#left = 0
  }
}

/** Errors that are not ours may quote what they tripped over, so nothing of them is passed on. */
function placed(error: unknown, item: Item, field: Field<AttributeValue>): DynasealError {
  const place = placeOf(item, field.path)
  if (error instanceof SealError) return error.at(place)
  if (error instanceof ConfigurationError) return error
  return new SealError('sealing-failed', 'the value could not be read. Is it a plain attribute value?', {
    place,
  })
}
