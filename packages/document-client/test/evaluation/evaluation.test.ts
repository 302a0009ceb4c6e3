import type { AttributeValue } from '@dynaseal/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { holds } from '../../src/evaluation/condition.js'
import { addNumbers, compareNumbers } from '../../src/evaluation/decimal.js'
import { EvaluationError } from '../../src/evaluation/errors.js'
import { updated } from '../../src/evaluation/update.js'
import { parseCondition } from '../../src/expressions/condition.js'
import { parseUpdate } from '../../src/expressions/update.js'

const item: Record<string, AttributeValue> = {
  n: { N: '1.50' },
  s: { S: 'text' },
  l: { L: [{ S: 'a' }, { M: { x: { N: '1' } } }, { S: 'c' }] },
  m: { M: { x: { N: '1' } } },
  ns: { NS: ['1', '20'] },
  bs: { BS: [Uint8Array.of(1)] },
}
const apply = (
  text: string,
  values: Record<string, AttributeValue> = {},
  names: Record<string, string> = {},
) => updated(parseUpdate(text, names), item, values)
const is = (text: string, values: Record<string, AttributeValue> = {}) =>
  holds(parseCondition(text, {}), item, values)
const codeOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    if (error instanceof EvaluationError) return error.code
    throw error
  }
  return 'none'
}

describe('an update', () => {
  test('leaves the item that it is given as it is', () => {
    const before = structuredClone(item)
    apply('SET n = n + :one, l[1].x = :one, m.y = :one REMOVE s ADD ns :more', {
      ':one': { N: '1' },
      ':more': { NS: ['3'] },
    })
    expect(item).toEqual(before)
  })

  test('sees the item as it was, on the right and in every path', () => {
    const values = { ':v': { S: 'new' } }
    expect(apply('SET n = s, s = n')).toMatchObject({ n: { S: 'text' }, s: { N: '1.50' } })
    expect(apply('SET l[0] = :v, a = l', values).a).toEqual(item.l)
    expect(apply('SET l[2] = :v REMOVE l[0]', values).l).toEqual({
      L: [{ M: { x: { N: '1' } } }, { S: 'new' }],
    })
  })

  test('appends what is put behind the end of a list, in the order of the positions', () => {
    const values = { ':a': { S: 'a' }, ':b': { S: 'b' } }
    expect(apply('SET l[9] = :b, l[7] = :a', values).l).toEqual({
      L: [...(item.l as { L: [] }).L, values[':a'], values[':b']],
    })
  })

  test('adds and takes numbers by what they are, and leaves no empty set', () => {
    const values = { ':ns': { NS: ['1.0', '2e1'] }, ':bs': { BS: [Uint8Array.of(1)] } }
    expect(apply('ADD ns :ns', values).ns).toEqual(item.ns)
    const emptied = apply('DELETE ns :ns, bs :bs', values)
    expect(Object.keys(emptied)).toEqual(['n', 's', 'l', 'm'])
  })

  test('may write and take away __proto__', () => {
    const names = { '#p': '__proto__' }
    const after = apply('SET #p = :v', { ':v': { S: 'x' } }, names)
    expect(Object.keys(after)).toContain('__proto__')
    expect(Object.keys(updated(parseUpdate('REMOVE #p', names), after, {}))).not.toContain('__proto__')
  })

  test.each<[string, Record<string, AttributeValue>, string]>([
    ['SET a = :v', {}, 'missing-value'],
    ['SET a = b', {}, 'missing-attribute'],
    ['SET a = l[3]', {}, 'missing-attribute'],
    ['SET a = n + s', {}, 'wrong-type'],
    ['SET a = list_append(l, s)', {}, 'wrong-type'],
    ['ADD s :n', { ':n': { N: '1' } }, 'wrong-type'],
    ['ADD a :s', { ':s': { S: 'x' } }, 'wrong-type'],
    ['ADD ns :ss', { ':ss': { SS: ['x'] } }, 'wrong-type'],
    ['DELETE ns :n', { ':n': { N: '1' } }, 'wrong-type'],
    ['DELETE s :ss', { ':ss': { SS: ['x'] } }, 'wrong-type'],
    ['SET a.b = n', {}, 'invalid-path'],
    ['SET s.b = n', {}, 'invalid-path'],
    ['SET m[0] = n', {}, 'invalid-path'],
    ['SET l.x = n', {}, 'invalid-path'],
    ['SET l[7].x = n', {}, 'invalid-path'],
    ['REMOVE a.b', {}, 'invalid-path'],
    ['SET m = n, m.x = n', {}, 'overlapping-paths'],
    ['SET n = n REMOVE n', {}, 'overlapping-paths'],
    ['SET a = n + :big', { ':big': { N: '1e100' } }, 'number-overflow'],
    ['SET a = :big + :big', { ':big': { N: '9e125' } }, 'number-overflow'],
  ])('%s is refused', (text, values, code) => {
    expect(codeOf(() => apply(text, values))).toBe(code)
  })

  test('is refused without a value in the message', () => {
    const work = () => apply('SET a = s + :n', { ':n': { N: '4711' } })
    expect(work).toThrow(EvaluationError)
    expect(work).not.toThrow(/text|4711/)
  })
})

