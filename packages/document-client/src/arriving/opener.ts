import type { Arrivals } from './arrivals.js'
import type { Bytes } from './lines.js'
import type { StreamRecord } from './streamRecord.js'
import type { OpenedRecord, RecordResult, StreamRecordOptions } from './streamRecords.js'

/** An item with native values, as the document client has it. */
export type NativeItem = Record<string, unknown>

/** A line of an incremental export: an item before and after. */
export interface OpenedChange<ITEM = NativeItem> {
  readonly keys: Readonly<Record<string, unknown>>
  /** None where the item was removed, or the export's view leaves it out. */
  readonly newImage: ITEM | undefined
  /** None where the item was inserted, or the export's view leaves it out. */
  readonly oldImage: ITEM | undefined
}

/**
 * What a sealed client does with items that arrive without a command. Tables are told by name or ARN, of the table or of
 * its stream, and have to be known. All of it fails as a command does: with an error, and with nothing handed out.
 */
export interface ItemOpener<ITEM = NativeItem> {
  /**
   * Opens an item as a table has it: with native values, or with attribute values where the client's commands have those. `undefined` inside `openPartially`, if it does not open.
   *
   * @throws {FieldsNotOpenedError} with every field that did not open
   */
  openItem(table: string, item: ITEM): Promise<ITEM | undefined>
  /** Opens several, with one call of KMS for each data key. Inside `openPartially` without those that do not open. */
  openItems(table: string, items: readonly ITEM[]): Promise<ITEM[]>
  /**
   * Seals an item as a put of it would: the result is what the table would have. What a put refuses is refused.
   *
   * @throws {SealError} when a value cannot be sealed
   */
  sealItem(table: string, item: ITEM): Promise<ITEM>
  sealItems(table: string, items: readonly ITEM[]): Promise<ITEM[]>
  /**
   * Opens a record of DynamoDB Streams, or of a Kinesis data stream for DynamoDB.
   *
   * @throws {FieldsNotOpenedError} when an image does not open, also inside `openPartially`
   * @throws {DocumentClientError} `invalid-record` for what is no record, or whose images are not of the item that it says;
   *   `not-registered` for one of a table that is not known
   */
  openStreamRecord(record: StreamRecord, options?: StreamRecordOptions): Promise<OpenedRecord<ITEM>>
  /**
   * Opens the records of one event, with one call of KMS for each data key. A record that does not open, or is none, takes
   * no other with it.
   *
   * @returns for each record, in their order, what it says or why it does not open
   */
  openStreamRecords(
    records: readonly StreamRecord[],
    options?: StreamRecordOptions,
  ): Promise<RecordResult<OpenedRecord<ITEM>>[]>
  /**
   * Opens the items of a file of a full export to S3 in DynamoDB JSON, gzip or not, a few lines at a time. Inside
   * `openPartially`, items that do not open are left out.
   *
   * @throws {FieldsNotOpenedError} after all items before it, for one that does not open
   * @throws {DocumentClientError} `invalid-record`, likewise, for a line that is none
   */
  openExport(table: string, file: Bytes): AsyncGenerator<ITEM, void, undefined>
  /** As `openExport`, of an incremental export. */
  openIncrementalExport(table: string, file: Bytes): AsyncGenerator<OpenedChange<ITEM>, void, undefined>
}

export function itemOpener(arrivals: Arrivals): ItemOpener {
  return {
    openItem: async (table, item) => (await arrivals.openItems(table, [item]))[0],
    openItems: (table, items) => arrivals.openItems(table, items),
    sealItem: async (table, item) => (await arrivals.sealItems(table, [item]))[0]!,
    sealItems: (table, items) => arrivals.sealItems(table, items),
    openStreamRecord: (record, options) => arrivals.openStreamRecord(record, options),
    openStreamRecords: (records, options) =>
      arrivals.openStreamRecords(records, options) as Promise<RecordResult[]>,
    openExport: (table, file) => arrivals.openExport(table, file),
    openIncrementalExport: (table, file) => arrivals.openIncrementalExport(table, file),
  }
}

/** The record of a batch of one. */
export function oneRecord<RECORD>([result]: readonly RecordResult<RECORD>[]): RECORD {
  if (result!.error !== undefined) throw result!.error
  return result!.record
}
