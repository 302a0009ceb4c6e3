import type { AttributePath, AttributeValue, FieldError, ItemToOpen, OpenedItem } from '@dynaseal/core'
import type { ClientSettings } from '../client/settings.js'
import { takeFormatAttributes } from '../guards/formatAttributes.js'
import { Occurrence, occurrences, PROTOTYPE } from '../paths/attributePattern.js'
import { hideInherited } from '../paths/inheritedNames.js'
import type { Selection } from '../paths/selection.js'
import { strayCiphertext } from '../paths/strayCiphertext.js'
import type { ItemWithTokens } from '../search/takeTokens.js'
import type { KnownTable } from '../tables/knownTable.js'
import { type Item, keyPart, primaryKey } from '../values/place.js'
import type { Scratch } from '../values/scratch.js'
import { isSealedText } from '../values/sealedText.js'
import { failure } from './failure.js'
import { markOpened, type OpenedValue } from './opened.js'
import { openNowOf } from './openNow.js'
import { leaveOut } from './openPartially.js'
import { AS_TEXT, inClear, isMissing, lacksKey, mayNotOpen, NUMBER, OBSTRUCTED } from './reasons.js'

/** An item of which not all opened, so that nothing of it may be handed out. */
export interface Unopened {
  readonly table: KnownTable
  readonly item: Item
  readonly key: Item
  readonly failures: readonly FieldError[]
}

interface OpenItem extends Unopened {
  readonly failures: FieldError[]
  /** What may be taken for the values of encrypted attributes. Nothing in a table without a mapper: there, nobody asks. */
  readonly opened: OpenedValue[]
}

interface SealedItem extends OpenItem {
  /** What is sealed in the item. */
  readonly found: readonly Occurrence[]
  /** The item as the format wants it. */
  readonly toOpen: ItemToOpen
}

/** Collects the sealed values of one response, and puts what they hold in their place all at once. */
export class Opening {
  readonly #items: OpenItem[] = []
  /** Those of them in which there is something to be opened, and nobody has opened it. */
  #sealed: SealedItem[] = []
  #waits = false
  #keepsTokens = false
  /** Tokens that the format would have taken out. */
  readonly #kept: { readonly item: Item; readonly name: string }[] = []
  readonly #withTokens: ItemWithTokens[] = []

  /** @param scratch where ciphertext may be that is found in items: it is not needed any more when all is open */
  constructor(
    private readonly settings: ClientSettings,
    readonly scratch?: Scratch,
  ) {}

  /**
   * Notes what is sealed in an item of a response.
   *
   * @param kind the name of the item's kind, as far as it can be relied on
   * @param requestKey the key that was asked for, where the request names it: it, not what was
   *   returned, is what the ciphertext has to be bound to
   * @param selection what of the item was asked for, if not all
   * @param taken the format's own attributes, where they have been taken out of the item
   * @throws {DocumentClientError} `role-refused`
   */
  collect(
    table: KnownTable,
    item: Item,
    kind: unknown,
    requestKey?: Item,
    selection?: Selection,
    taken?: Item,
  ): void {
    if (table.hasTokens) this.#withTokens.push({ table, item, kind })
    // Tokens are taken out of the item.
    const key = requestKey ?? (table.keyTokens.size > 0 ? keyPart(table, item) : item)
    const attributes = taken ?? takeFormatAttributes(table, item)
    const each: OpenItem = { table, item, key, failures: [], opened: [] }
    const isInClear =
      table.wholeItems && this.settings.plaintext === 'allow' && Object.keys(attributes).length === 0
    if (table.wholeItems && !isInClear) {
      for (const name of table.formatAttributes)
        if (!(attributes[name] instanceof Uint8Array)) each.failures.push(isMissing(table, name))
      if (each.failures.length > 0) {
        this.#items.push(each)
        return
      }
    }
    const found: Occurrence[] = []
    for (const pattern of table.inherited) hideInherited(item, pattern)
    this.#search(each, kind, selection, isInClear, found)
    this.#refuseStrays(each, kind, found)
    const opens = found.length > 0 || (table.wholeItems && !isInClear)
    if (!opens && each.failures.length === 0 && each.opened.length === 0) return
    if (opens && this.settings.role === 'seal') throw mayNotOpen(table, found)
    const sealed = opens ? this.#sealedItem(each, found, attributes) : undefined
    this.#items.push(sealed ?? each)
    if (sealed !== undefined) this.#sealed.push(sealed)
  }

