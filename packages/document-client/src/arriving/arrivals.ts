import type { ClientSettings } from '../client/settings.js'
import { translated } from '../client/translated.js'
import type { Dialect } from '../tables/dialect.js'
import type { Tables } from '../tables/tables.js'
import type { Item } from '../values/place.js'
import type { Change, Wanted } from './change.js'
import { openFull, openIncremental } from './exports.js'
import { openItems, sealItems } from './items.js'
import type { Bytes } from './lines.js'
import type { StreamRecord } from './streamRecord.js'
import {
  type OpenedRecord,
  openRecords,
  type RecordResult,
  type StreamRecordOptions,
} from './streamRecords.js'

/**
 * Items that arrive without a command, on one sealed client: as its `send` would open and seal them, in its error classes.
 * All can be told what is wanted; what is not is passed by unopened.
 */
export class Arrivals {
  constructor(
    private readonly tables: Tables,
    private readonly settings: ClientSettings,
    private readonly dialect: Dialect,
  ) {}

  openItems(table: string, items: readonly Item[], wanted?: Wanted): Promise<Item[]> {
    return this.#told(() => openItems(this.tables, this.settings, table, items, wanted))
  }

  sealItems(table: string, items: readonly Item[]): Promise<Item[]> {
    return this.#told(() => sealItems(this.tables, this.settings, table, items))
  }

  async openStreamRecords(
    records: readonly StreamRecord[],
    options?: StreamRecordOptions,
    wanted?: Wanted,
  ): Promise<RecordResult<OpenedRecord | undefined>[]> {
    const results = await this.#told(() => openRecords(this.tables, this.settings, records, options, wanted))
    return results.map(result =>
      result.error === undefined
        ? result
        : { ...result, error: translated(this.dialect, result.error) as typeof result.error },
    )
  }

  openExport(table: string, file: Bytes, wanted?: Wanted): AsyncGenerator<Item> {
    return this.#each(() => openFull(this.tables.table(table), this.settings, file, wanted))
  }

  openIncrementalExport(table: string, file: Bytes, wanted?: Wanted): AsyncGenerator<Change> {
    return this.#each(() => openIncremental(this.tables.table(table), this.settings, file, wanted))
  }

  async #told<RESULT>(work: () => Promise<RESULT>): Promise<RESULT> {
    try {
      return await work()
    } catch (error) {
      throw translated(this.dialect, error)
    }
  }

  async *#each<RESULT>(work: () => AsyncGenerator<RESULT>): AsyncGenerator<RESULT> {
    try {
      yield* work()
    } catch (error) {
      throw translated(this.dialect, error)
    }
  }
}
