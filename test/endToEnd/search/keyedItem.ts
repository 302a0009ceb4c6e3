// Items whose key is the token of an e-mail, another for each test.
import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import type { Declaration } from '@dynaseal/document-client'
import { beforeEach } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { TABLE, withSearchTable } from '../../support/searchTable.js'
import { EAST, type World } from '../../support/world.js'

/** The partition key is a token; the sort key stays in clear, or is one, too. */
export const keyTokens = {
  partition: { pk: { of: 'email', normalize: 'email' } },
  both: { pk: { of: 'email', normalize: 'email' }, sk: { of: ['pass.no', 'city'] } },
} satisfies Record<string, Declaration['tokens']>
export const declaredBy = (tokens: NonNullable<Declaration['tokens']>): Declaration => ({
  table: TABLE,
  key: ['pk', 'sk'],
  encrypted: ['email', 'name', 'pass', 'city'],
  tokens,
})

export function withKeyedItem() {
  let world: World
  let searchKey: Uint8Array
  withSearchTable((made, [key]) => {
    world = made
    searchKey = key
  })
  let count = 0
  let EMAIL: string
  beforeEach(() => {
    world.proxy.sent.length = 0
    EMAIL = `Ada-${++count}@Example.com`
  })
  const SECRETS = () => [EMAIL, EMAIL.toLowerCase(), 'Lovelace-secret', 'passport-secret', 'Bergen-secret']
  return {
    get world() {
      return world
    },
    get searchKey() {
      return searchKey
    },
    get count() {
      return count
    },
    get EMAIL() {
      return EMAIL
    },
    leaked: (...more: string[]) => leaks(world.proxy.sent, [...SECRETS(), ...more]),
    async stored() {
      const { Items = [] } = await world
        .rawClient(EAST)
        .send(new ScanCommand({ TableName: TABLE, ConsistentRead: true }))
      return Items.filter(({ nr }) => nr === count)
    },
  }
}
