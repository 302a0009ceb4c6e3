import type { AttributeValue as WireValue } from '@aws-sdk/client-dynamodb'
import { convertToNative, marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import {
  type AttributePath,
  type AttributeValue,
  FieldError,
  type FieldErrorCode,
  type Format,
  type ItemFields,
  isMessage,
} from '@dynaseal/core'
import { formatPath, type Occurrence, occurrences } from './attributePattern.js'
import { FieldsNotOpenedError, ToolboxError } from './errors.js'
import { markOpened } from './opened.js'
import { currentCollector } from './openPartially.js'
import { type Item, primaryKey } from './place.js'
import type { RegisteredTable } from './registry.js'
import type { Selection } from './selection.js'
import type { ClientSettings } from './settings.js'
import { missingFormatAttributes, sealsWholeItems, wholeItem } from './wholeItems.js'

interface OpenItem {
  readonly table: RegisteredTable
  readonly item: Item
  readonly key: Item
  readonly failures: FieldError[]
  /** What is sealed in the item, and the item as the format wants it. */
  readonly found: readonly Occurrence[]
  readonly fields?: ItemFields<Uint8Array>
}

/** Collects the sealed values of one response, and puts what they hold in their place all at once. */
export class Opening {
  readonly #items: OpenItem[] = []

  constructor(private readonly settings: ClientSettings) {}

  /**
   * Notes what is sealed in an item of a response.
   *
   * @param entity the name of the item's entity, as far as it can be relied on
   * @param requestKey the key that was asked for, where the request names it: it, not what was
   *   returned, is what the ciphertext has to be bound to
   * @param selection what of the item was asked for, if not all
   * @throws {ToolboxError} `role-refused`
   */
  collect(
    table: RegisteredTable,
    item: Item,
    entity: unknown,
    requestKey?: Item,
    selection?: Selection,
  ): void {
    const key = requestKey ?? item
    const missing = missingFormatAttributes(table, item)
    const isInClear =
      sealsWholeItems(table) &&
      this.settings.plaintext === 'allow' &&
      missing.length === table.formatAttributes.length
    if (missing.length > 0 && !isInClear) {
      this.#items.push({ table, item, key, failures: missing.map(name => isMissing(table, name)), found: [] })
      return
    }
    const found: Occurrence[] = []
    const failures: FieldError[] = []
    const seen = new Set<string>()
    for (const pattern of table.encrypted(entity)) {
      for (const occurrence of occurrences(item, pattern, [], selection)) {
        const place = JSON.stringify(occurrence.path)
        if (seen.has(place)) continue
        // Where the response does not say whether ciphertext belongs there, it is ciphertext if it looks like it.
        if (occurrence.isUncertain && !isCiphertext(occurrence.value)) continue
        seen.add(place)
        if (this.#isSealed(table, occurrence.value, isInClear)) found.push(occurrence)
        else if (this.settings.plaintext === 'allow') markOpened(occurrence.value)
        else {
          failures.push(
            failure(
              table,
              occurrence.path,
              'not-a-message',
              "a value in clear stands where ciphertext belongs. Somebody wrote it past the sealed client; if the table is being migrated, read it with plaintext: 'allow'.",
            ),
          )
        }
      }
    }
    if (found.length === 0 && failures.length === 0) return
    if (found.length > 0 && this.settings.role === 'seal') throw mayNotOpen(table, found)
    const attributes = primaryKey(table, key, this.settings.marshallOptions)
    if (attributes === undefined) {
      for (const { path } of found) {
        failures.push(
          failure(
            table,
            path,
            'invalid-location',
            `the response lacks the item's key attributes, so its place cannot be checked. Add ${table.keyNames.join(', ')} to the projection.`,
          ),
        )
      }
      this.#items.push({ table, item, key, failures, found: [] })
      return
    }
    const fields = {
      table: table.name,
      key: attributes,
      fields: found.map(({ path, value }) => ({ path, value: value as Uint8Array })),
      item: sealsWholeItems(table) ? wholeItem(item, found, this.settings.marshallOptions) : undefined,
    }
    this.#items.push({ table, item, key, failures, found, fields })
  }

  /**
   * @returns the items that were not opened, inside `openPartially`
   * @throws {FieldsNotOpenedError} with every field that did not open, elsewhere
   */
  async open(format: Format, cause?: unknown): Promise<ReadonlySet<unknown>> {
    if (this.#items.length === 0) return NONE
    const sealed = this.#items.filter(({ found }) => found.length > 0)
    const opened = sealed.length === 0 ? [] : await format.open(sealed.map(({ fields }) => fields!))
    for (const [i, { table, found, failures }] of sealed.entries()) {
      for (const [j, occurrence] of found.entries()) {
        const result = opened[i]![j]!
        if ('error' in result) failures.push(result.error)
        else this.#hand(table, occurrence, result.value, failures)
      }
    }
    for (const { table, item } of this.#items) for (const name of table.formatAttributes) delete item[name]
    const failed = this.#items.filter(({ failures }) => failures.length > 0)
    if (failed.length === 0) return NONE
    const collector = cause === undefined ? currentCollector() : undefined
    if (collector === undefined)
      throw new FieldsNotOpenedError(
        failed.flatMap(({ failures }) => failures),
        cause,
      )
    for (const { table, key, failures } of failed) {
      collector.push({
        table: table.name,
        key: Object.fromEntries(table.keyNames.map(name => [name, key[name]])),
        failures,
      })
    }
    return new Set(failed.map(({ item }) => item))
  }

  #isSealed({ formatAttributes }: RegisteredTable, value: unknown, isInClear: boolean): value is Uint8Array {
    if (!(value instanceof Uint8Array)) return false
    if (formatAttributes.length > 0) return !isInClear
    // In a table that is being migrated, bytes that are no message are a binary value in clear.
    return this.settings.plaintext === 'refuse' || isCiphertext(value)
  }

  #hand(table: RegisteredTable, occurrence: Occurrence, value: AttributeValue, failures: FieldError[]): void {
    try {
      const native = convertToNative(value as WireValue, this.settings.unmarshallOptions)
      markOpened(native)
      occurrence.replace(native)
    } catch {
      // The converter's own message quotes the number.
      failures.push(
        failure(
          table,
          occurrence.path,
          'malformed-value',
          'a number does not fit a JavaScript number. Set unmarshallOptions.wrapNumbers on the document client.',
        ),
      )
    }
  }
}

const NONE: ReadonlySet<unknown> = new Set()

const isCiphertext = (value: unknown) => value instanceof Uint8Array && isMessage(value)

function failure(
  table: RegisteredTable,
  path: AttributePath,
  code: FieldErrorCode,
  reason: string,
): FieldError {
  return new FieldError(code, reason, { place: { table: table.name, keyNames: table.keyNames, path } })
}

function isMissing(table: RegisteredTable, name: string): FieldError {
  return failure(
    table,
    [name],
    'not-a-message',
    'it is missing or not binary, so the item was not sealed as a whole, or is not here as a whole. Read it from an index that has all attributes; if it is so in the table, somebody wrote past the sealed client.',
  )
}

function mayNotOpen(table: RegisteredTable, found: readonly Occurrence[]): ToolboxError {
  return new ToolboxError(
    'role-refused',
    `This client may only seal, and the response holds encrypted attributes of table ${table.name}: ${found.map(({ path }) => formatPath(path)).join(', ')}. Leave them out of the projection, or read with another client.`,
  )
}

/** An item in an error, with what it belongs to. The document client leaves it as attribute values. */
export interface ErrorItem {
  readonly table: RegisteredTable
  readonly key: Item
  readonly holder: { Item?: Record<string, WireValue> }
}

/**
 * Opens the items that a failed condition returns, in place. They are taken away before anything can
 * fail: none is left in an error as ciphertext.
 *
 * @throws {FieldsNotOpenedError} with DynamoDB's error as its cause
 */
export async function openErrorItems(
  format: Format,
  settings: ClientSettings,
  items: readonly ErrorItem[],
  cause: unknown,
): Promise<void> {
  // Numbers are wrapped so that none loses digits on its way through.
  const opening = new Opening({
    ...settings,
    marshallOptions: undefined,
    unmarshallOptions: { wrapNumbers: true },
  })
  const opened = items.flatMap(({ table, key, holder }) => {
    if (holder.Item === undefined) return []
    const item: Item = unmarshall(holder.Item, { wrapNumbers: true })
    delete holder.Item
    if (settings.role === 'seal') return []
    opening.collect(table, item, item[table.entityAttribute], key)
    return [{ holder, item }]
  })
  await opening.open(format, cause)
  for (const { holder, item } of opened) holder.Item = marshall(item)
}
