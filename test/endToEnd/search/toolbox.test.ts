// Search tokens as attributes of schemas: stored beside what they are of, found by what is given in clear, and hidden.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchTokens } from '@dynaseal/core'
import { encrypted, type Search, sealDocumentClient, search, token } from '@dynaseal/toolbox'
import {
  $remove,
  $set,
  BatchPutRequest,
  BatchWriteCommand,
  Entity,
  executeBatchWrite,
  executeTransactWrite,
  GetItemCommand,
  item,
  list,
  map,
  number,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  ScanCommand,
  set,
  string,
  Table,
  UpdateAttributesCommand,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { beforeEach, describe, expect, test } from 'vitest'
import { optionsOfRun } from '../../support/formatOfRun.js'
import { leaks } from '../../support/recordingProxy.js'
import { TABLE, withSearchTable } from '../../support/searchTable.js'
import { EAST, WEST, type World } from '../../support/world.js'

const EMAIL = 'Ada@Example.com'
const NAME = 'Lovelace-secret'
const SECRETS = [EMAIL, EMAIL.toLowerCase(), NAME, 'tag-secret', 'zip-secret']
let world: World
let searchKey: Uint8Array
withSearchTable((made, [key]) => {
  world = made
  searchKey = key
})
let sks = 0
beforeEach(() => {
  world.proxy.sent.length = 0
  sks++
})

function people(documentClient = sealed()) {
  const table = new Table({
    documentClient,
    name: TABLE,
    partitionKey: { name: 'pk', type: 'string' },
    sortKey: { name: 'sk', type: 'string' },
    indexes: {
      byEmail: {
        type: 'global',
        partitionKey: { name: 'gsi', type: 'string' },
        sortKey: { name: 'at', type: 'number' },
      },
      byCity: { type: 'local', sortKey: { name: 'lsi', type: 'string' } },
    },
  })
  const Person = new Entity({
    name: 'Person',
    table,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      at: number().optional(),
      email: encrypted(string()).optional(),
      emailToken: token('email', { savedAs: 'gsi', normalize: 'email' }),
      name: encrypted(string()).optional(),
      nameToken: token('name'),
      tags: encrypted(set(string())).optional(),
      tagsToken: token('tags', { bits: 64 }),
      words: list(string()).optional(),
      wordsToken: token('words'),
      city: string().optional(),
      cityToken: token('city', { savedAs: 'lsi' }),
      both: token(['pk', 'name']),
      nested: map({ zip: encrypted(string()).optional(), zipToken: token('nested.zip') }).optional(),
    }),
  })
  return { table, Person }
}
const sealed = () =>
  world.sealedClient(EAST, {
    search: createSearchTokens({ keyring: world.keyring(EAST), writeWith: searchKey }),
  })
function registered() {
  const documentClient = sealed()
  const made = people(documentClient)
  documentClient.register(made.Person)
  return made
}
const stored = async ({ pk, sk }: { pk: string; sk: string }) =>
  (
    await world
      .rawClient(EAST)
      .send(new GetCommand({ TableName: TABLE, Key: { pk, sk }, ConsistentRead: true }))
  ).Item
const leaked = () => leaks(world.proxy.sent, SECRETS)
/** Another one for each test. */
const ada = () => ({
  pk: 'a',
  sk: `${sks}`,
  at: sks,
  email: EMAIL,
  name: `${NAME} ${sks}`,
  tags: new Set(['tag-secret', `tag-secret ${sks}`]),
  words: ['one', 'two', 'one'],
  city: `Bergen ${sks}`,
  nested: { zip: `zip-secret ${sks}` },
})
const isToken = expect.stringMatching(/^1\.[\w-]{22}$/)

const error = (code: string, message: RegExp) =>
  expect.objectContaining({ name: 'ToolboxError', code, message: expect.stringMatching(message) })

