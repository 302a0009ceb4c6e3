// What is stored by which command: puts write short fields beside one envelope, updates full ones, without a read.
import { encrypted } from '@dynaseal/toolbox'
import {
  $append,
  $remove,
  $set,
  BatchPutRequest,
  BatchWriteCommand,
  executeBatchWrite,
  executeTransactWrite,
  GetItemCommand,
  PutItemCommand,
  PutTransaction,
  UpdateAttributesCommand,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeDynoxide, describeEngines } from '../../../packages/local-cloud/test/eachEngine.js'
import { leaks } from '../../support/recordingProxy.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'
import { type Attributes, type Buildable, on } from '../matrix/loose.js'
import type { Seal } from '../matrix/placement.js'
import { createTable, ENVELOPE, type Form, formOf, formsIn, PUT, people, person, storedIn } from './people.js'

const TABLE = 'people'
const seal = encrypted as Seal
let world: World
let pks = 0
let pk: string

const open = (region = EAST, options: object = {}) =>
  people(world.sealedClient(region, { format: 'envelope', ...options }), TABLE, seal)

const key = (sk = '1') => ({ pk, sk })
const stored = (sk = '1', region = EAST) => storedIn(world, TABLE, key(sk), region)
const put = (Person: Buildable, n: number | string, sk = '1') =>
  on(Person, PutItemCommand)
    .item({ ...key(sk), ...person(n) })
    .send()
const get = async (Person: Buildable, sk = '1') =>
  (await on(Person, GetItemCommand).key(key(sk)).options({ consistent: true }).send()).Item as Attributes

/** What DynamoDB was asked to do, while something ran. */
async function operations(work: () => Promise<unknown>): Promise<string[]> {
  world.cloud.clearCalls()
  await work()
  return world.cloud.calls({ service: 'dynamodb' }).map(({ operation }) => operation)
}

interface Change {
  readonly given: Attributes
  readonly command?: unknown
  /** The paths that are full then. */
  readonly full: readonly string[]
  /** What is read then, of what was changed. */
  readonly read: Attributes
  /** Paths that are gone then. */
  readonly gone?: readonly string[]
}

const CHANGES: Record<string, Change> = {
  'of a leaf': { given: { text: 'secret new' }, full: ['text'], read: { text: 'secret new' } },
  'of a container, by $set': {
    given: { address: $set({ city: 'secret new' }) },
    full: ['address'],
    read: { address: { city: 'secret new' } },
  },
  'of a sealed list, by $set': {
    given: { notes: $set(['secret new']) },
    full: ['notes'],
    read: { notes: ['secret new'] },
  },
  'that appends': {
    given: { codes: $append(['secret new', 'secret newer']) },
    full: ['codes.2', 'codes.3'],
    read: { codes: ['secret code 1', 'secret second 1', 'secret new', 'secret newer'] },
  },
  'of a list position': {
    given: { codes: { 1: 'secret new' } },
    full: ['codes.1'],
    read: { codes: ['secret code 1', 'secret new'] },
  },
  'of a list position beyond the end': {
    given: { codes: { 2: 'secret new' } },
    full: ['codes.2'],
    read: { codes: ['secret code 1', 'secret second 1', 'secret new'] },
  },
  'of an entry of a record': {
    given: { byName: { b: 'secret new' } },
    full: ['byName.b'],
    read: { byName: { a: 'secret name 1', b: 'secret new' } },
  },
  'of a leaf in a map': {
    given: { nested: { shut: 'secret new' } },
    full: ['nested.shut'],
    read: { nested: { open: 'open', shut: 'secret new' } },
  },
  'of attributes as wholes': {
    given: { nested: { shut: 'secret new' }, codes: ['secret new'] },
    command: UpdateAttributesCommand,
    full: ['nested.shut', 'codes.0'],
    read: { nested: { shut: 'secret new' }, codes: ['secret new'] },
    gone: ['codes.1'],
  },
  'that removes': {
    given: { text: $remove(), byName: { a: $remove() } },
    full: [],
    read: { byName: {} },
    gone: ['text', 'byName.a'],
  },
  'of what is in clear': { given: { plain: 'new' }, full: [], read: { plain: 'new' } },
}

