import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { encrypted, sealDocumentClient } from '@dynaseal/toolbox'
import {
  Entity,
  GetItemCommand,
  item,
  PutItemCommand,
  string,
  Table,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { format, SEALED, type Twins, twins } from './twins.js'

let world: Twins
beforeAll(async () => {
  world = await twins('dynoxide')
})
afterAll(() => world.stop())

const KEY = { id: 'one' }

test('what an entity encrypts is not written to an item of another entity that has it in clear', async () => {
  const documentClient = sealDocumentClient(DynamoDBDocumentClient.from(world.client()), {
    format: format(),
    updates: 'read-change-write',
  })
  const table = new Table({
    documentClient,
    name: SEALED,
    partitionKey: { name: 'id', type: 'string' },
  })
  const key = { id: string().key() }
  const Clear = new Entity({ name: 'Clear', table, schema: item({ ...key, note: string() }) })
  const Secret = new Entity({
    name: 'Secret',
    table,
    schema: item({ ...key, note: encrypted(string()) }),
  })
  documentClient.register(Clear, Secret)
  const change = () =>
    Secret.build(UpdateItemCommand)
      .item({ ...KEY, note: 'a secret note' })
      .send()
  await Clear.build(PutItemCommand)
    .item({ ...KEY, note: 'in clear' })
    .send()
  const before = await world.stored(SEALED)
  await expect(change()).rejects.toMatchObject({
    code: 'update-refused',
    message: expect.stringMatching(/'note' is to be encrypted.*of another entity/),
  })
  expect(await world.stored(SEALED)).toEqual(before)
  await Secret.build(PutItemCommand)
    .item({ ...KEY, note: 'before' })
    .send()
  await change()
  expect((await world.stored(SEALED))?.note).toEqual({ B: expect.any(Uint8Array) })
  const { Item: after } = await Secret.build(GetItemCommand).key(KEY).options({ consistent: true }).send()
  expect(after?.note).toBe('a secret note')
})
