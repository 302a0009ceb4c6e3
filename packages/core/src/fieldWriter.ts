import type { AttributeValue } from './attributeValue.js'
import type { Writer } from './bytes/writer.js'
import type { KeyInMemory } from './dataKeyCache/statistics.js'
import type { ItemKey } from './envelope/itemKey.js'
import { SealError } from './errors.js'
import type { AttributePath, ItemToSeal } from './format.js'
import { MAX_MESSAGE_BYTES } from './limits.js'
import type { ItemLocation } from './location.js'
import type { EncryptionContext } from './materials/context.js'

/** Where a field belongs, and how its item is written. */
export interface FieldPlace {
  readonly location: ItemLocation
  readonly path: AttributePath
  /** Whether what the item's fields share is stored beside them: all are under one data key, then. */
  readonly shares: boolean
  /** Where formats with a key for each item keep the one in use. */
  readonly itemKey: ItemKey
}

/** How one format writes fields under a data key. */
export interface FieldWriter {
  /** @throws {ConfigurationError} `invalid-context` */
  contextOf(item: ItemToSeal): EncryptionContext
  /** Whether fields of the item may leave to attributes of the format what they share. */
  mayShare(item: ItemToSeal): boolean
  /**
   * @param scratch empty; takes the plaintext, and is cleared by the caller
   * @throws {SealError} also by the promise, where it takes one
   */
  write(scratch: Writer, key: KeyInMemory, place: FieldPlace, value: AttributeValue): Buffer | Promise<Buffer>
  /** What is stored beside fields that share it. */
  shared(key: KeyInMemory): Readonly<Record<string, Uint8Array>>
}

/** @throws {SealError} `too-large` */
export function checkFieldLength(length: number): void {
  if (length > MAX_MESSAGE_BYTES) {
    throw new SealError(
      'too-large',
      'the value is larger than any DynamoDB item (400 KB). Store it elsewhere, or split it.',
    )
  }
}
