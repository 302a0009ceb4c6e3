import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { encrypted, type SealedDocumentClient } from '@dynaseal/toolbox'
import {
  any,
  anyOf,
  binary,
  Entity,
  GetItemCommand,
  item,
  map,
  number,
  PutItemCommand,
  set,
  string,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { attackOn } from '../../support/attacker.js'
import { EAST } from '../../support/world.js'
import { attacked, get, key, keys, tableName, tableOf, world } from './tables.js'

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
    await expect(get(Sealed)).rejects.toThrow()
    // Without the name, which nobody asked for, nobody could see that it is another entity's.
    const update = {
      TableName: tableName,
      Key: key,
      UpdateExpression: 'REMOVE x',
      ReturnValues: 'UPDATED_OLD',
    } as const
    await expect(client.send(new UpdateCommand(update))).rejects.toThrow()
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

  test('that a member of a set is ciphertext: it is no data either', async () => {
    await clear(world.sealedClient(EAST), shut())
      .build(PutItemCommand)
      .item({ ...key, x: 'sealed' })
      .send()
    await attackOn(world, tableName, key, stored => {
      Object.assign(stored, { x: { BS: [(stored.x as { B: string }).B] } })
    })
    const missing = { code: 'wrong-location', path: ['x'] }
    const client = world.sealedClient(EAST)
    const E = clear(client, set(string()))
    await expect(get(E)).rejects.toMatchObject({ failures: [missing] })
    const raw = new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true })
    await expect(client.send(raw)).rejects.toMatchObject({ failures: [missing] })
    for (const schema of [set(binary()), any()])
      expect((await get(clear(world.sealedClient(EAST), schema)))?.x).toBeInstanceOf(Set)
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

  test('of which entity an item is, where one encrypts a part of what the other one encrypts as a whole', async () => {
    const client = world.sealedClient(EAST)
    const entity = (name: string, x: object) =>
      new Entity({
        name,
        table: tableOf(client),
        schema: item({ ...keys, x: x as ReturnType<typeof string> }),
      })
    const Parts = entity('Parts', map({ shut: encrypted(string()), open: string() }))
    const Whole = entity('Whole', encrypted(map({ shut: string(), open: string() })))
    client.register(Parts, Whole)
    for (const E of [Parts, Whole]) {
      await E.build(PutItemCommand)
        .item({ ...key, x: { shut: 'sealed', open: 'clear' } as never })
        .send()
      const read = (...attributes: ('x' | 'entity')[]) =>
        E.build(GetItemCommand)
          .key(key)
          .options({ attributes: attributes as ['x'], consistent: true })
          .send()
      await expect(read('x')).rejects.toMatchObject({
        failures: [{ path: ['x'], message: expect.stringMatching(/does not say of which entity/) }],
      })
      expect((await read('x', 'entity')).Item?.x).toEqual({ shut: 'sealed', open: 'clear' })
    }
  })
})
