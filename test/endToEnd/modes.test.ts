import { GetCommand, PutCommand, paginateScan } from '@aws-sdk/lib-dynamodb'
import { encrypted, FieldsNotOpenedError, openPartially, ToolboxError } from '@dynaseal/toolbox'
import {
  BatchGetCommand,
  BatchGetRequest,
  DeleteItemCommand,
  Entity,
  executeBatchGet,
  GetItemCommand,
  item,
  number,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  string,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { MOVED } from '../support/formatOfRun.js'
import { leaks } from '../support/recordingProxy.js'
import { withTablePerTest } from '../support/tablePerTest.js'
import { toolboxTable } from '../support/toolboxTable.js'
import { userEntity } from '../support/user.js'
import { EAST, type World } from '../support/world.js'

let world: World
let tableName: string
const SECRET = 'the secret plaintext'
const key = { pk: 'a', sk: '1' }

withTablePerTest((made, name) => {
  world = made
  tableName = name
})

const raw = (Item: Record<string, unknown>) =>
  world.rawClient(EAST).send(new PutCommand({ TableName: tableName, Item }))

describe('a table that is being migrated', () => {
  const CLEAR = {
    ...key,
    _et: 'User',
    _ct: '2026-01-01T00:00:00.000Z',
    _md: '2026-01-01T00:00:00.000Z',
    text: 'in clear',
    amount: 5,
    blob: new Uint8Array([1, 2, 3]),
    address: { city: 'Oslo', country: 'NO' },
    nested: { open: 'o', shut: 'in clear' },
    defaulted: 'd',
  }
  const loaded = () => {
    const { _et, _ct, _md, ...attributes } = CLEAR
    return attributes
  }

  test("is read with plaintext: 'allow', whatever is in clear or sealed", async () => {
    await raw(CLEAR)
    const { User } = userEntity(world.sealedClient(EAST, { plaintext: 'allow' }), tableName)
    expect((await User.build(GetItemCommand).key(key).send()).Item).toMatchObject(loaded())
    await User.build(UpdateItemCommand)
      .item({ ...key, text: SECRET })
      .send()
    expect((await User.build(GetItemCommand).key(key).send()).Item).toMatchObject({
      ...loaded(),
      text: SECRET,
    })
  })

  test('what is written is sealed all the same, and a value in clear is still refused', async () => {
    await raw(CLEAR)
    const client = world.sealedClient(EAST, { plaintext: 'allow' })
    const { User } = userEntity(client, tableName)
    await User.build(PutItemCommand)
      .item({ ...key, text: SECRET })
      .send()
    const { Item } = await world
      .rawClient(EAST)
      .send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))
    expect(Item?.text).toBeInstanceOf(Uint8Array)
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
    await expect(
      client.send(new PutCommand({ TableName: tableName, Item: { ...key, text: SECRET } })),
    ).rejects.toMatchObject({ code: 'plaintext-refused' })
  })
})

