import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { createBeacons, dbEsdkFormat, type TableBeacons } from '@dynaseal/db-esdk'
import { type Declaration, sealDocumentClient, search } from '@dynaseal/document-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  backfill,
  type JobReport,
  projectOf,
  revert,
  rewrap,
  rewrapTokens,
  runJob,
  type Target,
  type Task,
  type WireItem,
} from '../src/api.js'
import { createWorld, users, type World } from './support/cloud.js'
import { raced } from './support/raced.js'
import {
  branchKeyring,
  createKeyStore,
  mrkKeyring,
  type WholeClientOptions,
  wholeClient,
} from './support/wholes.js'

const TABLE = users.name
const TOKENS = {
  aws_dbe_b_ssn: { of: 'ssn', bits: 32 },
  aws_dbe_b_roles: { of: 'roles', members: true, bits: 16 },
} as const
const declared = (tokens: Declaration['tokens'] = TOKENS): Declaration => ({
  table: TABLE,
  key: ['id'],
  encrypted: ['ssn', 'roles'],
  tokens: tokens!,
})

let world: World
beforeAll(async () => {
  world = await createWorld({ engine: 'dynoxide' })
  await createKeyStore(world, ['acme', 'next'])
})
beforeEach(() => world.cloud.clearCalls())
afterEach(async () => {
  for (const { id } of await world.items())
    await world.dynamodb.deleteItem({ TableName: TABLE, Key: { id: id! } })
})
afterAll(() => world.stop())

/** A client whose beacons are computed with the beacon key of a branch key. */
function optionsOf(
  branchKeyId = 'acme',
  table?: TableBeacons,
  tokens?: Declaration['tokens'],
): WholeClientOptions {
  const keyring = branchKeyring(world, 'acme')
  return {
    keyring,
    declaration: declared(tokens),
    search: createBeacons({ keyring, branchKeyId, ...(table && { tables: { [TABLE]: table } }) }),
  }
}
const targetOf = async (client: ReturnType<typeof wholeClient>): Promise<Target> =>
  (await projectOf({ clients: client })).target(TABLE)
const target = (options = optionsOf()) => targetOf(wholeClient(world, options))

const run = (on: Target, task: Task): Promise<JobReport> => runJob(on, task, { apply: true })
const put = (Item: WireItem) => world.dynamodb.putItem({ TableName: TABLE, Item })
const clear = (id: string, more: Record<string, AttributeValue> = {}): WireItem => ({
  id: { S: id },
  plan: { S: 'pro' },
  ssn: { S: `ssn of ${id}` },
  roles: { SS: ['admin', 'user'] },
  ...more,
})
const item = async (id: string) => (await world.items()).find(one => one.id!.S === id)!
const store = (id: string, options = optionsOf()) =>
  wholeClient(world, options).send(
    new PutCommand({
      TableName: TABLE,
      Item: { id, plan: 'pro', ssn: `ssn of ${id}`, roles: new Set(['admin', 'user']) },
    }),
  )

async function find(name: string, value: string, options = optionsOf()): Promise<string[]> {
  const isSet = name === 'aws_dbe_b_roles'
  const { Items = [] } = await wholeClient(world, options).send(
    new ScanCommand({
      TableName: TABLE,
      ConsistentRead: true,
      FilterExpression: isSet ? `contains(${name}, :v)` : `${name} = :v`,
      ExpressionAttributeValues: { ':v': search(value) },
    }),
  )
  return Items.map(({ id }) => id as string).sort()
}
const updates = () =>
  world.cloud.calls({ operation: 'UpdateItem' }).filter(({ status }) => status === 200).length

