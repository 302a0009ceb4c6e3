// Items whose key is a token, and clients of an older search key, of a newer one, and of both.
import { GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { type Declaration, search } from '@dynaseal/document-client'
import { beforeEach, expect } from 'vitest'
import { TABLE, withSearchTable } from '../../support/searchTable.js'
import { EAST, type World } from '../../support/world.js'
import { type Between, declaredClient } from './declaredClient.js'

export const declared: Declaration = {
  table: TABLE,
  key: ['pk', 'sk'],
  encrypted: ['email', 'name'],
  tokens: { pk: { of: 'email', normalize: 'email' } },
}
export const conditionFailed = expect.objectContaining({ name: 'ConditionalCheckFailedException' })
export const NEW = '2.'
export const OLD = '1.'
export type Client = ReturnType<typeof declaredClient>

export function withTwoKeys() {
  let world: World
  let keys: [Uint8Array, Uint8Array]
  const clients = {} as { older: Client; newer: Client; both: Client }
  /** An e-mail and a number for each test. */
  let count = 0
  const own = {
    get world() {
      return world
    },
    get keys() {
      return keys
    },
    /** By the search key that they have; `both` writes with the new one. */
    clients,
    EMAIL: '',
    /** What happens to the requests of `both`, which are noted here if it is not told otherwise. */
    between: (async (_, send) => send()) as Between,
    requests: [] as string[],
    /** For an item of its own in one test. */
    nextEmail(name: string) {
      own.EMAIL = `${name}-${++count}@example.com`
    },
    get count() {
      return count
    },
    item: (more: object = {}) => ({ sk: '1', nr: count, email: own.EMAIL, name: 'one', ...more }),
    Key: () => ({ pk: search(own.EMAIL), sk: '1' }),
    put: (client: Client, more: object = {}, params: object = {}) =>
      client.send(new PutCommand({ TableName: TABLE, Item: own.item(more), ...params })),
    get: async (client = clients.both) =>
      (await client.send(new GetCommand({ TableName: TABLE, Key: own.Key(), ConsistentRead: true }))).Item,
    async stored() {
      const { Items = [] } = await world
        .rawClient(EAST)
        .send(new ScanCommand({ TableName: TABLE, ConsistentRead: true }))
      return Items.filter(({ nr }) => nr === count)
    },
    /** The versions that stand in the keys of what is stored. */
    versions: async () => (await own.stored()).map(({ pk }) => pk.slice(0, 2)),
  }
  withSearchTable((made, [first, second]) => {
    world = made
    keys = [first, second]
    clients.older = declaredClient(world, [first], { declared })
    clients.newer = declaredClient(world, [second], { declared })
    clients.both = declaredClient(world, [second, first], {
      declared,
      between: (command, send) => own.between(command, send),
    })
  })
  beforeEach(() => {
    own.nextEmail('rotated')
    own.requests = []
    own.between = async (command, send) => {
      own.requests.push(command.constructor.name.replace('Command', ''))
      return send()
    }
    world.proxy.sent.length = 0
  })
  return own
}

/** Under which of the two search keys an item is: who writes it there, and the version of its token. */
export const underEachKey = (own: ReturnType<typeof withTwoKeys>) =>
  [
    ['under the older key', () => own.clients.older, OLD],
    ['under the newer key', () => own.clients.newer, NEW],
  ] as const
