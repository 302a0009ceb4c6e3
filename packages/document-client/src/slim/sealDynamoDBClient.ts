import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { sealBaseClient } from '../client/sealClient.js'
import { type DeclaredClient, withDeclare } from '../declared/declaredClient.js'
import { dialect } from '../declared/dialect.js'
import type { WireItem } from '../values/wireItems.js'
import { type SlimOptions, splitFeatures } from './options.js'

/**
 * As `sealDynamoDBClient` of the main entry, with the features that it is given and no others.
 *
 * @throws {DocumentClientError} `invalid-client`
 * @throws {ConfigurationError} `invalid-option` or `invalid-context`, of `@dynaseal/core`
 */
export function sealDynamoDBClient<CLIENT extends DynamoDBClient = DynamoDBClient>(
  client: CLIENT,
  given: SlimOptions,
): DeclaredClient<CLIENT, WireItem> {
  const { features, options } = splitFeatures(given)
  return withDeclare(sealBaseClient(client, options, dialect, features))
}
