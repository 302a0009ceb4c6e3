import { inspect } from 'node:util'
import { GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { FieldsNotOpenedError } from '@dynaseal/toolbox'
import { GetItemCommand, PutItemCommand, QueryCommand } from 'dynamodb-toolbox'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatOfRun, MOVED } from '../support/formatOfRun.js'
import { leaks } from '../support/recordingProxy.js'
import { userEntity } from '../support/user.js'
import { createWorld, EAST, type World } from '../support/world.js'

let world: World
let User: ReturnType<typeof userEntity>['User']
let Users: ReturnType<typeof userEntity>['Users']

const TABLE = 'users'
const OTHER_TABLE = 'others'
const SECRET = 'the secret plaintext'
const key = { pk: 'partition value', sk: 'sort value' }
const otherKey = { pk: 'partition value', sk: 'other sort value' }

beforeAll(async () => {
  world = await createWorld()
  await world.createTable(TABLE)
  await world.createTable(OTHER_TABLE)
  ;({ User, Users } = userEntity(world.sealedClient(EAST), TABLE))
})
afterAll(() => world.stop())

async function stored(): Promise<Record<string, unknown>> {
  await User.build(PutItemCommand)
    .item({
      ...key,
      text: SECRET,
      nested: { open: '', shut: SECRET },
      byName: { a: SECRET },
      codes: [SECRET],
    })
    .send()
  const { Item } = await world
    .rawClient(EAST)
    .send(new GetCommand({ TableName: TABLE, Key: key, ConsistentRead: true }))
  return Item as Record<string, unknown>
}

/** Writes past the sealed client, as somebody with access to the table could. */
const plant = (TableName: string, Item: Record<string, unknown>) =>
  world.rawClient(EAST).send(new PutCommand({ TableName, Item }))

async function refusal(load: () => Promise<unknown>): Promise<FieldsNotOpenedError> {
  const outcome = await load().catch((error: unknown) => error)
  expect(outcome).toBeInstanceOf(FieldsNotOpenedError)
  const error = outcome as FieldsNotOpenedError
  const everything =
    inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error) + String(error.stack)
  expect(leaks([Buffer.from(everything)], [SECRET, ...Object.values(key), otherKey.sk])).toEqual([])
  return error
}

const loadFirst = () => User.build(GetItemCommand).key(key).send()
const loadOther = () => User.build(GetItemCommand).key(otherKey).send()

