// Who can write the table and nothing else plants values in clear where ciphertext belongs: above an encrypted path,
// below it, or where JavaScript finds them though the item does not have them. A read gives what was sealed, or fails.
import { GetItemCommand as BaseGet, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { BatchGetCommand as DocumentBatchGet, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { encrypted, openPartially, type SealedDocumentClient } from '@dynaseal/toolbox'
import {
  any,
  anyOf,
  BatchGetCommand,
  BatchGetRequest,
  binary,
  boolean,
  Entity,
  EntityFormatter,
  executeBatchGet,
  GetItemCommand,
  item,
  list,
  map,
  number,
  PutItemCommand,
  QueryCommand,
  record,
  ScanCommand,
  string,
  Table,
} from 'dynamodb-toolbox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { attackOn, type StoredItem } from '../support/attacker.js'
import { userEntity } from '../support/user.js'
import { createWorld, EAST, type World } from '../support/world.js'

let world: World
let tableName: string
let tables = 0
const key = { pk: 'a', sk: '1' }
const consistent = true
const NOT_OPENED = { code: 'fields-not-opened' }
const NOT_SEALED = { code: 'client-not-sealed' }

beforeAll(async () => {
  world = await createWorld()
})
afterAll(() => world.stop())
beforeEach(async () => {
  tableName = `table-${++tables}`
  await world.createTable(tableName)
})

const tableOf = (documentClient: SealedDocumentClient, name = tableName) =>
  new Table({
    documentClient,
    name,
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
  })
const keys = { pk: string().key(), sk: string().key() }
const ssn = () => encrypted(string()).optional()

/** Puts an honest item, and lets somebody change it as it is stored. */
async function attacked(entity: object, given: object, attack: (item: StoredItem) => void): Promise<void> {
  const built = entity as Entity
  await built
    .build(PutItemCommand)
    .item({ ...key, ...given } as never)
    .send()
  await attackOn(world, tableName, key, attack)
}
const get = async (entity: object) =>
  (
    await (entity as Entity)
      .build(GetItemCommand)
      .key(key as never)
      .options({ consistent })
      .send()
  ).Item as Record<string, unknown> | undefined
/** dynamodb-toolbox's errors, too, are refusals. */
const refused = (read: Promise<unknown>) => expect(read).rejects.toThrow()

describe('what stands above an encrypted path', () => {
  const payoutOf = (client: SealedDocumentClient) => {
    const schema = item({
      ...keys,
      payout: map({
        bank: string().optional(),
        iban: encrypted(string()).optional(),
        value: encrypted(string()).optional(),
      }),
      cards: list(map({ number: encrypted(string()).optional() })).optional(),
      byName: record(string(), map({ pin: encrypted(string()).optional() })).optional(),
    })
    const E = new Entity({ name: 'E', table: tableOf(client), timestamps: false, schema })
    client.register(E)
    return E
  }

  test.each<[string, string, unknown]>([
    ['a number', 'payout', { N: '17' }],
    ['a string', 'payout', { S: 'iban' }],
    ['a set', 'payout', { SS: ['iban'] }],
    ['bytes', 'payout', { B: 'aWJhbg==' }],
    ['a list', 'payout', { L: [{ S: 'planted' }] }],
    ['a map in place of a list', 'cards', { M: { 0: { M: { number: { S: 'planted' } } } } }],
    ['a list in place of a record', 'byName', { L: [{ M: { pin: { S: 'planted' } } }] }],
    ['a number in a list', 'cards', { L: [{ N: '17' }] }],
    ['a number in a record', 'byName', { M: { x: { N: '17' } } }],
  ])('is no plain container of its kind: %s', async (_, name, planted) => {
    for (const wrapNumbers of [false, true]) {
      const client = world.sealedClient(EAST, {}, { unmarshallOptions: { wrapNumbers } })
      const E = payoutOf(client)
      await attacked(E, { payout: { iban: 'sealed', value: 'sealed' } }, stored => {
        stored[name] = planted
      })
      await expect(get(E)).rejects.toMatchObject(NOT_OPENED)
      const raw = client.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))
      await expect(raw).rejects.toMatchObject({
        failures: [{ code: 'not-a-message', path: expect.arrayContaining([name]) }],
      })
      const { result, unopened } = await openPartially(() =>
        E.table.build(ScanCommand).entities(E).options({ consistent }).send(),
      )
      expect([result.Items, unopened.length]).toEqual([[], 1])
    }
  })

  test('may be a clear alternative that the schema declares, or nothing', async () => {
    const client = world.sealedClient(EAST)
    const E = new Entity({
      name: 'E',
      table: tableOf(client),
      timestamps: false,
      schema: item({
        ...keys,
        either: anyOf(string(), map({ iban: ssn() }), list(string()), list(map({ iban: ssn() }))),
        none: map({ iban: ssn() }).optional(),
      }),
    })
    client.register(E)
    for (const either of ['in clear', { iban: 'sealed' }, ['in clear'], [{ iban: 'sealed' }], {}, []]) {
      await E.build(PutItemCommand)
        .item({ ...key, either } as never)
        .send()
      expect(await get(E)).toEqual({ ...key, either })
    }
  })
})

