import { NumberValue } from '@aws-sdk/lib-dynamodb'
import { describe, expect, test } from 'vitest'
import { findFault } from '../src/values/faults.js'
import { marshallAt } from '../src/values/nativeValues.js'

class Money {}

describe('what cannot be stored, and where', () => {
  test.each<[string, unknown, (string | number)[], RegExp]>([
    ['undefined', { a: [1, undefined] }, ['a', 1], /undefined.*removeUndefinedValues/],
    ['a function', () => 1, [], /a function/],
    ['a symbol', [Symbol('x')], [0], /a symbol/],
    ['a class', { a: { b: new Money() } }, ['a', 'b'], /an instance of Money, which .* a plain object/],
    ['a date', [new Date(0)], [0], /an instance of Date, which .* a text/],
    ['an empty set', { a: new Set() }, ['a'], /an empty set/],
    ['a set of truths', { a: new Set([true]) }, ['a'], /no string, number or binary/],
    ['no number', [Number.NaN], [0], /not finite/],
    ['a large number', [2 ** 60], [0], /bigint/],
    ['an entry that makes a class of a map', { a: { constructor: 'x' } }, ['a'], /named constructor/],
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
