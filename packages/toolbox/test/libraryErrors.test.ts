import { createRequire } from 'node:module'
import { inspect } from 'node:util'
import * as esm from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { markOpened } from '../../document-client/src/opening/opened.js'
import { encrypted } from '../src/index.js'
import { addCopy } from '../src/toolboxCopies.js'
import { newRegistry } from './support/registry.js'

const require = createRequire(import.meta.url)
const required = require('dynamodb-toolbox') as typeof esm
addCopy({
  schemas: require('dynamodb-toolbox/schema'),
  parse: require('dynamodb-toolbox/schema/actions/parse'),
  keys: require('dynamodb-toolbox/table/actions/parsePrimaryKey'),
  format: require('dynamodb-toolbox/schema/actions/format'),
  errors: require('dynamodb-toolbox/errors'),
})
const SECRET = 'the secret plaintext'

/** Neither in what is printed nor in what is shown as JSON. */
function thrownBy(work: () => unknown): { code?: string; payload?: object; path?: string } {
  try {
    work()
  } catch (error) {
    const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error)
    expect(shown).not.toContain(SECRET)
    return error as object
  }
  throw new Error('It did not fail.')
}

const entityWith = ({ anyOf, Entity, item, list, map, record, string, Table, tuple }: typeof esm) => {
  const card = map({ type: string().const('card'), pan: encrypted(string()) })
  const account = map({ type: string().const('account'), iban: encrypted(string()) })
  const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
  const User = new Entity({
    name: 'User',
    table,
    timestamps: false,
    schema: item({
      id: string().key(),
      plain: string().optional(),
      either: anyOf(card, account).optional(),
      kind: anyOf(card, account).discriminate('type').optional(),
      cards: list(card).optional(),
      byName: record(string(), card).optional(),
      pair: tuple(string(), encrypted(string())).optional(),
      address: map({ city: string(), street: encrypted(string()) })
        .strict()
        .optional(),
      clear: map({ text: string() }).optional(),
    }),
  })
  newRegistry().register(User)
  return User
}
const User = entityWith(esm)

const UNFIT: readonly (readonly [string, object])[] = [
  ['an anyOf without a match', { either: { type: 'card', pam: SECRET } }],
  ['an anyOf with a wrong part', { either: { type: 'card', pan: [SECRET] } }],
  ['an anyOf given something else', { either: SECRET }],
  ['a discriminator without a match', { kind: { type: 'cash', pan: SECRET } }],
  ['a list that is none', { cards: { 0: { type: 'card', pan: SECRET } } }],
  ['elements of a list', { cards: [[{ type: 'card', pan: SECRET }]] }],
  ['elements of a record', { byName: { x: [SECRET] } }],
  ['a tuple', { pair: SECRET }],
  ['a map', { address: [SECRET] }],
  ['a misspelled part of a strict map', { address: { city: 'Oslo', street: 's', stret: SECRET } }],
]

describe.each([
  ['imported', User, esm],
  ['required', entityWith(required), required],
])('an error of dynamodb-toolbox, %s', (_, E, toolbox) => {
  test.each(UNFIT)('on saving quotes no encrypted part: %s', (_, given) => {
    const put = () =>
      E.build(toolbox.PutItemCommand)
        .item({ id: '1', ...given } as never)
        .params()
    expect(thrownBy(put).code).toMatch(/^parsing\.|^invalid-value$/)
    expect(new toolbox.Parser(E.schema).validate({ id: '1', ...given })).toBe(false)
  })

  test('about what is clear has what was given', () => {
    for (const given of [{ plain: 5 }, { clear: { text: 5 } }]) {
      const put = () =>
        E.build(toolbox.PutItemCommand)
          .item({ id: '1', ...given } as never)
          .params()
      expect(thrownBy(put)).toMatchObject({ payload: { received: 5 } })
    }
  })
})

test.each(UNFIT.slice(0, 9))('on loading it quotes no encrypted part either: %s', (_, given) => {
  const load = () => {
    const stored = { id: '1', _et: 'User', ...structuredClone(given) }
    markOpened(stored, [{ path: Object.keys(given), value: SECRET }])
    new esm.EntityFormatter(User).format(stored as never)
  }
  expect(thrownBy(load).code).toMatch(/^formatter\.|^invalid-value$|^client-not-sealed$/)
})

describe('Parser.validate() says whether a value fits', () => {
  test.each<[boolean, object]>([
    [true, { pair: ['a', 'b'], kind: { type: 'card', pan: '4111' } }],
    [false, { pair: ['a', 5] }],
    [false, { plain: 5 }],
  ])('%s', (fits, given) => {
    expect(new esm.Parser(User.schema).validate({ id: '1', entity: 'User', ...given })).toBe(fits)
  })

  test('of the attribute alone', () => {
    const parser = new esm.Parser(User.schema.attributes.pair.elements[1])
    expect([parser.validate('a'), parser.validate(5)]).toEqual([true, false])
  })
})
