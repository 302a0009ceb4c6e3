import { DynasealError, type FieldError } from '@dynaseal/core'
import type { ClientSettings } from '../client/settings.js'
import { DocumentClientError, FieldsNotOpenedError } from '../errors.js'
import type { Unopened } from '../opening/opening.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Tables } from '../tables/tables.js'
import type { Item } from '../values/place.js'
import { collectChange, type Wanted } from './change.js'
import { Images } from './images.js'
import type { OpenNow } from './sealedImage.js'
import { readRecord, type StreamRecord, sequenceNumberOf } from './streamRecord.js'

/** A record of a stream, opened. */
export interface OpenedRecord<ITEM = Record<string, unknown>> {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE'
  /** Logical table name. */
  readonly table: string
  /** The item's primary key. */
  readonly keys: Readonly<Record<string, unknown>>
  /** The item after the change. None where it was removed, or the stream's view leaves it out. */
  readonly newImage: ITEM | undefined
  /** The item before the change. None where it was inserted, or the stream's view leaves it out. */
  readonly oldImage: ITEM | undefined
  /** Whether DynamoDB removed the item because its time to live was over. In the other regions of a global table that is not told. */
  readonly isExpiry: boolean
}

/** What became of one record of a batch. */
export type RecordResult<RECORD = OpenedRecord> = {
  /** What `batchItemFailures` wants as `itemIdentifier`. Empty for what is no record: to Lambda, the whole batch has failed then. */
  readonly sequenceNumber: string
} & (
  | { readonly record: RECORD; readonly error?: undefined }
  | { readonly record?: undefined; readonly error: Error & { readonly code: string } }
)

export interface StreamRecordOptions {
  /** Name or ARN of the table, or of its stream, for records that do not say it: those of the SDK. */
  readonly table?: string | undefined
}

/** Records that are opened together, each on its own: one that does not open, or is none, takes no other with it. */
export class RecordBatch {
  readonly #images: Images
  /**
   * What each of them says, as if all opened: it does so in its place. As long as the batch from the start: to make it longer
   * for each takes more.
   */
  readonly #results: RecordResult<OpenedRecord | undefined>[]
  #count = 0
  readonly #ofTable: KnownTable | undefined
  /** Of the records of a batch, the table is usually one. */
  #last: { readonly name: string; readonly table: KnownTable } | undefined

  /** @throws {DocumentClientError} `not-registered` for what is wanted */
  constructor(
    private readonly tables: Tables,
    settings: ClientSettings,
    openNow: OpenNow | undefined,
    private readonly otherwise: string | undefined,
    private readonly wanted: Wanted | undefined,
    records: number,
  ) {
    this.#results = new Array(records)
    this.#images = new Images(settings, openNow)
    this.#ofTable = wanted && tables.table(wanted.table)
  }

  /**
   * Reads a record, and notes what is sealed in it. Once that is much, it is opened, if nobody has to be asked for that.
   *
   * @returns what to wait for before the next one, if anything
   */
  add(record: StreamRecord): Promise<void> | undefined {
    this.#results[this.#count++] = this.#collect(record)
    return this.#images.openMuch()
  }

  #collect(record: StreamRecord): RecordResult<OpenedRecord | undefined> {
    const sequenceNumber = sequenceNumberOf(record)
    try {
      return { sequenceNumber, record: this.#read(record) }
    } catch (error) {
      if (error instanceof DynasealError) return { sequenceNumber, error }
      throw error
    }
  }

  /** @returns nothing where it is not wanted */
  #read(record: StreamRecord): OpenedRecord | undefined {
    const { otherwise, wanted } = this
    const { tableName, eventName, isExpiry, change } = readRecord(record)
    const table = this.#table(tableName ?? otherwise ?? wanted?.table)
    if (this.#ofTable !== undefined && table !== this.#ofTable) return undefined
    const collected = collectChange(table, change, this.#images, wanted)
    if (collected === undefined) return undefined
    const { keys, newImage, oldImage } = collected
    return { eventName, table: table.name, keys, newImage, oldImage, isExpiry }
  }

  /** Opens what has not been opened yet. @returns what did not open */
  outcome(): readonly Unopened[] | Promise<readonly Unopened[]> {
    return this.#images.outcome()
  }

  /**
   * What became of each record, once all has been opened.
   *
   * @param unopened what did not open
   * @returns no record for one that is not wanted
   */
  results(unopened: readonly Unopened[]): RecordResult<OpenedRecord | undefined>[] {
    if (unopened.length === 0) return this.#results
    const failures = new Map(unopened.map(each => [each.item, each.failures]))
    return this.#results.map(result => {
      const failed = result.record === undefined ? [] : failuresOf(result.record, failures)
      if (failed.length === 0) return result
      return { sequenceNumber: result.sequenceNumber, error: new FieldsNotOpenedError(failed) }
    })
  }

  #table(name: string | undefined): KnownTable {
    if (name === undefined) {
      throw new DocumentClientError(
        'invalid-record',
        'The record does not say of which table it is: records of the SDK do not. Name the table or its stream: openStreamRecords(records, { table }).',
      )
    }
    if (this.#last?.name !== name) this.#last = { name, table: this.tables.table(name) }
    return this.#last.table
  }
}

function failuresOf(
  { newImage, oldImage }: OpenedRecord,
  failures: ReadonlyMap<Item, readonly FieldError[]>,
): readonly FieldError[] {
  return [newImage, oldImage].flatMap(image => (image === undefined ? [] : (failures.get(image) ?? [])))
}
