import type { FieldError, OpenedItem } from '@dynaseal/core'
import type { ClientSettings } from '../client/settings.js'
import { added, NOTHING } from '../opening/added.js'
import { failure } from '../opening/failure.js'
import { markOpened } from '../opening/opened.js'
import { Opening, type Unopened } from '../opening/opening.js'
import { NUMBER } from '../opening/reasons.js'
import { strayCiphertext } from '../paths/strayCiphertext.js'
import type { KnownTable } from '../tables/knownTable.js'
import { type Item, primaryKey } from '../values/place.js'
import { allDigits } from '../values/readNumbers.js'
import { Scratch } from '../values/scratch.js'
import type { Values } from '../values/values.js'
import { readItem } from '../values/wireJson.js'
import { type OpenNow, readSealedImage, type SealedImage } from './sealedImage.js'

/** One that has been read. */
export type Image = SealedImage | OtherImage

interface OtherImage {
  readonly known: KnownTable
  readonly item: Item
  /** With native values. */
  readonly keys: Item | undefined
  readonly fields?: undefined
}

/**
 * Images of items, which arrive together, and are opened together. Those that are as nearly all are opened a few at a time,
 * where nobody has to be asked for a data key or waited for: what comes one after the other is then not in memory all at once.
 */
export class Images {
  /** Where ciphertext may be that is opened next. None where it has to be searched for in each item. */
  readonly #scratch: Scratch | undefined
  #sealed: SealedImage[] = NOTHING
  #unopened: Unopened[] = NOTHING
  #others: Opening | undefined
  /** Whether a data key has to be asked for: what comes after that waits with it. */
  #waits = false

  constructor(
    private readonly settings: ClientSettings,
    private readonly openNow: OpenNow | undefined,
  ) {
    const { plaintext, role } = settings
    // A format of somebody else may keep the bytes that it was given; and bytes in clear stay in their item.
    if (openNow !== undefined && plaintext === 'refuse' && role !== 'seal') this.#scratch = Scratch.take()
  }

  /** With which attribute values are read: what is signed, in all of its digits. */
  values({ wholeItems }: KnownTable): Values {
    return wholeItems ? allDigits(this.settings.values) : this.settings.values
  }

  /**
   * Reads an image.
   *
   * @param keys of the item that it has to be of, where they are told beside it
   * @throws {DocumentClientError} `invalid-record`
   */
  read(table: KnownTable, told: unknown, what: string, keys?: Item): Image {
    const sealed = this.#readSealed(table, told, what, keys)
    return sealed ?? { known: table, item: readItem(told, this.values(table), what), keys }
  }

  #readSealed(table: KnownTable, told: unknown, what: string, keys?: Item): SealedImage | undefined {
    const scratch = this.#scratch
    if (scratch === undefined || typeof told !== 'object' || told === null || !isSimple(table))
      return undefined
    const places = table.places(toldKind(table, told))
    const { values } = this.settings
    const image = readSealedImage(table, places, told, scratch, { values, what })
    if (image === undefined) return undefined
    const { item } = image
    if (places !== table.places(table.kindOf(item))) return undefined
    if (image.hasContainers && this.#mayHaveStrays(item)) return undefined
    // Where keys are told beside it, an image that has not the same ones is refused.
    return keys !== undefined || hasKey(table, item) ? image : undefined
  }