describe('a ciphertext does not open', () => {
  test.each([
    [
      'on another item',
      (item: Record<string, unknown>) => ({ ...item, ...otherKey }),
      loadOther,
      MOVED,
      ['text', 'defaulted', 'nested.shut', 'codes[0]', 'byName.a'],
    ],
    [
      'in another attribute',
      (item: Record<string, unknown>) => ({ ...item, level: item.text }),
      loadFirst,
      MOVED,
      ['level'],
    ],
    [
      'under another name of a record',
      (item: Record<string, unknown>) => ({ ...item, byName: { b: (item.byName as { a: unknown }).a } }),
      loadFirst,
      MOVED,
      ['byName.b'],
    ],
    [
      'inside a container it was beside',
      (item: Record<string, unknown>) => ({ ...item, nested: { open: '', shut: item.text } }),
      loadFirst,
      MOVED,
      ['nested.shut'],
    ],
    [
      'when it is truncated',
      (item: Record<string, unknown>) => ({ ...item, text: (item.text as Uint8Array).subarray(0, -1) }),
      loadFirst,
      formatOfRun === 'message' ? 'malformed-message' : 'not-authentic',
      ['text'],
    ],
    [
      'when a bit is flipped',
      (item: Record<string, unknown>) => ({ ...item, text: flipped(item.text as Uint8Array) }),
      loadFirst,
      'not-authentic',
      ['text'],
    ],
    [
      'when it is replaced by other bytes',
      (item: Record<string, unknown>) => ({ ...item, text: new Uint8Array([1, 2, 3]) }),
      loadFirst,
      'not-a-message',
      ['text'],
    ],
    [
      'when it is replaced by a plaintext',
      (item: Record<string, unknown>) => ({ ...item, text: 'planted', nested: { open: '', shut: null } }),
      loadFirst,
      'not-a-message',
      ['text', 'nested.shut'],
    ],
    [
      'when the plaintext comes with the name of another entity',
      (item: Record<string, unknown>) => ({ ...item, _et: 'Other', text: 'planted' }),
      loadFirst,
      'not-a-message',
      ['text'],
    ],
  ])('%s', async (_, tamper, load, code, paths) => {
    await plant(TABLE, tamper(await stored()))
    const error = await refusal(load)
    expect(error.failures.map(failure => failure.code)).toEqual(paths.map(() => code))
    expect(error.failures.map(({ path }) => format(path))).toEqual(paths)
    expect(error.failures[0]).toMatchObject({ table: TABLE, keyNames: ['pk', 'sk'] })
    expect(error.message).toContain('pk, sk')
  })

  test('in another table', async () => {
    await plant(OTHER_TABLE, await stored())
    const elsewhere = userEntity(world.sealedClient(EAST), OTHER_TABLE)
    const error = await refusal(() => elsewhere.User.build(GetItemCommand).key(key).send())
    expect(error.failures.map(({ code }) => code)).toContain('wrong-context')
  })

  test('for a client with another encryption context', async () => {
    await plant(TABLE, await stored())
    const tenant = userEntity(world.sealedClient(EAST, { encryptionContext: { tenant: 'b' } }), TABLE)
    const error = await refusal(() => tenant.User.build(GetItemCommand).key(key).send())
    expect(error.failures[0]?.code).toBe('wrong-context')
  })
})

test('every failing field of a page is reported', async () => {
  const item = await stored()
  await plant(TABLE, { ...item, pk: 'page', sk: '1' })
  await plant(TABLE, { ...item, pk: 'page', sk: '2', text: 'planted' })
  const error = await refusal(() =>
    Users.build(QueryCommand).entities(User).query({ partition: 'page' }).send(),
  )
  expect(error.failures).toHaveLength(10)
  expect(error.message).toMatch(/and 9 more fields/)
})

test('a binary attribute that is not encrypted is left alone, whatever it looks like', async () => {
  const client = world.sealedClient(EAST)
  userEntity(client, TABLE)
  const { text } = await stored()
  await plant(TABLE, { ...key, sk: 'binary', extra: text })
  const { Item } = await client.send(new GetCommand({ TableName: TABLE, Key: { ...key, sk: 'binary' } }))
  expect(Item?.extra).toEqual(text)
})

test('the same table under another physical name opens through its logical name', async () => {
  await world.createTable('users-restored')
  await plant('users-restored', await stored())
  const client = world.sealedClient(EAST, {
    logicalTableName: name => (name === 'users-restored' ? TABLE : name),
  })
  const restored = userEntity(client, 'users-restored')
  const { Item } = await restored.User.build(GetItemCommand).key(key).send()
  expect(Item?.text).toBe(SECRET)
})

test('an update past the client that copies within an item is noticed', async () => {
  await plant(TABLE, await stored())
  await world.rawClient(EAST).send(
    new UpdateCommand({
      TableName: TABLE,
      Key: key,
      UpdateExpression: 'SET r = #t',
      ExpressionAttributeNames: { '#t': 'text' },
    }),
  )
  const error = await refusal(loadFirst)
  expect(error.failures.map(({ path }) => format(path))).toEqual(['r'])
})

function flipped(message: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(message)
  const last = copy.length - 20
  copy[last] = (copy[last] as number) ^ 1
  return copy
}

const format = (path: readonly (string | number)[] | undefined) =>
  path
    ?.map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`))
    .join('')
    .slice(1)
