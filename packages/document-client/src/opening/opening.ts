import type { AttributePath, AttributeValue, FieldError, ItemToOpen } from '@dynaseal/core'
import type { ClientSettings } from '../client/settings.js'
import { DocumentClientError } from '../errors.js'
import { takeFormatAttributes } from '../guards/formatAttributes.js'
import { otherAttributes } from '../guards/wholeItems.js'
import { formatPath, type Occurrence, occurrences } from '../paths/attributePattern.js'
import { hideInherited } from '../paths/inheritedNames.js'
import type { Selection } from '../paths/selection.js'
import { strayCiphertext } from '../paths/strayCiphertext.js'
import { checkKeys } from '../search/checkKeys.js'
import { isToken } from '../search/itemToken.js'
import { removeAt, valueAt } from '../search/valueAt.js'
import type { KnownTable } from '../tables/knownTable.js'
import { type Item, type Place, primaryKey } from '../values/place.js'
import { isSealedText } from '../values/sealedText.js'
import { failure } from './failure.js'
import { markOpened, type OpenedValue } from './opened.js'
import { leaveOut } from './openPartially.js'

/** An item of which not all opened, so that nothing of it may be handed out. */
export interface Unopened {
  readonly table: KnownTable
  readonly item: Item
  readonly key: Item
  readonly failures: readonly FieldError[]
}

interface OpenItem extends Unopened {
  readonly failures: FieldError[]
  /** What is sealed in the item. */
  readonly found: readonly Occurrence[]
  /** What may be taken for the values of encrypted attributes. */
  readonly opened: OpenedValue[]
  /** The item as the format wants it, if there is something to be opened. */
  readonly toOpen?: ItemToOpen
}

/** Collects the sealed values of one response, and puts what they hold in their place all at once. */
export class Opening {
  readonly #items: OpenItem[] = []
  #keepsTokens = false
  /** Tokens that the format would have taken out. */
  readonly #kept: { readonly item: Item; readonly name: string }[] = []
  readonly #withTokens: (Pick<Place, 'table' | 'kind'> & { readonly item: Item })[] = []

