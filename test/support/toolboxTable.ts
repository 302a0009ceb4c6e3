import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { Table } from 'dynamodb-toolbox'

/** A table as `World.createTable()` makes it, for entities. */
export const toolboxTable = (documentClient: DynamoDBDocumentClient, name: string) =>
  new Table({
    documentClient,
    name,
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
    indexes: { byGsi: { type: 'global', partitionKey: { name: 'gsi', type: 'string' } } },
  })
