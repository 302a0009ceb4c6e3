import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ALL_FEATURES } from '../client/allFeatures.js'
import { sealBaseClient } from '../client/sealClient.js'
import type { SealOptions } from '../client/sealOptions.js'
import type { WireItem } from '../values/wireItems.js'
import { type DeclaredClient, withDeclare } from './declaredClient.js'
import { dialect } from './dialect.js'

/**
 * Wraps a client of `@aws-sdk/client-dynamodb`, for libraries that speak attribute values: `{ S: 'text' }`. What stands at
 * declared paths is sealed on its way to DynamoDB, and opened on its way back. The client that was passed in stays as it
 * was; a `DynamoDB` keeps its methods, which then seal. A document client cannot be made of a sealed one: seal that.
 *
 * @throws {DocumentClientError} `invalid-client`
 * @throws {ConfigurationError} `invalid-option` or `invalid-context`, of `@dynaseal/core`
 * @example
 * const client = sealDynamoDBClient(new DynamoDB(), { keyring })
 * client.declare({ table: 'users', key: ['id'], encrypted: ['email'] })
 * await client.putItem({ TableName: 'users', Item: { id: { S: 'ada' }, email: { S: 'ada@example.com' } } })
 */
export function sealDynamoDBClient<CLIENT extends DynamoDBClient = DynamoDBClient>(
  client: CLIENT,
  options: SealOptions,
): DeclaredClient<CLIENT, WireItem> {
  return withDeclare(sealBaseClient(client, options, dialect, ALL_FEATURES))
}
