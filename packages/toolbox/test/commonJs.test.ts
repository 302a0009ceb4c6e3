import { createRequire } from 'node:module'
import type * as ES from 'dynamodb-toolbox'
import { $SET, string as importedString } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { markOpened } from '../../document-client/src/opening/opened.js'
import { PendingSeal } from '../../document-client/src/sealing/pendingSeal.js'
import { encrypted } from '../src/encrypted.js'
import type { EncryptedAttribute } from '../src/encryptedAttribute.js'
import { addCopy } from '../src/toolboxCopies.js'
import { newRegistry } from './support/registry.js'

/** The library as a CommonJS program has it: a second copy, with symbols and classes of its own. */
const require = createRequire(import.meta.url)
const toolbox = require('dynamodb-toolbox') as typeof ES
// As src/commonJs.cts does it, which is what a CommonJS program requires.
addCopy({
  schemas: require('dynamodb-toolbox/schema'),
  parse: require('dynamodb-toolbox/schema/actions/parse'),
  keys: require('dynamodb-toolbox/table/actions/parsePrimaryKey'),
  format: require('dynamodb-toolbox/schema/actions/format'),
  errors: require('dynamodb-toolbox/errors'),
})
const {
  $add,
  $append,
  $get,
  $set,
  any,
  anyOf,
  Entity,
  EntityParser,
  item,
  list,
  map,
  number,
  string,
  Table,
} = toolbox

const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
const User = new Entity({
  name: 'User',
  table,
  schema: item({
    id: string().key(),
    ssn: encrypted(string()).optional(),
    address: encrypted(map({ city: string(), country: string().default('NO') })).optional(),
    loose: encrypted(any()).optional(),
    amount: encrypted(number()).optional(),
    names: encrypted(list(string())).optional(),
    either: encrypted(
      anyOf(map({ kind: string().const('a') }), map({ kind: string().const('b'), n: number() })).discriminate(
        'kind',
      ),
    ).optional(),
  }),
})
// As with a mock, which may answer anything.
newRegistry([], () => true).register(User)

test('it is another copy', () => {
  expect(toolbox.$SET).not.toBe($SET)
})

test('its schemas are encrypted', () => {
  const { item: parsed } = User.build(EntityParser).parse({ id: '1', ssn: 'abc', address: { city: 'Oslo' } })
  expect(PendingSeal.plaintextOf(parsed.ssn as never)).toBe('abc')
  expect(PendingSeal.plaintextOf(parsed.address as never)).toEqual({ city: 'Oslo', country: 'NO' })
})

test('what is discriminated by symbols of its own is parsed and formatted by it', () => {
  const either = { kind: 'b' as const, n: 1 }
  const { item: parsed } = User.build(EntityParser).parse({ id: '1', either })
  const plaintext = PendingSeal.plaintextOf(parsed.either as never)
  expect(plaintext).toEqual(either)
  const { transform } = User.schema.attributes.either.props as unknown as { transform: EncryptedAttribute }
  const read: Record<string, unknown> = { either: plaintext }
  markOpened(read, [{ path: ['either'], value: plaintext }])
  expect(transform.decode(read.either)).toEqual(either)
})

test('what it throws is told from what a validator throws', () => {
  const invalid = () => User.build(EntityParser).parse({ id: '1', address: { city: 1 } } as never)
  expect(invalid).toThrow(/it is not of the type that the schema says \(at city\)/)
})

test('a schema of each copy is not put into one of the other', () => {
  expect(() => encrypted(map({ city: importedString() as never }))).toThrow(
    expect.objectContaining({ code: 'invalid-schema' }),
  )
})

test('a schema of a copy that nobody knows is refused', () => {
  class StringSchema {
    type = 'string'
    props = {}
  }
  expect(() => encrypted(new StringSchema() as never)).toThrow(
    expect.objectContaining({ code: 'invalid-schema', message: expect.stringContaining('npm ls') }),
  )
})

describe('its update extensions are known', () => {
  const values = (given: object) =>
    Object.values(
      User.build(toolbox.UpdateItemCommand)
        .item({ id: '1', ...given } as never)
        .params().ExpressionAttributeValues ?? {},
    )

  test.each([
    ['a map', { address: $set({ city: 'Oslo', country: 'SE' }) }, { city: 'Oslo', country: 'SE' }],
    ['anything', { loose: $set({ a: 1 }) }, { a: 1 }],
    ['a list', { names: $set(['x']) }, ['x']],
  ])('$set of %s', (_, given, plaintext) => {
    const pending = values(given).filter(value => value instanceof PendingSeal)
    expect(pending.map(PendingSeal.plaintextOf)).toEqual([plaintext])
  })

  test.each([
    ['$add', { amount: $add(3) }],
    ['$add of anything', { loose: $add(3) }],
    ['$append of anything', { loose: $append([3]) }],
    ['$append', { names: $append(['x']) }],
    ['a bare map', { address: { city: 'Oslo' } }],
  ])('%s is refused', (_, given) => {
    expect(() => values(given)).toThrow(expect.objectContaining({ code: 'update-refused' }))
  })

  test('$get copies nothing that waits to be sealed', () => {
    expect(values({ amount: $get('loose') }).some(value => value instanceof PendingSeal)).toBe(false)
  })
})