describe('names that every object seems to have', () => {
  const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', '__defineGetter__']
  const entityOf = (client: SealedDocumentClient) => {
    const inside = Object.fromEntries(names.map(name => [name, ssn()]))
    const E = new Entity({
      name: 'E',
      table: tableOf(client),
      timestamps: false,
      schema: item({ ...keys, ...inside, nested: map(inside).optional(), all: list(map(inside)).optional() }),
    })
    client.register(E)
    return E
  }

  // The AWS SDK stores no map that has an entry named constructor.
  test.each(names.slice(1))('%s: absent it is absent, and present it is what was sealed', async name => {
    const client = world.sealedClient(EAST)
    const E = entityOf(client)
    // dynamodb-toolbox takes what is inherited for given: so they are given, as undefined.
    const none = Object.fromEntries(names.map(each => [each, undefined]))
    const one = { ...none, [name]: 'sealed' }
    await E.build(PutItemCommand)
      .item({ ...key, ...one, nested: one, all: [one, none] } as never)
      .send()
    const expected = { [name]: 'sealed' }
    const items = [
      await get(E),
      (await E.table.build(QueryCommand).entities(E).query({ partition: 'a' }).options({ consistent }).send())
        .Items?.[0],
    ]
    for (const loaded of items)
      expect(loaded).toEqual({ ...key, ...expected, nested: expected, all: [expected, {}] })
  })

  test('and those of nothing at all', async () => {
    const E = entityOf(world.sealedClient(EAST))
    const none = Object.fromEntries(names.map(each => [each, undefined]))
    await E.build(PutItemCommand)
      .item({ ...key, ...none, nested: none } as never)
      .send()
    expect(await get(E)).toEqual({ ...key, nested: {} })
  })
})

describe('entries named __proto__', () => {
  const own = (value: unknown) => Object.defineProperty({}, '__proto__', { value, enumerable: true })
  const put = (attributes: object, given: object) => {
    const client = world.sealedClient(EAST)
    const E = new Entity({
      name: 'E',
      table: tableOf(client),
      timestamps: false,
      schema: item({ ...keys, ...(attributes as { x: ReturnType<typeof string> }) }),
    })
    client.register(E)
    return E.build(PutItemCommand)
      .item({ ...key, ...given } as never)
      .send()
  }

  test.each<[string, object]>([
    ['anything', { x: encrypted(any()) }],
    ['a record', { x: encrypted(record(string(), any())) }],
    ['the elements of a record', { x: record(string(), encrypted(any())) }],
    ['parts of the elements', { x: record(string(), map({ y: encrypted(any()) })) }],
  ])('are not lost in %s: they are refused', async (_, attributes) => {
    await expect(put(attributes, { x: own({ y: 'lost' }) })).rejects.toMatchObject({ code: 'invalid-value' })
  })

  test('cannot be attributes', () => {
    const client = world.sealedClient(EAST)
    const inside = Object.defineProperty({ a: string() }, '__proto__', { value: ssn(), enumerable: true })
    const E = new Entity({ name: 'E', table: tableOf(client), schema: item({ ...keys, m: map(inside) }) })
    expect(() => client.register(E)).toThrow(expect.objectContaining({ code: 'invalid-schema' }))
  })
})

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
  const planted = { ssn: { S: 'planted' }, ok: { BOOL: true } }
  const plantIn = (E: object) =>
    attacked(E, { ssn: 'sealed', ok: true }, stored => {
      Object.assign(stored, planted)
    })
  const unsealed = () => world.rawClient(EAST) as unknown as SealedDocumentClient

  test('of a registered entity, but through another client', async () => {
    const client = world.sealedClient(EAST)
    const E = entityOf(client)
    client.register(E)
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
    const client = world.sealedClient(EAST)
    const E = entityOf(client)
    client.register(E)
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
    const client = world.sealedClient(EAST)
    const E = entityOf(client)
    client.register(E)
    await E.build(PutItemCommand)
      .item({ ...key, ssn: 'sealed', ok: true })
      .send()
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
    const client = world.sealedClient(EAST)
    const E = entityOf(client)
    client.register(E)
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
    const client = world.sealedClient(EAST, { plaintext: 'allow' })
    const E = entityOf(client)
    client.register(E)
    await attacked(E, { ssn: 'sealed' }, stored => {
      stored.ssn = { S: (stored.ssn as { B: string }).B }
    })
    await expect(get(E)).rejects.toMatchObject({
      failures: [{ code: 'not-a-message', message: expect.stringContaining('base64') }],
    })
  })

  test('is handed out as ever to who does not format it', async () => {
    const client = world.sealedClient(EAST)
    const E = entityOf(client)
    client.register(E)
    await E.build(PutItemCommand)
      .item({ ...key, ssn: 'sealed', ok: true })
      .send()
    const request = { Keys: [key], ConsistentRead: true }
    const { Responses } = await client.send(new DocumentBatchGet({ RequestItems: { [tableName]: request } }))
    expect(Responses?.[tableName]).toMatchObject([{ ...key, ssn: 'sealed', ok: true }])
    const { Items } = await E.table.build(ScanCommand).options({ consistent }).send()
    expect(Items).toMatchObject([{ ...key, ssn: 'sealed', ok: true }])
  })
})

