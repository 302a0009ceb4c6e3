import { formatPath } from '@dynaseal/core/formats'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePath } from '../src/declared/parsePath.js'
import { DocumentClientError } from '../src/errors.js'
import { anyIndex, anyKey } from '../src/paths/attributePattern.js'

test.each([
  ['email', ['email']],
  ['address.street', ['address', 'street']],
  ['cards[*].number', ['cards', anyIndex, 'number']],
  ['tags.*', ['tags', anyKey]],
  ['a.*.b', ['a', anyKey, 'b']],
  ['grid[*][*]', ['grid', anyIndex, anyIndex]],
  ["['first.name']", ['first.name']],
  ['["a b"].c', ['a b', 'c']],
  ["meta['x[0]'][*]", ['meta', 'x[0]', anyIndex]],
  ["['*']", ['*']],
  ["['$'].a", ['$', 'a']],
  ['a$.b/c', ['a$', 'b/c']],
  [String.raw`['it\'s \\ \"']`, [String.raw`it's \ "`]],
  ['#odd-names:are/fine', ['#odd-names:are/fine']],
  ['ключ.鍵', ['ключ', '鍵']],
])('%s', (text, expected) => {
  expect(parsePath(text)).toEqual(expected)
})

describe('what is no path is refused, with the position', () => {
  test.each<[string, number, RegExp]>([
    ['', 0, /expected a name/],
    ['.a', 0, /expected a name/],
    ['a..b', 2, /expected a name/],
    ['a.', 2, /expected a name/],
    ['$.email', 0, /begin with \$ or \//], // JSONPath
    ["$['email']", 0, /begin with \$ or \//],
    ['/address/street', 0, /begin with \$ or \//], // JSON Pointer
    ['a b', 1, /expected '\.', '\[\*\]' or the end/],
    [' a', 0, /expected a name/],
    ['a*', 1, /expected '\.'/],
    ['a]', 1, /expected '\.'/],
    ['*', 0, /keys cannot be encrypted/],
    ['[*]', 0, /an item is no list/],
    ['cards[0].number', 6, /positions in a list change/],
    ['cards[]', 6, /a name in quotes/],
    ['cards[', 6, /a name in quotes/],
    ["a['b", 4, /the closing '/],
    ["a['b'", 5, /expected '\]'/],
    ["a['b'x]", 5, /expected '\]'/],
    ["a['']", 3, /expected a name/],
    [String.raw`a['\n']`, 4, /expected a quote/],
    ["a['b']c", 6, /expected '\.'/],
    ['a.__proto__', 2, /cannot store/],
    ["['__proto__']", 0, /cannot store/],
  ])('%s', (text, position, why) => {
    let error: unknown
    try {
      parsePath(text)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(DocumentClientError)
    expect(error).toMatchObject({ code: 'invalid-schema', message: expect.stringMatching(why) })
    const lines = (error as Error).message.split('\n')
    expect(lines[0]).toMatch(new RegExp(`at position ${position}\\.$`))
    expect(lines.slice(1)).toEqual([`  ${text}`, `  ${' '.repeat(position)}^`])
  })
})

test('every name can be written in quotes, and nothing is read in two ways', () => {
  const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter(text => text !== '__proto__')
  const step = fc.oneof(name, fc.constant(anyIndex), fc.constant(anyKey))
  const quoted = (text: string) => `['${text.replaceAll(/[\\']/g, '\\$&')}']`
  const written = (segment: string | symbol) =>
    typeof segment === 'string' ? quoted(segment) : segment === anyKey ? '.*' : '[*]'
  fc.assert(
    fc.property(name, fc.array(step, { maxLength: 4 }), (first, rest) => {
      expect(parsePath([first, ...rest].map(written).join(''))).toEqual([first, ...rest])
    }),
  )
})

test('what is printed of a path is declared as the same path', () => {
  const name = fc.string({ minLength: 1 }).filter(text => text !== '__proto__')
  fc.assert(
    fc.property(fc.array(fc.oneof(name, fc.constant(anyKey)), { minLength: 1 }), steps => {
      const path = [typeof steps[0] === 'string' ? steps[0] : 'first', ...steps.slice(1)]
      expect(parsePath(formatPath(path))).toEqual(path)
    }),
  )
})
