import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { Format, TokenMaker } from '@dynaseal/core'
import type { Tables } from '../tables/tables.js'

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
}

/** In the registry of symbols: a tool may have a copy of this package of its own. */
export const PARTS = Symbol.for('dynaseal:parts')

/** What is behind a sealed client; undefined for anything else. */
export function partsOf(client: unknown): ClientParts | undefined {
  return typeof client === 'object' && client !== null
    ? (client as { readonly [PARTS]?: ClientParts })[PARTS]
    : undefined
}
