import type { AttributeValue } from './attributeValue.js'
import { plainBytes } from './bytes/reader.js'
import type { OpeningCall } from './dataKeyCache/openingCall.js'
import type { OpeningLease } from './dataKeyCache/openingLease.js'
import { ItemKey } from './envelope/itemKey.js'
import { FieldError } from './errors.js'
import { publishNotOpened } from './events.js'
import type { AttributePath, ItemToOpen, OpenedField, OpenedItem } from './format.js'
import { ItemLocation } from './location.js'
import { notOpened } from './notOpened.js'
import { belongsTo, type Group, Groups, groupedByName, refusalOf, takeKey } from './openingGroups.js'
import type { FieldInMemory } from './parts.js'
import { nextSlice, sliceIsOver } from './slices.js'
import type { FieldReader, StoredField } from './storedField.js'

interface OpeningItem extends OpenedItem {
  readonly fields: OpenedField[]
}

/** The items of one call, and how far it is with them. */
export class OpeningPage {
  readonly #items: readonly ItemToOpen[]
  readonly #call: OpeningCall
  readonly #results: OpeningItem[]
  readonly #groups = new Groups()
  /** What each field waits for, one after the other; nothing where its result is there already. */
  readonly #groupOf: (Group | undefined)[]
  #unpublished: FieldError[] | undefined
  #last: Group | undefined
  /** Where it goes on. */
  #item = 0
  #field = 0
  #position = 0
  #location: ItemLocation | undefined
  #itemKey: ItemKey | undefined
  #wait: Promise<void> | undefined

  constructor(items: readonly ItemToOpen[], call: OpeningCall) {
    const { length } = items
    this.#items = items
    this.#call = call
    this.#results = new Array(length)
    let fields = 0
    // By index, as below: what an iterator makes for each field is more garbage than the field itself.
    for (let index = 0; index < length; index++) {
      const ofItem = items[index]!.fields.length
      this.#results[index] = { fields: new Array(ofItem) }
      fields += ofItem
    }
    this.#groupOf = new Array(fields)
  }

  /**
   * Takes the fields apart, and puts those together that are under one data key.
   *
   * @returns what to wait for before it is asked again; nothing when it is done
   */
  group(reader: FieldReader): Promise<void> | undefined {
    for (; this.#item < this.#results.length; this.#item++) {
      // Not before each field: they are taken apart faster than the clock is read, and an item has some thousands at most.
      if (sliceIsOver()) return nextSlice()
      this.#groupItem(reader, this.#items[this.#item]!, this.#results[this.#item]!.fields)
    }
    this.#item = 0
    this.#position = 0
    return undefined
  }

