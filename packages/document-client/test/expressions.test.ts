import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DocumentClientError } from '../src/errors.js'
import { type Condition, type ConditionReference, parseCondition } from '../src/expressions/condition.js'
import { parseProjection } from '../src/expressions/projection.js'
import { parseUpdate } from '../src/expressions/update.js'

const names = { '#a': 'address', '#dotted': 'with.dot', '#1': 'one' }

describe('conditions', () => {
  const references = (condition: Condition): readonly ConditionReference[] =>
    condition.kind === 'test' ? condition.references : condition.conditions.flatMap(references)
  const paths = (expression: string) =>
    references(parseCondition(expression, names)).map(({ path, use, operator }) => [
      path.join('/'),
      use,
      operator,
    ])

  test.each([
    ['a = :v', [['a', 'content', '=']]],
    [':v = a', [['a', 'content', '=']]],
    [
      'a <> b',
      [
        ['a', 'content', '<>'],
        ['b', 'content', '<>'],
      ],
    ],
    [
      'a<=:v and b>:v',
      [
        ['a', 'content', '<='],
        ['b', 'content', '>'],
      ],
    ],
    [
      'a BETWEEN :low AND b AND c = :v',
      [
        ['a', 'content', 'BETWEEN'],
        ['b', 'content', 'BETWEEN'],
        ['c', 'content', '='],
      ],
    ],
    [
      'a in (:x, b,:y)',
      [
        ['a', 'content', 'IN'],
        ['b', 'content', 'IN'],
      ],
    ],
    [
      'NOT NOT a = :v OR (b = :v AND (c = :v))',
      [
        ['a', 'content', '='],
        ['b', 'content', '='],
        ['c', 'content', '='],
      ],
    ],
    ['attribute_exists(#a.city)', [['address/city', 'existence', 'attribute_exists']]],
    ['attribute_not_exists (list[2].x[0])', [['list/2/x/0', 'existence', 'attribute_not_exists']]],
    ['attribute_type(a, :t)', [['a', 'type', 'attribute_type']]],
    ['begins_with(a, :v)', [['a', 'content', 'begins_with']]],
    [
      'contains(a, b)',
      [
        ['a', 'content', 'contains'],
        ['b', 'content', 'contains'],
      ],
    ],
    ['size(a) > :n', [['a', 'content', 'size']]],
    [
      'size(a) = size(b)',
      [
        ['a', 'content', 'size'],
        ['b', 'content', 'size'],
      ],
    ],
    ['#dotted = :v', [['with.dot', 'content', '=']]],
    ['size = :v', [['size', 'content', '=']]],
    ['(a) = (:v)', [['a', 'content', '=']]],
    [
      '((size(a)) > :n) AND (b = :v)',
      [
        ['a', 'content', 'size'],
        ['b', 'content', '='],
      ],
    ],
    ['(a) = (:v)', [['a', 'content', '=']]],
    [
      '((size(a)) > :n) AND (b = :v)',
      [
        ['a', 'content', 'size'],
        ['b', 'content', '='],
      ],
    ],
  ])('%s', (expression, expected) => {
    expect(paths(expression)).toEqual(expected)
  })

  test.each([
    ['', 0],
    ['a', 1],
    ['a =', 3],
    ['a = :v AND', 10],
    ['(a = :v', 7],
    ['a = :v)', 6],
    ['a BETWEEN :v', 12],
    ['a IN :v', 5],
    ['unknown(a)', 0],
    ['a = unknown(b)', 4],
    ['a[x] = :v', 1],
    ['a..b = :v', 2],
    ["a = 'text'", 4],
  ])('%j is refused at position %i', (expression, position) => {
    expect(() => parseCondition(expression, names)).toThrow(`position ${position}`)
  })

  test('AND binds tighter than OR, NOT tighter than AND, parentheses tightest', () => {
    const shape = (condition: Condition): string =>
      condition.kind === 'test'
        ? condition.references.map(({ path }) => path.join('.')).join()
        : `${condition.kind}(${condition.conditions.map(shape).join(' ')})`
    expect(shape(parseCondition('a = :v OR NOT b = :v AND c = :v', names))).toBe('or(a and(not(b) c))')
    expect(shape(parseCondition('(a = :v OR b = :v) AND c BETWEEN :x AND :y', names))).toBe('and(or(a b) c)')
  })

  test('a name that is not given is refused', () => {
    expect(() => parseCondition('#missing = :v', names)).toThrow("'#missing' at position 0")
    expect(() => parseCondition('#constructor = :v', {})).toThrow("'#constructor' at position 0")
  })
})

describe('updates', () => {
  test('every clause, in any order and letter case', () => {
    expect(parseUpdate('set a = :a, #a.b[1] = a + :n REMOVE c, d[0] ADD e :e DELETE f :f', names)).toEqual([
      { clause: 'SET', target: ['a'], operand: { kind: 'value', value: ':a' } },
      {
        clause: 'SET',
        target: ['address', 'b', 1],
        operand: {
          kind: 'arithmetic',
          sign: '+',
          left: { kind: 'path', path: ['a'] },
          right: { kind: 'value', value: ':n' },
        },
      },
      { clause: 'REMOVE', target: ['c'] },
      { clause: 'REMOVE', target: ['d', 0] },
      { clause: 'ADD', target: ['e'], value: ':e' },
      { clause: 'DELETE', target: ['f'], value: ':f' },
    ])
  })

  test('functions nest', () => {
    expect(parseUpdate('SET a = list_append(if_not_exists(a, :empty), :more)', names)).toEqual([
      {
        clause: 'SET',
        target: ['a'],
        operand: {
          kind: 'list_append',
          left: { kind: 'if_not_exists', path: ['a'], otherwise: { kind: 'value', value: ':empty' } },
          right: { kind: 'value', value: ':more' },
        },
      },
    ])
  })

  test.each([
    ['a = :v', 0],
    ['SET a', 5],
    ['SET a = ', 8],
    ['SET a = :v,', 11],
    ['SET a = size(b)', 8],
    ['ADD a b', 6],
    ['SET a = :v :w', 11],
    ['SET a = list_append(a)', 21],
  ])('%j is refused at position %i', (expression, position) => {
    expect(() => parseUpdate(expression, names)).toThrow(`position ${position}`)
  })
})

test('projections', () => {
  expect(parseProjection('a, #a.city ,list[0].b', names)).toEqual([
    ['a'],
    ['address', 'city'],
    ['list', 0, 'b'],
  ])
  expect(() => parseProjection('a,', names)).toThrow('position 2')
})

test('whatever is written, nothing but the typed error is thrown', () => {
  const piece = fc.constantFrom(
    'SET',
    'a',
    '#a',
    ':v',
    '(',
    ')',
    ',',
    '=',
    '<',
    'AND',
    'NOT',
    '[0]',
    '.',
    ' ',
    'size(',
    'IN',
    '\u0000',
    '🦭',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
      for (const parse of [parseCondition, parseUpdate, parseProjection]) {
        try {
          parse(pieces.join(' '), names)
        } catch (error) {
          expect(error).toBeInstanceOf(DocumentClientError)
        }
      }
    }),
  )
})