describe('backfill', () => {
  it('writes the beacons with what it seals, as the application would, and finds items by them', async () => {
    for (const id of ['a', 'b']) await put(clear(id))
    await put(clear('none', { roles: { S: 'no set' } }))
    const { ssn: _, ...bare } = clear('bare')
    await put(bare)
    const on = await target()
    const report = await run(on, backfill(on))
    // What has no beacon is left, as the application's own put would be refused.
    expect(report).toMatchObject({ changed: 3, left: { 'invalid-value': 1 } })
    expect(await find('aws_dbe_b_ssn', 'ssn of a')).toEqual(['a'])
    expect(await find('aws_dbe_b_roles', 'admin')).toEqual(['a', 'b', 'bare'])
    expect(await item('bare')).not.toHaveProperty('aws_dbe_b_ssn')
    await store('c')
    expect(await item('a')).toMatchObject({ aws_dbe_b_roles: (await item('c')).aws_dbe_b_roles })
    expect(await run(on, backfill(on))).toMatchObject({ changed: 0 })
  })

  it('adds those that are missing, or stand for none, to items that are sealed, and leaves header and footer', async () => {
    for (const id of ['fine', 'missing', 'strange']) await store(id)
    const { aws_dbe_b_ssn: _, ...missing } = await item('missing')
    await put(missing)
    await put({ ...(await item('strange')), aws_dbe_b_roles: { SS: ['zz'] } })
    const before = new Map((await world.items()).map(one => [one.id!.S, one]))
    world.cloud.clearCalls()
    const on = await target()
    expect(await run(on, backfill(on))).toMatchObject({ changed: 2, fields: 0, tokens: 2, left: {} })
    expect(updates()).toBe(2)
    for (const id of ['missing', 'strange']) {
      const { aws_dbe_head, aws_dbe_foot, ssn } = await item(id)
      expect({ aws_dbe_head, aws_dbe_foot, ssn }).toEqual({
        aws_dbe_head: before.get(id)!.aws_dbe_head,
        aws_dbe_foot: before.get(id)!.aws_dbe_foot,
        ssn: before.get(id)!.ssn,
      })
    }
    expect(await item('fine')).toEqual(before.get('fine'))
    expect(await find('aws_dbe_b_ssn', 'ssn of missing')).toEqual(['missing'])
    expect(await find('aws_dbe_b_roles', 'user')).toEqual(['fine', 'missing', 'strange'])
  })

  it('of some kinds of items leaves the others as they are, sealed or not', async () => {
    const kind = (equals: string) => ({ ...declared(), when: { attribute: 'type', equals } })
    const both = wholeClient(world, { ...optionsOf(), declaration: kind('person') }).declare(kind('firm'))
    for (const type of ['person', 'firm'])
      await both.send(new PutCommand({ TableName: TABLE, Item: { id: type, type, ssn: 'ssn' } }))
    for (const type of ['person', 'firm']) {
      const { aws_dbe_b_ssn: _, ...missing } = await item(type)
      await put(missing)
    }
    const on = await targetOf(both)
    expect(await run(on, backfill(on, { entities: ['person'] }))).toMatchObject({ changed: 1, tokens: 1 })
    expect(await item('person')).toHaveProperty('aws_dbe_b_ssn')
    expect(await item('firm')).not.toHaveProperty('aws_dbe_b_ssn')
  })

  it('does not open items that have nothing a beacon is of', async () => {
    const options = optionsOf()
    await wholeClient(world, options).send(new PutCommand({ TableName: TABLE, Item: { id: 'bare' } }))
    const on = await target()
    expect(await run(on, backfill(on))).toMatchObject({ changed: 0, kmsCalls: 0 })
  })

  it('of an item that has its key alone, and is deleted meanwhile, brings nothing back', async () => {
    await put({ id: { S: 'a' } })
    const on = await target()
    const other = raced(on, () => world.dynamodb.deleteItem({ TableName: TABLE, Key: { id: { S: 'a' } } }))
    expect(await run(other, backfill(on))).toMatchObject({ items: 1, changed: 0, overtaken: 1 })
    expect(await world.items()).toEqual([])
  })

  it('of a value that somebody changes meanwhile writes no beacon of the old one', async () => {
    await put(clear('a'))
    const on = await target()
    const other = raced(on, () => put(clear('a', { ssn: { S: 'new' } })))
    expect(await run(other, backfill(on))).toMatchObject({ changed: 1, overtaken: 1 })
    expect(await find('aws_dbe_b_ssn', 'new')).toEqual(['a'])
    expect(await find('aws_dbe_b_ssn', 'ssn of a')).toEqual([])
  })
})

