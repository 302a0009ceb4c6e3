import { DeleteItemCommand } from '@aws-sdk/client-dynamodb'
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { createItemEncryptor } from '@dynaseal/db-esdk'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type Intercept, intercept } from '../../support/intercept.js'
import { keyring, SEALED, sealedDocument, type Twins, twins } from './twins.js'

// One item that is updated, the same before each test.

export const Key = { id: 'one' }
export const wireKey = { id: { S: 'one' } }
export const ITEM = { ...Key, plan: 'pro', n: 1, s: new Set(['x']), l: ['a'], secret: 'a secret' }

export function withItem() {
  let world: Twins
  beforeAll(async () => {
    world = await twins('dynoxide')
  })
  afterAll(() => world.stop())
  beforeEach(async () => {
    await world.raw.send(new DeleteItemCommand({ TableName: SEALED, Key: wireKey }))
    await sealedDocument(world.client()).send(new PutCommand({ TableName: SEALED, Item: ITEM }))
  })
  return {
    get world() {
      return world
    },
    load: async (client = sealedDocument(world.client())) =>
      (await client.send(new GetCommand({ TableName: SEALED, Key, ConsistentRead: true }))).Item,
    /** A sealed client, between which and the wire something is. */
    between(work: Intercept, config = {}, options = {}) {
      const client = world.client(config)
      intercept(client, work)
      return sealedDocument(client, options)
    },
  }
}

/** The same table in another application, which encrypts one attribute more. */
export const other = () =>
  createItemEncryptor({
    keyring: keyring(),
    logicalTableName: SEALED,
    partitionKeyName: 'id',
    attributeActionsOnEncrypt: { secret: 'ENCRYPT_AND_SIGN', plan: 'ENCRYPT_AND_SIGN' },
  })

export const update = (UpdateExpression: string, values: Record<string, unknown> = {}, more: object = {}) =>
  new UpdateCommand({
    ...{ TableName: SEALED, Key, UpdateExpression },
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    ...more,
  })
