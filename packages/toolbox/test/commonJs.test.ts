import { createRequire } from 'node:module'
import type * as ES from 'dynamodb-toolbox'
import { $SET } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { encrypted } from '../src/encrypted.js'
import { PendingSeal } from '../src/pendingSeal.js'
import { Registry } from '../src/registry.js'

/** The library as a CommonJS program has it: a second copy, with symbols and classes of its own. */
const toolbox = createRequire(import.meta.url)('dynamodb-toolbox') as typeof ES
const { $add, $append, $get, $set, any, Entity, EntityParser, item, list, map, number, string, Table } =
  toolbox

const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
const User = new Entity({
  name: 'User',
  table,
  schema: item({
    id: string().key(),
    ssn: encrypted(string()).optional(),
    address: encrypted(map({ city: string(), country: string().default('NO') })).optional(),
    loose: encrypted(any()).optional(),
    amount: encrypted(number()).optional(),
    names: encrypted(list(string())).optional(),
  }),
})
new Registry(name => name).register(User)

test('it is another copy', () => {
  expect(toolbox.$SET).not.toBe($SET)
})

test('its schemas are encrypted', () => {
  const { item: parsed } = User.build(EntityParser).parse({ id: '1', ssn: 'abc', address: { city: 'Oslo' } })
  expect(PendingSeal.plaintextOf(parsed.ssn as never)).toBe('abc')
  expect(PendingSeal.plaintextOf(parsed.address as never)).toEqual({ city: 'Oslo', country: 'NO' })
})

describe('its update extensions are known', () => {
  const values = (given: object) =>
    Object.values(
      User.build(toolbox.UpdateItemCommand)
        .item({ id: '1', ...given } as never)
        .params().ExpressionAttributeValues ?? {},
    )

  test.each([
    ['a map', { address: $set({ city: 'Oslo', country: 'SE' }) }, { city: 'Oslo', country: 'SE' }],
    ['anything', { loose: $set({ a: 1 }) }, { a: 1 }],
    ['a list', { names: $set(['x']) }, ['x']],
  ])('$set of %s', (_, given, plaintext) => {
    const pending = values(given).filter(value => value instanceof PendingSeal)
    expect(pending.map(PendingSeal.plaintextOf)).toEqual([plaintext])
  })

  test.each([
    ['$add', { amount: $add(3) }],
    ['$add of anything', { loose: $add(3) }],
    ['$append of anything', { loose: $append([3]) }],
    ['$append', { names: $append(['x']) }],
    ['a bare map', { address: { city: 'Oslo' } }],
  ])('%s is refused', (_, given) => {
    expect(() => values(given)).toThrow(expect.objectContaining({ code: 'update-refused' }))
  })

  test('$get copies nothing that waits to be sealed', () => {
    expect(values({ amount: $get('loose') }).some(value => value instanceof PendingSeal)).toBe(false)
  })
})
