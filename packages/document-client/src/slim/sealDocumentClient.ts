import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { NativeItem } from '../arriving/opener.js'
import { sealClient } from '../client/sealClient.js'
import { type DeclaredClient, withDeclare } from '../declared/declaredClient.js'
import { dialect } from '../declared/dialect.js'
import { type SlimOptions, splitFeatures } from './options.js'

/**
 * As `sealDocumentClient` of the main entry, with the features that it is given and no others.
 *
 * @throws {DocumentClientError} `invalid-client`
 * @throws {ConfigurationError} `invalid-option` or `invalid-context`, of `@dynaseal/core`
 * @example
 * const client = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient()), { keyring, features: [arrivals] })
 */
export function sealDocumentClient<CLIENT extends DynamoDBDocumentClient = DynamoDBDocumentClient>(
  client: CLIENT,
  given: SlimOptions,
): DeclaredClient<CLIENT, NativeItem> {
  const { features, options } = splitFeatures(given)
  return withDeclare(sealClient(client, options, dialect, features))
}
