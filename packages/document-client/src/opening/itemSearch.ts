import type { AttributePath, Field, FieldError } from '@dynaseal/core'
import type { ClientSettings } from '../client/settings.js'
import { Occurrence, occurrences, PROTOTYPE } from '../paths/attributePattern.js'
import type { Selection } from '../paths/selection.js'
import { strayCiphertext } from '../paths/strayCiphertext.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Item } from '../values/place.js'
import { isSealedText } from '../values/sealedText.js'
import { added } from './added.js'
import { failure } from './failure.js'
import type { OpenedValue } from './opened.js'
import { AS_TEXT, IN_CLEAR, misfit, OBSTRUCTED } from './reasons.js'

/** An item, and what its search notes. */
export interface SearchedItem {
  readonly table: KnownTable
  readonly item: Item
  readonly failures: FieldError[]
  /** What may be taken for the values of encrypted attributes. Nothing in a table without a mapper: there, nobody asks. */
  opened: OpenedValue[]
  /** What is sealed in the item. */
  found: SealedValue[]
}

/** A sealed value where it was found, and the means to replace it. */
export interface SealedValue extends Field<unknown> {
  replace(value: unknown): void
}

/** Searches items that were read for what is sealed in them, and for what should be and is not. */
export class ItemSearch {
  constructor(private readonly settings: ClientSettings) {}

  /** Notes what stands at the encrypted places of an item, each place once. */
  places(each: SearchedItem, kind: unknown, selection: Selection | undefined, isInClear: boolean): void {
    const { table, item } = each
    const { names } = table.places(kind)
    if (names === undefined) {
      this.#searchInside(each, kind, selection, isInClear)
      return
    }
    // As the search of each of them would find.
    if (names.length > 0 && Object.hasOwn(item, PROTOTYPE))
      this.#obstructed(each, kind, [PROTOTYPE], item[PROTOTYPE])
    for (let index = 0; index < names.length; index++) {
      const { name, path } = names[index]!
      const value = Object.hasOwn(item, name) ? item[name] : undefined
      if (value !== undefined)
        this.#note(each, kind, new Occurrence(path, value, false, item, name), isInClear)
    }
  }

  #searchInside(
    each: SearchedItem,
    kind: unknown,
    selection: Selection | undefined,
    isInClear: boolean,
  ): void {
    const { table, item } = each
    const seen = new Set<string>()
    const isFirst = (path: AttributePath) => {
      const place = nameOf(path)
      return !seen.has(place) && seen.add(place) !== undefined
    }
    const obstructed = (path: AttributePath, value: unknown) =>
      this.#obstructed(each, kind, path, value, isFirst)
    for (const pattern of table.places(kind).patterns) {
      for (const occurrence of occurrences(item, pattern, [], selection, obstructed)) {
        // Where the response does not say whether ciphertext belongs there, it is ciphertext if it looks like it.
        if (occurrence.isUncertain && !this.#looksSealed(occurrence.value)) continue
        if (isFirst(occurrence.path)) this.#note(each, kind, occurrence, isInClear)
      }
    }
  }

  #obstructed(
    { table, failures }: SearchedItem,
    kind: unknown,
    path: AttributePath,
    value: unknown,
    isFirst?: (path: AttributePath) => boolean,
  ): void {
    if (table.mayStand(kind, path, value) || isFirst?.(path) === false) return
    failures.push(failure(table, path, 'not-a-message', misfit(table, kind, path, OBSTRUCTED)))
  }

  #note(each: SearchedItem, kind: unknown, occurrence: Occurrence, isInClear: boolean): void {
    const { table, failures } = each
    const { path, value } = occurrence
    if (this.#isSealed(table, value, isInClear)) each.found = added(each.found, occurrence)
    else if (isSealedText(value, this.settings.format))
      failures.push(failure(table, path, 'not-a-message', AS_TEXT))
    else if (this.settings.plaintext !== 'allow')
      failures.push(failure(table, path, 'not-a-message', misfit(table, kind, path, IN_CLEAR)))
    else if (!table.takesPlaintext) each.opened = added(each.opened, { path, value })
  }

  /** Refuses ciphertext where none belongs. */
  strays(each: SearchedItem, kind: unknown): void {
    const { table, item, failures, found } = each
    if (table.places(kind).names !== undefined && holdsNothingBut(found, item)) return
    const known = new Set<unknown>()
    for (const { value } of found) known.add(value)
    for (const path of strayCiphertext(item, value => this.#looksSealed(value), known)) {
      if (table.refusesCiphertext(kind, path))
        failures.push(failure(table, path, 'wrong-location', table.dialect.strayCiphertext))
    }
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
}

/**
 * Whether all that an item holds besides texts and the like is what was found, each at a name of its own. Then there is
 * nothing in it to be looked through.
 */
function holdsNothingBut(found: readonly SealedValue[], item: Item): boolean {
  let objects = 0
  for (const name in item) {
    const value = item[name]
    if (typeof value === 'object' && value !== null && Object.hasOwn(item, name)) objects++
  }
  return objects === found.length
}

/** Another one for each path: what JSON makes of a list begins with a bracket. */
function nameOf(path: AttributePath): string {
  const [first] = path
  return path.length === 1 && typeof first === 'string' && !first.startsWith('[')
    ? first
    : JSON.stringify(path)
}
