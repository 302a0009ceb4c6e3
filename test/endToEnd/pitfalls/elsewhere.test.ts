// Where plaintext stands besides requests: in what the application keeps, logs and mocks.
import { inspect } from 'node:util'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { sealDocumentClient } from '@dynaseal/toolbox'
import { mockClient } from 'aws-sdk-client-mock'
import * as toolbox from 'dynamodb-toolbox'
import { EntityRepository } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { userEntity } from '../../support/user.js'
import { EAST } from '../../support/world.js'
import {
  ciphertext,
  client,
  consistent,
  hasTransactions,
  key,
  repositoryOf,
  SECRET,
  secret,
  tableName,
  thrownBy,
  User,
  users,
  world,
} from './users.js'

describe('8. plaintext stands elsewhere: in answers, where it is meant to be, and in errors about something else', () => {
  test('parameters as dynamodb-toolbox builds them are sent without what DynamoDB does not take', async () => {
    const base = new DynamoDBClient(world.config(EAST))
    const inputs: Record<string, unknown>[] = []
    base.middlewareStack.add(
      next => args => {
        inputs.push(args.input as never)
        return next(args)
      },
      { step: 'initialize', priority: 'high' },
    )
    const logging = sealDocumentClient(DynamoDBDocumentClient.from(base), { keyring: world.keyring(EAST) })
    const { User } = userEntity(logging, tableName)
    const put = User.build(toolbox.PutItemCommand).item(secret()).params()
    const update = User.build(toolbox.UpdateItemCommand)
      .item({ ...key, text: SECRET })
      .options({ returnValues: 'ALL_NEW' })
      .params()
    const transaction = [
      User.build(toolbox.PutTransaction).item(secret('2')).params(),
      User.build(toolbox.UpdateTransaction)
        .item({ ...key, text: SECRET })
        .params(),
    ]
    expect([put, update, ...transaction].every(params => 'ToolboxItem' in params)).toBe(true)
    await logging.send(new PutCommand(put))
    const { Attributes } = await logging.send(new UpdateCommand(update as never))
    expect(Attributes?.text).toBe(SECRET)
    if (hasTransactions)
      await logging.send(new TransactWriteCommand({ TransactItems: transaction.reverse() as never }))
    expect(inputs).toHaveLength(hasTransactions ? 3 : 2)
    expect(leaks([Buffer.from(inspect(inputs, { depth: 12 }))], [SECRET])).toEqual([])
  })

  test('the item of an answer is what the application gave', async () => {
    expect((await users.put(secret())).ToolboxItem).toMatchObject(secret())
  })

  test.each([
    ['the attribute itself', { text: [SECRET] }],
    ['a part of it', { address: { city: [SECRET] } }],
    ['another attribute', { text: SECRET, plain: 5 }],
  ])('an error about %s has none', async (_, given) => {
    await thrownBy(() => users.put({ ...key, ...given } as never))
  })

  test("dynamodb-toolbox's own error about a parent does not have what it was given", async () => {
    const error = await thrownBy(() => users.put({ ...key, nested: SECRET as never }))
    expect(error).toMatchObject({
      code: 'parsing.invalidAttributeInput',
      path: 'nested',
      payload: { expected: 'map' },
    })
  })
})

describe('11. mocks put their own send in place: of the sealed client, of the one below it, or of the entity', () => {
  test('a mock of the sealed client sees values that are not sealed yet, and answers with plaintext', async () => {
    const mock = mockClient(client)
    mock.on(PutCommand).resolves({})
    mock
      .on(GetCommand)
      .resolves({ Item: { ...secret(), _et: 'User', _ct: 'now', _md: 'now', defaulted: 'd' } })
    const mocked = User.build(EntityRepository)
    await mocked.put(secret())
    expect(inspect(mock.calls()[0]?.args, { depth: 9 })).toContain('text: [encrypted value, not sealed yet]')
    expect((await mocked.get(key)).Item).toMatchObject(secret())
    expect(world.proxy.sent).toEqual([])
    mock.restore()
    expect((await mocked.get(key)).Item).toBeUndefined()
  })

  test('a mock of the client that was wrapped sees ciphertext', async () => {
    const base = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)))
    const mock = mockClient(base)
    mock.on(PutCommand).resolves({})
    await repositoryOf(sealDocumentClient(base, { keyring: world.keyring(EAST) })).put(secret())
    expect(mock.commandCalls(PutCommand)[0]?.args[0].input.Item).toMatchObject({ ...key, text: ciphertext })
  })

  test('a spy of the entity sees what the application gave, and stubs what it gets', async () => {
    const spy = User.build(toolbox.EntitySpy)
    spy.on(toolbox.GetItemCommand).resolve({ $metadata: {}, Item: { ...key, text: 'stubbed' } as never })
    const spied = User.build(EntityRepository)
    await spied.put(secret())
    expect(spy.sent(toolbox.PutItemCommand).args(0)?.[0]).toEqual(secret())
    expect((await spied.get(key)).Item).toMatchObject({ text: 'stubbed' })
    spy.restore()
    expect((await spied.get(key, { consistent })).Item).toMatchObject(secret())
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })
})
