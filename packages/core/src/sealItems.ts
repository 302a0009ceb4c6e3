import type { AttributeValue } from './attributeValue.js'
import { Writer } from './bytes/writer.js'
import { writeContent } from './content.js'
import type { DataKeyCache } from './dataKeyCache/dataKeyCache.js'
import type { SealingLease } from './dataKeyCache/sealingKeys.js'
import { ConfigurationError, type DynasealError, SealError } from './errors.js'
import { publishNotSealed } from './events.js'
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

/** @throws {SealError}; and the reason of `signal`, when that fires */
export async function sealItems(
  items: readonly Item[],
  { cache, codec, contextOf }: FormatParts,
  signal?: AbortSignal,
): Promise<Uint8Array[][]> {
  const supplies = suppliesFor(items, cache, contextOf, signal)
  try {
    await refillAll([...supplies.values()])
    const sealed: Uint8Array[][] = []
    for (const item of items) {
      const messages: Uint8Array[] = []
      sealed.push(messages)
      const supply = supplies.get(item.table)
      // An item without fields needs no key, no location and no place.
      if (item.fields.length === 0 || supply === undefined) continue
      const location = locate(item)
      for (const field of item.fields) {
        while (sliceIsOver()) await nextSlice()
        let lease = supply.next()
        while (lease === undefined) {
          await supply.refill(item)
          lease = supply.next()
        }
        const message = sealField(item, field, location, lease, codec)
        messages.push(message instanceof Promise ? await message : message)
      }
    }
    return sealed
  } catch (error) {
    if (error instanceof SealError) publishNotSealed(error)
    throw error
  } finally {
    for (const supply of supplies.values()) supply.release()
  }
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
function suppliesFor(
  items: readonly Item[],
  cache: DataKeyCache,
  contextOf: (table: string) => MessageContext,
  signal: AbortSignal | undefined,
): Map<string, KeySupply> {
  const supplies = new Map<string, KeySupply>()
  for (const item of items) {
    if (item.fields.length === 0) continue
    let supply = supplies.get(item.table)
    if (supply === undefined) {
      supply = new KeySupply(cache, contextOf(item.table), item, signal)
      supplies.set(item.table, supply)
    }
    supply.wanted += item.fields.length
  }
  return supplies
}

/** Waits for all, also when one has failed: what arrives later would be nobody's to release. */
async function refillAll(supplies: readonly KeySupply[]): Promise<void> {
  const outcomes = await Promise.allSettled(supplies.map(supply => supply.refill(supply.firstItem)))
  const failure = outcomes.find(outcome => outcome.status === 'rejected')
  if (failure !== undefined) throw failure.reason
}

/** Data keys for the messages of one call and one table. Usually one key; more when `maxMessages` is reached. */
class KeySupply {
  readonly #cache: DataKeyCache
  readonly #context: MessageContext
  readonly firstItem: Item
  readonly #signal: AbortSignal | undefined
  #lease: SealingLease | undefined
  #left = 0
  /** Messages still to be granted. */
  wanted = 0

  constructor(
    cache: DataKeyCache,
    context: MessageContext,
    firstItem: Item,
    signal: AbortSignal | undefined,
  ) {
    this.#cache = cache
    this.#context = context
    this.firstItem = firstItem
    this.#signal = signal
  }

  /** The key for one more message, or undefined when it takes a refill first. */
  next(): SealingLease | undefined {
    if (this.#left === 0) return undefined
    this.#left--
    return this.#lease
  }

  /**
   * @param item the item that waits for it
   * @throws {SealError} `key-unavailable`
   */
  async refill(item: Item): Promise<void> {
    this.release()
    try {
      // More than was counted, if the caller has added fields since.
      const lease = await this.#cache.sealingKey(this.#context, Math.max(this.wanted, 1), this.#signal)
      this.#lease = lease
      this.#left = lease.granted
      this.wanted -= lease.granted
    } catch (cause) {
      this.#signal?.throwIfAborted()
      throw new SealError(
        'key-unavailable',
        'the keyring gave no data key. Its error is the cause; check that the key exists and that this process may use it.',
        { place: placeOf(item, item.fields[0]!.path), cause },
      )
    }
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