const change = (Person: Buildable, { given, command = UpdateItemCommand }: Change, sk = '1') =>
  on(Person, command)
    .item({ ...key(sk), ...given })
    .send()

describeEngines('what is stored', engine => {
  beforeAll(async () => {
    world = await createWorld({ engine })
    await createTable(world, TABLE)
  })
  afterAll(() => world.stop())
  beforeEach(() => {
    pk = `p${++pks}`
    world.proxy.sent.length = 0
  })

  test('by a put: one envelope, and short fields', async () => {
    const { Person } = open()
    expect(await operations(() => put(Person, 1))).toEqual(['PutItem'])
    const item = await stored()
    expect(formsIn(item)).toEqual(PUT)
    // A type id and a value, and 34 bytes.
    expect((item.text as Uint8Array).length).toBe('secret text 1'.length + 2 + 34)
    expect(leaks(world.proxy.sent, ['secret'])).toEqual([])
    expect(await get(Person)).toMatchObject(person(1))
  })

  test('by a put that has nothing to seal: no envelope', async () => {
    const { Person } = open()
    await on(Person, PutItemCommand)
      .item({ ...key(), plain: 'p' })
      .send()
    expect(formsIn(await stored())).toEqual({})
  })

  describe.each(Object.entries(CHANGES))('by an update %s', (_, each) => {
    test('full fields, without a read, and the envelope as it was; short ones by the next put', async () => {
      const { Person } = open()
      await put(Person, 1)
      const { [ENVELOPE]: envelope } = await stored()
      // Another process, under a data key of its own.
      const other = open().Person
      expect(await operations(() => change(other, each))).toEqual(['UpdateItem'])

      const item = await stored()
      const expected: Record<string, Form> = { ...PUT }
      for (const path of each.gone ?? []) delete expected[path]
      for (const path of each.full) expected[path] = 'full'
      expect(formsIn(item)).toEqual(expected)
      expect(item[ENVELOPE]).toEqual(envelope)
      await world.cloud.waitForReplication()
      for (const [region, writer] of [
        [EAST, Person],
        [WEST, open(WEST).Person],
      ] as const)
        expect([region, await get(writer)]).toMatchObject([region, each.read])

      await put(other, 2)
      const again = await stored()
      expect(formsIn(again)).toEqual(PUT)
      expect(again[ENVELOPE]).not.toEqual(envelope)
      expect(await get(Person)).toMatchObject(person(2))
      expect(leaks(world.proxy.sent, ['secret'])).toEqual([])
    })
  })

  test('by an update that makes the item: full fields and no envelope', async () => {
    const { Person } = open()
    const change = { text: 'secret', address: $set({ city: 'secret' }), byName: $set({ a: 'secret' }) }
    const update = on(Person, UpdateItemCommand).item({ ...key(), ...change })
    expect(await operations(() => update.send())).toEqual(['UpdateItem'])
    expect(formsIn(await stored())).toEqual({ text: 'full', address: 'full', 'byName.a': 'full' })
    expect(await get(open().Person)).toMatchObject({
      text: 'secret',
      address: { city: 'secret' },
      byName: { a: 'secret' },
    })
  })

  test('by a batch: one envelope an item, the same for all of them', async () => {
    const { table, Person } = open()
    const requests = ['1', '2', '3'].map(sk =>
      on(Person, BatchPutRequest).item({ ...key(sk), ...person(sk) }),
    )
    expect(
      await operations(() =>
        executeBatchWrite(on(table as never, BatchWriteCommand).requests(...requests) as never),
      ),
    ).toEqual(['BatchWriteItem'])
    const items = await Promise.all(['1', '2', '3'].map(sk => stored(sk)))
    for (const item of items) expect(formsIn(item)).toEqual(PUT)
    expect(new Set(items.map(item => Buffer.from(item[ENVELOPE] as Uint8Array).toString('hex'))).size).toBe(1)
  })

  test('by any number of updates and puts: no more than the last ones wrote', async () => {
    const writers = [EAST, EAST, EAST].map(region => open(region).Person)
    const sizes: number[] = []
    await put(writers[0]!, 1)
    const first = bytesOf(await stored())
    for (let round = 0; round < 12; round++) {
      const writer = writers[round % writers.length]!
      const { pk: _, gsi: __, ...given } = person(round % 10)
      await on(writer, UpdateAttributesCommand)
        .item({ ...key(), ...given })
        .send()
      const updated = await stored()
      expect(Object.values(formsIn(updated)).filter(form => form === 'envelope')).toHaveLength(1)
      sizes.push(bytesOf(updated))
    }
    expect(new Set(sizes).size).toBe(1)
    await put(writers[1]!, 1)
    expect(bytesOf(await stored())).toBe(first)
    expect(formsIn(await stored())).toEqual(PUT)
  })

  test("with fields: 'full', by any write: full fields and no envelope", async () => {
    const full = open(EAST, { fields: { [TABLE]: 'full', others: 'short' } })
    await put(full.Person, 1)
    const { [ENVELOPE]: _, ...without } = PUT
    expect(formsIn(await stored())).toEqual(
      Object.fromEntries(Object.keys(without).map(path => [path, 'full'])),
    )
    expect(await get(open().Person)).toMatchObject(person(1))
  })

  test('by clients of both formats: each its own, mixed in one item, and all of it opens', async () => {
    const older = open(EAST, { format: 'message' }).Person
    const { Person } = open()
    await put(Person, 1)
    await change(older, CHANGES['of a leaf']!)
    await change(Person, CHANGES['of an entry of a record']!)
    expect(formsIn(await stored())).toEqual({ ...PUT, text: 'message', 'byName.b': 'full' })
    const expected = { ...person(1), text: 'secret new', byName: { a: 'secret name 1', b: 'secret new' } }
    for (const reader of [older, Person, open(EAST, { format: 'message', codec: 'client-node' }).Person])
      expect(await get(reader)).toMatchObject(expected)

    await put(older, 2)
    expect(new Set(Object.values(formsIn(await stored())))).toEqual(new Set(['message']))
    expect(await stored()).not.toHaveProperty(ENVELOPE)
    await change(Person, CHANGES['of a leaf']!)
    expect(formOf((await stored()).text as Uint8Array)).toBe('full')
    expect(await get(older)).toMatchObject({ ...person(2), text: 'secret new' })
  })
})

