// The eleven ways in which a plugin of this kind goes wrong, each with the proof that this one does not.
import { inspect } from 'node:util'
import {
  TransactionCanceledException as Cancelled,
  ConditionalCheckFailedException as CheckFailed,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { EngineUnavailableError } from '@dynaseal/local-cloud'
import { encrypted, type SealedDocumentClient, sealDocumentClient } from '@dynaseal/toolbox'
import { mockClient } from 'aws-sdk-client-mock'
import * as toolbox from 'dynamodb-toolbox'
import {
  $add,
  $append,
  $get,
  $set,
  $subtract,
  $sum,
  EntityRepository,
  executeTransactWrite,
} from 'dynamodb-toolbox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MOVED } from '../support/formatOfRun.js'
import { type Intercept, intercept } from '../support/intercept.js'
import { leaks } from '../support/recordingProxy.js'
import { userEntity } from '../support/user.js'
import { createWorld, EAST, type World } from '../support/world.js'

let world: World
let client: SealedDocumentClient
let User: ReturnType<typeof userEntity>['User']
let Users: ReturnType<typeof userEntity>['Users']
let users: ReturnType<typeof repositoryOf>
let tables = 0
/** Without them some pitfalls cannot be run into, and their tests are skipped with the reason. */
let hasTransactions = true
let tableName: string
const SECRET = 'the secret plaintext'
const NUMBER = 48151623.42
const key = { pk: 'a', sk: '1' }
const secret = (sk = '1') => ({ pk: 'a', sk, text: SECRET })
const NO_TRANSACTIONS =
  'dynoxide is not installed on this machine, and dynalite has neither transactions nor items in errors'
const ciphertext = expect.any(Uint8Array)
const consistent = true

beforeAll(async () => {
  world = await createWorld({ engine: 'dynoxide' }).catch((error: unknown) => {
    if (!(error instanceof EngineUnavailableError)) throw error
    hasTransactions = false
    return createWorld()
  })
})
afterAll(() => world.stop())
beforeEach(async () => {
  tableName = `table-${++tables}`
  await world.createTable(tableName)
  client = world.sealedClient(EAST)
  ;({ User, Users } = userEntity(client, tableName))
  users = repositoryOf(client)
  world.proxy.sent.length = 0
})

function repositoryOf(documentClient: SealedDocumentClient) {
  return userEntity(documentClient, tableName).User.build(EntityRepository)
}
/** A sealed client whose requests pass through `work`. */
function through(work: Intercept): SealedDocumentClient {
  const base = new DynamoDBClient(world.config(EAST))
  intercept(base, work)
  return sealDocumentClient(DynamoDBDocumentClient.from(base), { keyring: world.keyring(EAST) })
}
const load = async () => (await users.get(key, { consistent })).Item
/** As everybody sees it who has no key. */
const stored = async (Key: object = key) => {
  const get = new GetCommand({ TableName: tableName, Key: { ...Key }, ConsistentRead: true })
  return (await world.rawClient(EAST).send(get)).Item as Record<string, unknown>
}
/** As somebody writes who may write the table, and has no key. */
const plant = (Item: Record<string, unknown>) =>
  world.rawClient(EAST).send(new PutCommand({ TableName: tableName, Item }))
const thrownBy = async (attempt: () => unknown): Promise<unknown> => {
  const outcome = await (async () => attempt())().then(
    () => expect.unreachable('It did not fail.'),
    (error: unknown) => error,
  )
  expect(leaks([Buffer.from(inspect(outcome, { depth: 9, showHidden: true }))], [SECRET])).toEqual([])
  return outcome
}

describe('1. the formatter checks types before it decodes: what reaches it is open already', () => {
  test('numbers, enums, sets and maps are loaded as what they are', async () => {
    const saved = { amount: NUMBER, level: 'high', tags: new Set(['x']), address: { city: 'Oslo' } } as const
    await users.put({ ...key, ...saved, tags: new Set(['x']) })
    expect(await load()).toMatchObject(saved)
  })

  test('ciphertext that reaches it is known for what it is, not taken for a value of a wrong type', async () => {
    await users.put({ ...key, amount: NUMBER })
    const item = await stored()
    expect(await thrownBy(() => users.format(item))).toMatchObject({ code: 'client-not-sealed' })
  })
})

describe('2. a marker that is a plain object vanishes in updates: ours is a binary leaf', () => {
  const update = () => ({
    ...key,
    text: SECRET,
    address: $set({ city: SECRET, country: 'NO' }),
    nested: { shut: SECRET },
    codes: { 0: SECRET },
    byName: { first: SECRET },
  })

  test('every value of an update arrives, and as ciphertext', async () => {
    await users.put({ ...key, nested: { open: 'o', shut: 's' }, codes: ['c'], byName: {} })
    await users.update(update())
    const arrived = (value: unknown, container = value) => ({
      text: value,
      address: container,
      nested: { open: 'o', shut: value },
      codes: [value],
      byName: { first: value },
    })
    expect(await stored()).toMatchObject(arrived(ciphertext))
    expect(await load()).toMatchObject(arrived(SECRET, { city: SECRET, country: 'NO' }))
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test.each([{}, { convertClassInstanceToMap: true }])('unwrapped it is refused, with %o', async options => {
    const { ExpressionAttributeValues } = User.build(toolbox.UpdateItemCommand).item(update()).params()
    expect(String(await thrownBy(() => marshall(ExpressionAttributeValues, options)))).toContain(
      'sealDocumentClient()',
    )
  })
})

describe('3. transform: false in a condition evades the marker: paths are guarded, not values', () => {
  const condition = { attr: 'text', eq: SECRET, transform: false } as const
  const renamed = { ...condition, attr: 'renamed' } as const
  const filters = { User: condition }
  test.each<[string, () => unknown]>([
    ['a delete', () => users.delete(key, { condition })],
    ['a put', () => users.put(secret(), { condition })],
    ['an update', () => users.update(key, { condition })],
    ['an attribute that is saved under another name', () => users.delete(key, { condition: renamed })],
    ['a query', () => users.query({ partition: 'a' }, { filters })],
    ['a scan', () => users.scan({ filters })],
    ['a scan without entities', () => Users.build(toolbox.ScanCommand).options({ filter: condition }).send()],
    ['a transaction', () => executeTransactWrite(users.transactCheck(key, condition))],
  ])('in %s', async (_, attempt) => {
    expect(await thrownBy(attempt)).toMatchObject({ code: 'condition-refused' })
    expect(world.proxy.sent).toEqual([])
  })
})

describe('4. unprocessed requests are sent again as they came back: they stay as they came', () => {
  test('the next attempt of a batch writes the same bytes', async () => {
    const sent: Record<string, unknown[]>[] = []
    const others = repositoryOf(
      through(async (input, forward) => {
        sent.push(input.RequestItems as Record<string, unknown[]>)
        if (sent.length > 1) return forward(input)
        const [first, ...rest] = sent[0]?.[tableName] ?? []
        const output = await forward({ ...input, RequestItems: { [tableName]: [first] } })
        return { ...output, UnprocessedItems: { [tableName]: rest } }
      }),
    )
    world.cloud.clearCalls()
    const puts = ['1', '2', '3'].map(sk => others.batchPut({ ...secret(sk), codes: [SECRET] }))
    const write = others.entity.table.build(toolbox.BatchWriteCommand).requests(...puts)
    expect((await toolbox.executeBatchWrite({ maxAttempts: 2 }, write)).UnprocessedItems).toEqual({})
    // Bytes are copied between the two, and a copy of a Buffer is none.
    expect(structuredClone(sent[1])).toEqual(structuredClone({ [tableName]: sent[0]?.[tableName]?.slice(1) }))
    expect(world.kmsCalls()).toEqual([`GenerateDataKey ${EAST}`])
    const { Items } = await users.query(
      { partition: 'a' },
      { consistent, attributes: ['sk', 'text', 'codes'] },
    )
    expect(Items).toEqual(['1', '2', '3'].map(sk => ({ sk, text: SECRET, codes: [SECRET] })))
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test('the next attempt of a batch reads no attribute that was not asked for', async () => {
    await Promise.all(['1', '2'].map(sk => users.put(secret(sk))))
    let attempts = 0
    const others = repositoryOf(
      through(async (input, forward) => {
        if (++attempts > 1) return forward(input)
        const { Keys, ...request } = (input.RequestItems as Record<string, { Keys: object[] }>)[tableName]!
        const part = (keys: object[]) => ({ [tableName]: { ...request, Keys: keys } })
        const output = await forward({ ...input, RequestItems: part(Keys.slice(0, 1)) })
        return { ...output, UnprocessedKeys: part(Keys.slice(1)) }
      }),
    )
    const get = others.entity.table
      .build(toolbox.BatchGetCommand)
      .requests(others.batchGet(key), others.batchGet({ pk: 'a', sk: '2' }))
      .options({ attributes: ['text'], consistent })
    const { Responses } = await toolbox.executeBatchGet({ maxAttempts: 2 }, get)
    expect(Responses?.[0]).toEqual([{ text: SECRET }, { text: SECRET }])
    expect(attempts).toBe(2)
  })
})

describe('5. a failed condition carries items as ciphertext in its error: they are opened there', () => {
  const condition = { attr: 'text', exists: false } as const
  const failing = { condition, returnValuesOnConditionFalse: 'ALL_OLD' } as const
  const cancelled = () =>
    executeTransactWrite(users.transactPut(secret('1'), failing), users.transactPut(secret('2'), failing))

  test('of one command', async ({ skip }) => {
    skip(!hasTransactions, NO_TRANSACTIONS)
    await users.put(secret())
    const error = await users.delete(key, failing).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CheckFailed)
    expect(error).toMatchObject({ Item: { sk: { S: '1' }, text: { S: SECRET } } })
  })

  test('of a transaction', async ({ skip }) => {
    skip(!hasTransactions, NO_TRANSACTIONS)
    await Promise.all([users.put(secret('1')), users.put(secret('2'))])
    const error = await cancelled().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Cancelled)
    const reason = { Item: { text: { S: SECRET } } }
    expect(error).toMatchObject({ CancellationReasons: [reason, reason] })
  })

  test('in an error of their own, which shows them to who asks and not to who prints', async ({ skip }) => {
    skip(!hasTransactions, NO_TRANSACTIONS)
    const seen: unknown[] = []
    const base = new DynamoDBClient(world.config(EAST))
    base.middlewareStack.add(
      next => args =>
        next(args).catch((error: unknown) => {
          seen.push(error)
          throw error
        }),
      { step: 'initialize' },
    )
    const logging = sealDocumentClient(DynamoDBDocumentClient.from(base), { keyring: world.keyring(EAST) })
    users = repositoryOf(logging)
    await Promise.all([users.put(secret('1')), users.put(secret('2'))])
    const one = (await thrownBy(() => users.delete(key, failing))) as CheckFailed
    const two = (await thrownBy(cancelled)) as Cancelled
    expect(one.Item?.text).toEqual({ S: SECRET })
    expect(two.CancellationReasons?.map(({ Item }) => Item?.text)).toEqual([{ S: SECRET }, { S: SECRET }])
    expect(seen).toHaveLength(2)
    for (const [i, error] of [one, two].entries()) {
      const original = seen[i] as Error
      expect(error).not.toBe(original)
      expect(inspect(original, { depth: 9 })).toContain('B: Uint8Array')
      expect(error).toBeInstanceOf(original.constructor)
      expect(error).toMatchObject({ name: original.name, message: original.message, stack: original.stack })
      const printed = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)
      expect(leaks([Buffer.from(printed + JSON.stringify({ ...error }))], [SECRET])).toEqual([])
    }
  })

  test('what does not open is taken away, and all of it is told', async ({ skip }) => {
    skip(!hasTransactions, NO_TRANSACTIONS)
    await users.put(secret('1'))
    const { text, dynaseal } = await stored()
    await plant({ ...(await stored()), text: 'planted' })
    const one = await thrownBy(() => users.delete(key, failing))
    expect(one).toMatchObject({ name: 'FieldsNotOpenedError', failures: [{ code: 'not-a-message' }] })
    expect((one as Error).cause).toBeInstanceOf(CheckFailed)
    expect((one as Error).cause).not.toHaveProperty('Item')
    for (const sk of ['1', '2']) await plant({ pk: 'a', sk, r: text, text, dynaseal })
    const two = await thrownBy(cancelled)
    const moved = { code: MOVED }
    expect(two).toMatchObject({ name: 'FieldsNotOpenedError', failures: [moved, moved, moved] })
    const { CancellationReasons } = (two as { cause: Cancelled }).cause
    for (const reason of CancellationReasons ?? []) expect(reason).not.toHaveProperty('Item')
  })
})

describe('6. a projection returns neither key nor entity name: they are asked for, and taken out again', () => {
  const options = { attributes: ['text'], consistent } as { attributes: ['text']; consistent: true }
  const batch = async () => {
    const get = Users.build(toolbox.BatchGetCommand).requests(users.batchGet(key)).options(options)
    return (await toolbox.executeBatchGet(get)).Responses?.[0]?.[0]
  }
  test.each<[string, () => Promise<unknown>]>([
    ['get', async () => (await users.get(key, options)).Item],
    ['query', async () => (await users.query({ partition: 'a' }, options)).Items?.[0]],
    [
      'query of an index',
      async () =>
        (await users.query({ index: 'byGsi', partition: 'g' }, { attributes: ['text'] })).Items?.[0],
    ],
    ['scan', async () => (await users.scan(options)).Items?.[0]],
    ['batch get', batch],
  ])('%s: the place is checked, and only what was asked for is shown', async (_, read) => {
    await users.put({ ...secret(), gsi: 'g', plain: 'p' })
    expect(await read()).toEqual({ text: SECRET })
    const { text } = await repositoryOf(client)
      .put(secret('2'))
      .then(() => stored({ pk: 'a', sk: '2' }))
    await users.delete({ pk: 'a', sk: '2' })
    await plant({ ...(await stored()), text })
    expect(await thrownBy(read)).toMatchObject({ failures: [{ code: MOVED, path: ['text'] }] })
  })
})

describe('7. a schema that is rebuilt from a DTO has lost its transformers: registration refuses it', () => {
  const { anyOf, list, map, nul, record, string, tuple } = toolbox
  test.each([
    ['a list', list(encrypted(string()))],
    ['a map', map({ y: encrypted(string()) })],
    ['a record', record(string(), encrypted(string()))],
    ['a tuple', tuple(string(), encrypted(string()))],
    ['an alternative', anyOf(nul(), encrypted(string()))],
  ])('in %s, too (failsClosed.test.ts has the rest)', async (_, x) => {
    const schema = toolbox.item({ pk: string().key(), sk: string().key(), x })
    const dto = JSON.parse(JSON.stringify(schema.build(toolbox.SchemaDTO)))
    const rebuilt = toolbox.fromSchemaDTO(dto) as unknown as typeof schema
    const Rebuilt = new toolbox.Entity({ name: 'User', table: Users, schema: rebuilt })
    const error = await thrownBy(() => client.register(Rebuilt))
    expect(error).toMatchObject({
      code: 'invalid-schema',
      message: expect.stringMatching(/'x.*Annotate it again/),
    })
  })
})

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

test('9. a transaction that is made again has other bytes: with its old token it is refused', async ({
  skip,
}) => {
  skip(!hasTransactions, NO_TRANSACTIONS)
  const again = { clientRequestToken: 'a-token' }
  await executeTransactWrite(again, users.transactPut(secret()))
  const error = await executeTransactWrite(again, users.transactPut(secret())).catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ name: 'IdempotentParameterMismatchException' })
  expect(await load()).toMatchObject(secret())
})

describe('10. updates that compute would send operands in clear or copy ciphertext, and a partial one would replace', () => {
  test.each([
    ['$add on a number', { amount: $add(NUMBER) }],
    ['$sum on a number', { amount: $sum(NUMBER, 1) }],
    ['$subtract on a number', { amount: $subtract($get('amount') as never, NUMBER) }],
    ['$add on a set', { tags: $add(new Set([SECRET])) }],
    ['$append to an encrypted list', { names: $append([SECRET]) }],
    ['a bare map, which would be a partial update', { address: { city: SECRET } }],
    ['a bare list, which would be an update by index', { names: [SECRET] }],
    ['$get of an encrypted attribute into a clear one', { plain: $get('text') }],
    ['$get of a clear attribute into an encrypted one', { text: $get('plain') }],
    ['$get of an encrypted attribute into another', { text: $get('renamed') }],
  ])('%s is refused, with what to do instead', async (_, given) => {
    const error = await thrownBy(() => users.update({ ...key, ...given } as never))
    expect(error).toMatchObject({ code: 'update-refused', message: expect.stringMatching(/Load|\$set/) })
    expect(world.proxy.sent).toEqual([])
  })

  test('$get with a fallback for the same attribute works', async () => {
    await users.put(key)
    await users.update({ ...key, level: $get('level', 'low') })
    expect(await load()).toMatchObject({ level: 'low' })
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
