import type { AttributeValue, Field, FieldError, ItemToOpen, OpenedItem } from '@dynaseal/core'
import type { ClientSettings } from '../client/settings.js'
import { takeFormatAttributes } from '../guards/formatAttributes.js'
import { hideInherited } from '../paths/inheritedNames.js'
import type { Selection } from '../paths/selection.js'
import type { ItemsWithTokens } from '../search/takeTokens.js'
import type { KnownTable } from '../tables/knownTable.js'
import { type Item, keyPart, primaryKey } from '../values/place.js'
import { added, NOTHING } from './added.js'
import { failure } from './failure.js'
import { ItemSearch, type SealedValue, type SearchedItem } from './itemSearch.js'
import { markOpened } from './opened.js'
import { leaveOut } from './openPartially.js'
import { isMissing, lacksKey, mayNotOpen, NUMBER } from './reasons.js'

/** An item of which not all opened, so that nothing of it may be handed out. */
export interface Unopened {
  readonly table: KnownTable
  readonly item: Item
  readonly key: Item
  readonly failures: readonly FieldError[]
}

interface OpenItem extends Unopened, SearchedItem {
  readonly failures: FieldError[]
  /** The item as the format wants it, if there is something to be opened. */
  toOpen: ItemToOpen | undefined
}

/** Collects the sealed values of one response, and puts what they hold in their place all at once. */
export class Opening {
  readonly #search: ItemSearch
  #items: OpenItem[] = NOTHING
  /** Those of them in which there is something to be opened, and nobody has opened it. */
  #sealed: OpenItem[] = NOTHING
  #keepsTokens = false
  /** Tokens that the format would have taken out. */
  #kept: { readonly item: Item; readonly name: string }[] = NOTHING
  #withTokens: ItemsWithTokens[] = NOTHING

  constructor(private readonly settings: ClientSettings) {
    this.#search = new ItemSearch(settings)
  }

  /**
   * Notes what is sealed in an item of a response.
   *
   * @param kind the name of the item's kind, as far as it can be relied on
   * @param requestKey the key that was asked for, where the request names it: it, not what was
   *   returned, is what the ciphertext has to be bound to
   * @param selection what of the item was asked for, if not all
   * @throws {DocumentClientError} `role-refused`
   */
  collect(table: KnownTable, item: Item, kind: unknown, requestKey?: Item, selection?: Selection): void {
    if (table.hasTokens) this.noteTokens(table, item, kind)
    // Tokens are taken out of the item.
    const key = requestKey ?? (table.keyTokens.size > 0 ? keyPart(table, item) : item)
    const attributes = takeFormatAttributes(table, item)
    const each: OpenItem = {
      table,
      item,
      key,
      failures: [],
      opened: NOTHING,
      found: NOTHING,
      toOpen: undefined,
    }
    const isInClear =
      table.wholeItems && this.settings.plaintext === 'allow' && Object.keys(attributes).length === 0
    if (table.wholeItems && !isInClear) {
      for (const name of table.formatAttributes)
        if (!(attributes[name] instanceof Uint8Array)) each.failures.push(isMissing(table, name))
      if (each.failures.length > 0) {
        this.#items = added(this.#items, each)
        return
      }
    }
    if (table.inherited.length > 0) for (const pattern of table.inherited) hideInherited(item, pattern)
    this.#search.places(each, kind, selection, isInClear)
    this.#search.strays(each, kind)
    const { found } = each
    const opens = found.length > 0 || (table.wholeItems && !isInClear)
    if (!opens && each.failures.length === 0 && each.opened.length === 0) return
    if (opens && this.settings.role === 'seal') throw mayNotOpen(table, found)
    this.#items = added(this.#items, each)
    if (!opens) return
    each.toOpen = this.#toOpen(each, attributes)
    if (each.toOpen !== undefined) this.#sealed = added(this.#sealed, each)
  }

  /** An item whose tokens are taken out once all is open. */
  noteTokens(table: KnownTable, item: Item, kind: unknown): void {
    const last = this.#withTokens.at(-1)
    // The items of a page are mostly of one kind.
    if (last?.table === table && last.kind === kind) last.items.push(item)
    else this.#withTokens = added(this.#withTokens, { table, kind, items: [item] })
  }

  /** None where nobody knows which item it is; then its failures say so. */
  #toOpen({ table, item, key, failures, found }: OpenItem, attributes: Item): ItemToOpen | undefined {
    const attributesOfKey = primaryKey(table, key, this.settings.values)
    if (attributesOfKey === undefined) {
      for (const path of found.length > 0 ? found.map(({ path }) => path) : [table.keyNames])
        failures.push(lacksKey(table, path))
      return undefined
    }
    return {
      table: table.name,
      key: attributesOfKey,
      partitionKey: table.keyNames[0],
      fields: found as readonly (SealedValue & Field<Uint8Array>)[],
      attributes,
      others: table.wholeItems
        ? this.settings.features.wholeItems.otherAttributes(item, found, this.settings.values)
        : undefined,
    }
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

  /** Opens all that was collected, and throws for no stored value: what did not open is told. */
  outcome(): readonly Unopened[] | Promise<readonly Unopened[]> {
    return this.#sealed.length === 0 && !this.#items.some(({ table }) => table.keyTokens.size > 0)
      ? this.#outcome()
      : this.#openAll()
  }

  async #openAll(): Promise<readonly Unopened[]> {
    if (this.#sealed.length > 0) this.hand(await this.settings.format.open(this.toOpen()))
    const keyed = this.#items.filter(
      ({ table, failures }) => table.keyTokens.size > 0 && failures.length === 0,
    )
    const { features, search, values } = this.settings
    if (keyed.length > 0) await features.search.checkKeys(keyed, search, values)
    return this.#outcome()
  }

  #outcome(): readonly Unopened[] {
    let hasFailed = false
    for (let index = 0; index < this.#items.length; index++) {
      const { item, opened, failures } = this.#items[index]!
      if (opened.length > 0) markOpened(item, opened)
      if (failures.length > 0) hasFailed = true
    }
    if (!this.#keepsTokens) this.takeTokens()
    return hasFailed ? this.#items.filter(({ failures }) => failures.length > 0) : ALL_OPENED
  }

  /** What has been collected, and nobody has opened. */
  toOpen(): ItemToOpen[] {
    return this.#sealed.map(({ toOpen }) => toOpen!)
  }

  /** Puts what all of that was opened to in its place. */
  hand(results: readonly OpenedItem[]): void {
    const sealed = this.#sealed
    this.#sealed = NOTHING
    for (let i = 0; i < sealed.length; i++) {
      const each = sealed[i]!
      const { fields, error, others } = results[i]!
      if (error !== undefined) each.failures.push(error)
      else if (others !== undefined)
        this.settings.features.wholeItems.replaceOthers(each, others, this.settings.values, name => {
          if (this.#keepsTokens) this.#kept = added(this.#kept, { item: each.item, name })
          else delete each.item[name]
        })
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
    if (this.#kept.length > 0) for (const { item, name } of this.#kept) delete item[name]
  }

  #replace(each: OpenItem, occurrence: SealedValue, value: AttributeValue): void {
    const { table, failures } = each
    const { path } = occurrence
    try {
      const native = this.settings.values.native(value)
      occurrence.replace(native)
      if (!table.takesPlaintext) each.opened = added(each.opened, { path, value: native })
    } catch {
      // The converter's own message quotes the number.
      failures.push(failure(table, path, 'malformed-value', NUMBER))
    }
  }
}

const ALL_OPENED: readonly Unopened[] = []
const NONE: ReadonlySet<unknown> = new Set()
