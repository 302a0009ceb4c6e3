/** dynalite has no types of its own; these are of what we use (its index.js documents the options). */
declare module 'dynalite' {
  import type { Server } from 'node:http'

  interface Options {
    /** Folder for LevelDB; in memory without. */
    path?: string
    /** Milliseconds that a table stays CREATING. */
    createTableMs?: number
    /** Milliseconds that a table stays DELETING. */
    deleteTableMs?: number
    /** Milliseconds that a table stays UPDATING. */
    updateTableMs?: number
  }

  export default function dynalite(options?: Options): Server
}

/** How dynalite stores things, as far as we read it (its db/index.js). */
declare module 'dynalite/db/index.js' {
  import type { Readable } from 'node:stream'

  export type Callback = (...args: unknown[]) => void
  /** Answers what to call in place of `done` to let go of the lock first. */
  export type Release = (done: Callback) => Callback
  export type Lock = (key: string | string[], hold: (release: Release) => void) => void

  /** Callbacks are the last arguments. */
  export interface Database {
    get(...args: unknown[]): void
    put(...args: unknown[]): void
    del(...args: unknown[]): void
    batch(...args: unknown[]): void
    createKeyStream(options?: unknown): Readable
    createValueStream(options?: unknown): Readable
    lock: Lock
  }

  export interface Store {
    readonly tableDb: Database
    getItemDb(...names: string[]): Database
    getIndexDb(...names: string[]): Database
    getTagDb(...names: string[]): Database
    readonly lifecycleManager: {
      /** When all that is under way is done. */
      gracefulClose(done: (error?: Error | null) => void): void
    }
  }

  export type StoredItem = Record<string, Record<string, unknown>>

  export interface StoredIndex {
    readonly IndexName: string
    /** Global indexes have one. */
    IndexStatus?: string
  }

  export interface StoredTable {
    readonly TableName: string
    TableStatus: string
    readonly LocalSecondaryIndexes?: readonly StoredIndex[]
    readonly GlobalSecondaryIndexes?: readonly StoredIndex[]
  }

  const db: {
    /** dynalite calls it once for each server. */
    create(options: unknown): Store
    /** The key of an item, or of an item of an index, that has the table's key attributes. */
    createKey(item: StoredItem, table: StoredTable): string
    /** The index entries that have to be written after an item has changed. */
    getIndexActions(
      indexes: readonly StoredIndex[],
      before: StoredItem | undefined,
      after: StoredItem,
      table: StoredTable,
    ): { readonly puts: readonly { readonly key: string; readonly item: unknown }[] }
  }
  export default db
}
