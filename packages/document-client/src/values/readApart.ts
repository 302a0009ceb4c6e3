import { PROTOTYPE } from '../paths/attributePattern.js'
import type { AttributeRole, EncryptedPlaces } from '../paths/encryptedPlaces.js'
import { fromBase64Again } from './base64.js'
import { setMember } from './copyContainers.js'
import type { Item } from './place.js'
import type { InScratch, Scratch } from './scratch.js'

/** What is special of some attributes of an item, while it is read: to search for them later would cost more. */
export class ReadApart {
  /** Those of the format, which the item has not. The format only reads them. */
  readonly attributes: Item = {}
  readonly roles: ReadonlyMap<string, AttributeRole>
  readonly #scratch: Scratch | undefined
  /** By their places among the names; none once something is not as it should be. */
  #sealed: InScratch[] | undefined
  #count = 0
  #isAll = true

  /**
   * @param places where ciphertext belongs in the item
   * @param scratch memory for what is encrypted, where it is opened next
   */
  constructor(places: EncryptedPlaces, scratch: Scratch | undefined) {
    const { names, roles } = places
    this.roles = roles
    this.#scratch = scratch
    if (scratch !== undefined && names !== undefined) this.#sealed = new Array(names.length)
  }

  /**
   * What is sealed at encrypted places of the item, in their order: the item has `null` there. Nothing where that is not all
   * that is there, or nobody looked.
   */
  get sealed(): InScratch[] | undefined {
    // Those that the item has not are no members of the list.
    if (this.#sealed !== undefined && this.#count < this.#sealed.length)
      this.#sealed = this.#sealed.filter(() => true)
    return this.#sealed
  }

  /** Whether there is nothing else in the item but texts and the like. */
  get isAll(): boolean {
    return this.#isAll
  }

  /**
   * @param text base64
   * @returns whether it is, and has been put where it belongs
   */
  putBytes(read: Item, name: string, role: AttributeRole, text: string): boolean {
    if (role === 'of the format') {
      const bytes = fromBase64Again(text)
      if (bytes !== undefined) setMember(this.attributes, name, bytes)
      return bytes !== undefined
    }
    if (this.#sealed === undefined) return false
    const sealed = this.#scratch!.decode(text, role.path, read)
    if (sealed === undefined) return false
    this.#sealed[role.index] = sealed
    this.#count++
    setMember(read, name, null)
    return true
  }

  /** Any other value, as it was read. */
  put(read: Item, name: string, role: AttributeRole | undefined, value: unknown): void {
    setMember(role === 'of the format' ? this.attributes : read, name, value)
    if (name === PROTOTYPE || typeof role === 'object') this.#sealed = undefined
    else if (role === undefined && typeof value === 'object' && value !== null) this.#isAll = false
  }
}
