import { GetCommand } from '@aws-sdk/lib-dynamodb'
import {
  BatchGetCommand,
  BatchGetRequest,
  DeleteItemCommand,
  executeBatchGet,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { userEntity } from '../../support/user.js'
import { EAST } from '../../support/world.js'
import { key, loadedPlainly, open, plainly, SECRETS, tableName, withUsers, world } from './users.js'

withUsers()

describe('reading', () => {
  test('put and delete return the old item open', async () => {
    const { User } = open(EAST)
    await User.build(PutItemCommand).item(plainly).send()
    const replaced = await User.build(PutItemCommand)
      .item(plainly)
      .options({ returnValues: 'ALL_OLD' })
      .send()
    expect(replaced.Attributes).toMatchObject(loadedPlainly)
    const deleted = await User.build(DeleteItemCommand).key(key).options({ returnValues: 'ALL_OLD' }).send()
    expect(deleted.Attributes).toMatchObject(loadedPlainly)
  })

  test('query, query of an index, scan and batch get, with and without projection', async () => {
    const { User, Users } = open(EAST)
    await User.build(PutItemCommand).item(plainly).send()
    const query = Users.build(QueryCommand).entities(User).query({ partition: 'a' })
    expect((await query.send()).Items).toMatchObject([loadedPlainly])
    const projected = { text: SECRETS.text, nested: { shut: 'shut plaintext' } }
    const attributes = ['text', 'nested.shut'] as const
    expect((await query.options({ attributes: [...attributes] }).send()).Items).toEqual([projected])
    const byIndex = Users.build(QueryCommand).entities(User).query({ index: 'byGsi', partition: 'g' })
    expect((await byIndex.options({ attributes: [...attributes] }).send()).Items).toEqual([projected])
    expect((await Users.build(ScanCommand).entities(User).send()).Items).toMatchObject([loadedPlainly])
    const { Responses } = await executeBatchGet(
      Users.build(BatchGetCommand)
        .requests(User.build(BatchGetRequest).key(key))
        .options({ attributes: [...attributes] }),
    )
    expect(Responses?.[0]).toEqual([projected])
    const { Item } = await User.build(GetItemCommand)
      .key(key)
      .options({ attributes: [...attributes] })
      .send()
    expect(Item).toEqual(projected)
  })

  test('a raw document command on a registered table opens as well, and returns no attribute that was not asked for', async () => {
    const client = world.sealedClient(EAST)
    const { User } = userEntity(client, tableName)
    await User.build(PutItemCommand).item(plainly).send()
    const { Item } = await client.send(
      new GetCommand({
        TableName: tableName,
        Key: key,
        ProjectionExpression: '#t',
        ExpressionAttributeNames: { '#t': 'text' },
      }),
    )
    expect(Item).toEqual({ text: SECRETS.text })
  })

  test('hidden stays hidden, and is encrypted all the same', async () => {
    const { User } = open(EAST)
    await User.build(PutItemCommand)
      .item({ ...key, secret: 'hidden plaintext' })
      .send()
    const { Item } = await User.build(GetItemCommand).key(key).send()
    expect(Item).not.toHaveProperty('secret')
    expect(leaks(world.proxy.sent, ['hidden plaintext'])).toEqual([])
  })

  test('a missing item is a missing item', async () => {
    const { Item } = await open(EAST).User.build(GetItemCommand).key({ pk: 'no', sk: 'where' }).send()
    expect(Item).toBeUndefined()
  })
})
