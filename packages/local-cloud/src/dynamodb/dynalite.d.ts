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
