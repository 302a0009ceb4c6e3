import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import type { SealOptions } from '@dynaseal/document-client'
import { messages } from '@dynaseal/document-client/messages'
import { searchTokens } from '@dynaseal/document-client/search'
import { wholeItems } from '@dynaseal/document-client/whole-items'
import { arrivals } from './arrivals.js'
import { type SealedDocumentClient, sealEntities } from './sealEntities.js'

/**
 * Wraps a document client: give the result to the dynamodb-toolbox `Table`, and register its entities.
 * The client that was passed in stays as it was; a `DynamoDBDocument` keeps its methods, which then seal.
 *
 * @throws {ToolboxError} `invalid-client`
 * @throws {ConfigurationError} `invalid-option` or `invalid-context`, of `@dynaseal/core`
 * @example
 * const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient()), { keyring })
 * const Users = new Table({ documentClient, name: 'users', partitionKey: { name: 'id', type: 'string' } })
 * const User = new Entity({ name: 'User', table: Users, schema: item({ id: string().key(), ssn: encrypted(string()) }) })
 * documentClient.register(User)
 */
export function sealDocumentClient<
  const TTL extends string = never,
  CLIENT extends DynamoDBDocumentClient = DynamoDBDocumentClient,
>(client: CLIENT, options: SealOptions<TTL>): SealedDocumentClient<TTL, CLIENT> {
  return sealEntities(client, options, [arrivals, messages, searchTokens, wholeItems])
}
