import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Format, TokenMaker } from '@dynaseal/core'
import type { RawClient } from '../search/moveItem.js'
import type { Tables } from '../tables/tables.js'
import type { WireItem } from '../values/wireItems.js'

/** What a tool needs of a sealed client that an application made: to read what is stored as it is stored. */
export interface ClientParts {
  /** The client that was sealed. */
  readonly unsealed: DynamoDBDocumentClient
  readonly tables: Tables
  readonly format: Format
  /** What makes its search tokens, if it has any. */
  readonly search: TokenMaker | undefined
  /** Whether it only seals, or only opens. */
  readonly role: 'seal' | 'open' | 'both'
  readonly mover: Mover
}

/** Moves items whose key is a search token to the one under the search key that is written with. Tables by their names in DynamoDB. */
export interface Mover {
  /**
   * What `move` would put for an item that was read.
   *
   * @returns undefined where the item has its key already
   * @throws as `move`, but for what DynamoDB says
   */
  moved(table: string, stored: WireItem): Promise<WireItem | undefined>
  /**
   * As `moveItem` of the sealed client does, through another client: a consistent read, and a transaction.
   *
   * @param key as it is stored
   * @returns whether it was moved: not, where there is none, or where it has that key already
   * @throws {FieldsNotOpenedError}
   * @throws {DocumentClientError} `invalid-schema` for a table whose key is no search token, `command-unsupported` for an item of
   *   more than 100 attributes
   * @throws {TransactionCanceledException} of the AWS SDK, where it was changed meanwhile, or is under both keys
   */
  move(client: RawClient, table: string, key: WireItem): Promise<boolean>
}

/** In the registry of symbols: a tool may have a copy of this package of its own. */
export const PARTS = Symbol.for('dynaseal:parts')

/** What is behind a sealed client; undefined for anything else. */
export function partsOf(client: unknown): ClientParts | undefined {
  return typeof client === 'object' && client !== null
    ? (client as { readonly [PARTS]?: ClientParts })[PARTS]
    : undefined
}
