// Tables under names that a sealed client does not know, or knows by another.
import { GetCommand, PutCommand, BatchGetCommand as RawBatchGetCommand } from '@aws-sdk/lib-dynamodb'
import type { SealedDocumentClient } from '@dynaseal/toolbox'
import { DeleteItemCommand, GetItemCommand, PutItemCommand } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { userEntity } from '../../support/user.js'
import { EAST } from '../../support/world.js'
import { key, SECRET, tableName, world } from './entities.js'

describe('a table that the sealed client does not know', () => {
  test.each([
    [
      'the tableName option',
      (client: SealedDocumentClient) =>
        userEntity(client, tableName)
          .User.build(DeleteItemCommand)
          .key(key)
          .options({ tableName: 'elsewhere', condition: { attr: 'address.city', eq: SECRET } as never })
          .send(),
    ],
    [
      'a raw put',
      (client: SealedDocumentClient) =>
        client.send(new PutCommand({ TableName: 'elsewhere', Item: { ...key, text: SECRET } })),
    ],
    [
      'a raw get',
      (client: SealedDocumentClient) => client.send(new GetCommand({ TableName: 'elsewhere', Key: key })),
    ],
  ])('is refused: %s', async (_, send) => {
    await expect(send(world.sealedClient(EAST))).rejects.toMatchObject({ code: 'not-registered' })
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test('is reached under another name through logicalTableName', async () => {
    const alias = `alias-${tableName}`
    await world.createTable(alias)
    const client = world.sealedClient(EAST, { logicalTableName: name => name.replace('alias-', '') })
    const { User } = userEntity(client, tableName)
    await User.build(PutItemCommand)
      .item({ ...key, text: SECRET })
      .options({ tableName: alias })
      .send()
    const { Item } = await User.build(GetItemCommand)
      .key(key)
      .options({ tableName: alias, consistent: true })
      .send()
    expect(Item?.text).toBe(SECRET)
  })
})

test('a batch that reads two tables of one logical name reads both', async () => {
  const restored = `${tableName}-restored`
  await world.createTable(restored)
  const client = world.sealedClient(EAST, { logicalTableName: name => name.replace('-restored', '') })
  const { User } = userEntity(client, tableName)
  for (const [table, text] of [
    [tableName, SECRET],
    [restored, 'another'],
  ] as const) {
    await User.build(PutItemCommand)
      .item({ ...key, text })
      .options({ tableName: table })
      .send()
  }
  const request = { Keys: [key], ConsistentRead: true }
  const { Responses } = await client.send(
    new RawBatchGetCommand({ RequestItems: { [tableName]: request, [restored]: request } }),
  )
  expect(Responses?.[tableName]).toMatchObject([{ text: SECRET }])
  expect(Responses?.[restored]).toMatchObject([{ text: 'another' }])
})
