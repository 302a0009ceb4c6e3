import { encrypted, type SealedDocumentClient } from '@dynaseal/toolbox'
import { any, Entity, item, list, map, PutItemCommand, QueryCommand, record, string } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { EAST } from '../../support/world.js'
import { consistent, get, key, keys, ssn, tableOf, world } from './tables.js'

describe('names that every object seems to have', () => {
  const names = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', '__defineGetter__']
  const entityOf = (client: SealedDocumentClient) => {
    const inside = Object.fromEntries(names.map(name => [name, ssn()]))
    const E = new Entity({
      name: 'E',
      table: tableOf(client),
      timestamps: false,
      schema: item({ ...keys, ...inside, nested: map(inside).optional(), all: list(map(inside)).optional() }),
    })
    client.register(E)
    return E
  }

  // The AWS SDK stores no map that has an entry named constructor.
  test.each(names.slice(1))('%s: absent it is absent, and present it is what was sealed', async name => {
    const client = world.sealedClient(EAST)
    const E = entityOf(client)
    // dynamodb-toolbox takes what is inherited for given: so they are given, as undefined.
    const none = Object.fromEntries(names.map(each => [each, undefined]))
    const one = { ...none, [name]: 'sealed' }
    await E.build(PutItemCommand)
      .item({ ...key, ...one, nested: one, all: [one, none] } as never)
      .send()
    const expected = { [name]: 'sealed' }
    const items = [
      await get(E),
      (await E.table.build(QueryCommand).entities(E).query({ partition: 'a' }).options({ consistent }).send())
        .Items?.[0],
    ]
    for (const loaded of items)
      expect(loaded).toEqual({ ...key, ...expected, nested: expected, all: [expected, {}] })
  })

  test('and those of nothing at all', async () => {
    const E = entityOf(world.sealedClient(EAST))
    const none = Object.fromEntries(names.map(each => [each, undefined]))
    await E.build(PutItemCommand)
      .item({ ...key, ...none, nested: none } as never)
      .send()
    expect(await get(E)).toEqual({ ...key, nested: {} })
  })
})

describe('entries named __proto__', () => {
  const own = (value: unknown) => Object.defineProperty({}, '__proto__', { value, enumerable: true })
  const put = (attributes: object, given: object) => {
    const client = world.sealedClient(EAST)
    const E = new Entity({
      name: 'E',
      table: tableOf(client),
      timestamps: false,
      schema: item({ ...keys, ...(attributes as { x: ReturnType<typeof string> }) }),
    })
    client.register(E)
    return E.build(PutItemCommand)
      .item({ ...key, ...given } as never)
      .send()
  }

  test.each<[string, object]>([
    ['anything', { x: encrypted(any()) }],
    ['a record', { x: encrypted(record(string(), any())) }],
    ['the elements of a record', { x: record(string(), encrypted(any())) }],
    ['parts of the elements', { x: record(string(), map({ y: encrypted(any()) })) }],
  ])('are not lost in %s: they are refused', async (_, attributes) => {
    await expect(put(attributes, { x: own({ y: 'lost' }) })).rejects.toMatchObject({ code: 'invalid-value' })
  })

  test('cannot be attributes', () => {
    const client = world.sealedClient(EAST)
    const inside = Object.defineProperty({ a: string() }, '__proto__', { value: ssn(), enumerable: true })
    const E = new Entity({ name: 'E', table: tableOf(client), schema: item({ ...keys, m: map(inside) }) })
    expect(() => client.register(E)).toThrow(expect.objectContaining({ code: 'invalid-schema' }))
  })
})
