import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DocumentClientError } from '../src/errors.js'
import { fromWire, mapItems, toWire } from '../src/values/wireItems.js'

const number = fc
  .tuple(fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }), fc.constantFrom('', '.0', '.50', 'E2', 'e-20'))
  .map(([digits, rest]) => `${digits}${rest}`)
const bytes = fc.uint8Array({ maxLength: 4 })
const set = <T>(one: fc.Arbitrary<T>, key: (value: T) => unknown = value => value) =>
  fc.uniqueArray(one, { minLength: 1, maxLength: 3, selector: key })
const name = fc.oneof(
  fc.string({ maxLength: 4 }),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'S', 'M'),
)
const object = (value: fc.Arbitrary<unknown>) =>
  fc.array(fc.tuple(name, value), { maxLength: 3 }).map(entries => Object.fromEntries(entries))
const { value } = fc.letrec<{ value: object }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.record({ S: fc.string() }),
    fc.record({ N: number }),
    fc.record({ B: bytes }),
    fc.record({ BOOL: fc.boolean() }),
    fc.constant({ NULL: true }),
    fc.record({ SS: set(fc.string()) }),
    fc.record({ NS: set(number) }),
    fc.record({ BS: set(bytes, each => Buffer.from(each).toString('hex')) }),
    fc.record({ L: fc.array(tie('value'), { maxLength: 3 }) }),
    fc.record({ M: object(tie('value')) }),
  ),
}))

test('an item of attribute values is what it was, after it has been native', () => {
  fc.assert(
    fc.property(object(value), item => {
      const before = structuredClone(item)
      const native = fromWire(item)
      expect(toWire(native)).toEqual(item)
      expect(Object.keys(toWire(native))).toEqual(Object.keys(item))
      expect(item).toEqual(before)
    }),
  )
})

test('what is no attribute value is an error that does not quote it', () => {
  for (const wrong of [
    'SECRET',
    7,
    null,
    {},
    { X: 'SECRET' },
    { S: undefined },
    { M: 'SECRET' },
    { L: { S: 'SECRET' } },
  ]) {
    for (const item of [{ a: wrong }, { a: { M: { b: wrong } } }, { a: { L: [wrong] } }]) {
      const read = () => fromWire(item)
      expect(read, JSON.stringify(item)).toThrow(DocumentClientError)
      expect(read).toThrow(/^'a' is, or holds, what is no attribute value/)
      expect(read).not.toThrow(/SECRET/)
    }
  }
  expect(() => toWire(fromWire({ a: { SS: [] } }))).toThrow(/'a'.*empty set/)
})

describe('of inputs and outputs, the items', () => {
  const one = { a: { S: 'x' } }
  const other = { converted: true }
  test.each<[string, object, object]>([
    ['are converted', { Item: one, Key: one, TableName: 't' }, { Item: other, Key: other, TableName: 't' }],
    ['in lists', { Items: [one], Count: 1 }, { Items: [other], Count: 1 }],
    ['in conditions', { ExpressionAttributeValues: one }, { ExpressionAttributeValues: other }],
    [
      'in batches',
      {
        RequestItems: {
          t: [{ PutRequest: { Item: one } }, { DeleteRequest: { Key: one } }],
          Item: { Keys: [one] },
        },
      },
      {
        RequestItems: {
          t: [{ PutRequest: { Item: other } }, { DeleteRequest: { Key: other } }],
          Item: { Keys: [other] },
        },
      },
    ],
    [
      'in transactions',
      { TransactItems: [{ Put: { Item: one } }, { Get: { Key: one } }, { ConditionCheck: { Key: one } }] },
      {
        TransactItems: [
          { Put: { Item: other } },
          { Get: { Key: other } },
          { ConditionCheck: { Key: other } },
        ],
      },
    ],
    ['in responses', { Responses: { t: [one] } }, { Responses: { t: [other] } }],
    ['and those in a row', { Responses: [{ Item: one }, {}] }, { Responses: [{ Item: other }, {}] }],
    ['but not where to go on', { LastEvaluatedKey: one }, { LastEvaluatedKey: one }],
    ['nor what is not there', { Item: undefined, Items: null }, { Item: undefined, Items: null }],
  ])('%s', (_, params, expected) => {
    expect(mapItems(params as Record<string, unknown>, () => other)).toEqual(expected)
  })
})
