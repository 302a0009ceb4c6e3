import { FieldError } from '@dynaseal/core'
import { formatPath } from '@dynaseal/core/formats'
import { describe, expect, test } from 'vitest'

describe('a path as people write it', () => {
  test.each<[(string | number | symbol)[], string]>([
    [['address', 'lines', 0], 'address.lines[0]'],
    [['x', 'y'], 'x.y'],
    [['x.y'], "['x.y']"],
    [['m', 'a b', 'c'], "m['a b'].c"],
    [["it's"], "['it\\'s']"],
    [['a\\'], "['a\\\\']"],
    [['*'], "['*']"],
    [['$', '/a', 'b/$'], "['$']['/a'].b/$"],
    [['tags', Symbol('*')], 'tags.*'],
    [['cards', Symbol('[n]'), 'number'], 'cards[n].number'],
    [['[0]'], "['[0]']"],
    [[''], "['']"],
    [[], ''],
  ])('%j is %s', (path, text) => {
    expect(formatPath(path)).toBe(text)
  })

  test('tells a name with a dot from an entry of a map in the message of an error', () => {
    const message = (path: string[]) =>
      new FieldError('not-authentic', 'it was changed.', { place: { table: 't', keyNames: [], path } })
        .message
    expect(message(['x.y'])).toContain("['x.y'] of an item")
    expect(message(['x', 'y'])).toContain('open x.y of an item')
  })
})