describe('roles', () => {
  test('a client that may only seal writes, and asks KMS for no decryption', async () => {
    const { User } = userEntity(world.sealedClient(EAST, { role: 'seal' }), tableName)
    world.cloud.clearCalls()
    await User.build(PutItemCommand)
      .item({ ...key, plain: 'p', text: SECRET })
      .send()
    const error = await User.build(GetItemCommand)
      .key(key)
      .send()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ToolboxError)
    expect(error).toMatchObject({ code: 'role-refused' })
    expect(
      (
        await User.build(GetItemCommand)
          .key(key)
          .options({ attributes: ['plain'] })
          .send()
      ).Item,
    ).toEqual({ plain: 'p' })
    await expect(
      User.build(UpdateItemCommand)
        .item({ ...key, text: SECRET })
        .options({ returnValues: 'UPDATED_NEW' })
        .send(),
    ).rejects.toMatchObject({ code: 'role-refused', message: expect.stringContaining('UPDATED_NEW') })
    expect(world.kmsCalls()).toEqual([`GenerateDataKey ${EAST}`])
  })

  test('a client that may only open reads, and sends nothing that would have to be sealed', async () => {
    await userEntity(world.sealedClient(EAST), tableName)
      .User.build(PutItemCommand)
      .item({ ...key, text: SECRET })
      .send()
    const { User } = userEntity(world.sealedClient(EAST, { role: 'open' }), tableName)
    world.cloud.clearCalls()
    expect((await User.build(GetItemCommand).key(key).options({ consistent: true }).send()).Item?.text).toBe(
      SECRET,
    )
    const before = world.cloud.calls({ service: 'dynamodb' }).length
    await expect(
      User.build(UpdateItemCommand)
        .item({ ...key, text: 'other' })
        .send(),
    ).rejects.toMatchObject({
      code: 'role-refused',
    })
    expect(world.cloud.calls({ service: 'dynamodb' })).toHaveLength(before)
    await User.build(UpdateItemCommand)
      .item({ ...key, plain: 'p' })
      .send()
    expect(world.kmsCalls()).toEqual([`Decrypt ${EAST}`])
  })
})

describe('openPartially', () => {
  async function page() {
    const { User, Users } = userEntity(world.sealedClient(EAST), tableName)
    for (const sk of ['1', '2', '3'])
      await User.build(PutItemCommand).item({ pk: 'a', sk, text: SECRET }).send()
    const { Item } = await world
      .rawClient(EAST)
      .send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))
    await raw({ ...Item, sk: '2' })
    return { User, Users }
  }
  const unopened = [
    {
      key: { pk: 'a', sk: '2' },
      failures: [
        { code: MOVED, path: ['text'] },
        { code: MOVED, path: ['defaulted'] },
      ],
    },
  ]

  test('gives the good items of a page, and the failures beside them', async () => {
    const { User, Users } = await page()
    const query = await openPartially(() =>
      Users.build(QueryCommand).entities(User).query({ partition: 'a' }).send(),
    )
    expect(query.result.Items?.map(({ sk }) => sk)).toEqual(['1', '3'])
    expect(query.unopened).toMatchObject(unopened)
    const scan = await openPartially(() => Users.build(ScanCommand).entities(User).send())
    expect(scan.result.Items).toHaveLength(2)
    expect(scan.unopened).toMatchObject(unopened)
    const batch = await openPartially(() =>
      executeBatchGet(
        Users.build(BatchGetCommand).requests(
          ...['1', '2'].map(sk => User.build(BatchGetRequest).key({ pk: 'a', sk })),
        ),
      ),
    )
    expect(batch.result.Responses?.[0]?.map(found => found?.sk)).toEqual(['1', undefined])
    expect(batch.unopened).toMatchObject(unopened)
    const get = await openPartially(() => User.build(GetItemCommand).key({ pk: 'a', sk: '2' }).send())
    expect(get.result.Item).toBeUndefined()
    expect(get.unopened).toMatchObject(unopened)
  })

  test('takes a function: what reads on demand is read inside of it, and a promise is refused', async () => {
    const { Users } = await page()
    const client = Users.getDocumentClient()
    const pages = () => paginateScan({ client, pageSize: 2 }, { TableName: Users.getName() })
    const inside = await openPartially(async () => {
      const items: object[] = []
      for await (const { Items = [] } of pages()) items.push(...Items)
      return items
    })
    expect(inside.result).toHaveLength(2)
    expect(inside.unopened).toMatchObject(unopened)
    const { result: later } = await openPartially(async () => pages())
    await expect(later.next()).rejects.toBeInstanceOf(FieldsNotOpenedError)
    await expect(openPartially(Promise.resolve() as never)).rejects.toThrow(
      /openPartially\(\) takes a function/,
    )
  })

  test('reports nothing when all is well, and does not reach beyond its own commands', async () => {
    const { User, Users } = await page()
    const outside = Users.build(QueryCommand)
      .entities(User)
      .query({ partition: 'a' })
      .send()
      .catch((error: unknown) => error)
    const { result, unopened } = await openPartially(() => User.build(GetItemCommand).key(key).send())
    expect(result.Item?.text).toBe(SECRET)
    expect(unopened).toEqual([])
    expect(await outside).toMatchObject({ name: 'FieldsNotOpenedError' })
  })
})

