import type { AttributePath } from '@dynaseal/core'
import { describe, expect, test } from 'vitest'
import { anyIndex, occurrences } from '../src/paths/attributePattern.js'
import { Selection } from '../src/paths/selection.js'

/** Where the pattern is found: by stored path, what is there. */
function found(
  item: Record<string, unknown>,
  pattern: (string | number | typeof anyIndex)[],
  ...paths: AttributePath[]
) {
  const selection = paths.length === 0 ? undefined : new Selection(paths)
  return [...occurrences(item, pattern, [], selection)].map(({ path, value }) => [path, value])
}

describe('the elements of a list that were asked for', () => {
  test('are those of the item when it was asked for as a whole', () => {
    const item = { tuple: ['clear', 'sealed'] }
    expect(found(item, ['tuple', 1])).toEqual([[['tuple', 1], 'sealed']])
    expect(found(item, ['tuple', 1], ['tuple'])).toEqual([[['tuple', 1], 'sealed']])
    expect(found(item, ['tuple', 1], ['other', 3], ['tuple'], ['tuple', 1])).toEqual([
      [['tuple', 1], 'sealed'],
    ])
  })

  test('come moved together, in the order in which they are stored', () => {
    expect(found({ tuple: ['sealed'] }, ['tuple', 1], ['tuple', 1])).toEqual([[['tuple', 1], 'sealed']])
    expect(found({ tuple: ['clear'] }, ['tuple', 1], ['tuple', 0])).toEqual([])
    expect(found({ tuple: ['first', 'third'] }, ['tuple', 2], ['tuple', 2], ['tuple', 0])).toEqual([
      [['tuple', 2], 'third'],
    ])
  })

  test('inside each other as well', () => {
    const paths = [
      ['list', 3, 't', 1],
      ['list', 1, 't', 0],
      ['list', 3, 'open'],
    ] as const
    const item = { list: [{ t: ['clear'] }, { t: ['sealed'], open: 1 }] }
    expect(found(item, ['list', anyIndex, 't', 1], ...paths)).toEqual([[['list', 3, 't', 1], 'sealed']])
  })

  test('are fewer where the item has fewer', () => {
    expect(found({ tuple: ['sealed'] }, ['tuple', 1], ['tuple', 1], ['tuple', 5])).toEqual([
      [['tuple', 1], 'sealed'],
    ])
  })

  test('may stand at several places where something selected before them does not exist', () => {
    const selection = new Selection([
      ['tuple', 0, 'key'],
      ['tuple', 2],
    ])
    const places = (pattern: (string | number)[]) =>
      [...occurrences({ tuple: ['?'] }, pattern, [], selection)].map(({ path, isUncertain }) => ({
        path,
        isUncertain,
      }))
    expect(places(['tuple', 0])).toEqual([{ path: ['tuple', 0], isUncertain: false }])
    expect(places(['tuple', 2])).toEqual([{ path: ['tuple', 2], isUncertain: true }])
    expect(places(['tuple', 1])).toEqual([])
  })

  test('stand where they are stored when an engine returns all of an updated attribute', () => {
    expect(found({ tuple: ['clear', 'sealed', 'clear'] }, ['tuple', 1], ['tuple', 1])).toEqual([
      [['tuple', 1], 'sealed'],
    ])
  })
})
