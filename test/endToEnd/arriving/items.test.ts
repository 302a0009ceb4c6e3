// Items that somebody has without a command of the sealed client: of a cache, of a backup, for an import.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import {
  FieldsNotOpenedError,
  openPartially,
  type SealOptions,
  sealDocumentClient,
  ToolboxError,
} from '@dynaseal/toolbox'
import { EntityParser, GetItemCommand, PutItemCommand } from 'dynamodb-toolbox'
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import { bytes, peopleAndNotes, person } from '../../support/people.js'
import { WholeItemFormat } from '../../support/wholeItemFormat.js'
import { createWorld, EAST, WEST, type World } from '../../support/world.js'

const TABLE = 'people'
const key = { pk: 'a', sk: '1' }
const keyOf = (n: number) => ({ pk: 'a', sk: `${n}` })
type Stored = Record<string, unknown>

let world: World
let stored: Stored[]
beforeAll(async () => {
  world = await createWorld()
  await world.createTable(TABLE)
  const { Person, Note } = peopleAndNotes(world.sealedClient(EAST), TABLE)
  for (const n of [1, 2, 3])
    await Person.build(PutItemCommand)
      .item({ ...keyOf(n), ...person(n) })
      .send()
  await Note.build(PutItemCommand)
    .item({ ...keyOf(4), text: 'in clear' })
    .send()
  const scan = new ScanCommand({ TableName: TABLE, ConsistentRead: true })
  stored = ((await world.rawClient(EAST).send(scan)).Items as Stored[]).sort((a, b) =>
    `${a.sk}`.localeCompare(`${b.sk}`),
  )
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => world.cloud.clearCalls())

const reader = (options?: Partial<SealOptions>) => {
  const client = world.sealedClient(WEST, options)
  return { client, ...peopleAndNotes(client, TABLE) }
}
const copy = (index: number): Stored => structuredClone(stored[index]!)
const named = (n: number) => {
  const { renamed, ...attributes } = person(n)
  return { ...keyOf(n), ...attributes, r: renamed, _et: 'Person' }
}
const note = { ...keyOf(4), text: 'in clear', _et: 'Note' }

describe('are opened', () => {
  test('as a read opens them, and those given stay as they are', async () => {
    const { client } = reader()
    const given = stored.map((_, index) => copy(index))
    expect(await client.openItems(TABLE, given)).toEqual([named(1), named(2), named(3), note])
    expect(given).toEqual(stored)
    expect(world.kmsCalls()).toEqual([`Decrypt ${WEST}`])
    expect(await client.openItem(TABLE, given[0]!)).toEqual(named(1))
    const arn = `arn:aws:dynamodb:${EAST}:000000000000:table/${TABLE}`
    expect(await client.openItem(arn, given[0]!)).toEqual(named(1))
    expect(await client.openItems(TABLE, [])).toEqual([])
  })

  test('as the formatter of their entity gives them, without those of others', async () => {
    const { client, Person, Note } = reader()
    expect(await client.openItems(Note, stored)).toEqual([{ ...keyOf(4), text: 'in clear' }])
    expect(world.kmsCalls()).toEqual([])
    const people = await client.openItems(Person, stored)
    expect(people).toEqual([1, 2, 3].map(n => ({ ...keyOf(n), ...person(n) })))
    expect((await Person.build(GetItemCommand).key(key).send()).Item).toEqual(people[0])
    const one = await client.openItem(Person, stored[0]!)
    expectTypeOf(one?.address?.city).toEqualTypeOf<string | undefined>()
    expect(one).toEqual(people[0])
    expect(await client.openItem(Person, stored[3]!)).toBeUndefined()
    // An item without a name is taken for what it is asked for, as a read of it would be.
    const { _et, ...nameless } = copy(0)
    expect(await client.openItem(Person, nameless)).toEqual(people[0])
  })

  test.each<[string, (item: Stored) => void, object]>([
    ['of another item', item => void Object.assign(item, { sk: '2' }), { path: ['text'] }],
    ['without its key', item => void delete item.sk, { code: 'invalid-location' }],
    ['with something in clear', item => void Object.assign(item, { text: 'planted' }), { path: ['text'] }],
    [
      'with an attribute value',
      item => void Object.assign(item, { text: { B: item.text } }),
      { path: ['text'] },
    ],
    ['with ciphertext elsewhere', item => void Object.assign(item, { blob: item.text }), { path: ['text'] }],
  ])('or not: %s', async (name, change, failure) => {
    const item = copy(0)
    change(item)
    if (name === 'with ciphertext elsewhere') item.text = item.r
    const { client, Person } = reader()
    const failures = expect.arrayContaining([expect.objectContaining(failure)])
    for (const open of [() => client.openItem(TABLE, item), () => client.openItems(Person, [copy(1), item])])
      await expect(open()).rejects.toMatchObject({ name: 'FieldsNotOpenedError', failures })
    const { result, unopened } = await openPartially(() => client.openItems(TABLE, [copy(1), item, copy(2)]))
    expect(result).toEqual([named(2), named(3)])
    expect(unopened).toEqual([{ table: TABLE, key: { pk: 'a', sk: item.sk }, failures }])
    expect((await openPartially(() => client.openItem(TABLE, item))).result).toBeUndefined()
  })

  test.each<[string, unknown[], { code: string; message?: RegExp }]>([
    [
      'of an unknown table',
      ['nowhere', {}],
      { code: 'not-registered', message: /no entity of table nowhere/ },
    ],
    [
      'of no table',
      [undefined, {}],
      { code: 'invalid-record', message: /the name or the ARN of a table first/ },
    ],
    ['in the place of its table', [{ pk: 'a' }], { code: 'invalid-record', message: /of a table first/ }],
    ['that is nothing', [TABLE, undefined], { code: 'invalid-record', message: /no plain object/ }],
    ['that is a list', [TABLE, []], { code: 'invalid-record' }],
    ['that is a map', [TABLE, new Map()], { code: 'invalid-record' }],
  ])('or refused: one %s', async (_, given, error) => {
    const { client } = reader()
    const [table, item] = given as [never, never]
    const expected = { code: error.code, message: expect.stringMatching(error.message ?? /./) }
    await expect(client.openItem(table, item)).rejects.toBeInstanceOf(ToolboxError)
    await expect(client.openItem(table, item)).rejects.toMatchObject(expected)
    await expect(client.sealItem(table, item)).rejects.toMatchObject(expected)
  })

  test('or refused: attribute values, which would pass for an item of another entity', async () => {
    const { client, Person } = reader()
    const item = marshall(copy(0)) as Stored
    const refused = {
      code: 'invalid-record',
      message: expect.stringMatching(/'pk'.*native values.*unmarshall/),
    }
    await expect(client.openItem(Person, item)).rejects.toMatchObject(refused)
    await expect(client.openItems(TABLE, [copy(1), item])).rejects.toMatchObject(refused)
  })

  test('or refused: what is no list of them', async () => {
    const { client } = reader()
    const none = { code: 'invalid-record', message: expect.stringMatching(/as an array/) }
    await expect(client.openItems(TABLE, {} as never)).rejects.toMatchObject(none)
    await expect(client.sealItems(TABLE, undefined as never)).rejects.toMatchObject(none)
  })

  test('in a table whose items are sealed as wholes', async () => {
    const base = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)))
    const client = sealDocumentClient(base, { format: new WholeItemFormat(bytes(1)) })
    const { Person } = peopleAndNotes(client, TABLE)
    const { item } = Person.build(EntityParser).parse({ ...key, ...person(1) })
    const sealed = await client.sealItem(TABLE, item)
    expect(await client.openItem(Person, sealed)).toEqual({ ...key, ...person(1) })
    await expect(client.openItem(TABLE, { ...sealed, count: 2 })).rejects.toBeInstanceOf(FieldsNotOpenedError)
  })

  test('by a client that may', async () => {
    const { client } = reader({ role: 'seal' })
    await expect(client.openItem(TABLE, copy(0))).rejects.toMatchObject({ code: 'role-refused' })
    expect(await client.openItem(TABLE, copy(3))).toEqual(note)
  })
})

