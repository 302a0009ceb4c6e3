import type { AttributeValue } from './attributeValue.js'
import type { OpeningLease } from './dataKeyCache/openingLease.js'
import type { ItemKey } from './envelope/itemKey.js'
import type { AttributePath, ItemToOpen } from './format.js'
import type { ItemLocation } from './location.js'
import type { EncryptionContext } from './materials/context.js'

/**
 * A sealed field whose bytes have been taken apart, to the last one, and that waits for its data key. Where the encrypted
 * data keys stand is told by offsets: a page of results has thousands of fields, and none needs a view before it is
 * known whether the data key of the field before is its own, too.
 */
export interface StoredField {
  /** The encryption context of its data key: the one that is expected. */
  readonly context: EncryptionContext
  /** Holds the encrypted data keys, with their count, from `encryptedDataKeysStart` to `encryptedDataKeysEnd`. */
  readonly keyBytes: Buffer
  readonly encryptedDataKeysStart: number
  readonly encryptedDataKeysEnd: number
  /** Whether they stand beside the field: then they are those of all such fields of the item. */
  readonly keysAreBeside: boolean
  /**
   * The bytes that prove, or refute, that the data key is the one that was meant, wherever they stand. Fields that share
   * them give the same view.
   */
  readonly claim: Uint8Array
  /**
   * The value, once all of the field has authenticated for this place.
   *
   * @param lease its data key; is told what is proven or refuted
   * @param location the item that the field was read from
   * @param itemKey where formats with a key for each item keep the one in use
   * @throws {FieldError} also by the promise, where it takes one
   */
  open(
    lease: OpeningLease,
    location: ItemLocation,
    path: AttributePath,
    itemKey: ItemKey,
  ): AttributeValue | Promise<AttributeValue>
}

/**
 * Reads one field of an item, which stands in `bytes` from `start` to `end`, default all of them.
 *
 * @throws {FieldError}
 */
export type ReadField = (bytes: Uint8Array, start?: number, end?: number) => StoredField

/** Takes stored fields apart. */
export interface FieldReader {
  /**
   * @throws {ConfigurationError} `invalid-context` when the table name cannot be part of a context
   */
  forItem(item: ItemToOpen): ReadField
}
