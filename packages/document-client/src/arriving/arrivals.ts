import type { ClientSettings } from '../client/settings.js'
import { translated } from '../client/translated.js'
import { DocumentClientError } from '../errors.js'
import type { Dialect } from '../tables/dialect.js'
import type { Tables } from '../tables/tables.js'
import type { Item } from '../values/place.js'
import { asClientReads } from '../values/readNumbers.js'
import type { Change, Wanted } from './change.js'
import { openFull, openIncremental } from './exports.js'
import { openItems, sealItems } from './items.js'
import type { Bytes } from './lines.js'
import { type OpenNow, openNowOf } from './sealedImage.js'
import type { StreamRecord } from './streamRecord.js'
import {
  type OpenedRecord,
  RecordBatch,
  type RecordResult,
  type StreamRecordOptions,
} from './streamRecords.js'

/**
 * Items that arrive without a command, on one sealed client: as its `send` would open and seal them, in its error classes.
 * All can be told what is wanted; what is not is passed by unopened.
 */
export class Arrivals {
  readonly #opensNow: OpenNow | undefined

  constructor(
    private readonly tables: Tables,
    private readonly settings: ClientSettings,
    private readonly dialect: Dialect,
  ) {
    this.#opensNow = openNowOf(settings.format)
  }

  openItems(table: string, items: readonly Item[], wanted?: Wanted): Promise<Item[]> {
    return this.#told(async () =>
      (await openItems(this.tables, this.settings, named(table), this.#read(items), wanted)).map(this.#write),
    )
  }

  sealItems(table: string, items: readonly Item[]): Promise<Item[]> {
    return this.#told(async () =>
      (await sealItems(this.tables, this.settings, named(table), this.#read(items))).map(this.#write),
    )
  }

  /** By one promise: another for each of its steps would take as long as to read the record. */
  async openStreamRecord(record: StreamRecord, options?: StreamRecordOptions): Promise<OpenedRecord> {
    try {
      const opened = this.#openOne(record, options)
      return opened instanceof Promise ? await opened : opened
    } catch (error) {
      throw translated(this.dialect, error)
    }
  }

  #openOne(record: StreamRecord, options?: StreamRecordOptions): OpenedRecord | Promise<OpenedRecord> {
    const batch = new RecordBatch(this.tables, this.settings, this.#openNow, options?.table, undefined, 1)
    const wait = batch.add(record)
    const unopened = wait === undefined ? batch.outcome() : wait.then(() => batch.outcome())
    return unopened instanceof Promise
      ? unopened.then(own => this.#one(batch.results(own)[0]!))
      : this.#one(batch.results(unopened)[0]!)
  }

  #one(result: RecordResult<OpenedRecord | undefined>): OpenedRecord {
    if (result.error !== undefined) throw result.error
    const opened = result.record as OpenedRecord
    return this.#isSpoken ? opened : this.#written(opened)
  }

  async openStreamRecords(
    records: readonly StreamRecord[],
    options: StreamRecordOptions = {},
    wanted?: Wanted,
  ): Promise<RecordResult<OpenedRecord | undefined>[]> {
    try {
      if (!Array.isArray(records))
        throw new DocumentClientError('invalid-record', 'openStreamRecords() takes an array: event.Records.')
      const batch = new RecordBatch(
        this.tables,
        this.settings,
        this.#openNow,
        options.table,
        wanted,
        records.length,
      )
      for (const record of records) {
        const wait = batch.add(record)
        if (wait !== undefined) await wait
      }
      const unopened = batch.outcome()
      const results = batch.results(unopened instanceof Promise ? await unopened : unopened)
      const isSpoken = this.#isSpoken && results.every(({ error }) => error === undefined)
      return isSpoken ? results : results.map(result => this.#result(result))
    } catch (error) {
      throw translated(this.dialect, error)
    }
  }

  openExport(table: string, file: Bytes, wanted?: Wanted): AsyncGenerator<Item> {
    return this.#each(
      () => openFull(this.tables.table(named(table)), this.settings, this.#openNow, file, wanted),
      this.#write,
    )
  }

  openIncrementalExport(table: string, file: Bytes, wanted?: Wanted): AsyncGenerator<Change> {
    return this.#each(
      () => openIncremental(this.tables.table(named(table)), this.settings, this.#openNow, file, wanted),
      change => this.#written(change),
    )
  }

  /** As the client's commands have items. */
  #read(items: readonly Item[]): readonly Item[] {
    return this.settings.commands.items.read({ Items: items }).Items as readonly Item[]
  }

  readonly #write = (item: Item): Item =>
    this.#isSigned ? asClientReads(item) : (this.settings.commands.items.write({ Item: item }).Item as Item)

  /** Not where something stands in the place of the format's `open`, as mocks do and whoever counts calls: that would be passed by. */
  get #openNow(): OpenNow | undefined {
    return Object.hasOwn(this.settings.format, 'open') ? undefined : this.#opensNow
  }

  /** Whether items are as the client has them. */
  get #isSpoken(): boolean {
    return this.settings.commands.type === 'document' && !this.#isSigned
  }

  /** Whether they were read in all of their digits. */
  get #isSigned(): boolean {
    return this.settings.commands.type === 'document' && this.settings.format.wholeItems === true
  }

  #written<CHANGE extends Change>(change: CHANGE): CHANGE {
    if (this.#isSpoken) return change
    const { keys, newImage, oldImage } = change
    return {
      ...change,
      keys: this.#write(keys),
      newImage: newImage && this.#write(newImage),
      oldImage: oldImage && this.#write(oldImage),
    }
  }

  #result(result: RecordResult<OpenedRecord | undefined>): RecordResult<OpenedRecord | undefined> {
    const { sequenceNumber, record, error } = result
    if (error !== undefined) return { sequenceNumber, error: translated(this.dialect, error) as typeof error }
    if (record === undefined || this.#isSpoken) return result
    return { sequenceNumber, record: this.#written(record) }
  }

  async #told<RESULT>(work: () => Promise<RESULT>): Promise<RESULT> {
    try {
      return await work()
    } catch (error) {
      throw translated(this.dialect, error)
    }
  }

  async *#each<RESULT>(
    work: () => AsyncGenerator<RESULT>,
    written: (result: RESULT) => RESULT,
  ): AsyncGenerator<RESULT> {
    try {
      for await (const result of work()) yield written(result)
    } catch (error) {
      throw translated(this.dialect, error)
    }
  }
}

/** Not only what is unknown: an entity in its place, or an item without a table, is a mistake of its own. */
function named(table: unknown): string {
  if (typeof table === 'string') return table
  throw new DocumentClientError(
    'invalid-record',
    'openItem(), sealItem(), openExport() and the like take the name or the ARN of a table first. With dynamodb-toolbox, sealItem() takes entity.table.getName() and what entity.build(EntityParser).parse(input).item is.',
  )
}
