import { KMS } from '@aws-sdk/client-kms'
import { DynamoDBDocumentClient, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { sealDocumentClient, search } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { projectOf, type Target } from '../../src/api.js'
import { EAST, users, type World } from './cloud.js'

/** Clients with search tokens of `ssn`, of two search keys: each writes with one of them, and finds with that alone or with both. */
export async function searching(world: World) {
  const keyring = () =>
    new MrkKeyring({
      keyArns: [...world.keyArns],
      region: EAST,
      hedge: false,
      client: region => new KMS({ ...world.config(region), maxAttempts: 1 }),
    })
  const keys = [await createSearchKey(keyring()), await createSearchKey(keyring(), { version: 2 })] as const

  function client(version: 1 | 2, findWith: readonly Uint8Array[]) {
    const tokens = createSearchTokens({ keyring: keyring(), writeWith: keys[version - 1]!, findWith })
    return sealDocumentClient(DynamoDBDocumentClient.from(world.dynamodb), {
      keyring: keyring(),
      search: tokens,
    }).declare({
      table: users.name,
      key: ['id'],
      encrypted: ['ssn'],
      tokens: { ssnToken: { of: 'ssn' } },
    })
  }
  const writer = client(1, [keys[1]])
  const readers = { 1: client(1, []), 2: client(2, []) }
  return {
    /** What a process works on that writes with one of the search keys. */
    target: async (version: 1 | 2): Promise<Target> =>
      (await projectOf({ clients: client(version, version === 1 ? [] : [keys[0]]) })).target(users.name),
    /** As an application with the first search key does. */
    put: async (Item: Record<string, string>): Promise<void> => {
      await writer.send(new PutCommand({ TableName: users.name, Item }))
    },
    /** The items that are found with one search key alone. */
    findBySsn: async (version: 1 | 2, ssn: string): Promise<string[]> => {
      const { Items = [] } = await readers[version].send(
        new ScanCommand({
          TableName: users.name,
          ConsistentRead: true,
          FilterExpression: 'ssnToken = :ssn',
          ExpressionAttributeValues: { ':ssn': search(ssn) },
        }),
      )
      return Items.map(({ id }) => id as string)
    },
  }
}
