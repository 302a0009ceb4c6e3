import { DynasealError } from '@dynaseal/core'
import type { ClientSettings } from '../client/settings.js'
import { DocumentClientError, FieldsNotOpenedError } from '../errors.js'
import { Opening } from '../opening/opening.js'
import type { KnownTable } from '../tables/knownTable.js'
import type { Tables } from '../tables/tables.js'
import type { Item } from '../values/place.js'
import { type Change, collectChange, type Wanted } from './change.js'
import { readRecord, type StreamRecord, sequenceNumberOf, type ToldRecord } from './streamRecord.js'

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

interface Collected {
  readonly told: ToldRecord
  readonly table: KnownTable
  readonly change: Change | undefined
}

/**
 * Each record on its own: one that does not open, or is none, takes no other with it.
 *
 * @returns no record for one that is not wanted
 */
export async function openRecords(
  tables: Tables,
  settings: ClientSettings,
  records: readonly StreamRecord[],
  { table: otherwise }: StreamRecordOptions = {},
  wanted?: Wanted,
): Promise<RecordResult<OpenedRecord | undefined>[]> {
  if (!Array.isArray(records))
    throw new DocumentClientError('invalid-record', 'openStreamRecords() takes an array: event.Records.')
  const opening = new Opening(settings)
  const ofTable = wanted && tables.table(wanted.table)
  const tableOf = lookUp(tables, otherwise ?? wanted?.table)
  const collect = (record: StreamRecord): Collected | DynasealError => {
    try {
      const told = readRecord(record)
      const table = tableOf(told)
      if (ofTable !== undefined && table !== ofTable) return { told, table, change: undefined }
      return { told, table, change: collectChange(table, told.change, settings.values, opening, wanted) }
    } catch (error) {
      if (error instanceof DynasealError) return error
      throw error
    }
  }
  const collected = records.map(collect)
  const unopened = new Map((await opening.outcome()).map(({ item, failures }) => [item, failures]))
  const failuresOf = (image: Item | undefined) => (image === undefined ? [] : (unopened.get(image) ?? []))
  return collected.map((one, index) => {
    const sequenceNumber = sequenceNumberOf(records[index])
    if (one instanceof DynasealError) return { sequenceNumber, error: one }
    const { told, table, change } = one
    if (change === undefined) return { sequenceNumber, record: undefined }
    const failures = [...failuresOf(change.newImage), ...failuresOf(change.oldImage)]
    if (failures.length > 0) return { sequenceNumber, error: new FieldsNotOpenedError(failures) }
    const { eventName, isExpiry } = told
    return { sequenceNumber, record: { eventName, table: table.name, ...change, isExpiry } }
  })
}

/** The tables of records, of which those of a batch are usually one. */
function lookUp(tables: Tables, otherwise: string | undefined): (told: ToldRecord) => KnownTable {
  let last: { readonly name: string; readonly table: KnownTable } | undefined
  return ({ tableName }) => {
    const name = tableName ?? otherwise
    if (name === undefined) {
      throw new DocumentClientError(
        'invalid-record',
        'The record does not say of which table it is: records of the SDK do not. Name the table or its stream: openStreamRecords(records, { table }).',
      )
    }
    if (last?.name !== name) last = { name, table: tables.table(name) }
    return last.table
  }
}