  #groupItem(reader: FieldReader, item: ItemToOpen, fields: OpenedField[]): void {
    const readField = reader.forItem(item)
    /** Of the fields whose encrypted data keys stand beside them: looked for once, however long these are. */
    let beside: Group | undefined
    for (let index = 0; index < fields.length; index++, this.#position++) {
      const field = item.fields[index]!
      try {
        const { memory, start, end } = field as Partial<FieldInMemory>
        const stored = memory === undefined ? readField(bytesOf(field.value)) : readField(memory, start, end)
        let group = stored.keysAreBeside ? beside : undefined
        if (group === undefined) group = this.#grouped(stored)
        else group.stored.push(stored)
        if (stored.keysAreBeside) beside = group
        this.#groupOf[this.#position] = group
      } catch (error) {
        fields[index] = this.#notOpened(error, item, field.path)
      }
    }
  }

  /** Puts it to those of its data key. */
  #grouped(stored: StoredField): Group {
    // Most fields share the data key of the field before.
    if (this.#last !== undefined && belongsTo(this.#last, stored)) this.#last.stored.push(stored)
    else this.#last = groupedByName(this.#groups, stored, this.#call)
    return this.#last
  }

  /** @returns what to wait for, all of it, also when one has failed: what arrives later would be nobody's to release */
  takeKeys(): Promise<void>[] {
    const waiting: Promise<void>[] = []
    for (const group of this.#groups.all) {
      group.lease = this.#call.inMemory(group.name)
      if (group.lease === undefined) waiting.push(takeKey(group, this.#call))
    }
    return waiting
  }

  /** @returns whether none of them has to be asked for */
  takeKeysInMemory(): boolean {
    // One alone is found, or not, when it is taken.
    const { all } = this.#groups
    if (all.length > 1) for (const { name } of all) if (!this.#call.isInMemory(name)) return false
    for (const group of all) {
      group.lease = this.#call.inMemory(group.name)
      if (group.lease === undefined) return false
    }
    return true
  }

  /**
   * Opens all whose data key has come.
   *
   * @returns nothing where something has to be waited for: see {@link openRest}
   */
  open(): OpenedItem[] | undefined {
    this.#wait = this.#openFields()
    return this.#wait === undefined ? this.#opened() : undefined
  }

  async openRest(): Promise<OpenedItem[]> {
    for (; this.#wait !== undefined; this.#wait = this.#openFields()) await this.#wait
    return this.#opened()
  }

  /** @returns what to wait for before it is asked again; nothing when it is done */
  #openFields(): Promise<void> | undefined {
    for (; this.#item < this.#results.length; this.#item++, this.#field = 0, this.#location = undefined) {
      const item = this.#items[this.#item]!
      const { fields } = this.#results[this.#item]!
      while (this.#field < fields.length) {
        const group = this.#groupOf[this.#position]
        if (group?.lease !== undefined && sliceIsOver()) return nextSlice()
        this.#position++
        const index = this.#field++
        const wait = group && this.#openField(group, item, fields, index)
        if (wait !== undefined) return wait
      }
    }
    return undefined
  }

  #openField(
    group: Group,
    item: ItemToOpen,
    fields: OpenedField[],
    index: number,
  ): Promise<void> | undefined {
    const stored = group.stored[group.next++]!
    const { lease } = group
    const { path } = item.fields[index]!
    if (lease === undefined) {
      fields[index] = this.#notOpened(refusalOf(group), item, path)
      return undefined
    }
    try {
      this.#location ??= new ItemLocation(item.table, item.key)
      this.#itemKey ??= ItemKey.take()
      const value = stored.open(lease, this.#location, path, this.#itemKey)
      // Most formats answer at once; awaiting that all the same would cost a turn for each field.
      if (value instanceof Promise) return this.#openLater(value, lease, item, fields, index)
      fields[index] = { value }
      lease.key.opened++
    } catch (error) {
      fields[index] = this.#notOpened(error, item, path)
    }
    return undefined
  }

  async #openLater(
    value: Promise<AttributeValue>,
    { key }: OpeningLease,
    item: ItemToOpen,
    fields: OpenedField[],
    index: number,
  ): Promise<void> {
    try {
      fields[index] = { value: await value }
      key.opened++
    } catch (error) {
      fields[index] = this.#notOpened(error, item, item.fields[index]!.path)
    }
  }

  #notOpened(error: unknown, item: ItemToOpen, path: AttributePath): OpenedField {
    const result = notOpened(error, item, path)
    this.#unpublished ??= []
    this.#unpublished.push(result.error)
    return result
  }

  /** Tells whoever listens what has not opened so far. */
  publish(): void {
    if (this.#unpublished === undefined) return
    for (const error of this.#unpublished) publishNotOpened(error)
    this.#unpublished = undefined
  }

  #opened(): OpenedItem[] {
    this.publish()
    return this.#results
  }

  end(): void {
    this.#itemKey?.giveBack()
    for (const { lease } of this.#groups.all) lease?.release()
  }
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return plainBytes(value)
  if (typeof value === 'object' && value !== null && 'B' in value && value.B instanceof Uint8Array) {
    throw new FieldError(
      'not-a-message',
      'the value is an attribute value, { B }. Give its bytes: what seal returns is what open takes.',
    )
  }
  throw new FieldError('not-a-message', 'the stored value is not binary, so it was never sealed.')
}