describe('several entities in one table, the same attribute encrypted in one and clear in another', () => {
  function entities() {
    const documentClient = world.sealedClient(EAST)
    const table = toolboxTable(documentClient, tableName)
    const keys = { pk: string().key(), sk: string().key() }
    const Patient = new Entity({
      name: 'Patient',
      table,
      schema: item({ ...keys, note: encrypted(string()), age: encrypted(number()) }),
    })
    const Room = new Entity({
      name: 'Room',
      table,
      schema: item({ ...keys, note: string(), beds: number() }),
    })
    documentClient.register(Patient, Room)
    return { table, Patient, Room }
  }

  test('each is saved, updated, filtered and loaded by its own rules', async () => {
    const { table, Patient, Room } = entities()
    await Patient.build(PutItemCommand).item({ pk: 'w', sk: 'p', note: SECRET, age: 44 }).send()
    await Room.build(PutItemCommand).item({ pk: 'w', sk: 'r', note: 'second floor', beds: 2 }).send()
    await Room.build(UpdateItemCommand).item({ pk: 'w', sk: 'r', note: 'third floor' }).send()
    const { Items } = await table.build(QueryCommand).entities(Patient, Room).query({ partition: 'w' }).send()
    expect(Items).toMatchObject([
      { sk: 'p', note: SECRET, age: 44 },
      { sk: 'r', note: 'third floor', beds: 2 },
    ])
    const projected = await table
      .build(QueryCommand)
      .entities(Patient, Room)
      .query({ partition: 'w' })
      .options({ attributes: ['note'] })
      .send()
    expect(projected.Items).toEqual([{ note: SECRET }, { note: 'third floor' }])
    const filtered = await table
      .build(ScanCommand)
      .entities(Patient, Room)
      .options({
        filters: { Room: { attr: 'note', beginsWith: 'third' }, Patient: { attr: 'note', exists: true } },
      })
      .send()
    expect(filtered.Items).toHaveLength(2)
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
    expect(leaks(world.proxy.sent, ['third floor'])).toEqual(['third floor'])
  })

  test('a projection or a condition that does not say which one is refused, and accepted when it does', async () => {
    const { Room } = entities()
    const room = { pk: 'w', sk: 'r' }
    await Room.build(PutItemCommand)
      .item({ ...room, note: 'second floor', beds: 2 })
      .send()
    const get = Room.build(GetItemCommand).key(room)
    await expect(get.options({ attributes: ['note'], consistent: true }).send()).rejects.toMatchObject({
      name: 'FieldsNotOpenedError',
    })
    const { Item } = await get.options({ attributes: ['note', 'entity'], consistent: true }).send()
    expect(Item?.note).toBe('second floor')

    const remove = Room.build(DeleteItemCommand).key(room)
    const isSecond = { attr: 'note', eq: 'second floor' } as const
    await expect(remove.options({ condition: isSecond }).send()).rejects.toMatchObject({
      code: 'condition-refused',
    })
    await remove.options({ condition: { and: [{ attr: 'entity', eq: 'Room' }, isSecond] } }).send()
    expect((await get.options({ consistent: true }).send()).Item).toBeUndefined()
  })

  test("a filter that compares the encrypted one's note is refused, beside the other's", async () => {
    const { table, Patient, Room } = entities()
    await expect(
      table
        .build(ScanCommand)
        .entities(Patient, Room)
        .options({
          filters: { Room: { attr: 'note', eq: 'x' }, Patient: { attr: 'note', eq: SECRET } } as never,
        })
        .send(),
    ).rejects.toMatchObject({ code: 'condition-refused' })
  })
})
