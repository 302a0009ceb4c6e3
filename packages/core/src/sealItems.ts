import type { AttributeValue } from './attributeValue.js'
import { Writer } from './bytes/writer.js'
import type { DataKeyCache } from './dataKeyCache/dataKeyCache.js'
import type { SealingLease } from './dataKeyCache/sealingKeys.js'
import { ItemKey } from './envelope/itemKey.js'
import { ConfigurationError, type DynasealError, SealError } from './errors.js'
import { publishNotSealed } from './events.js'
import type { FieldPlace, FieldWriter } from './fieldWriter.js'
import type { Field, ItemToSeal, SealedItem } from './format.js'
import { ItemLocation } from './location.js'
import type { EncryptionContext } from './materials/context.js'
import { placeOf } from './place.js'
import { nextSlice, sliceIsOver } from './slices.js'

/** Plaintext on its way into a field. Used between two awaits only, and zeroed after each field. */
const scratch = new Writer(4096)

const WITHOUT_FIELDS: SealedItem = { values: [], attributes: {} }

/** @throws {SealError}; and the reason of `signal`, when that fires */
export async function sealItems(
  items: readonly ItemToSeal[],
  cache: DataKeyCache,
  writer: FieldWriter,
  signal?: AbortSignal,
): Promise<SealedItem[]> {
  const supplies = new KeySupplies(cache, signal)
  const itemKey = ItemKey.take()
  try {
    const supplyOf = items.map(item => supplies.add(item, writer))
    await supplies.refill()
    const sealed: SealedItem[] = []
    for (const [index, item] of items.entries()) {
      const supply = supplyOf[index]
      // An item without fields needs no key, no location and no place.
      sealed.push(supply === undefined ? WITHOUT_FIELDS : await sealItem(item, supply, writer, itemKey))
    }
    return sealed
  } catch (error) {
    if (error instanceof SealError) publishNotSealed(error)
    throw error
  } finally {
    supplies.release()
    itemKey.giveBack()
  }
}

async function sealItem(
  item: ItemToSeal,
  supply: KeySupply,
  writer: FieldWriter,
  itemKey: ItemKey,
): Promise<SealedItem> {
  const location = locate(item)
  // A copy: fields that the caller adds meanwhile would be under another data key than was made sure of.
  const fields = [...item.fields]
  // More fields than one data key may seal have nothing to share.
  const shares = writer.mayShare(item) && (await supply.holds(fields.length, item))
  const values: Uint8Array[] = []
  let lease: SealingLease | undefined
  for (const field of fields) {
    while (sliceIsOver()) await nextSlice()
    lease = supply.next()
    while (lease === undefined) {
      await supply.refill(item)
      lease = supply.next()
    }
    const place = { location, path: field.path, shares, itemKey }
    const value = sealField(item, field, place, lease, writer)
    values.push(value instanceof Promise ? await value : value)
  }
  return { values, attributes: shares && lease !== undefined ? writer.shared(lease) : {} }
}

function sealField(
  item: ItemToSeal,
  field: Field<AttributeValue>,
  place: FieldPlace,
  lease: SealingLease,
  writer: FieldWriter,
): Buffer | Promise<Buffer> {
  try {
    const sealed = writer.write(scratch, lease, place, field.value)
    if (!(sealed instanceof Promise)) return sealed
    return sealed.catch(error => {
      throw placed(error, item, field)
    })
  } catch (error) {
    throw placed(error, item, field)
  } finally {
    scratch.clear()
  }
}

function locate(item: ItemToSeal): ItemLocation {
  try {
    return new ItemLocation(item.table, item.key)
  } catch (error) {
    throw placed(error, item, item.fields[0]!)
  }
}

/** A supply of data keys for each encryption context that fields are sealed under. */
class KeySupplies {
  readonly #cache: DataKeyCache
  readonly #signal: AbortSignal | undefined
  readonly #supplies = new Map<string, KeySupply>()

  constructor(cache: DataKeyCache, signal: AbortSignal | undefined) {
    this.#cache = cache
    this.#signal = signal
  }

  /** @returns where the item's data key comes from; undefined for an item without fields */
  add(item: ItemToSeal, writer: FieldWriter): KeySupply | undefined {
    if (item.fields.length === 0) return undefined
    const context = writer.contextOf(item)
    let supply = this.#supplies.get(context.id)
    if (supply === undefined) {
      supply = new KeySupply(this.#cache, context, item, this.#signal)
      this.#supplies.set(context.id, supply)
    }
    supply.wanted += item.fields.length
    return supply
  }

  /** Waits for all, also when one has failed: what arrives later would be nobody's to release. */
  async refill(): Promise<void> {
    const supplies = [...this.#supplies.values()]
    const outcomes = await Promise.allSettled(supplies.map(supply => supply.refill(supply.firstItem)))
    const failure = outcomes.find(outcome => outcome.status === 'rejected')
    if (failure !== undefined) throw failure.reason
  }

  release(): void {
    for (const supply of this.#supplies.values()) supply.release()
  }
}

/** Data keys for the fields of one call and one context. Usually one key; more when `maxMessages` is reached. */
class KeySupply {
  readonly #cache: DataKeyCache
  readonly #context: EncryptionContext
  readonly firstItem: ItemToSeal
  readonly #signal: AbortSignal | undefined
  #lease: SealingLease | undefined
  #left = 0
  /** Fields still to be granted. */
  wanted = 0

  constructor(
    cache: DataKeyCache,
    context: EncryptionContext,
    firstItem: ItemToSeal,
    signal: AbortSignal | undefined,
  ) {
    this.#cache = cache
    this.#context = context
    this.firstItem = firstItem
    this.#signal = signal
  }

  /** The key for one more field, or undefined when it takes a refill first. */
  next(): SealingLease | undefined {
    if (this.#left === 0) return undefined
    this.#left--
    return this.#lease
  }

  /**
   * Whether the next fields can be sealed under one key; if need be, under another than until now.
   *
   * @throws {SealError} `key-unavailable`
   */
  async holds(fields: number, item: ItemToSeal): Promise<boolean> {
    if (this.#left < fields) {
      // What was granted of the key before is not used.
      this.wanted += this.#left
      await this.refill(item, fields)
    }
    return this.#left >= fields
  }

  /**
   * @param item the item that waits for it
   * @throws {SealError} `key-unavailable`
   */
  async refill(item: ItemToSeal, least = 1): Promise<void> {
    this.release()
    try {
      // More than was counted, if the caller has added fields since.
      const wanted = Math.max(this.wanted, least)
      const lease = await this.#cache.sealingKey(this.#context, wanted, least, this.#signal)
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
function placed(error: unknown, item: ItemToSeal, field: Field<AttributeValue>): DynasealError {
  const place = placeOf(item, field.path)
  if (error instanceof SealError) return error.at(place)
  if (error instanceof ConfigurationError) return error
  return new SealError('sealing-failed', 'the value could not be read. Is it a plain attribute value?', {
    place,
  })
}