  /** Notes what stands at the encrypted places of an item, each place once. */
  #search(
    each: OpenItem,
    kind: unknown,
    selection: Selection | undefined,
    isInClear: boolean,
    found: Occurrence[],
  ): void {
    const { table, item, failures } = each
    const { names, patterns } = table.places(kind)
    const obstructed = (path: AttributePath, value: unknown, isFirst: (path: AttributePath) => boolean) => {
      if (table.mayStand(kind, path, value) || !isFirst(path)) return
      failures.push(failure(table, path, 'not-a-message', OBSTRUCTED))
    }
    if (names !== undefined) {
      // As the search of each of them would find.
      if (names.length > 0 && Object.hasOwn(item, PROTOTYPE))
        obstructed([PROTOTYPE], item[PROTOTYPE], () => true)
      for (const { name, path } of names) {
        const value = Object.hasOwn(item, name) ? item[name] : undefined
        if (value !== undefined)
          this.#note(each, kind, new Occurrence(path, value, false, item, name), isInClear, found)
      }
      return
    }
    const seen = new Set<string>()
    const isFirst = (path: AttributePath) => {
      const place = nameOf(path)
      return !seen.has(place) && seen.add(place) !== undefined
    }
    for (const pattern of patterns) {
      for (const occurrence of occurrences(item, pattern, [], selection, (path, value) =>
        obstructed(path, value, isFirst),
      )) {
        // Where the response does not say whether ciphertext belongs there, it is ciphertext if it looks like it.
        if (occurrence.isUncertain && !this.#looksSealed(occurrence.value)) continue
        if (isFirst(occurrence.path)) this.#note(each, kind, occurrence, isInClear, found)
      }
    }
  }

  #note(
    { table, failures, opened }: OpenItem,
    kind: unknown,
    occurrence: Occurrence,
    isInClear: boolean,
    found: Occurrence[],
  ): void {
    const { path, value } = occurrence
    if (this.#isSealed(table, value, isInClear)) found.push(occurrence)
    else if (isSealedText(value, this.settings.format))
      failures.push(failure(table, path, 'not-a-message', AS_TEXT))
    else if (this.settings.plaintext !== 'allow')
      failures.push(failure(table, path, 'not-a-message', inClear(table, kind, path)))
    else {
      // It stays in the item, and what it is in may be scratch.
      const own = value instanceof Uint8Array && this.scratch !== undefined ? Uint8Array.from(value) : value
      if (own !== value) occurrence.replace(own)
      if (!table.takesPlaintext) opened.push({ path, value: own })
    }
  }

  #refuseStrays({ table, item, failures }: OpenItem, kind: unknown, found: readonly Occurrence[]): void {
    if (table.places(kind).names !== undefined && holdsNothingBut(found, item)) return
    const known = new Set<unknown>()
    for (const { value } of found) known.add(value)
    for (const path of strayCiphertext(item, value => this.#looksSealed(value), known)) {
      if (table.refusesCiphertext(kind, path))
        failures.push(failure(table, path, 'wrong-location', table.dialect.strayCiphertext))
    }
  }

  /** None where nobody knows which item it is; then its failures say so. */
  #sealedItem(each: OpenItem, found: readonly Occurrence[], attributes: Item): SealedItem | undefined {
    const { table, item, key, failures, opened } = each
    const attributesOfKey = primaryKey(table, key, this.settings.values)
    if (attributesOfKey === undefined) {
      for (const path of found.length > 0 ? found.map(({ path }) => path) : [table.keyNames])
        failures.push(lacksKey(table, path))
      return undefined
    }
    const toOpen: ItemToOpen = {
      table: table.name,
      key: attributesOfKey,
      partitionKey: table.keyNames[0],
      fields: found as readonly (Occurrence & { readonly value: Uint8Array })[],
      attributes,
      others: table.wholeItems
        ? this.settings.features.wholeItems.otherAttributes(item, found, this.settings.values)
        : undefined,
    }
    return { table, item, key, failures, opened, found, toOpen }
  }

  /**
   * @returns the items that were not opened, inside `openPartially`
   * @throws {FieldsNotOpenedError} with every field that did not open, elsewhere
   */
  async open(cause?: unknown): Promise<ReadonlySet<unknown>> {
    const unopened = await this.outcome()
    if (unopened.length === 0) return NONE
    leaveOut(unopened, cause)
    return new Set(unopened.map(({ item }) => item))
  }

  /**
   * Opens what has been collected since, where nobody has to be asked or waited for. What comes one after the other is then
   * not in memory all at once.
   *
   * @returns what to wait for, if anything
   */
  openNow(): Promise<void> | undefined {
    if (this.#sealed.length === 0 || this.#waits) return undefined
    const openNow = openNowOf(this.settings.format)
    if (openNow === undefined) return undefined
    const sealed = this.#sealed
    const results = openNow(sealed.map(({ toOpen }) => toOpen))
    if (results === undefined) {
      // What comes now waits with it.
      this.#waits = true
      return undefined
    }
    this.#sealed = []
    if (results instanceof Promise) {
      return results.then(opened => {
        this.#hand(sealed, opened)
        this.scratch?.rewind()
      })
    }
    this.#hand(sealed, results)
    this.scratch?.rewind()
    return undefined
  }

  /** Opens all that was collected, and throws for no stored value: what did not open is told. */
  outcome(): readonly Unopened[] | Promise<readonly Unopened[]> {
    return this.#sealed.length === 0 && !this.#items.some(({ table }) => table.keyTokens.size > 0)
      ? this.#outcome()
      : this.#openAll()
  }

  async #openAll(): Promise<readonly Unopened[]> {
    const sealed = this.#sealed
    if (sealed.length > 0)
      this.#hand(sealed, await this.settings.format.open(sealed.map(({ toOpen }) => toOpen)))
    const keyed = this.#items.filter(
      ({ table, failures }) => table.keyTokens.size > 0 && failures.length === 0,
    )
    const { features, search, values } = this.settings
    if (keyed.length > 0) await features.search.checkKeys(keyed, search, values)
    return this.#outcome()
  }

  #outcome(): readonly Unopened[] {
    this.scratch?.giveBack()
    for (const { item, opened } of this.#items) if (opened.length > 0) markOpened(item, opened)
    if (!this.#keepsTokens) this.takeTokens()
    return this.#items.filter(({ failures }) => failures.length > 0)
  }

  /** Puts what was opened in its place. */
  #hand(sealed: readonly SealedItem[], results: readonly OpenedItem[]): void {
    for (let i = 0; i < sealed.length; i++) {
      const each = sealed[i]!
      const { fields, error, others } = results[i]!
      if (error !== undefined) each.failures.push(error)
      else if (others !== undefined) this.#replaceOthers(each, others)
      // By index: an iterator makes garbage for each field.
      for (let j = 0; j < each.found.length; j++) {
        const result = fields[j]!
        if (!('error' in result)) this.#replace(each, each.found[j]!, result.value)
        else if (error === undefined) each.failures.push(result.error)
      }
    }
  }

  /** Leaves search tokens in the items, to be compared, until {@link takeTokens}. */
  keepTokens(): void {
    this.#keepsTokens = true
  }

  /** Takes search tokens out of the items: they are no data. */
  takeTokens(): void {
    if (this.#withTokens.length > 0) this.settings.features.search.takeTokens(this.#withTokens)
    for (const { item, name } of this.#kept) delete item[name]
  }

  #isSealed({ wholeItems }: KnownTable, value: unknown, isInClear: boolean): value is Uint8Array {
    if (!(value instanceof Uint8Array)) return false
    if (wholeItems) return !isInClear
    // In a table that is being migrated, bytes that do not look sealed are a binary value in clear.
    return this.settings.plaintext === 'refuse' || this.#looksSealed(value)
  }

  #looksSealed(value: unknown): boolean {
    return value instanceof Uint8Array && this.settings.format.looksSealed(value)
  }

  /** What has no mark, as the format opened it. */
  #replaceOthers({ table, item, toOpen, failures }: SealedItem, others: Item): void {
    for (const [name, given] of Object.entries(toOpen.others ?? {})) {
      const value = others[name]
      if (value === given) continue
      if (value === undefined) {
        if (this.#keepsTokens) this.#kept.push({ item, name })
        else delete item[name]
      } else {
        try {
          item[name] = this.settings.values.native(value as AttributeValue)
        } catch {
          failures.push(failure(table, [name], 'malformed-value', NUMBER))
        }
      }
    }
  }

  #replace({ table, opened, failures }: OpenItem, occurrence: Occurrence, value: AttributeValue): void {
    const { path } = occurrence
    try {
      const native = this.settings.values.native(value)
      occurrence.replace(native)
      if (!table.takesPlaintext) opened.push({ path, value: native })
    } catch {
      // The converter's own message quotes the number.
      failures.push(failure(table, path, 'malformed-value', NUMBER))
    }
  }
}

/**
 * Whether all that an item holds besides texts and the like is what was found, each at a name of its own. Then there is
 * nothing in it to be looked through.
 */
function holdsNothingBut(found: readonly Occurrence[], item: Item): boolean {
  let objects = 0
  for (const name of Object.keys(item)) if (typeof item[name] === 'object' && item[name] !== null) objects++
  return objects === found.length
}

const NONE: ReadonlySet<unknown> = new Set()

/** Another one for each path: what JSON makes of a list begins with a bracket. */
function nameOf(path: AttributePath): string {
  const [first] = path
  return path.length === 1 && typeof first === 'string' && !first.startsWith('[')
    ? first
    : JSON.stringify(path)
}
