import { type AttributeValue, serializeValue } from '@dynaseal/core'
import fc from 'fast-check'
import type { Attributes } from '../../src/evaluation/types.js'

// Random items, and random expressions about them.

const name = fc.constantFrom('a', 'b', 'c')
const text = fc.constantFrom('', 'x', 'xy', 'y', 'é', '1')
const number = fc.constantFrom('0', '1', '-1', '1.50', '2', '10', '1e2', '0.1')
const binary = fc.constantFrom([1], [1, 2], [2]).map(bytes => Uint8Array.from(bytes))
const filled = { minLength: 1, maxLength: 3 }
const set = fc.oneof(
  fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), filled).map(SS => ({ SS })),
  fc.uniqueArray(fc.constantFrom('1', '2', '10'), filled).map(NS => ({ NS })),
  fc.uniqueArray(binary, { ...filled, selector: bytes => bytes.join() }).map(BS => ({ BS })),
)
const scalar: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.record({ S: text }),
  fc.record({ N: number }),
  fc.record({ B: binary }),
  fc.record({ BOOL: fc.boolean() }),
  fc.constant({ NULL: true }),
)
const value: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 3, arbitrary: scalar },
    { weight: 2, arbitrary: set },
    { weight: 2, arbitrary: fc.record({ L: fc.array(tie('value'), { maxLength: 3 }) }) },
    {
      weight: 2,
      arbitrary: fc.record({ M: fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }) }),
    },
  ),
})).value
export const item: fc.Arbitrary<Record<string, AttributeValue>> = fc.dictionary(name, value, {
  maxKeys: 3,
  noNullPrototype: true,
})
const step = fc.oneof(
  name.map(name => `.${name}`),
  fc.nat(3).map(index => `[${index}]`),
)
export const path = fc
  .tuple(
    name,
    fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.array(step, { minLength: 1, maxLength: 2 }) },
    ),
  )
  .map(([name, steps]) => name + steps.join(''))

/** Text of an expression, with the values of its placeholders. */
export interface Expression {
  readonly text: string
  readonly values: Record<string, AttributeValue>
}

/** An expression of pieces; a value among them becomes a placeholder. */
function expression(pieces: readonly (string | AttributeValue | Expression)[], from = 0): Expression {
  const values: Record<string, AttributeValue> = {}
  let next = from
  const texts = pieces.map(piece => {
    if (typeof piece === 'string') return piece
    if ('text' in piece) {
      let inner = piece.text
      for (const [name, value] of Object.entries(piece.values).toReversed()) {
        const renamed = `:v${next++}`
        values[renamed] = value
        inner = inner.replaceAll(new RegExp(`${name}\\b(?!_)`, 'g'), `${renamed}_`)
      }
      return inner.replaceAll(/(:v\d+)_/g, '$1')
    }
    const name = `:v${next++}`
    values[name] = piece
    return name
  })
  return { text: texts.join(' '), values }
}
const written = (...pieces: fc.Arbitrary<string | AttributeValue | Expression>[]) =>
  fc.tuple(...pieces).map(given => expression(given))
const word = (text: string) => fc.constant(text)