describe('what is found by several tokens, in sets, lists and maps', () => {
  const WRITES = {
    put: (Person: ReturnType<typeof people>['Person'], input: ReturnType<typeof ada>) =>
      Person.build(PutItemCommand).item(input).send(),
    'batch put': (Person: ReturnType<typeof people>['Person'], input: ReturnType<typeof ada>) =>
      executeBatchWrite(
        Person.table.build(BatchWriteCommand).requests(Person.build(BatchPutRequest).item(input)),
      ),
    'put in a transaction': (Person: ReturnType<typeof people>['Person'], input: ReturnType<typeof ada>) =>
      executeTransactWrite(Person.build(PutTransaction).item(input)),
    update: (
      Person: ReturnType<typeof people>['Person'],
      { nested, words, ...input }: ReturnType<typeof ada>,
    ) =>
      Person.build(UpdateItemCommand)
        .item({ ...input, nested: $set(nested), words: $set(words) })
        .send(),
    'update of attributes': (Person: ReturnType<typeof people>['Person'], input: ReturnType<typeof ada>) =>
      Person.build(UpdateAttributesCommand).item(input).send(),
    'update in a transaction': (
      Person: ReturnType<typeof people>['Person'],
      { nested, words, ...input }: ReturnType<typeof ada>,
    ) =>
      executeTransactWrite(
        Person.build(UpdateTransaction).item({ ...input, nested: $set(nested), words: $set(words) }),
      ),
  }

  test.each(Object.entries(WRITES))('%s stores tokens, by which its item is found', async (_, write) => {
    const { table, Person } = registered()
    const given = ada()
    await write(Person, given)
    const key = { pk: given.pk, sk: given.sk }
    await expect
      .poll(() => stored(key))
      .toMatchObject({
        gsi: isToken,
        nameToken: isToken,
        tagsToken: expect.any(Set),
        wordsToken: expect.any(Set),
        lsi: isToken,
        both: isToken,
        nested: { zipToken: isToken },
      })
    const { tagsToken, wordsToken } = (await stored(key)) ?? {}
    expect([...tagsToken, ...wordsToken].map(text => text.replace(/[\w-]{22}$/, 'long').length)).toEqual([
      13, 13, 6, 6,
    ])
    const { Item } = await Person.build(GetItemCommand).key(key).options({ consistent: true }).send()
    expect(Item).toMatchObject(given)
    expect(Object.keys({ ...Item, ...Item?.nested }).filter(name => /Token|both|gsi|lsi/.test(name))).toEqual(
      [],
    )

    for (const filter of [
      { attr: 'nameToken', in: [search('nobody'), search(given.name)] },
      {
        and: [
          { attr: 'sk', eq: given.sk },
          { attr: 'emailToken', eq: search('ada@example.com') },
        ],
      },
      { attr: 'tagsToken', contains: search(`tag-secret ${sks}`) },
      {
        and: [
          { attr: 'sk', eq: given.sk },
          { attr: 'wordsToken', contains: search('two') },
        ],
      },
      { attr: 'both', eq: search(['a', given.name]) },
      { attr: 'nested.zipToken', eq: search(given.nested.zip) },
    ] as const) {
      const scan = table
        .build(ScanCommand)
        .entities(Person)
        .options({ filters: { Person: filter } as never })
      const { Items } = await scan.send()
      expect(Items, JSON.stringify(filter)).toMatchObject([given])
    }
    expect(leaked()).toEqual([])
    expect(JSON.stringify(world.proxy.sent)).not.toMatch(/searched value/)
  })
})

