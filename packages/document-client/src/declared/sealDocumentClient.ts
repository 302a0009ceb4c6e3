import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { NativeItem } from '../arriving/opener.js'
import { ALL_FEATURES } from '../client/allFeatures.js'
import { sealClient } from '../client/sealClient.js'
import type { SealOptions } from '../client/sealOptions.js'
import { type DeclaredClient, withDeclare } from './declaredClient.js'
import { dialect } from './dialect.js'

/**
 * Wraps a document client, for applications without a schema: what stands at declared paths is sealed on its way to
 * DynamoDB, and opened on its way back. The client that was passed in stays as it was; a `DynamoDBDocument` keeps its
 * methods, which then seal.
 *
 * @throws {DocumentClientError} `invalid-client`
 * @throws {ConfigurationError} `invalid-option` or `invalid-context`, of `@dynaseal/core`
 * @example
 * const client = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient()), { keyring })
 * client.declare({ table: 'users', key: ['id'], encrypted: ['email', 'address.street', 'cards[*].number', 'tags.*'] })
 * await client.send(new PutCommand({ TableName: 'users', Item: { id: 'ada', email: 'ada@example.com' } }))
 */
export function sealDocumentClient<CLIENT extends DynamoDBDocumentClient = DynamoDBDocumentClient>(
  client: CLIENT,
  options: SealOptions,
): DeclaredClient<CLIENT, NativeItem> {
  return withDeclare(sealClient(client, options, dialect, ALL_FEATURES))
}