describe('a name that is encrypted in one entity and clear in another', () => {
  const named = (
    client: SealedDocumentClient,
    name: string,
    x: ReturnType<typeof string>,
    isNamed: boolean,
  ) =>
    new Entity({
      name,
      table: tableOf(client),
      entityAttribute: isNamed,
      schema: item({ ...keys, x: x.optional(), n: number().optional() }),
    })

  test('is refused where the one that encrypts does not look at the name', () => {
    for (const order of [0, 1]) {
      const client = world.sealedClient(EAST)
      const entities = [
        named(client, 'Sealed', encrypted(string()) as never, false),
        named(client, 'Clear', string(), true),
      ]
      if (order === 1) entities.reverse()
      expect(() => client.register(...(entities as unknown as [Entity]))).toThrow(
        /'x' of table .* is encrypted in entity Sealed and something else in entity Clear.*Give Sealed its entity attribute/,
      )
    }
  })

  test('is fine where it does, and where both encrypt', async () => {
    const client = world.sealedClient(EAST)
    const Sealed = named(client, 'Sealed', encrypted(string()) as never, true)
    client.register(Sealed, named(client, 'Clear', string(), false) as never)
    await attacked(Sealed, { x: 'sealed' }, stored => {
      Object.assign(stored, { _et: { S: 'Clear' }, x: { S: 'planted' } })
    })
    await refused(get(Sealed))
    // Without the name, which nobody asked for, nobody could see that it is another entity's.
    const update = {
      TableName: tableName,
      Key: key,
      UpdateExpression: 'REMOVE x',
      ReturnValues: 'UPDATED_OLD',
    } as const
    await refused(client.send(new UpdateCommand(update)))
    const other = world.sealedClient(EAST)
    other.register(
      named(other, 'Sealed', encrypted(string()) as never, false) as never,
      named(other, 'Too', encrypted(string()) as never, true) as never,
    )
  })
})

describe('what the application that reads does not know', () => {
  const clear = (client: SealedDocumentClient, x: object) => {
    const E = new Entity({
      name: 'E',
      table: tableOf(client),
      schema: item({
        ...keys,
        x: x as ReturnType<typeof string>,
        nested: map({ x: string().optional() }).optional(),
      }),
    })
    client.register(E)
    return E
  }

  const shut = () => encrypted(string())

  test('that an attribute is encrypted: its ciphertext is no data, and is said to be none', async () => {
    const Sealed = clear(world.sealedClient(EAST), shut())
    await Sealed.build(PutItemCommand)
      .item({ ...key, x: 'sealed' })
      .send()
    const missing = {
      code: 'wrong-location',
      message: expect.stringContaining('annotate it with encrypted()'),
    }
    const client = world.sealedClient(EAST)
    const E = clear(client, string())
    await expect(get(E)).rejects.toMatchObject({ failures: [{ ...missing, path: ['x'] }] })
    const raw = client.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))
    await expect(raw).rejects.toMatchObject({ failures: [missing] })
    await attackOn(world, tableName, key, stored => {
      Object.assign(stored, { nested: { M: { x: stored.x } }, x: { S: 'in clear' } })
    })
    await expect(get(E)).rejects.toMatchObject({ failures: [{ ...missing, path: ['nested', 'x'] }] })
  })

  test('a binary value may look like ciphertext', async () => {
    await clear(world.sealedClient(EAST), shut())
      .build(PutItemCommand)
      .item({ ...key, x: 'sealed' })
      .send()
    for (const schema of [binary(), any(), anyOf(string(), binary())])
      expect((await get(clear(world.sealedClient(EAST), schema)))?.x).toBeInstanceOf(Uint8Array)
  })

  test('of which entity an item is that an index gives without its entity attribute', async () => {
    const client = world.sealedClient(EAST)
    clear(client, shut())
    const Other = new Entity({
      name: 'Other',
      table: tableOf(client),
      schema: item({ ...keys, x: string() }),
    })
    client.register(Other)
    await Other.build(PutItemCommand)
      .item({ ...key, x: 'in clear' })
      .send()
    await attackOn(world, tableName, key, stored => {
      delete stored._et
    })
    await expect(get(Other)).rejects.toMatchObject({
      failures: [{ message: expect.stringMatching(/does not say of which entity.*no attribute _et.*index/) }],
    })
  })
})