  constructor(private readonly settings: ClientSettings) {}

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
    if (table.hasTokens) this.#withTokens.push({ table, item, kind })
    // Tokens are taken out of the item.
    const key = requestKey ?? (table.keyTokens.size > 0 ? keyPart(table, item) : item)
    const attributes = takeFormatAttributes(table, item)
    const missing = table.wholeItems
      ? table.formatAttributes.filter(name => !(attributes[name] instanceof Uint8Array))
      : []
    const isInClear =
      table.wholeItems && this.settings.plaintext === 'allow' && Object.keys(attributes).length === 0
    if (missing.length > 0 && !isInClear) {
      const failures = missing.map(name => isMissing(table, name))
      this.#items.push({ table, item, key, failures, found: [], opened: [] })
      return
    }
    const found: Occurrence[] = []
    const opened: OpenedValue[] = []
    const failures: FieldError[] = []
    const seen = new Set<string>()
    const isFirst = (path: AttributePath) => {
      const place = nameOf(path)
      return !seen.has(place) && seen.add(place)
    }
    const obstructed = (path: AttributePath, value: unknown) => {
      if (table.mayStand(kind, path, value) || !isFirst(path)) return
      failures.push(failure(table, path, 'not-a-message', OBSTRUCTED))
    }
    for (const pattern of table.inherited) hideInherited(item, pattern)
    for (const pattern of table.encrypted(kind)) {
      for (const occurrence of occurrences(item, pattern, [], selection, obstructed)) {
        // Where the response does not say whether ciphertext belongs there, it is ciphertext if it looks like it.
        if (occurrence.isUncertain && !this.#looksSealed(occurrence.value)) continue
        if (!isFirst(occurrence.path)) continue
        if (this.#isSealed(table, occurrence.value, isInClear)) found.push(occurrence)
        else if (isSealedText(occurrence.value, this.settings.format))
          failures.push(failure(table, occurrence.path, 'not-a-message', AS_TEXT))
        else if (this.settings.plaintext !== 'allow')
          failures.push(
            failure(table, occurrence.path, 'not-a-message', inClear(table, kind, occurrence.path)),
          )
        else opened.push(occurrence)
      }
    }
    const known = new Set<unknown>()
    for (const { value } of found) known.add(value)
    for (const path of strayCiphertext(item, value => this.#looksSealed(value), known)) {
      if (table.refusesCiphertext(kind, path))
        failures.push(failure(table, path, 'wrong-location', table.dialect.strayCiphertext))
    }
    const opens = found.length > 0 || (table.wholeItems && !isInClear)
    if (!opens && failures.length === 0 && opened.length === 0) return
    if (opens && this.settings.role === 'seal') throw mayNotOpen(table, found)
    if (!opens) {
      this.#items.push({ table, item, key, failures, found, opened })
      return
    }
    const attributesOfKey = primaryKey(table, key, this.settings.values)
    if (attributesOfKey === undefined) {
      for (const path of found.length > 0 ? found.map(({ path }) => path) : [table.keyNames]) {
        failures.push(
          failure(
            table,
            path,
            'invalid-location',
            `the response lacks the item's key attributes, so its place cannot be checked. Add ${table.keyNames.join(', ')} to the projection.`,
          ),
        )
      }
      this.#items.push({ table, item, key, failures, found: [], opened })
      return
    }
    const toOpen: ItemToOpen = {
      table: table.name,
      key: attributesOfKey,
      partitionKey: table.keyNames[0],
      fields: found as readonly (Occurrence & { readonly value: Uint8Array })[],
      attributes,
      others: table.wholeItems ? otherAttributes(item, found, this.settings.values) : undefined,
    }
    this.#items.push({ table, item, key, failures, found, opened, toOpen })
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
  async outcome(): Promise<readonly Unopened[]> {
    const unopened = this.#items.length === 0 ? [] : await this.#openAll()
    if (!this.#keepsTokens) this.takeTokens()
    return unopened
  }

  async #openAll(): Promise<readonly Unopened[]> {
    const sealed = this.#items.filter(({ toOpen }) => toOpen !== undefined)
    const results =
      sealed.length === 0 ? [] : await this.settings.format.open(sealed.map(({ toOpen }) => toOpen!))
    for (const [i, each] of sealed.entries()) {
      const { fields, error, others } = results[i]!
      if (error !== undefined) each.failures.push(error)
      else if (others !== undefined) this.#replaceOthers(each, others)
      for (const [j, occurrence] of each.found.entries()) {
        const result = fields[j]!
        if (!('error' in result)) this.#hand(each, occurrence, result.value)
        else if (error === undefined) each.failures.push(result.error)
      }
    }
    const keyed = this.#items.filter(
      ({ table, failures }) => table.keyTokens.size > 0 && failures.length === 0,
    )
    await checkKeys(keyed, this.settings.search, this.settings.values)
    for (const { item, opened } of this.#items) markOpened(item, opened)
    return this.#items.filter(({ failures }) => failures.length > 0)
  }

  /** Leaves search tokens in the items, to be compared, until {@link takeTokens}. */
  keepTokens(): void {
    this.#keepsTokens = true
  }

  /** Takes search tokens out of the items: they are no data. */
  takeTokens(): void {
    for (const { table, item, kind } of this.#withTokens)
      for (const { path } of table.tokens(kind))
        if (table.surelyHasToken(kind, path) || isToken(valueAt(item, path)))
          removeAt(item, path, () => false)
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
  #replaceOthers({ table, item, toOpen, failures }: OpenItem, others: Item): void {
    for (const [name, given] of Object.entries(toOpen?.others ?? {})) {
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

  #hand({ table, opened, failures }: OpenItem, occurrence: Occurrence, value: AttributeValue): void {
    const { path } = occurrence
    try {
      const native = this.settings.values.native(value)
      occurrence.replace(native)
      opened.push({ path, value: native })
    } catch {
      // The converter's own message quotes the number.
      failures.push(failure(table, path, 'malformed-value', NUMBER))
    }
  }
}

function keyPart({ keyNames }: KnownTable, item: Item): Item {
  return Object.fromEntries(
    keyNames.filter(name => Object.hasOwn(item, name)).map(name => [name, item[name]]),
  )
}

export const NUMBER =
  'a number does not fit a JavaScript number. Set unmarshallOptions.wrapNumbers on the document client.'

const NONE: ReadonlySet<unknown> = new Set()

/** Another one for each path: what JSON makes of a list begins with a bracket. */
function nameOf(path: AttributePath): string {
  const [first] = path
  return path.length === 1 && typeof first === 'string' && !first.startsWith('[')
    ? first
    : JSON.stringify(path)
}

/** Where a name is encrypted in one kind and clear in another, it takes the kind's name to tell. */
function inClear(table: KnownTable, itemKind: unknown, path: AttributePath): string {
  if (itemKind !== undefined || !table.isClear(path)) return IN_CLEAR
  const { kind } = table.dialect
  return `a value in clear stands there, one ${kind} has it encrypted and another one in clear, and what was read does not say of which ${kind} it is: it has no attribute ${table.kindAttribute}, or that was not asked for. Read it from the table, or from an index that projects that attribute, and with it.`
}

const IN_CLEAR =
  "a value in clear stands where ciphertext belongs. Somebody wrote it past the sealed client; if the table is being migrated, read it with plaintext: 'allow'."
const AS_TEXT =
  'it is ciphertext as base64 text, as JSON has it. Give the record of an event as it came to openStreamRecord(), and an export to openExport(). If the table has it so, whoever wrote it took it from JSON; it has to be stored as binary.'
const OBSTRUCTED =
  'above an encrypted attribute stands something that is no plain map or list as it belongs there. Somebody wrote it past the sealed client.'

function isMissing(table: KnownTable, name: string): FieldError {
  return failure(
    table,
    [name],
    'not-a-message',
    'it is missing or not binary, so the item was not sealed as a whole, or is not here as a whole. Read it from an index that has all attributes; if it is so in the table, somebody wrote past the sealed client.',
  )
}

function mayNotOpen(table: KnownTable, found: readonly Occurrence[]): DocumentClientError {
  return new DocumentClientError(
    'role-refused',
    `This client may only seal, and the response holds what is sealed in table ${table.name}: ${found.map(({ path }) => formatPath(path)).join(', ') || 'whole items'}. Leave it out of the projection, or read with another client.`,
  )
}
