import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { type SealedClient, sealClient } from '../client/sealClient.js'
import type { SealOptions } from '../client/sealOptions.js'
import type { Declaration } from './declaration.js'
import { declare } from './declare.js'
import { dialect } from './dialect.js'

/** A sealed client that is told what is encrypted. */
export type DeclaredClient<CLIENT extends DynamoDBDocumentClient = DynamoDBDocumentClient> =
  SealedClient<CLIENT> & {
    /**
     * Says what is encrypted in tables. Declare every table, also those in which nothing is; a table with several kinds of
     * items once for each kind.
     *
     * @throws {DocumentClientError} `invalid-schema` for what cannot be encrypted, or is no path: the error shows where
     */
    declare(...declarations: Declaration[]): DeclaredClient<CLIENT>
  }

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
): DeclaredClient<CLIENT> {
  const { client: sealed, tables } = sealClient(client, options, dialect)
  const declared = sealed as DeclaredClient<CLIENT>
  Object.defineProperty(declared, 'declare', {
    value: (...declarations: Declaration[]) => {
      for (const declaration of declarations) declare(tables, declaration)
      return declared
    },
  })
  return declared
}