describe('a condition', () => {
  test.each<[string, boolean]>([
    ['n = :n', true],
    ['n <> :n', false],
    ['n < :ten', true],
    ['ns = :ns', true],
    ['a <> :n', true],
    ['a = :n', false],
    ['NOT a = :n', true],
    ['a < :n', false],
    ['s < :ten', false],
    ['n BETWEEN :n AND :ten', true],
    ['n IN (:ten, :n)', true],
    ['contains(ns, :n20)', true],
    ['contains(l, :a)', true],
    ['contains(s, :a)', false],
    ['begins_with(s, :te)', true],
    ['begins_with(n, :te)', false],
    ['attribute_type(m, :M)', true],
    ['attribute_exists(l[1].x) AND attribute_not_exists(l[3])', true],
    ['size(l) = :three', true],
    ['size(n) = :three', false],
    ['m.x < n OR a = :n', true],
  ])('%s: %s', (text, expected) => {
    const values = {
      ':n': { N: '15e-1' },
      ':ten': { N: '10' },
      ':ns': { NS: ['20.0', '1'] },
      ':n20': { N: '2E1' },
      ':a': { S: 'a' },
      ':te': { S: 'te' },
      ':M': { S: 'M' },
      ':three': { N: '3' },
    }
    expect(is(text, values)).toBe(expected)
  })

  test('wants all of its values, and texts in the order of UTF-8', () => {
    expect(codeOf(() => is('n = :missing'))).toBe('missing-value')
    const wide = { s: { S: '\u{10000}' } }
    expect(holds(parseCondition('s > :v', {}), wide, { ':v': { S: '\uffff' } })).toBe(true)
  })
})

test('numbers are added and compared as numbers are', () => {
  const small = fc.tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.integer({ min: 0, max: 6 }))
  fc.assert(
    fc.property(small, small, ([a, shiftA], [b, shiftB]) => {
      const scaled = (digits: number, shift: number) => BigInt(digits) * 10n ** BigInt(6 - shift)
      const [left, right] = [scaled(a, shiftA), scaled(b, shiftB)]
      const [textA, textB] = [`${a}e-${shiftA}`, `${b}e-${shiftB}`]
      expect(compareNumbers(textA, textB)).toBe(left < right ? -1 : left > right ? 1 : 0)
      expect(compareNumbers(addNumbers(textA, '+', textB), `${left + right}e-6`)).toBe(0)
      expect(compareNumbers(addNumbers(textA, '-', textB), `${left - right}e-6`)).toBe(0)
    }),
  )
  expect(addNumbers('0.1', '+', '0.2')).toBe('0.3')
  expect(addNumbers('1e37', '+', '1')).toBe('10000000000000000000000000000000000001')
})
