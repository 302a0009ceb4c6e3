import { NumberValue } from '@aws-sdk/lib-dynamodb'
import {
  any,
  Entity,
  item,
  list,
  map,
  PutItemCommand,
  record,
  string,
  Table,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { findFault } from '../src/faults.js'
import { encrypted } from '../src/index.js'
import { marshallAt } from '../src/nativeValues.js'
import { PendingSeal } from '../src/pendingSeal.js'
import { newRegistry } from './support/registry.js'

class Money {}

describe('what cannot be stored, and where', () => {
  test.each<[string, unknown, (string | number)[], RegExp]>([
    ['undefined', { a: [1, undefined] }, ['a', 1], /undefined.*removeUndefinedValues/],
    ['a function', () => 1, [], /a function/],
    ['a symbol', [Symbol('x')], [0], /a symbol/],
    ['a class', { a: { b: new Money() } }, ['a', 'b'], /an instance of Money/],
    ['a date', [new Date(0)], [0], /an instance of Date/],
    ['an empty set', { a: new Set() }, ['a'], /an empty set/],
    ['a set of truths', { a: new Set([true]) }, ['a'], /no string, number or binary/],
    ['no number', [Number.NaN], [0], /not finite/],
    ['a large number', [2 ** 60], [0], /bigint/],
    ['an entry that would be lost', [JSON.parse('{"__proto__":1}')], [0], /__proto__/],
  ])('%s', (_, value, path, what) => {
    expect(findFault(value, undefined)).toEqual({ path, what: expect.stringMatching(what) })
    expect(() => marshallAt(['x'], value as never, undefined)).toThrow(what)
  })

  test('nothing, in what can', () => {
    const value = [
      null,
      true,
      'a',
      1,
      2n ** 60n,
      NumberValue.from('1'),
      new Uint8Array(1),
      new Set([1, 2n]),
      { a: [] },
    ]
    expect(findFault(value, undefined)).toBeUndefined()
    expect(findFault([undefined, new Set()], { removeUndefinedValues: true, convertEmptyValues: true })).toBe(
      undefined,
    )
  })
})

const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
const User = new Entity({
  name: 'User',
  table,
  schema: item({
    id: string().key(),
    deep: encrypted(
      map({ lines: list(map({ extra: any().savedAs('e') })), byName: record(string(), any()).optional() }),
    ).optional(),
    when: encrypted(
      any().transform({ encode: (date: unknown) => (date as Date).toISOString(), decode: String }),
    ).optional(),
  }),
})
newRegistry().register(User)
const sent = (given: object) => {
  const { Item } = User.build(PutItemCommand)
    .item({ id: '1', ...given } as never)
    .params() as unknown as { Item: { deep: PendingSeal } }
  return () =>
    marshallAt(
      ['deep'],
      PendingSeal.plaintextOf(Item.deep) as never,
      undefined,
      PendingSeal.describeIn(Item.deep),
    )
}

test('the place is told by the schema, and keys of records are not', () => {
  expect(sent({ deep: { lines: [{ extra: [Number.NaN] }] } })).toThrow(
    "'deep', which is to be sealed, cannot be stored: at lines[n].extra stands a number that is not finite.",
  )
  expect(sent({ deep: { lines: [], byName: { secret: [Number.NaN] } } })).toThrow('at byName.* stands')
})

test('a date behind a transformer is a value like others in an update', () => {
  const { ExpressionAttributeValues } = User.build(UpdateItemCommand)
    .item({ id: '1', when: new Date(0) } as never)
    .params()
  const pending = Object.values(ExpressionAttributeValues ?? {}).find(value => value instanceof PendingSeal)
  expect(PendingSeal.plaintextOf(pending as PendingSeal)).toBe('1970-01-01T00:00:00.000Z')
})

test('what was parsed cannot be parsed again, and the error says so', () => {
  const { Item } = User.build(PutItemCommand)
    .item({ id: '1', when: new Date(0) } as never)
    .params()
  const again = () =>
    User.build(PutItemCommand)
      .item(Item as never)
      .params()
  expect(again).toThrow(/parsed cannot be parsed again: give the command the item as it was before/)
})
