import type { ItemLocation } from '../location.js'
import { type EnvelopeKeys, ITEM_KEY_BYTES } from './keys.js'

/** One that no call uses at the moment: memory of its own takes longer to get than a key to derive. */
let free: ItemKey | undefined

/** The key of the item whose fields are sealed or opened at the moment: derived once for all of them. One for each call. */
export class ItemKey {
  readonly #key = Buffer.allocUnsafeSlow(ITEM_KEY_BYTES)
  #keys: EnvelopeKeys | undefined
  #location: ItemLocation | undefined

  static take(): ItemKey {
    const itemKey = free ?? new ItemKey()
    free = undefined
    return itemKey
  }

  /** Valid until it is asked for another. */
  of(keys: EnvelopeKeys, location: ItemLocation): Buffer {
    if (keys !== this.#keys || location !== this.#location) {
      keys.deriveItemKey(location.item, this.#key)
      this.#keys = keys
      this.#location = location
    }
    return this.#key
  }

  /** Zeroes it. The caller does not use it any more. */
  giveBack(): void {
    this.#key.fill(0)
    this.#keys = undefined
    this.#location = undefined
    free = this
  }
}