describe('rewrap --search-key of beacons', () => {
  it('of the beacon key of another branch key: each is found by the new one, once', async () => {
    for (const id of ['a', 'b']) await store(id)
    const next = () => optionsOf('next')
    expect(await find('aws_dbe_b_ssn', 'ssn of a', next())).toEqual([])
    const on = await target(next())
    expect(await runJob(on, await rewrapTokens(on), {})).toMatchObject({ changed: 2, tokens: 4 })
    world.cloud.clearCalls()
    const header = (await item('a')).aws_dbe_head
    expect(await run(on, await rewrapTokens(on))).toMatchObject({ changed: 2, tokens: 4, left: {} })
    expect((await item('a')).aws_dbe_head).toEqual(header)
    expect(updates()).toBe(2)
    expect(await find('aws_dbe_b_ssn', 'ssn of a', next())).toEqual(['a'])
    expect(await find('aws_dbe_b_roles', 'admin', next())).toEqual(['a', 'b'])
    expect(await run(on, await rewrapTokens(on))).toMatchObject({ changed: 0, left: {} })
  })

  it('of another length', async () => {
    await store('a')
    const tokens = { ...TOKENS, aws_dbe_b_ssn: { of: 'ssn', bits: 12 } }
    const shorter = () => optionsOf('acme', undefined, tokens)
    const on = await target(shorter())
    expect(await run(on, await rewrapTokens(on))).toMatchObject({ changed: 1, tokens: 1 })
    expect((await item('a')).aws_dbe_b_ssn!.S).toHaveLength(3)
    expect(await find('aws_dbe_b_ssn', 'ssn of a', shorter())).toEqual(['a'])
  })

  it('leaves those of another partition, which another release of the SDK may have chosen', async () => {
    const parted = () => optionsOf('acme', { maximumNumberOfPartitions: 3 })
    // One that knows no partitions has all in the first.
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map(id => store(id)))
    const on = await target(parted())
    expect(await run(on, await rewrapTokens(on))).toMatchObject({ changed: 0, left: {} })
    expect(await find('aws_dbe_b_ssn', 'ssn of c', parted())).toEqual(['c'])
  })

  it('goes not on with the checkpoint of other beacons', async () => {
    const tasks = await Promise.all(
      [
        optionsOf(),
        optionsOf('next'),
        optionsOf('acme', { shared: { aws_dbe_b_roles: 'ssn' } } as never),
        optionsOf('acme', undefined, { aws_dbe_b_ssn: TOKENS.aws_dbe_b_ssn }),
      ].map(async options => rewrapTokens(await target(options))),
    )
    const [first, ...others] = tasks.map(({ settings }) => JSON.stringify(settings))
    expect(JSON.stringify((await rewrapTokens(await target())).settings)).toBe(first)
    expect([others[0], others[2]]).not.toContain(first)
  })

  it('leaves what does not open', async () => {
    await store('a')
    await put({ ...(await item('a')), plan: { S: 'free' } })
    const on = await target(optionsOf('next'))
    expect(await run(on, await rewrapTokens(on))).toMatchObject({ changed: 0, left: { 'not-authentic': 1 } })
  })

  it('is refused where a table has no tokens', async () => {
    const on = await target({})
    await expect(rewrapTokens(on)).rejects.toThrow('has no search tokens')
  })
})

describe('rewrap', () => {
  const fieldClient = () =>
    sealDocumentClient(DynamoDBDocumentClient.from(world.dynamodb), { keyring: mrkKeyring(world) }).declare({
      table: TABLE,
      key: ['id'],
      encrypted: ['ssn', 'roles'],
    })

  it('--from a client that seals fields writes beacons with what it seals', async () => {
    const fields = fieldClient()
    await fields.send(
      new PutCommand({ TableName: TABLE, Item: { id: 'a', ssn: 'ssn of a', roles: new Set(['admin']) } }),
    )
    const on = await target()
    const from = (await projectOf({ clients: fields })).target(TABLE)
    expect(await run(on, rewrap(on, {}, from))).toMatchObject({ changed: 1, left: {} })
    expect(await find('aws_dbe_b_ssn', 'ssn of a')).toEqual(['a'])
    expect(await find('aws_dbe_b_roles', 'admin')).toEqual(['a'])
    expect(await run(on, rewrap(on, {}, from))).toMatchObject({ changed: 0 })
  })

  it('--from back to fields takes them out', async () => {
    await store('a')
    const on = (await projectOf({ clients: fieldClient() })).target(TABLE)
    expect(await run(on, rewrap(on, {}, await target()))).toMatchObject({ changed: 1, left: {} })
    expect(Object.keys(await item('a')).sort()).toEqual(['dynaseal', 'id', 'plan', 'roles', 'ssn'])
  })

  it('to another suite, and revert: beacons stay, and go', async () => {
    await store('a')
    const { aws_dbe_b_ssn } = await item('a')
    const on = await target({ ...optionsOf(), algorithmSuite: '0x6700' })
    expect(await run(on, rewrap(on))).toMatchObject({ changed: 1 })
    expect((await item('a')).aws_dbe_b_ssn).toEqual(aws_dbe_b_ssn)
    expect(await find('aws_dbe_b_ssn', 'ssn of a')).toEqual(['a'])
    expect(await run(on, revert(on))).toMatchObject({ changed: 1 })
    expect(Object.keys(await item('a')).sort()).toEqual(['id', 'plan', 'roles', 'ssn'])
  })
})

