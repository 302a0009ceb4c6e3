// One item of a declared table, another for each test, with tokens of each kind.
import { GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { beforeEach, expect } from 'vitest'
import { TABLE, withSearchTable } from '../../support/searchTable.js'
import { EAST, type World } from '../../support/world.js'
import { declaredClient } from './declaredClient.js'

export type Members = Record<string, unknown>
export const SECRETS = ['ada@example.com', 'Ada-secret', 'tag-secret', 'street-secret', '1815-secret']
export const isToken = expect.stringMatching(/^1\.[\w-]{22}$/)

export function withDeclaredItem() {
  let world: World
  let searchKey: Uint8Array
  let client: ReturnType<typeof declaredClient>
  withSearchTable((made, [key]) => {
    world = made
    searchKey = key
    client = declaredClient(world, [searchKey])
  })
  let number = 0
  let Key: { pk: string; sk: string }
  beforeEach(() => {
    world.proxy.sent.length = 0
    Key = { pk: 'd', sk: `${++number}` }
  })
  return {
    get world() {
      return world
    },
    get searchKey() {
      return searchKey
    },
    get client() {
      return client
    },
    get Key() {
      return Key
    },
    item: () => ({
      ...Key,
      at: number,
      email: SECRETS[0],
      name: SECRETS[1],
      tags: new Set([SECRETS[2], 'x']),
      city: 'Bergen',
      address: { street: SECRETS[3], zip: '1' },
      profile: { born: SECRETS[4], more: 1 },
    }),
    put: (Item: Members) => client.send(new PutCommand({ TableName: TABLE, Item })),
    stored: async () =>
      (await world.rawClient(EAST).send(new GetCommand({ TableName: TABLE, Key, ConsistentRead: true })))
        .Item as Members,
    update: (UpdateExpression: string, values?: Members, more: Members = {}) =>
      client.send(
        new UpdateCommand({
          TableName: TABLE,
          Key,
          UpdateExpression,
          ...(values === undefined ? {} : { ExpressionAttributeValues: values }),
          ...more,
        }),
      ),
    /** Whether a filter finds it. */
    async finds(filter: string, values: Members) {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: TABLE,
          KeyConditionExpression: 'pk = :pk AND sk = :sk',
          FilterExpression: filter,
          ExpressionAttributeValues: { ':pk': Key.pk, ':sk': Key.sk, ...values },
        }),
      )
      return Items.length === 1
    },
  }
}
