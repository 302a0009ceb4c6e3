import { createRequire } from 'node:module'
import * as imported from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { encrypted } from '../src/encrypted.js'
import { copyOf, knownCopies } from '../src/toolboxCopies.js'

type Library = typeof imported
/** The library as a CommonJS program has it: another copy, which nobody has made known here. */
const required = createRequire(import.meta.url)('dynamodb-toolbox') as Library

/** Not typed as schemas, whose types TypeScript would guess from that. */
const KINDS: Record<imported.Schema['type'], (library: Library) => unknown> = {
  any: ({ any }) => any(),
  anyOf: ({ anyOf, number, string }) => anyOf(string(), number()),
  binary: ({ binary }) => binary(),
  boolean: ({ boolean }) => boolean(),
  item: ({ item, string }) => item({ id: string().key() }),
  list: ({ list, string }) => list(string()),
  map: ({ map, string }) => map({ inside: string() }),
  null: ({ nul }) => nul(),
  number: ({ number }) => number(),
  record: ({ record, string }) => record(string(), string()),
  set: ({ set, string }) => set(string()),
  string: ({ string }) => string(),
  tuple: ({ tuple, string }) => tuple(string()),
}
const NO_COPY = expect.objectContaining({
  code: 'invalid-schema',
  message: expect.stringContaining('another copy of dynamodb-toolbox'),
})

describe.each(Object.entries(KINDS))('of a schema of kind %s', (type, make) => {
  test('the copy that made it is known', () => {
    const schema = make(imported) as imported.Schema
    expect(copyOf(schema)).toBe(knownCopies()[0])
    // Its properties may still be changed: the entity that it is for has not been made.
    expect(Object.isFrozen(schema.props)).toBe(false)
    schema.check()
    expect(copyOf(schema)).toBe(knownCopies()[0])
  })

  test('another copy is refused', () => {
    expect(() => copyOf(make(required) as imported.Schema)).toThrow(NO_COPY)
    if (type !== 'item') expect(() => encrypted(make(required) as imported.AnySchema)).toThrow(NO_COPY)
  })
})

test.each(['optional', 'hidden'] as const)('so it is after %s()', method => {
  expect(copyOf(imported.string()[method]())).toBe(knownCopies()[0])
})

test('one of another copy inside of a container is refused', () => {
  const container = imported.map({ inside: required.string() })
  expect(() => encrypted(container)).toThrow(NO_COPY)
})

test('a kind that nobody here knows is refused', () => {
  class Interval extends imported.StringSchema<object> {
    constructor() {
      super({})
      Object.assign(this, { type: 'interval' })
    }
  }
  expect(() => copyOf(new Interval())).toThrow(NO_COPY)
  expect(() => encrypted(imported.map({ inside: new Interval() }))).toThrow(NO_COPY)
})

test.each([{}, Object.create(null), { check: () => {} }])('what is no schema is refused', members => {
  const schema = Object.assign(members, { type: 'string', props: {} }) as imported.Schema
  expect(() => copyOf(schema)).toThrow(NO_COPY)
})