  #mayHaveStrays(item: Item): boolean {
    const { format } = this.settings
    const looksSealed = (value: unknown) => value instanceof Uint8Array && format.looksSealed(value)
    return strayCiphertext(item, looksSealed, NONE).length > 0
  }

  /**
   * Notes what is sealed in an image, whose key has been compared with what is told beside it.
   *
   * @throws {DocumentClientError} `role-refused`, or `invalid-value` for a key that was read as what cannot be written
   */
  collect(image: Image): void {
    const { known, item } = image
    const kind = known.kindOf(item)
    if (image.fields === undefined) {
      this.#others ??= new Opening(this.settings)
      this.#others.collect(known, item, kind, image.keys)
      return
    }
    if (known.hasTokens) {
      this.#others ??= new Opening(this.settings)
      this.#others.noteTokens(known, item, kind)
    }
    if (image.fields.length === 0) return
    // Not before: what is not wanted, or has nothing sealed, needs none.
    image.key = primaryKey(known, item, this.settings.values)!
    this.#sealed = added(this.#sealed, image)
  }

  /** Opens what is much. @returns what to wait for before there is more, if anything */
  openMuch(): Promise<void> | undefined {
    return this.#scratch?.holdsEnough === true ? this.#open() : undefined
  }

  /** Opens what has not been opened yet, and throws for no stored value. @returns what did not open */
  outcome(): readonly Unopened[] | Promise<readonly Unopened[]> {
    const wait = this.#open()
    if (wait !== undefined) return wait.then(() => this.#outcome())
    return this.#sealed.length === 0 && this.#others === undefined ? this.#ended() : this.#outcome()
  }

  async #outcome(): Promise<readonly Unopened[]> {
    const own = this.#sealed.length
    // By one call, so that each data key is asked for once.
    const toOpen = this.#others === undefined ? this.#sealed : [...this.#sealed, ...this.#others.toOpen()]
    if (toOpen.length > 0) {
      const results = await this.settings.format.open(toOpen)
      this.#hand(results)
      this.#others?.hand(results.slice(own))
    }
    const others = this.#others === undefined ? NOTHING : await this.#others.outcome()
    return [...this.#ended(), ...others]
  }

  #ended(): readonly Unopened[] {
    this.#scratch?.giveBack()
    return this.#unopened
  }

  /** @returns what to wait for, if anything; what is not open then is under a data key that has to be asked for */
  #open(): Promise<void> | undefined {
    if (this.#waits || this.openNow === undefined || this.#sealed.length === 0) return undefined
    const opened = this.openNow(this.#sealed)
    if (opened instanceof Promise) return opened.then(results => this.#handNow(results))
    this.#handNow(opened)
    return undefined
  }

  #handNow(opened: readonly OpenedItem[] | undefined): void {
    if (opened === undefined) this.#waits = true
    else this.#hand(opened)
  }

  /** Puts what all of that was opened to in its place. */
  #hand(results: readonly OpenedItem[]): void {
    const sealed = this.#sealed
    this.#sealed = NOTHING
    // By index: an iterator makes garbage for each.
    for (let index = 0; index < sealed.length; index++) this.#put(sealed[index]!, results[index]!)
    this.#scratch?.rewind()
  }

  #put(image: SealedImage, { fields, error }: OpenedItem): void {
    const { known, item } = image
    let failures: FieldError[] = error === undefined ? NOTHING : [error]
    for (let index = 0; index < fields.length; index++) {
      const { path } = image.fields[index]!
      const result = fields[index]!
      if ('error' in result) {
        if (error === undefined) failures = added(failures, result.error)
        continue
      }
      try {
        item[path[0]!] = this.settings.values.native(result.value)
      } catch {
        // The converter's own message quotes the number.
        failures = added(failures, failure(known, path, 'malformed-value', NUMBER))
      }
    }
    if (failures.length > 0)
      this.#unopened = added(this.#unopened, { table: known, item, key: item, failures })
    else if (!known.takesPlaintext)
      markOpened(
        item,
        image.fields.map(({ path }) => ({ path, value: item[path[0]!] })),
      )
  }
}

const NONE: ReadonlySet<unknown> = new Set()

function hasKey({ keyNames }: KnownTable, item: Item): boolean {
  return keyNames.every(name => Object.hasOwn(item, name))
}

/** Whether nothing has to be done for an item but to open its fields. */
function isSimple({ inherited, keyTokens }: KnownTable): boolean {
  return inherited.length === 0 && keyTokens.size === 0
}

/** What {@link KnownTable.kindOf} will find, as a rule: whoever has numbers made into texts may name a kind by a number. */
function toldKind({ kindAttribute }: KnownTable, image: object): unknown {
  if (kindAttribute === undefined || !Object.hasOwn(image, kindAttribute)) return undefined
  return (Object((image as Item)[kindAttribute]) as Item).S
}
