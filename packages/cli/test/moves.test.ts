// A new search key for tables whose own key is a search token: items are moved.
import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import { KMS } from '@aws-sdk/client-kms'
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { sealDocumentClient, search } from '@dynaseal/document-client'
import { MrkKeyring } from '@dynaseal/mrk-keyring'
import { encrypted, sealDocumentClient as sealToolbox, token } from '@dynaseal/toolbox'
import {
  $add,
  DeleteItemCommand,
  Entity,
  item,
  number,
  PutItemCommand,
  set,
  string,
  Table,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  Backfill,
  type JobOptions,
  projectOf,
  RewrapTokens,
  runJob,
  type Target,
  type WireItem,
} from '../src/api.js'
import { JobCounts } from '../src/engine/jobCounts.js'
import { moveItem } from '../src/engine/moveItem.js'
import { Pace } from '../src/engine/pace.js'
import { renderJob } from '../src/engine/renderJob.js'
import { createWorld, EAST, WEST, type World } from './support/cloud.js'
import { crashing, kept } from './support/crashing.js'

let world: World
let keys: readonly [Uint8Array, Uint8Array]

const keyring = () =>
  new MrkKeyring({ keyArns: [...world.keyArns], client: region => new KMS(world.config(region)) })

beforeAll(async () => {
  // Transactions are in this engine alone.
  world = await createWorld({ engine: 'dynoxide' })
  for (const TableName of ['declared', 'schema'])
    await world.dynamodb.send(
      new CreateTableCommand({
        TableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk'].map(AttributeName => ({ AttributeName, AttributeType: 'S' })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    )
  keys = [await createSearchKey(keyring()), await createSearchKey(keyring(), { version: 2 })]
})
afterAll(() => world.stop())

/** Which search keys a client has: the first one is written with. */
type Versions = readonly [1 | 2, ...(1 | 2)[]]

function options(versions: Versions) {
  const [writeWith, ...findWith] = versions.map(version => keys[version - 1]!)
  const tokens = createSearchTokens({ keyring: keyring(), writeWith: writeWith!, findWith })
  return { keyring: keyring(), search: tokens }
}

/** What of a user is written in clear by the application. */
interface Values {
  readonly email: string
  readonly roles: ReadonlySet<string>
  readonly name: string
  readonly visits: number
}

/** An application with a client of its own, as each process has. */
interface Application {
  readonly client: DynamoDBDocumentClient
  put(values: Values): Promise<unknown>
  update(email: string, name: string): Promise<unknown>
  remove(email: string): Promise<unknown>
  get(email: string): Promise<unknown>
}

interface KeyedTable {
  readonly name: string
  /** The key that is a token. */
  readonly token: 'pk' | 'sk'
  /** What each item has besides. */
  readonly clear: Readonly<Record<string, string>>
  application(...versions: Versions): Application
}

/** The partition key is the token, in a table that is declared. */
const declared: KeyedTable = {
  name: 'declared',
  token: 'pk',
  clear: { sk: '1' },
  application(...versions) {
    const TableName = 'declared'
    const client = sealDocumentClient(DynamoDBDocumentClient.from(world.dynamodb), options(versions)).declare(
      {
        table: TableName,
        key: ['pk', 'sk'],
        encrypted: ['email', 'roles', 'name'],
        tokens: { pk: { of: 'email', normalize: 'email' }, rolesToken: { of: 'roles', members: true } },
      },
    )
    const at = (email: string) => ({ TableName, Key: { pk: search(email), sk: '1' } })
    return {
      client,
      put: user => client.send(new PutCommand({ TableName, Item: { sk: '1', ...user } })),
      update: (email, name) =>
        client.send(
          new UpdateCommand({
            ...at(email),
            UpdateExpression: 'SET #name = :name ADD visits :one',
            ExpressionAttributeNames: { '#name': 'name' },
            ExpressionAttributeValues: { ':name': name, ':one': 1 },
          }),
        ),
      remove: email => client.send(new DeleteCommand(at(email))),
      get: async email => (await client.send(new GetCommand({ ...at(email), ConsistentRead: true }))).Item,
    }
  },
}

/** The sort key is, in one with a schema. */
const schema: KeyedTable = {
  name: 'schema',
  token: 'sk',
  clear: { pk: 'acme', _et: 'User' },
  application(...versions) {
    const client = sealToolbox(DynamoDBDocumentClient.from(world.dynamodb), options(versions))
    const table = new Table({
      documentClient: client,
      name: 'schema',
      partitionKey: { name: 'pk', type: 'string' },
      sortKey: { name: 'sk', type: 'string' },
    })
    const User = new Entity({
      name: 'User',
      table,
      timestamps: false,
      schema: item({
        email: encrypted(string()).key(),
        emailToken: token('email', { savedAs: 'sk', normalize: 'email' }),
        roles: encrypted(set(string())).optional(),
        rolesToken: token('roles'),
        name: encrypted(string()).optional(),
        visits: number().optional(),
      }),
      computeKey: ({ email }: { email: string }) => ({ pk: 'acme', sk: search(email) }),
    })
    client.register(User)
    return {
      client,
      put: ({ roles, ...user }) =>
        User.build(PutItemCommand)
          .item({ ...user, roles: new Set(roles) })
          .send(),
      update: (email, name) =>
        User.build(UpdateItemCommand)
          .item({ email, name, visits: $add(1) })
          .send(),
      remove: email => User.build(DeleteItemCommand).key({ email }).send(),
      get: async email => {
        const Key = { pk: 'acme', sk: search(email) }
        return (await client.send(new GetCommand({ TableName: 'schema', Key, ConsistentRead: true }))).Item
      },
    }
  },
}
const TABLES = [declared, schema]

afterEach(async () => {
  for (const { name } of TABLES)
    for (const { pk, sk } of await stored(name))
      await world.dynamodb.deleteItem({ TableName: name, Key: { pk: pk!, sk: sk! } })
})

async function stored(TableName: string): Promise<WireItem[]> {
  const { Items = [] } = await world.dynamodb.scan({ TableName, ConsistentRead: true })
  return Items
}
const emails = (count: number) => Array.from({ length: count }, (_, i) => `user-${i}@example.com`)
const values = (email: string): Values => ({
  email,
  roles: new Set(['admin', 'author']),
  name: 'one',
  visits: 1,
})
async function put({ application }: KeyedTable, ...all: string[]) {
  const old = application(1)
  for (const email of all) await old.put(values(email))
}
/** What one finds with the new search key alone. */
const found = ({ application }: KeyedTable, email: string) => application(2).get(email)
const versionsIn = async ({ name, token: key }: KeyedTable) =>
  (await stored(name)).map(one => one[key]!.S!.slice(0, 2)).sort()

/** What a process works on. */
async function target({ name, application }: KeyedTable, versions: Versions = [2, 1]): Promise<Target> {
  return (await projectOf({ clients: application(...versions).client })).target(name)
}
async function retoken(of: Target, given: JobOptions = { apply: true }) {
  return runJob(of, await RewrapTokens.of(of), given)
}

/** A target whose calls pass somebody, who may do something before or after one. */
function between(
  of: Target,
  around: (name: string, send: () => Promise<unknown>) => Promise<unknown>,
): Target {
  const { dynamodb } = of
  const real = dynamodb.send.bind(dynamodb) as (...given: unknown[]) => Promise<unknown>
  const send = (...given: [object, ...unknown[]]) =>
    around(given[0].constructor.name.replace(/Command$/, ''), () => real(...given))
  return { ...of, dynamodb: { send: send as unknown as typeof dynamodb.send } }
}
/** One in which something happens once, right before a call. */
function raced(of: Target, call: string, first: () => Promise<unknown>): Target {
  let isFirst = true
  return between(of, async (name, send) => {
    if (isFirst && name === call) {
      isFirst = false
      await first()
    }
    return send()
  })
}

describe.each(TABLES)('rewrap --search-key of the table $name, whose $token is a token', table => {
  const { name, clear } = table
  const EMAIL = 'ada@example.com'

  it('moves each item once, whole, with few calls to KMS; a dry run counts the same, and writes nothing', async () => {
    const all = emails(30)
    await put(table, ...all)
    const before = await stored(name)
    const dry = await retoken(await target(table), {})
    expect(dry).toMatchObject({ items: 30, changed: 30, moved: 30, fields: 0, tokens: 0, left: {} })
    expect(await stored(name)).toEqual(before)
    world.cloud.clearCalls()
    const report = await retoken(await target(table), { apply: true, segments: 2 })
    expect(report).toMatchObject({ changed: 30, moved: 30, fields: 0, tokens: 0, overtaken: 0, left: {} })
    expect(report.kmsCalls).toBeLessThan(10)
    expect(report.writeUnits).toBe(dry.writeUnits)
    expect(world.cloud.calls({ operation: 'TransactWriteItems' })).toHaveLength(30)
    expect(await versionsIn(table)).toEqual(all.map(() => '2.'))
    for (const email of all) expect(await found(table, email)).toEqual({ ...clear, ...values(email) })
    for (const { rolesToken } of await stored(name))
      for (const text of rolesToken!.SS ?? [rolesToken!.S!]) expect(text).toMatch(/^2\./)
    const again = await retoken(await target(table))
    expect(again).toMatchObject({ items: 30, changed: 0, moved: 0, left: {}, kmsCalls: 0 })
  })

  it('a moved item that the scan meets again is done', async () => {
    await put(table, ...emails(60))
    let scans = 0
    const of = between(await target(table), async (call, send) => {
      // The second page is read when the items of the first one are moved: in this engine, behind all others.
      if (call === 'Scan' && ++scans === 2)
        while ((await versionsIn(table)).filter(version => version === '2.').length < 50)
          await new Promise(setImmediate)
      return send()
    })
    const report = await retoken(of, { apply: true, segments: 1, maxReadUnits: 10_000 })
    expect(report).toMatchObject({ items: 110, changed: 60, moved: 60, overtaken: 0, left: {} })
    expect(await versionsIn(table)).toHaveLength(60)
  })

  describe('a concurrent writer wins', () => {
    const both = () => table.application(2, 1)
    const two = { ...clear, ...values(EMAIL), name: 'two', visits: 2 }

    it('who updates it', async () => {
      await put(table, EMAIL)
      const report = await retoken(
        raced(await target(table), 'TransactWriteItems', () => both().update(EMAIL, 'two')),
      )
      expect(report).toMatchObject({ changed: 1, moved: 1, overtaken: 1, left: {} })
      expect(await versionsIn(table)).toEqual(['2.'])
      expect(await found(table, EMAIL)).toEqual(two)
    })

    it('who adds an attribute in clear after it was planned', async () => {
      await put(table, EMAIL)
      const add = async () => {
        const [{ pk, sk } = {}] = await stored(name)
        await world.dynamodb.updateItem({
          TableName: name,
          Key: { pk: pk!, sk: sk! },
          UpdateExpression: 'SET added = :yes',
          ExpressionAttributeValues: { ':yes': { BOOL: true } },
        })
      }
      const report = await retoken(raced(await target(table), 'GetItem', add))
      expect(report).toMatchObject({ moved: 1, overtaken: 0 })
      expect(await found(table, EMAIL)).toEqual({ ...clear, ...values(EMAIL), added: true })
    })

    it('who deletes it', async () => {
      await put(table, EMAIL)
      for (const call of ['GetItem', 'TransactWriteItems']) {
        const report = await retoken(raced(await target(table), call, () => both().remove(EMAIL)))
        expect(report).toMatchObject({ changed: 0, moved: 0, overtaken: 1, left: {} })
        expect(await stored(name)).toEqual([])
        await put(table, EMAIL)
      }
    })

    it('who puts it, and so moves it', async () => {
      await put(table, EMAIL)
      const replace = () => both().put({ ...values(EMAIL), name: 'two', visits: 2 })
      const report = await retoken(raced(await target(table), 'TransactWriteItems', replace))
      expect(report).toMatchObject({ moved: 0, overtaken: 1, left: {} })
      expect(await versionsIn(table)).toEqual(['2.'])
      expect(await found(table, EMAIL)).toEqual(two)
    })

    it('who writes it each time: it is left', async () => {
      await put(table, EMAIL)
      const contended = between(await target(table), async (call, send) => {
        if (call === 'TransactWriteItems') await both().update(EMAIL, 'again')
        return send()
      })
      expect(await retoken(contended)).toMatchObject({ moved: 0, left: { contended: 1 } })
      expect(await versionsIn(table)).toEqual(['1.'])
    })
  })

  it('an item that is under both keys is left, and so is the other one', async () => {
    await put(table, EMAIL)
    const [old] = await stored(name)
    await table.application(2).put({ ...values(EMAIL), name: 'new' })
    const report = await retoken(await target(table))
    expect(report).toMatchObject({ changed: 0, moved: 0, left: { 'under-both-keys': 1 } })
    expect(await versionsIn(table)).toEqual(['1.', '2.'])
    expect(await stored(name)).toContainEqual(old)
  })

  it('what cannot be moved is left as it is, with its reason, and the others are moved', async () => {
    await put(table, EMAIL, 'bob@example.com')
    const ada = (await stored(name)).find(({ email }) => email !== undefined)!
    const other = (text: string): WireItem => ({
      pk: { S: 'acme' },
      ...Object.fromEntries(
        Object.entries(ada).filter(([attribute]) => attribute === 'sk' || attribute === '_et'),
      ),
      [table.token]: { S: text },
    })
    const [, hash] = ada[table.token]!.S!.split('.')
    const strange: WireItem[] = [
      // Ciphertext of another item.
      { ...ada, [table.token]: { S: `1.${hash!.split('').reverse().join('')}` } },
      { ...ada, [table.token]: { S: `7.${hash}` } },
      // In clear, with and without what its key would be of.
      { ...other('eve@example.com'), email: { S: 'eve@example.com' } },
      other('nothing in it'),
    ]
    for (const Item of strange) await world.dynamodb.putItem({ TableName: name, Item })
    const before = (await stored(name)).map(one => one[table.token]!.S)
    await put(table, 'many@example.com')
    const { pk, sk } = (await stored(name)).find(one => !before.includes(one[table.token]!.S))!
    await world.dynamodb.updateItem({
      TableName: name,
      Key: { pk: pk!, sk: sk! },
      UpdateExpression: `SET ${Array.from({ length: 100 }, (_, i) => `clear${i} = :one`).join(', ')}`,
      ExpressionAttributeValues: { ':one': { N: '1' } },
    })
    const dry = await retoken(await target(table), {})
    const report = await retoken(await target(table))
    expect(report.left).toEqual({
      'invalid-value': 1,
      'not-a-message': 1,
      'not-authentic': 6,
      'too-many-attributes': 1,
    })
    expect(report).toMatchObject({ moved: 2, changed: 2 })
    expect(dry).toMatchObject({ moved: 2, changed: 2, left: report.left })
    for (const one of strange) expect(await stored(name)).toContainEqual(one)
    expect(await found(table, 'bob@example.com')).toMatchObject({ email: 'bob@example.com' })
    const without = await retoken(await target(table, [2]), {})
    expect(without.moved).toBe(0)
  })

  it('an old key that the client does not find with is left, and a value that is not that of its key', async () => {
    await put(table, EMAIL)
    expect(await retoken(await target(table, [2]))).toMatchObject({ moved: 0, left: { 'wrong-token': 1 } })
    expect(await versionsIn(table)).toEqual(['1.'])
  })

  it('is resumed after crashes, whenever they come, while the application writes: nothing is lost or doubled', async () => {
    const all = emails(12)
    const scenario = fc.record({
      crashes: fc.array(fc.record({ after: fc.nat(40), arrives: fc.boolean() }), {
        minLength: 1,
        maxLength: 3,
      }),
      writes: fc.array(
        fc.record({ email: fc.constantFrom(...all), kind: fc.constantFrom('put', 'update', 'delete') }),
        { maxLength: 15 },
      ),
    })
    await fc.assert(
      fc.asyncProperty(scenario, async ({ crashes, writes }) => {
        await put(table, ...all)
        const model = new Map<string, unknown>(all.map(email => [email, 'one']))
        const both = table.application(2, 1)
        const checkpoint = kept()
        const given = { apply: true, segments: 2, concurrency: 3 }
        const writing = (async () => {
          for (const [index, { email, kind }] of writes.entries()) {
            const written = `written ${index}`
            if (kind === 'delete') {
              await again(() => both.remove(email))
              model.delete(email)
            } else if (kind === 'put' || model.has(email)) {
              const user = { ...values(email), name: written }
              await again(() => (kind === 'put' ? both.put(user) : both.update(email, written)))
              model.set(email, written)
            }
          }
        })()
        for (const point of crashes) {
          const crash = crashing(await target(table), checkpoint, point)
          const job = retoken(crash.target, { ...given, checkpoint: crash.checkpoint })
          await Promise.race([job, crash.crashed])
        }
        await writing
        const report = await retoken(await target(table), { ...given, checkpoint })
        expect(report).toMatchObject({ complete: true, left: {} })
        // What the application put while a page was under way that another process had read.
        const last = await target(table)
        expect(await retoken(last)).toMatchObject({ complete: true, changed: 0, left: {} })
        const { client } = table.application(2)
        const { Items = [] } = await client.send(new ScanCommand({ TableName: name, ConsistentRead: true }))
        expect(Items).toHaveLength(model.size)
        expect(new Map(Items.map(one => [one.email, one.name]))).toEqual(model)
        for (const { pk, sk } of await stored(name))
          await world.dynamodb.deleteItem({ TableName: name, Key: { pk: pk!, sk: sk! } })
      }),
      { numRuns: 5, endOnFailure: true },
    )
  })
})

/** An application that writes again what another transaction was in the way of. */
async function again(write: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await write()
      return
    } catch (error) {
      const { name } = error as Error
      if (!['TransactionCanceledException', 'TransactionConflictException'].includes(name)) throw error
    }
  }
}

describe('what DynamoDB says of the transaction', () => {
  const table = declared
  const canceled = (...Code: string[]) =>
    Object.assign(new Error('Transaction cancelled'), {
      name: 'TransactionCanceledException',
      CancellationReasons: Code.map(one => ({ Code: one })),
    })
  /** A target in which the first transaction has another answer. */
  const answering = (of: Target, answer: (send: () => Promise<unknown>) => Promise<unknown>) => {
    let isFirst = true
    return between(of, (name, send) => {
      if (!isFirst || name !== 'TransactWriteItems') return send()
      isFirst = false
      return answer(send)
    })
  }

  it.each([
    ['a conflict', canceled('None', 'TransactionConflict'), 1],
    ['throttling', canceled('ProvisionedThroughputExceeded', 'None'), 0],
    ['another throttling', canceled('None', 'ThrottlingError'), 0],
    [
      'the same transaction under way',
      Object.assign(new Error('…'), { name: 'TransactionInProgressException' }),
      0,
    ],
  ])('%s: it is sent again', async (_, error, overtaken) => {
    await put(table, 'ada@example.com')
    const report = await retoken(answering(await target(table), () => Promise.reject(error)))
    expect(report).toMatchObject({ moved: 1, overtaken, left: {} })
    expect(await versionsIn(table)).toEqual(['2.'])
  })

  it('an answer that is lost: it was made once, and is counted', async () => {
    await put(table, 'ada@example.com')
    const lost = answering(await target(table), async send => {
      await send()
      throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    })
    expect(await retoken(lost)).toMatchObject({ changed: 1, moved: 1, overtaken: 0, left: {} })
    expect(await versionsIn(table)).toEqual(['2.'])
  })

  it.each([
    [
      Object.assign(new Error('Item size has exceeded the maximum allowed size'), {
        name: 'ValidationException',
      }),
    ],
    [
      Object.assign(canceled(), {
        CancellationReasons: [
          { Code: 'ValidationError', Message: 'Item size to update has exceeded the maximum allowed size' },
          { Code: 'None' },
        ],
      }),
    ],
  ])('an item that would be too large is left', async error => {
    await put(table, 'ada@example.com')
    const report = await retoken(answering(await target(table), () => Promise.reject(error)))
    expect(report).toMatchObject({ moved: 0, left: { 'too-large': 1 } })
  })

  it('a key that was taken, and an item that is gone when it is looked at again: there is nothing to do', async () => {
    await put(table, 'ada@example.com')
    const gone = answering(await target(table), async () => {
      await table.application(2, 1).remove('ada@example.com')
      throw canceled('ConditionalCheckFailed', 'None')
    })
    expect(await retoken(gone)).toMatchObject({ moved: 0, overtaken: 1, left: {} })
  })

  it('what is not allowed ends the job', async () => {
    await put(table, 'ada@example.com')
    const denied = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' })
    const of = answering(await target(table), () => Promise.reject(denied))
    await expect(retoken(of)).rejects.toThrow('not authorized')
  })
})

it('no answer from KMS is borne for a while, and is no reason to leave an item', async () => {
  await put(declared, 'ada@example.com')
  const of = await target(declared)
  let failures = 0
  const mover = {
    ...of.mover,
    moved: (...given: Parameters<typeof of.mover.moved>) =>
      of.mover.moved(...given).catch(error => {
        failures++
        world.cloud.heal()
        throw error
      }),
  }
  const task = await RewrapTokens.of({ ...of, mover })
  for (const region of [EAST, WEST]) world.cloud.fault({ region, service: 'kms', kind: 'refuse' })
  expect(await runJob(of, task, { apply: true })).toMatchObject({ moved: 1, left: {} })
  expect(failures).toBe(1)
})

it('what moves read is taken from their pace once, however many are under way', async () => {
  await put(declared, ...emails(8))
  class Counting extends Pace {
    units = 0
    override async take() {
      return (consumed: number) => {
        this.units += consumed
      }
    }
  }
  const [readPace, writePace, counts] = [new Counting(), new Counting(), new JobCounts()]
  const of = await target(declared)
  const moving = { readPace, writePace, counts, signal: new AbortController().signal }
  const keysOf = (await stored('declared')).map(({ pk, sk }): WireItem => ({ pk: pk!, sk: sk! }))
  const results = await Promise.all(keysOf.map(key => moveItem(of, key, moving)))
  expect(new Set(results)).toEqual(new Set(['written']))
  expect([readPace.units, writePace.units]).toEqual([counts.readUnits, counts.writeUnits])
  expect([counts.readUnits, counts.writeUnits]).toEqual([8, 32])
})

it('the report says how many were moved', async () => {
  await put(declared, 'ada@example.com', 'bob@example.com')
  const text = renderJob(await retoken(await target(declared), {}), 80)
  expect(text).toMatch(/would be changed +2 items\n/)
  expect(text).toMatch(/would be moved +2 items, to another key\n/)
})

it('backfill of such a table is refused, and says why', async () => {
  for (const table of TABLES) {
    const of = await target(table)
    expect(() => new Backfill(of)).toThrow(
      /search token in the primary key.*Put the items through the client/,
    )
  }
})
