import { describe, expect, test } from 'vitest'
import { parsePath } from '../src/declared/parsePath.js'
import { spelledPath, spelledPathIn } from '../src/paths/spelledPaths.js'

const patterns = ['address.street', 'cards[*].number', 'tags.*', "['x.y'].z", 'whole', 'x.y'].map(parsePath)

describe('a name that is written as an encrypted path is found', () => {
  test.each<[(string | number)[], string]>([
    [['address.street'], 'address.street'],
    [['cards[0].number'], 'cards[0].number'],
    [['cards[7]'], 'cards[7]'],
    [['cards[*].number'], 'cards[*].number'],
    [['cards', 0, 'number[*]'], 'number[*]'],
    [['tags.any'], 'tags.any'],
    [['whole.inside'], 'whole.inside'],
    [['address.street.more'], 'address.street.more'],
    [['cards', 0, 'number.x'], 'number.x'],
    [['address.street', 'more'], 'address.street'],
  ])('%j', (path, name) => {
    expect(spelledPath(patterns, path)).toBe(name)
  })
  test('and in what a value holds', () => {
    expect(spelledPathIn(patterns, [], { a: 1, 'address.street': 1 })).toBe('address.street')
    expect(spelledPathIn(patterns, ['cards'], [{ n: 1 }, { 'number.x': 1 }])).toBe('number.x')
    expect(spelledPathIn(patterns, [], { other: [{ 'address.street': 1 }] })).toBeUndefined()
  })
})

test.each([
  [['address', 'street']],
  [['address.city']],
  [['other.street']],
  [['x.y']], // declared in quotes, and as a path
  [['x.y', 'z']],
  [['address.']],
  [['address']],
])('%j is none', path => {
  expect(spelledPath(patterns, path)).toBeUndefined()
})