describe('search tokens of another kind, which are signed', () => {
  let keys: readonly [Uint8Array, Uint8Array]
  beforeAll(async () => {
    const keyring = mrkKeyring(world)
    keys = [await createSearchKey(keyring), await createSearchKey(keyring, { version: 2 })]
  })
  const client = (version: 1 | 2, declaration = { ...declared({ ssnToken: { of: 'ssn' } }) }) => {
    const keyring = mrkKeyring(world)
    const writeWith = keys[version - 1]!
    return sealDocumentClient(DynamoDBDocumentClient.from(world.dynamodb), {
      format: dbEsdkFormat({ keyring }),
      search: createSearchTokens({ keyring, writeWith, findWith: version === 1 ? [] : [keys[0]] }),
    }).declare(declaration)
  }

  it('are written by backfill, and computed anew: the item is sealed again', async () => {
    await put(clear('a'))
    const first = await targetOf(client(1) as never)
    expect(await run(first, backfill(first))).toMatchObject({ changed: 1, left: {} })
    const header = (await item('a')).aws_dbe_head
    const next = await targetOf(client(2) as never)
    expect(await run(next, await rewrapTokens(next))).toMatchObject({ changed: 1, left: {} })
    expect((await item('a')).ssnToken!.S).toMatch(/^2\./)
    expect((await item('a')).aws_dbe_head).not.toEqual(header)
    const { Item } = await client(2).send(new GetCommand({ TableName: TABLE, Key: { id: 'a' } }))
    expect(Item).toMatchObject({ id: 'a', ssn: 'ssn of a' })
    expect(await run(next, await rewrapTokens(next))).toMatchObject({ changed: 0, left: {} })
  })

  it.each(['rewrap --search-key', 'backfill'])(
    '%s leaves an item of which something else is encrypted, which would be stored in clear',
    async what => {
      const tokens: Declaration['tokens'] = what === 'backfill' ? {} : { ssnToken: { of: 'ssn' } }
      const other = client(1, { ...declared(tokens), encrypted: ['ssn', 'roles', 'diagnosis'] })
      await other.send(
        new PutCommand({ TableName: TABLE, Item: { id: 'a', ssn: 'ssn of a', diagnosis: 'secret' } }),
      )
      const before = await item('a')
      const on = await targetOf(client(2) as never)
      const task = what === 'backfill' ? backfill(on) : await rewrapTokens(on)
      const report = await run(on, task)
      expect(await item('a')).toEqual(before)
      expect(JSON.stringify(await item('a'))).not.toContain('secret')
      expect(report).toMatchObject({ changed: 0, left: { 'not-declared': 1 } })
    },
  )

  it('as the key of a table are refused by name, with the way out', async () => {
    const declaration = {
      table: 'logins',
      key: ['id'],
      encrypted: ['email'],
      tokens: { id: { of: 'email' } },
    }
    const on = (await projectOf({ clients: client(1, declaration as never) })).target('logins')
    const refused = "'id' of table logins is a search token in the primary key"
    expect(() => backfill(on)).toThrow(refused)
    expect(() => rewrap(on)).toThrow(refused)
    await expect(rewrapTokens(on)).rejects.toThrow(refused)
  })
})
