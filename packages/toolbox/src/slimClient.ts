import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { type SlimOptions, splitFeatures } from '@dynaseal/document-client/mapper'
import { type SealedDocumentClient, sealEntities } from './sealEntities.js'

/**
 * As `sealDocumentClient` of the main entry, with the features that it is given and no others.
 *
 * @throws {ToolboxError} `invalid-client`
 * @throws {ConfigurationError} `invalid-option` or `invalid-context`, of `@dynaseal/core`
 * @example
 * const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient()), { keyring, features: [searchTokens] })
 */
export function sealDocumentClient<
  const TTL extends string = never,
  CLIENT extends DynamoDBDocumentClient = DynamoDBDocumentClient,
>(client: CLIENT, given: SlimOptions<TTL>): SealedDocumentClient<TTL, CLIENT> {
  const { features, options } = splitFeatures(given)
  return sealEntities(client, options, features)
}
