import type { AttributeValue as WireValue } from '@aws-sdk/client-dynamodb'
import {
  convertToNative,
  marshall,
  type marshallOptions,
  unmarshall,
  type unmarshallOptions,
} from '@aws-sdk/util-dynamodb'
import {
  type AttributeValue,
  FieldError,
  type FieldErrorCode,
  type Format,
  type ItemFields,
} from '@dynaseal/core'
import { type Occurrence, occurrences } from './attributePattern.js'
import { FieldsNotOpenedError } from './errors.js'
import { type Item, primaryKey } from './place.js'
import type { RegisteredTable } from './registry.js'

interface Conversions {
  readonly marshallOptions?: marshallOptions | undefined
  readonly unmarshallOptions?: unmarshallOptions | undefined
}

/** Collects the sealed values of one response, and puts what they hold in their place all at once. */
export class Opening {
  readonly #items: { table: RegisteredTable; fields: ItemFields<Uint8Array>; found: Occurrence[] }[] = []
  readonly #failures: FieldError[] = []

  constructor(private readonly conversions: Conversions) {}

  /**
   * Notes what is sealed in an item of a response.
   *
   * @param requestKey the key that was asked for, where the request names it: it, not what was
   *   returned, is what the ciphertext has to be bound to
   */
  collect(table: RegisteredTable, item: Item, requestKey?: Item): void {
    const found: Occurrence[] = []
    const seen = new Set<string>()
    for (const pattern of table.encrypted(item[table.entityAttribute])) {
      for (const occurrence of occurrences(item, pattern)) {
        const place = JSON.stringify(occurrence.path)
        if (seen.has(place)) continue
        seen.add(place)
        if (occurrence.value instanceof Uint8Array) {
          found.push(occurrence)
        } else {
          this.#fail(
            table,
            occurrence,
            'not-a-message',
            'a value in clear stands where ciphertext belongs. Somebody wrote it past the sealed client.',
          )
        }
      }
    }
    if (found.length === 0) return
    const key = primaryKey(table, requestKey ?? item, this.conversions.marshallOptions)
    if (key === undefined) {
      for (const occurrence of found) {
        this.#fail(
          table,
          occurrence,
          'invalid-location',
          `the response lacks the item's key attributes, so its place cannot be checked. Add ${table.keyNames.join(', ')} to the projection.`,
        )
      }
      return
    }
    const fields = found.map(({ path, value }) => ({ path, value: value as Uint8Array }))
    this.#items.push({ table, fields: { table: table.name, key, fields }, found })
  }

  /** @throws {FieldsNotOpenedError} with every field that did not open */
  async open(format: Format, cause?: unknown): Promise<void> {
    if (this.#items.length > 0) {
      const opened = await format.open(this.#items.map(({ fields }) => fields))
      for (const [i, { table, found }] of this.#items.entries()) {
        for (const [j, occurrence] of found.entries()) {
          const result = opened[i]?.[j]
          if (result === undefined) continue
          if ('error' in result) this.#failures.push(result.error)
          else this.#hand(table, occurrence, result.value)
        }
      }
    }
    if (this.#failures.length > 0) throw new FieldsNotOpenedError(this.#failures, cause)
  }

  #hand(table: RegisteredTable, occurrence: Occurrence, value: AttributeValue): void {
    try {
      occurrence.replace(convertToNative(value as WireValue, this.conversions.unmarshallOptions))
    } catch {
      // The converter's own message quotes the number.
      this.#fail(
        table,
        occurrence,
        'malformed-value',
        'a number does not fit a JavaScript number. Set unmarshallOptions.wrapNumbers on the document client.',
      )
    }
  }

  #fail(
    { name, keyNames }: RegisteredTable,
    { path }: Occurrence,
    code: FieldErrorCode,
    reason: string,
  ): void {
    this.#failures.push(new FieldError(code, reason, { place: { table: name, keyNames, path } }))
  }
}

/**
 * Opens an item that an error carries: the document client leaves those as attribute values.
 *
 * @param restore is given the opened item
 */
export async function openWireItem(
  format: Format,
  table: RegisteredTable,
  wire: Record<string, WireValue>,
  requestKey: Item | undefined,
  cause: unknown,
): Promise<Record<string, WireValue>> {
  // Numbers are wrapped so that none loses digits on its way through.
  const item = unmarshall(wire, { wrapNumbers: true })
  const opening = new Opening({ unmarshallOptions: { wrapNumbers: true } })
  opening.collect(table, item, requestKey)
  await opening.open(format, cause)
  return marshall(item, { allowImpreciseNumbers: true } as marshallOptions)
}