describeDynoxide('what a transaction stores', () => {
  beforeAll(async () => {
    world = await createWorld({ engine: 'dynoxide' })
    await createTable(world, TABLE)
  })
  afterAll(() => world.stop())

  test('puts short fields, updates full ones, in one request', async () => {
    pk = 'transaction'
    const { Person } = open()
    await put(Person, 1)
    const requests = await operations(() =>
      executeTransactWrite(
        on(Person, UpdateTransaction).item({ ...key(), text: 'secret new' }) as never,
        on(Person, PutTransaction).item({ ...key('2'), ...person(2) }) as never,
        on(Person, UpdateTransaction).item({ ...key('3'), text: 'secret' }) as never,
      ),
    )
    expect(requests).toEqual(['TransactWriteItems'])
    expect(formsIn(await stored())).toEqual({ ...PUT, text: 'full' })
    expect(formsIn(await stored('2'))).toEqual(PUT)
    expect(formsIn(await stored('3'))).toEqual({ text: 'full' })
    await world.cloud.waitForReplication()
    const west = open(WEST).Person
    expect(await get(west)).toMatchObject({ ...person(1), text: 'secret new' })
    expect(await get(west, '2')).toMatchObject(person(2))
    expect(await get(west, '3')).toMatchObject({ text: 'secret' })
  })
})

/** What counts of an item for DynamoDB: names and values, without what is the same for all items. */
function bytesOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.length
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (typeof value !== 'object' || value === null) return 1
  return Object.entries(value).reduce((sum, [name, child]) => sum + name.length + bytesOf(child), 0)
}