describe('an update', () => {
  const base = () => {
    const { pk, sk } = ada()
    return { pk, sk }
  }
  test('that removes a value removes its token, and one that sets it to another sets that', async () => {
    const { table, Person } = registered()
    await Person.build(PutItemCommand).item(ada()).send()
    await Person.build(UpdateItemCommand)
      .item({ ...base(), email: $remove(), tags: $remove(), words: $set([]), nested: { zip: $remove() } })
      .send()
    const after = await stored(base())
    expect(after).not.toHaveProperty('gsi')
    expect(after).not.toHaveProperty('tagsToken')
    expect(after).not.toHaveProperty('wordsToken')
    expect(after?.nested).toEqual({})
    expect(after).toMatchObject({ nameToken: isToken })
    await Person.build(UpdateItemCommand)
      .item({ ...base(), name: 'Byron', nested: { zip: 'new' } })
      .send()
    const find = async (name: string) =>
      (
        await table
          .build(ScanCommand)
          .entities(Person)
          .options({
            filters: {
              Person: {
                and: [
                  { attr: 'sk', eq: base().sk },
                  { attr: 'both', eq: search(['a', name]) },
                ],
              },
            },
          })
          .send()
      ).Items?.length
    expect([await find(ada().name), await find('Byron')]).toEqual([0, 1])
    expect((await stored(base()))?.nested).toMatchObject({ zipToken: isToken })
  })

  test('returns no tokens', async () => {
    const { Person } = registered()
    for (const returnValues of ['ALL_NEW', 'UPDATED_NEW', 'ALL_OLD', 'UPDATED_OLD'] as const) {
      const { Attributes } = await Person.build(UpdateItemCommand)
        .item({ ...base(), email: EMAIL, city: 'Oslo' })
        .options({ returnValues })
        .send()
      expect(JSON.stringify(Attributes ?? {})).not.toMatch(/"(gsi|lsi|both)"|Token|"1\./)
    }
  })

  test('of a part of what a token is of is refused', async () => {
    const { Person } = registered()
    const update = Person.build(UpdateItemCommand).item({ ...base(), words: { 0: 'three' } } as never)
    await expect(update.send()).rejects.toEqual(
      error('update-refused', /wordsToken.*'words\[0\]' is a part.*SET the whole/),
    )
  })
})

describe('a condition', () => {
  test.each([
    ['a text without search()', { attr: 'emailToken', eq: EMAIL }, /goes into search\(value\)/],
    ['<>', { attr: 'emailToken', ne: search(EMAIL) }, /another value has another token/],
    ['NOT', { not: { attr: 'emailToken', eq: search(EMAIL) } }, /another value has another token/],
    ['<', { attr: 'emailToken', lt: search(EMAIL) }, /no order/],
    ['between', { attr: 'emailToken', between: [search('a'), search('b')] }, /no order/],
    ['begins_with', { attr: 'emailToken', beginsWith: search('a') }, /token of a beginning/],
    ['attribute_type', { attr: 'emailToken', type: 'S' }, /nothing of the type/],
    ['size', { size: 'emailToken', gt: 1 }, /no order and no length/],
    ['contains, of a single value', { attr: 'emailToken', contains: search('a') }, /no parts/],
    ['=, of members', { attr: 'tagsToken', eq: search('a') }, /use contains/],
    ['another attribute', { attr: 'emailToken', eq: { attr: 'nameToken' } }, /goes into search\(value\)/],
    ['search() on another attribute', { attr: 'city', eq: search('Oslo') }, /no search token/],
    ['search() on the encrypted one', { attr: 'email', eq: search(EMAIL) }, /encrypted|no search token/],
    ['one value for two', { attr: 'both', eq: search('a') }, /a list of their values/],
    [
      'OR with something else',
      {
        or: [
          { attr: 'emailToken', eq: search(EMAIL) },
          { attr: 'city', eq: 'x' },
        ],
      },
      /Ask twice/,
    ],
  ])('with %s is refused, and nothing is sent', async (_, filter, message) => {
    const { table, Person } = registered()
    const scan = table
      .build(ScanCommand)
      .entities(Person)
      .options({ filters: { Person: filter as never } })
    await expect((async () => scan.send())()).rejects.toMatchObject({
      name: expect.stringMatching(/ToolboxError/),
      message: expect.stringMatching(message),
    })
    expect(world.proxy.sent).toEqual([])
  })

  test('that only asks whether there is a token may be', async () => {
    const { table, Person } = registered()
    await Person.build(PutItemCommand).item(ada()).send()
    const scan = table
      .build(ScanCommand)
      .entities(Person)
      .options({
        filters: {
          Person: {
            and: [
              { attr: 'sk', eq: ada().sk },
              { attr: 'emailToken', exists: true },
            ],
          },
        },
      })
    expect((await scan.send()).Items).toHaveLength(1)
  })
})

describe('fails closed', () => {
  test.each(['partition', 'range'])('a %s key without search()', async key => {
    const { table, Person } = registered()
    const query =
      key === 'partition'
        ? ({ index: 'byEmail', partition: EMAIL } as const)
        : ({ index: 'byCity', partition: 'a', range: { eq: 'Oslo' } } as const)
    await expect(table.build(QueryCommand).entities(Person).query(query).send()).rejects.toEqual(
      error('condition-refused', /goes into search\(value\)/),
    )
    expect(world.proxy.sent).toEqual([])
  })

  test('a range of a key', async () => {
    const { table, Person } = registered()
    const query = table
      .build(QueryCommand)
      .entities(Person)
      .query({ index: 'byCity', partition: 'a', range: { beginsWith: search('Os') } })
    await expect(query.send()).rejects.toEqual(error('condition-refused', /token of a beginning/))
    expect(world.proxy.sent).toEqual([])
  })

  test('an application that writes a token', async () => {
    const { Person } = registered()
    for (const emailToken of ['1.AAAA', search(EMAIL)]) {
      const expected = expect.objectContaining({
        message: expect.stringMatching(/Leave it out|search\(\) returns was about/),
      })
      const put = () =>
        Person.build(PutItemCommand)
          .item({ ...ada(), emailToken: emailToken as Search })
          .send()
      await expect((async () => put())()).rejects.toEqual(expected)
      const update = () =>
        Person.build(UpdateItemCommand)
          .item({ ...ada(), emailToken } as never)
          .send()
      await expect((async () => update())()).rejects.toEqual(expected)
    }
    expect(world.proxy.sent).toEqual([])
  })

  test('an entity that is not registered, and a client that is not sealed', async () => {
    const { table, Person } = people()
    const base = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)))
    const careless = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)), {
      marshallOptions: { convertClassInstanceToMap: true },
    })
    const unsealed = people(base as never)
    const empties = people(careless as never)
    for (const made of [{ table, Person }, unsealed, empties]) {
      const query = made.table
        .build(QueryCommand)
        .entities(made.Person)
        .query({ index: 'byEmail', partition: search(EMAIL) })
      await expect((async () => query.send())()).rejects.toThrow(/sealed client|sealDocumentClient/i)
    }
    expect(world.proxy.sent).toEqual([])
  })

  test('a client without search keys', () => {
    const documentClient = world.sealedClient(EAST)
    const { Person } = people(documentClient)
    expect(() => documentClient.register(Person)).toThrow(
      error('invalid-client', /option search: createSearchTokens/),
    )
    expect(() =>
      sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
        keyring: world.keyring(EAST),
        ...optionsOfRun,
        search: {} as never,
      }),
    ).toThrow(/search must be what createSearchTokens\(\) returns/)
  })

  test('where KMS refuses the search key, nothing is sent', async () => {
    const heals = [EAST, WEST].map(region => world.cloud.fault({ region, service: 'kms', kind: 'deny' }))
    try {
      const { table, Person } = registered()
      await expect(Person.build(PutItemCommand).item(ada()).send()).rejects.toMatchObject({
        code: 'key-unavailable',
      })
      const query = table
        .build(QueryCommand)
        .entities(Person)
        .query({ index: 'byEmail', partition: search(EMAIL) })
      await expect(query.send()).rejects.toMatchObject({ code: 'key-unavailable' })
      expect(
        world.proxy.sent.filter(
          sent => JSON.stringify(sent).includes(TABLE) && !JSON.stringify(sent).includes('TrentService'),
        ),
      ).toEqual([])
    } finally {
      for (const heal of heals) heal()
    }
  })
})
