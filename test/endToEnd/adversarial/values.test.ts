// Values that are easily taken for something else.
import { GetCommand, NumberValue, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { encrypted } from '@dynaseal/toolbox'
import {
  $set,
  any,
  anyOf,
  binary,
  DeleteItemCommand,
  GetItemCommand,
  map,
  nul,
  PutItemCommand,
  ScanCommand,
  string,
  tuple,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { userEntity } from '../../support/user.js'
import { EAST } from '../../support/world.js'
import { entityOf, get, key, put, SECRET, tableName, world } from './entities.js'

test('a value in clear does not pass in a Map, a Set or instead of a container', async () => {
  const client = world.sealedClient(EAST)
  userEntity(client, tableName)
  const hidden = new Map([
    ['open', 'o'],
    ['shut', SECRET],
  ])
  for (const attributes of [
    { nested: hidden },
    { entries: [hidden] },
    { codes: new Set([SECRET]) },
    { codes: SECRET },
    { byName: SECRET },
  ]) {
    const Item = { ...key, _et: 'User', ...attributes }
    await expect(client.send(new PutCommand({ TableName: tableName, Item }))).rejects.toMatchObject({
      code: 'plaintext-refused',
    })
  }
  await expect(
    client.send(
      new UpdateCommand({
        TableName: tableName,
        Key: key,
        UpdateExpression: 'SET nested = :v',
        ExpressionAttributeValues: { ':v': hidden },
      }),
    ),
  ).rejects.toMatchObject({ code: 'plaintext-refused' })
  expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
})

test('existence inside what is sealed as a whole is refused: the answer would be wrong', async () => {
  const { User } = userEntity(world.sealedClient(EAST), tableName)
  await User.build(PutItemCommand)
    .item({ ...key, address: { city: 'Oslo' } })
    .send()
  const condition = { attr: 'address.city', exists: false } as never
  await expect(User.build(DeleteItemCommand).key(key).options({ condition }).send()).rejects.toMatchObject({
    code: 'condition-refused',
  })
})

test('a bare object for an encrypted any() is refused in an update: it would not be merged', async () => {
  const E = entityOf(world.sealedClient(EAST), { x: encrypted(any()) })
  await put(E, { x: { a: 1, b: 2 } })
  await expect(
    E.build(UpdateItemCommand)
      .item({ ...key, x: { a: 5 } } as never)
      .send(),
  ).rejects.toMatchObject({ code: 'update-refused' })
  await E.build(UpdateItemCommand)
    .item({ ...key, x: $set({ a: 5 }) } as never)
    .send()
  expect((await get(E)).x).toEqual({ a: 5 })
})

test('a key that JavaScript would lose is refused, not lost', async () => {
  const E = entityOf(world.sealedClient(EAST), { x: encrypted(any()) })
  const sealing = put(E, { x: [JSON.parse('{"__proto__":{"a":1},"b":2}')] })
  const outcome = await sealing.then(
    () => get(E),
    (error: { code: string }) => error.code,
  )
  // dynamodb-toolbox itself may drop the key before we see it; what must not happen is a half-read value.
  if (typeof outcome === 'string') expect(outcome).toBe('invalid-value')
  else expect(outcome.x).toEqual([{ b: 2 }])
})

test('an encrypted binary may hold a message', async () => {
  const E = entityOf(world.sealedClient(EAST), { x: encrypted(binary()) })
  await put(E, { x: new Uint8Array([1]) })
  const { Item } = await world
    .rawClient(EAST)
    .send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))
  await put(E, { x: Item?.x }, '2')
  expect(Buffer.from((await get(E, '2')).x as Uint8Array)).toEqual(Buffer.from(Item?.x as Uint8Array))
})

test('tuples and nullable maps have encrypted parts', async () => {
  const E = entityOf(world.sealedClient(EAST), {
    pair: tuple(string(), encrypted(string())),
    maybe: anyOf(nul(), map({ s: encrypted(string()) })),
  })
  await put(E, { pair: ['in clear', SECRET], maybe: { s: SECRET } })
  expect(await get(E)).toMatchObject({ pair: ['in clear', SECRET], maybe: { s: SECRET } })
  await put(E, { pair: ['in clear', SECRET], maybe: null })
  expect((await get(E)).maybe).toBeNull()
  expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
})

test('the entity name in an item does not make a plaintext acceptable where nobody looks at the name', async () => {
  const client = world.sealedClient(EAST)
  const Sealed = entityOf(client, { ssn: encrypted(string()) }, 'Sealed')
  entityOf(client, { ssn: string() }, 'Clear')
  await world
    .rawClient(EAST)
    .send(new PutCommand({ TableName: tableName, Item: { ...key, _et: 'Clear', ssn: 'planted' } }))
  const projected = Sealed.build(GetItemCommand)
    .key(key as never)
    .options({ attributes: ['ssn'] as never })
  await expect(projected.send()).rejects.toMatchObject({ name: 'FieldsNotOpenedError' })
  await expect(get(Sealed)).rejects.toThrow()
})

test('wrapped numbers are those that the document client takes back', async () => {
  const client = world.sealedClient(EAST, {}, { unmarshallOptions: { wrapNumbers: true } })
  const E = entityOf(client, { x: encrypted(any()) })
  await put(E, { x: [12345678901234567890123456789n] })
  const { Items } = await E.table.build(ScanCommand).send()
  const [stored] = (Items ?? []) as { x: [NumberValue] }[]
  expect(stored?.x[0]).toBeInstanceOf(NumberValue)
  expect(String(stored?.x[0])).toBe('12345678901234567890123456789')
})
