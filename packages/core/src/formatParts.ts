import type { DataKeyCache } from './dataKeyCache/dataKeyCache.js'
import type { Codec } from './message/codec.js'
import type { MessageContext } from './message/context.js'

/** What a message format is made of. */
export interface FormatParts {
  readonly cache: DataKeyCache
  readonly codec: Codec
  /** Whether messages of the signed suite 0x0578 are opened. */
  readonly allowSigned: boolean
  /** @throws {ConfigurationError} `invalid-context` when the table name cannot be part of a context */
  contextOf(table: string): MessageContext
}
