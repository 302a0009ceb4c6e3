// Search tokens of schemas in conditions, and what fails closed.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { type Search, sealDocumentClient, search } from '@dynaseal/toolbox'
import { PutItemCommand, QueryCommand, ScanCommand, UpdateItemCommand } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { optionsOfRun } from '../../support/formatOfRun.js'
import { TABLE } from '../../support/searchTable.js'
import { EAST, WEST } from '../../support/world.js'
import { EMAIL, error, withPerson } from './person.js'

const own = withPerson()

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
    const { table, Person } = own.registered()
    const scan = table
      .build(ScanCommand)
      .entities(Person)
      .options({ filters: { Person: filter as never } })
    await expect((async () => scan.send())()).rejects.toMatchObject({
      name: expect.stringMatching(/ToolboxError/),
      message: expect.stringMatching(message),
    })
    expect(own.world.proxy.sent).toEqual([])
  })

  test('that only asks whether there is a token may be', async () => {
    const { table, Person } = own.registered()
    await Person.build(PutItemCommand).item(own.ada()).send()
    const scan = table
      .build(ScanCommand)
      .entities(Person)
      .options({
        filters: {
          Person: {
            and: [
              { attr: 'sk', eq: own.ada().sk },
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
    const { table, Person } = own.registered()
    const query =
      key === 'partition'
        ? ({ index: 'byEmail', partition: EMAIL } as const)
        : ({ index: 'byCity', partition: 'a', range: { eq: 'Oslo' } } as const)
    await expect(table.build(QueryCommand).entities(Person).query(query).send()).rejects.toEqual(
      error('condition-refused', /goes into search\(value\)/),
    )
    expect(own.world.proxy.sent).toEqual([])
  })

  test('a range of a key', async () => {
    const { table, Person } = own.registered()
    const query = table
      .build(QueryCommand)
      .entities(Person)
      .query({ index: 'byCity', partition: 'a', range: { beginsWith: search('Os') } })
    await expect(query.send()).rejects.toEqual(error('condition-refused', /token of a beginning/))
    expect(own.world.proxy.sent).toEqual([])
  })

  test('an application that writes a token', async () => {
    const { Person } = own.registered()
    for (const emailToken of ['1.AAAA', search(EMAIL)]) {
      const expected = expect.objectContaining({
        message: expect.stringMatching(/Leave it out|search\(\) returns was about/),
      })
      const put = () =>
        Person.build(PutItemCommand)
          .item({ ...own.ada(), emailToken: emailToken as Search })
          .send()
      await expect((async () => put())()).rejects.toEqual(expected)
      const update = () =>
        Person.build(UpdateItemCommand)
          .item({ ...own.ada(), emailToken } as never)
          .send()
      await expect((async () => update())()).rejects.toEqual(expected)
    }
    expect(own.world.proxy.sent).toEqual([])
  })

  test('an entity that is not registered, and a client that is not sealed', async () => {
    const { table, Person } = own.people()
    const base = DynamoDBDocumentClient.from(new DynamoDBClient(own.world.config(EAST)))
    const careless = DynamoDBDocumentClient.from(new DynamoDBClient(own.world.config(EAST)), {
      marshallOptions: { convertClassInstanceToMap: true },
    })
    const unsealed = own.people(base as never)
    const empties = own.people(careless as never)
    for (const made of [{ table, Person }, unsealed, empties]) {
      const query = made.table
        .build(QueryCommand)
        .entities(made.Person)
        .query({ index: 'byEmail', partition: search(EMAIL) })
      await expect((async () => query.send())()).rejects.toThrow(/sealed client|sealDocumentClient/i)
    }
    expect(own.world.proxy.sent).toEqual([])
  })

  test('a client without search keys', () => {
    const documentClient = own.world.sealedClient(EAST)
    const { Person } = own.people(documentClient)
    expect(() => documentClient.register(Person)).toThrow(
      error('invalid-client', /option search: createSearchTokens/),
    )
    expect(() =>
      sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(own.world.config(EAST))), {
        keyring: own.world.keyring(EAST),
        ...optionsOfRun,
        search: {} as never,
      }),
    ).toThrow(/search must be what createSearchTokens\(\) returns/)
  })

  test('where KMS refuses the search key, nothing is sent', async () => {
    const heals = [EAST, WEST].map(region => own.world.cloud.fault({ region, service: 'kms', kind: 'deny' }))
    try {
      const { table, Person } = own.registered()
      await expect(Person.build(PutItemCommand).item(own.ada()).send()).rejects.toMatchObject({
        code: 'key-unavailable',
      })
      const query = table
        .build(QueryCommand)
        .entities(Person)
        .query({ index: 'byEmail', partition: search(EMAIL) })
      await expect(query.send()).rejects.toMatchObject({ code: 'key-unavailable' })
      expect(
        own.world.proxy.sent.filter(
          sent => JSON.stringify(sent).includes(TABLE) && !JSON.stringify(sent).includes('TrentService'),
        ),
      ).toEqual([])
    } finally {
      for (const heal of heals) heal()
    }
  })
})
