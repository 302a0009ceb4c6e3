import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { SealedDocumentClient } from '@dynaseal/toolbox'
import { Entity, item, number, type Schema, string, Table } from 'dynamodb-toolbox'
import type { Placement, Seal } from './placement.js'
import { placements } from './placements.js'

/** The matrix's table, and two of the entities that live in it. */
export interface Entities {
  readonly table: Table
  /** Has an attribute for every placement. */
  readonly Everything: Entity
  /** Shares names with `Everything`, and encrypts others. */
  readonly Note: Entity
}

/**
 * @param seal `encrypted`, or the identity for the same schema without encryption
 * @param attributes those of `Everything`
 */
export function entities(
  documentClient: DynamoDBDocumentClient | SealedDocumentClient,
  tableName: string,
  seal: Seal,
  attributes: readonly Placement[] = placements,
): Entities {
  const table = new Table({
    documentClient,
    name: tableName,
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
    indexes: {
      byGsi: { type: 'global', partitionKey: { name: 'gsi', type: 'string' } },
      byLsi: { type: 'local', sortKey: { name: 'lsi', type: 'number' } },
      keysOnly: { type: 'global', partitionKey: { name: 'plain', type: 'string' } },
    },
  })
  const clear = {
    pk: string().key(),
    sk: string().key(),
    gsi: string().optional(),
    lsi: number().optional(),
    plain: string().optional(),
    count: number().optional(),
  }
  const placed: Record<string, Schema> = Object.fromEntries(
    attributes.map(({ name, schema }) => [name, schema(seal)]),
  )
  const Everything = new Entity({ name: 'Everything', table, schema: item({ ...clear, ...placed }) })
  const Note = new Entity({
    name: 'Note',
    table,
    timestamps: false,
    schema: item({ ...clear, text: seal(string()), body: seal(string()).optional() }),
  })
  if ('register' in documentClient) documentClient.register(Everything as never, Note as never)
  return { table, Everything, Note } as unknown as Entities
}