/** Items whose attributes mostly are of the types that the updates below are made for. */
export const typical = fc.record(
  {
    n: fc.record({ N: number }),
    l: fc.record({ L: fc.array(value, { maxLength: 3 }) }),
    m: fc.record({ M: fc.record({ x: fc.record({ N: number }), y: value }, { requiredKeys: [] }) }),
    s: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), filled).map(SS => ({ SS })),
    ns: fc.uniqueArray(fc.constantFrom('1', '2', '10'), filled).map(NS => ({ NS })),
    t: fc.record({ S: text }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Record<string, AttributeValue>>
const numeric: fc.Arbitrary<Expression> = fc.oneof(
  written(fc.constantFrom('n', 'm.x')),
  written(fc.record({ N: number })),
  written(
    word('if_not_exists('),
    fc.constantFrom('n', 'm.x', 'l[0]'),
    word(','),
    fc.record({ N: number }),
    word(')'),
  ),
)
const list = fc.record({ L: fc.array(scalar, { maxLength: 2 }) })
const appended = fc.oneof(
  written(word('list_append('), word('l'), word(','), list, word(')')),
  written(word('list_append('), list, word(','), word('if_not_exists(l,'), list, word('))')),
  written(list),
)
const anything = fc.oneof(
  written(value),
  written(fc.oneof(fc.constantFrom('n', 't', 'l', 'm', 'm.y', 'l[1]'), path)),
)
const sum = fc.oneof(numeric, written(numeric, fc.constantFrom('+', '-'), numeric))
const sets = fc.uniqueArray(fc.constantFrom('x', 'y', 'w'), filled).map(SS => ({ SS }))
const numberSets = fc.uniqueArray(fc.constantFrom('1', '2', '3'), filled).map(NS => ({ NS }))

type Action = readonly [clause: string, action: Expression]
const action = (clause: string, ...pieces: Parameters<typeof written>): fc.Arbitrary<Action> =>
  written(...pieces).map(expression => [clause, expression] as const)
/** One for each place, so that they seldom overlap. */
const actions = fc.tuple(
  ...[
    fc.oneof(
      action('SET', word('n ='), sum),
      action('ADD', word('n'), fc.record({ N: number })),
      action('REMOVE', word('n')),
    ),
    fc.oneof(
      action('SET', word('l ='), appended),
      action('SET', fc.constantFrom('l[0] =', 'l[1] =', 'l[7] =', 'l[0].a ='), anything),
      action('REMOVE', fc.constantFrom('l', 'l[0]', 'l[2]', 'l[9]')),
    ),
    fc.oneof(
      action('SET', fc.constantFrom('m.x =', 'm.z ='), sum),
      action('SET', fc.constantFrom('m.y =', 'm.y.a =', 'm.y[0] =', 'm ='), anything),
      action('REMOVE', fc.constantFrom('m', 'm.x', 'm.y', 'm.y.a', 'm.nothing')),
    ),
    fc.oneof(
      action('ADD', word('s'), sets),
      action('DELETE', word('s'), fc.oneof(sets, numberSets)),
      action('SET', word('s ='), anything),
    ),
    fc.oneof(
      action('ADD', word('ns'), numberSets),
      action('DELETE', word('ns'), numberSets),
      action('REMOVE', word('ns')),
    ),
    fc.oneof(
      action('SET', word('t ='), anything),
      action(
        'SET',
        path.map(path => `${path} =`),
        anything,
      ),
    ),
    action('SET', fc.constantFrom('l[1] =', 'l[8] =', 'm.w ='), anything),
  ].map(one => fc.option(one, { nil: undefined, freq: 2 })),
)
export const update = actions
  .map(chosen => {
    const given = chosen.filter(one => one !== undefined)
    const clauses = [...new Set(given.map(([clause]) => clause))].map(clause => {
      const own = given.filter(([other]) => other === clause).map(([, action]) => action)
      return expression([clause, ...own.flatMap((action, index) => (index === 0 ? [action] : [',', action]))])
    })
    return expression(clauses)
  })
  .filter(({ text }) => text !== '')

const ordered = fc.oneof(fc.record({ S: text }), fc.record({ N: number }), fc.record({ B: binary }))
const tested: fc.Arbitrary<Expression> = fc.oneof(
  written(path, fc.constantFrom('=', '<>'), value),
  written(path, fc.constantFrom('<', '<=', '>', '>='), ordered),
  written(path, word('='), path),
  written(
    word('size('),
    path,
    word(')'),
    fc.constantFrom('=', '<>', '<', '>='),
    fc.record({ N: fc.constantFrom('0', '1', '2') }),
  ),
  written(path, word('IN ('), value, word(','), value, word(')')),
  fc
    .tuple(path, fc.constantFrom(['0', '1.5'], ['-1', '10']))
    .map(([path, [low, high]]) => expression([path, 'BETWEEN', { N: low! }, 'AND', { N: high! }])),
  written(fc.constantFrom('attribute_exists(', 'attribute_not_exists('), path, word(')')),
  written(
    word('attribute_type('),
    path,
    word(','),
    fc.constantFrom('S', 'N', 'L', 'M', 'SS', 'BOOL').map(S => ({ S })),
    word(')'),
  ),
  written(
    word('begins_with('),
    path,
    word(','),
    fc.constantFrom('', 'x', 'é').map(S => ({ S })),
    word(')'),
  ),
  written(
    word('contains('),
    path,
    word(','),
    fc.oneof(
      fc.record({ S: fc.constantFrom('x', 'y', '1') }),
      fc.record({ N: number }),
      fc.record({ B: binary }),
    ),
    word(')'),
  ),
)
export const condition: fc.Arbitrary<Expression> = fc.letrec<{ condition: Expression }>(tie => ({
  condition: fc.oneof(
    { maxDepth: 2 },
    { weight: 3, arbitrary: tested },
    written(word('NOT ('), tie('condition'), word(')')),
    written(word('('), tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition'), word(')')),
  ),
})).condition

/** A form in which equal items are equal. */
export const canonical = (item: Attributes) =>
  Object.fromEntries(
    Object.entries(item)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, Buffer.from(serializeValue(value)).toString('hex')]),
  )
export const optional = (values: Record<string, AttributeValue>) =>
  Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }
