// Items that reach dynamodb-toolbox past the sealed client: what stands for an encrypted attribute is not taken for it.
import { GetItemCommand as BaseGet, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchGetCommand as DocumentBatchGet, GetCommand } from '@aws-sdk/lib-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { encrypted, type SealedDocumentClient, type SealOptions } from '@dynaseal/toolbox'
import {
  BatchGetCommand,
  BatchGetRequest,
  boolean,
  Entity,
  EntityFormatter,
  executeBatchGet,
  item,
  PutItemCommand,
  ScanCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { attackOn } from '../../support/attacker.js'
import { userEntity } from '../../support/user.js'
import { EAST } from '../../support/world.js'
import { attacked, consistent, get, key, keys, NOT_SEALED, ssn, tableName, tableOf, world } from './tables.js'

describe('an item that the sealed client has not opened', () => {
  const entityOf = (client: SealedDocumentClient, name = 'E', attribute = SSN) =>
    new Entity({
      name,
      table: tableOf(client),
      timestamps: false,
      schema: item({ ...keys, ssn: attribute, ok: FLAG }),
    })
  const SSN = ssn()
  const FLAG = encrypted(boolean()).optional()
  const registered = (options: Partial<SealOptions> = {}) => {
    const client = world.sealedClient(EAST, options)
    const E = entityOf(client)
    client.register(E)
    return { client, E }
  }
  const putIn = (E: ReturnType<typeof entityOf>) =>
    E.build(PutItemCommand)
      .item({ ...key, ssn: 'sealed', ok: true })
      .send()
  const planted = { ssn: { S: 'planted' }, ok: { BOOL: true } }
  const plantIn = (E: object) =>
    attacked(E, { ssn: 'sealed', ok: true }, stored => {
      Object.assign(stored, planted)
    })
  const unsealed = () => world.rawClient(EAST) as unknown as SealedDocumentClient

  test('of a registered entity, but through another client', async () => {
    const { E } = registered()
    await plantIn(E)
    const batch = E.table
      .build(BatchGetCommand)
      .requests(E.build(BatchGetRequest).key(key))
      .options({ consistent })
    await expect(executeBatchGet({ documentClient: unsealed() }, batch)).rejects.toMatchObject(NOT_SEALED)
    E.table.documentClient = unsealed()
    await expect(get(E)).rejects.toMatchObject(NOT_SEALED)
  })

  test('of an entity that nobody registered, with the attribute of one that was', async () => {
    const { client, E } = registered()
    await plantIn(E)
    await expect(get(entityOf(unsealed()))).rejects.toMatchObject(NOT_SEALED)
    const Renamed = new Entity({
      name: 'Renamed',
      table: tableOf(client),
      schema: item({ ...keys, other: SSN, flag: FLAG }),
    })
    await attackOn(world, tableName, key, stored => {
      delete stored.ssn
      delete stored.ok
      Object.assign(stored, { _et: { S: 'Renamed' }, other: { S: 'planted' }, flag: { BOOL: true } })
    })
    await expect(get(Renamed)).rejects.toMatchObject(NOT_SEALED)
  })

  test('of a stream, whose binary values are text in the event of a Lambda', async () => {
    const client = world.sealedClient(EAST)
    const { User } = userEntity(client, tableName)
    await User.build(PutItemCommand)
      .item({ ...key, text: 'sealed' })
      .send()
    const base = new DynamoDBClient(world.config(EAST))
    const { Item } = await base.send(
      new BaseGet({ TableName: tableName, Key: { pk: { S: 'a' }, sk: { S: '1' } }, ConsistentRead: true }),
    )
    const image = JSON.parse(JSON.stringify(Item), (_, value) =>
      value?.B === undefined
        ? value
        : { B: Buffer.from(Object.values(value.B) as number[]).toString('base64') },
    )
    const format = () => new EntityFormatter(User).format(unmarshall(image))
    expect(format).toThrow(expect.objectContaining(NOT_SEALED))
    expect(format).toThrow(/a record of a stream by openStreamRecord\(\)/)
  })

  test('that was taken apart, or comes after one that was opened', async () => {
    const { client, E } = registered()
    await putIn(E)
    const read = new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true })
    const { Item } = await client.send(read)
    const formatter = new EntityFormatter(E)
    expect(formatter.format(Item as never)).toMatchObject({ ssn: 'sealed', ok: true })
    for (const changed of [
      { ...Item, ssn: 'planted' },
      { ...Item, ok: false },
    ])
      expect(() => formatter.format(changed as never)).toThrow(expect.objectContaining(NOT_SEALED))
    await undefined
    expect(() => formatter.format({ ...key, _et: 'E', ok: true } as never)).toThrow(
      expect.objectContaining(NOT_SEALED),
    )
  })

  test('comes from a mock of the sealed client, unless the mock wraps it, and but for ciphertext', async () => {
    const { client, E } = registered()
    await plantIn(E)
    const { send } = client
    const answer = (Item: object) => {
      client.send = (async () => ({ Item })) as unknown as typeof send
      return get(E)
    }
    expect(await answer({ ...key, _et: 'E', ssn: 'mocked' })).toMatchObject({ ssn: 'mocked' })
    client.send = send
    await E.build(PutItemCommand)
      .item({ ...key, ssn: 'sealed' })
      .send()
    const unsealedGet = new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true })
    const { Item } = await world.rawClient(EAST).send(unsealedGet)
    await expect(answer(Item as object)).rejects.toMatchObject(NOT_SEALED)
    client.send = (async (command: GetCommand) => {
      await Reflect.apply(send, client, [command])
      return { Item: { ...key, _et: 'E', ssn: 'planted' } }
    }) as unknown as typeof send
    await expect(get(E)).rejects.toMatchObject(NOT_SEALED)
  })

  test("with plaintext: 'allow', ciphertext as text is none that is let through", async () => {
    const { E } = registered({ plaintext: 'allow' })
    await attacked(E, { ssn: 'sealed' }, stored => {
      stored.ssn = { S: (stored.ssn as { B: string }).B }
    })
    await expect(get(E)).rejects.toMatchObject({
      failures: [{ code: 'not-a-message', message: expect.stringContaining('base64') }],
    })
  })

  test('is handed out as ever to who does not format it', async () => {
    const { client, E } = registered()
    await putIn(E)
    const request = { Keys: [key], ConsistentRead: true }
    const { Responses } = await client.send(new DocumentBatchGet({ RequestItems: { [tableName]: request } }))
    expect(Responses?.[tableName]).toMatchObject([{ ...key, ssn: 'sealed', ok: true }])
    const { Items } = await E.table.build(ScanCommand).options({ consistent }).send()
    expect(Items).toMatchObject([{ ...key, ssn: 'sealed', ok: true }])
  })
})