describe('are sealed', () => {
  const parse = ({ Person }: ReturnType<typeof reader>, n: number) =>
    Person.build(EntityParser).parse({ ...keyOf(n), ...person(n) }).item

  test('as a put stores them, with one data key, and open as what was put', async () => {
    const of = reader()
    const sealed = await of.client.sealItems(
      TABLE,
      [7, 8, 9].map(n => parse(of, n)),
    )
    expect(world.kmsCalls()).toEqual([`GenerateDataKey ${WEST}`])
    expect(Object.keys(sealed[0]!).sort()).toEqual(Object.keys(stored[0]!).sort())
    expect(JSON.stringify(sealed.map(each => Object.values(each).map(String)))).not.toContain('secret')
    for (const Item of sealed) await world.rawClient(EAST).send(new PutCommand({ TableName: TABLE, Item }))
    const { Person } = peopleAndNotes(world.sealedClient(EAST), TABLE)
    const { Item } = await Person.build(GetItemCommand).key(keyOf(8)).options({ consistent: true }).send()
    expect(Item).toEqual({ ...keyOf(8), ...person(8) })
    const raw = await world.rawClient(EAST).send(new GetCommand({ TableName: TABLE, Key: keyOf(8) }))
    expect(await of.client.sealItem(TABLE, raw.Item as Stored)).toEqual(raw.Item)
  })

  test('one that encrypts nothing is what it was', async () => {
    expect(await reader().client.sealItem(TABLE, note)).toEqual(note)
    expect(world.kmsCalls()).toEqual([])
  })

  test.each<[string, (item: Stored) => void, string]>([
    ['with something in clear', item => void Object.assign(item, { text: 'secret' }), 'plaintext-refused'],
    [
      'with something pending elsewhere',
      item => void Object.assign(item, { tags: item.text }),
      'not-registered',
    ],
    ['without its key', item => void delete item.sk, 'invalid-value'],
  ])('or refused: %s', async (_, change, code) => {
    const of = reader()
    const item: Stored = parse(of, 1)
    change(item)
    await expect(of.client.sealItem(TABLE, item)).rejects.toMatchObject({ name: 'ToolboxError', code })
    expect(world.kmsCalls()).toEqual([])
  })

  test('of an entity in the place of its table: the error says what to give', async () => {
    const { client, Person } = reader()
    await expect(client.sealItem(Person as never, { ...key, ...person(1) })).rejects.toMatchObject({
      name: 'ToolboxError',
      code: 'invalid-record',
      message: expect.stringMatching(/entity\.table\.getName\(\).*EntityParser/),
    })
  })

  test('by a client that may', async () => {
    const of = reader({ role: 'open' })
    await expect(of.client.sealItem(TABLE, parse(of, 1))).rejects.toMatchObject({ code: 'role-refused' })
  })
})
