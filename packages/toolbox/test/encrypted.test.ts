import { inspect } from 'node:util'
import { formatPath, PendingSeal } from '@dynaseal/document-client/mapper'
import {
  anyOf,
  binary,
  Entity,
  EntityParser,
  fromSchemaDTO,
  item,
  list,
  map,
  nul,
  number,
  Parser,
  record,
  type Schema,
  SchemaDTO,
  set,
  string,
  Table,
  tuple,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { markOpened } from '../../document-client/src/opening/opened.js'
import { encrypted } from '../src/encrypted.js'
import { EncryptedAttribute } from '../src/encryptedAttribute.js'
import { ToolboxError } from '../src/errors.js'
import { token } from '../src/token.js'
import { newRegistry } from './support/registry.js'

const SECRET = 'the secret plaintext'

function entity(attributes: object, indexes = {}) {
  const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' }, indexes })
  // Of no particular schema: these tests parse what a schema's type would not accept.
  return new Entity({
    name: 'User',
    table,
    schema: item({ id: string().key(), ...attributes }),
  }) as unknown as Entity
}
const register = (attributes: object, indexes = {}) => newRegistry().register(entity(attributes, indexes))

describe('the annotation', () => {
  test('turns values into pending ones, after defaults, links and inner transformers', () => {
    const user = entity({
      ssn: encrypted(
        string().transform({
          encode: (text: string) => text.toUpperCase(),
          decode: (text: string) => text.toLowerCase(),
        }),
      ),
      level: encrypted(string().enum('low', 'high')).default('low'),
      address: encrypted(map({ city: string().savedAs('c'), country: string().default('NO') })),
    })
    newRegistry().register(user)
    const { item: parsed } = user
      .build(EntityParser)
      .parse({ id: '1', ssn: 'abc', address: { city: 'Oslo' } } as never)
    const plaintexts = Object.fromEntries(
      Object.entries(parsed).map(([name, value]) => [
        name,
        value instanceof PendingSeal ? PendingSeal.plaintextOf(value) : undefined,
      ]),
    )
    expect(plaintexts).toMatchObject({
      id: undefined,
      ssn: 'ABC',
      level: 'low',
      address: { c: 'Oslo', country: 'NO' },
    })
  })

  /** The transformer of an attribute that is registered, as it has to be before anything is loaded. */
  function transformer(attribute: Schema): {
    decode(value: unknown): unknown
    encode(value: unknown): unknown
  } {
    register({ attribute })
    return (attribute.props as { transform: never }).transform
  }
  /** A value as it is read from an item that a sealed client has opened. */
  function opened(value: unknown): unknown {
    const read: Record<string, unknown> = { attribute: value }
    markOpened(read, [{ path: ['attribute'], value }])
    return read.attribute
  }
  const thrownBy = (work: () => unknown): unknown => {
    try {
      work()
    } catch (error) {
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET)
      return error
    }
    return undefined
  }

  test('opened values come out as the schema formats them', () => {
    const schema = encrypted(map({ city: string().savedAs('c'), hush: string().hidden() }))
    expect(transformer(schema).decode(opened({ c: 'Oslo', hush: 'x' }))).toEqual({ city: 'Oslo' })
  })

  test('nothing goes in and nothing comes out for an entity that was never registered', () => {
    const schema = encrypted(string())
    const { transform } = schema.props as unknown as {
      transform: Record<string, (value: unknown) => unknown>
    }
    for (const direction of ['encode', 'decode'])
      expect(thrownBy(() => transform[direction]?.('planted'))).toMatchObject({ code: 'not-registered' })
    for (const options of [{ transform: false }, { transform: false, mode: 'update' }] as const)
      expect(thrownBy(() => schema.build(Parser).parse(SECRET, options))).toMatchObject({
        code: 'not-registered',
      })
    expect(thrownBy(() => schema.build(Parser).validate(SECRET))).toMatchObject({ code: 'not-registered' })
  })

  test.each([
    ['the keys of a record', encrypted(record(string(), number())), { [SECRET]: 'x' }],
    ['an unknown key of a strict map', encrypted(map({ a: string() }).strict()), { a: 'x', [SECRET]: 1 }],
    ['an enum', encrypted(string().enum('a')), SECRET],
    ['an alternative', encrypted(anyOf(number(), map({ a: string() }))), { a: 1, b: SECRET }],
  ])('a value that does not fit is refused without quoting it: %s', (_, schema, value) => {
    expect(thrownBy(() => transformer(schema as Schema).encode(value))).toMatchObject({
      code: 'invalid-value',
    })
  })

  test('of nothing it makes nothing: parser and formatter of a ZodSchemer ask for what is optional', () => {
    const optional = transformer(encrypted(string()).optional())
    expect(optional.encode(undefined)).toBeUndefined()
    expect(optional.decode(undefined)).toBeUndefined()
  })

  test('a transformer that throws does not get its message out', () => {
    const parse = { encode: String, decode: (text: string) => JSON.parse(text) as string }
    const error = thrownBy(() => transformer(encrypted(string().transform(parse))).decode(opened(SECRET)))
    expect(error).toMatchObject({ code: 'invalid-value', message: expect.stringContaining('SyntaxError') })
  })

  test('says which part does not fit, as far as the schema says it', () => {
    const schema = encrypted(map({ lines: list(map({ zip: number() })) }))
    expect(thrownBy(() => transformer(schema).encode({ lines: [{ zip: SECRET }] }))).toMatchObject({
      message: expect.stringContaining('lines[n].zip'),
    })
  })

  test('another alternative of an anyOf gets its turn when the first does not fit', () => {
    const user = entity({ either: anyOf(encrypted(string()), encrypted(number())) })
    newRegistry().register(user)
    const { item: parsed } = user.build(EntityParser).parse({ id: '1', either: 5 } as never)
    expect(PendingSeal.plaintextOf((parsed as { either: PendingSeal }).either)).toBe(5)
  })

  test('is validated where dynamodb-toolbox validates', () => {
    const a = encrypted(string())
    register({ a })
    const schema = item({ a })
    expect(schema.build(Parser).parse({ a: 'x' }, { transform: false })).toEqual({ a: 'x' })
    expect(() => schema.build(Parser).parse({ a: 5 }, { transform: false })).toThrow(ToolboxError)
  })

  test('an opened value of another type is refused without quoting it', () => {
    const amount = encrypted(number())
    expect(thrownBy(() => transformer(amount).decode(opened(SECRET)))).toMatchObject({
      code: 'invalid-value',
    })
  })

  test('validators run, and their refusal does not quote the value', () => {
    const user = entity({ ssn: encrypted(string().validate(text => text.length < 5 || 'too long')) })
    newRegistry().register(user)
    let error: unknown
    try {
      user.build(EntityParser).parse({ id: '1', ssn: SECRET } as never)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'invalid-value', message: expect.stringContaining('too long') })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET)
  })

  test('an error of a validator is said to come from where it was thrown, without what it says', () => {
    const fail = (text: string) => new TypeError(`no ${text}\n    at ${text} (${text}:1:1)`)
    const shortened = (text: string) => Object.assign(fail(text), { message: `no ${text}` })
    const other = (text: string) => Object.assign(fail(text), { message: '' })
    for (const make of [fail, shortened, other]) {
      const validator = (text: string): boolean => {
        throw make(text)
      }
      const user = entity({ ssn: encrypted(string().validate(validator)) })
      newRegistry().register(user)
      const error = thrownBy(() => user.build(EntityParser).parse({ id: '1', ssn: SECRET } as never)) as Error
      expect(error.message).toContain('TypeError')
      if (make === fail) expect(error.message).toMatch(/TypeError \(at .*encrypted\.test\.ts:\d+:\d+\)/)
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET)
    }
  })

  test.each([
    ['a key', () => encrypted(string().key() as unknown as ReturnType<typeof string>)],
    ['a link inside a container', () => encrypted(map({ city: string().link((() => 'x') as never) }))],
    [
      'an encrypted attribute inside an encrypted container',
      () => encrypted(map({ city: encrypted(string()) })),
    ],
    ['a whole item', () => encrypted(item({ id: string() }))],
  ])('is refused on %s', (_, annotate) => {
    expect(annotate).toThrow(ToolboxError)
  })
})

describe('after encrypted(), nothing can undo it', () => {
  const calling = (schema: object, name: string, ...args: unknown[]) =>
    (schema as Record<string, (...args: unknown[]) => unknown>)[name]!(...args)

  // Their types have none of these methods: see genericTypes.test.ts.
  test.each([
    ['transform', encrypted(string()), { encode: String, decode: String }],
    ['transform', encrypted(string()).meta({ title: 'x' }), { encode: String, decode: String }],
    ['validate', encrypted(string()), () => true],
    ['updateValidate', encrypted(string()).optional(), () => true],
    ['enum', encrypted(string()), 'a'],
    ['pick', encrypted(map({ a: string() })), 'a'],
    ['keyDefault', encrypted(string()), 'x'],
    ['keyLink', encrypted(string()), () => 'x'],
  ])('%s throws, and says to put it inside or leave it', (name, schema, ...args) => {
    const chain = () => calling(schema, name, ...args)
    expect(chain).toThrow(ToolboxError)
    expect(chain).toThrow(/Put it inside|gives a key its value/)
  })

  test('key() leaves it encrypted and checked', () => {
    const schema = encrypted(string().enum('a')).key().savedAs('x')
    expect(EncryptedAttribute.of(schema as unknown as Schema, 'x')).toBeInstanceOf(EncryptedAttribute)
    expect(schema.props).toMatchObject({ key: true, required: 'always', keyValidator: expect.any(Function) })
  })

  test('clone cannot replace the transformer', () => {
    const schema = encrypted(string())
    const clone = schema.clone({ transform: undefined }) as unknown as Schema
    expect(EncryptedAttribute.of(clone, 'x')).toBeInstanceOf(EncryptedAttribute)
  })

  test('a schema rebuilt from its DTO is refused', () => {
    const dto = JSON.parse(
      JSON.stringify(item({ id: string().key(), ssn: encrypted(string()) }).build(SchemaDTO)),
    )
    const rebuilt = fromSchemaDTO(dto) as ReturnType<typeof item>
    expect(() => register(rebuilt.attributes)).toThrow(/fromSchemaDTO/)
  })
})

describe('what is no schema of a value is refused, with the way out', () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      'a token',
      () => encrypted(token('email') as never),
      /What encrypted\(\) was given is the search token of 'email'/,
    ],
    [
      'a token of two',
      () => encrypted(token(['a', 'b']) as never),
      /search token of 'a', 'b', which cannot be encrypted.*outside of encrypted\(\)/,
    ],
    [
      'a container with a token',
      () => encrypted(map({ 'by.email': token('email') })),
      /'\['by\.email'\]' inside an encrypted container is the search token of 'email'/,
    ],
    [
      'a list of tokens',
      () => encrypted(list(token('email') as never)),
      /'\[n\]' inside an encrypted container/,
    ],
    ['what is encrypted', () => encrypted(encrypted(string()) as never), /is encrypted already/],
    ['nothing', () => encrypted(undefined as never), /takes a schema of dynamodb-toolbox/],
    ['a type', () => encrypted('string' as never), /takes a schema of dynamodb-toolbox/],
    ['half a schema', () => encrypted({ type: 'string', props: null } as never), /takes a schema/],
    ['a token of a token', () => token(token('email') as never), /token\(\) takes the name of an attribute/],
    ['a token of a schema', () => token(encrypted(string()) as never), /takes the name of an attribute/],
    [
      'options null',
      () => token('email', null as never),
      /options of token\('email'\) must be a plain object/,
    ],
    ['a number as tenant', () => token('email', { tenant: 1 as never }), /tenant of token\('email'\)/],
    ['a name that is empty', () => token('email', { savedAs: '' }), /savedAs of token\('email'\)/],
    ['no normalizer', () => token('email', { normalize: null as never }), /normalize of token\('email'\)/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(ToolboxError)
    expect(make).toThrow(
      expect.objectContaining({ code: 'invalid-schema', message: expect.stringMatching(message) }),
    )
  })
})

describe('registration refuses', () => {
  test.each([
    ['one alternative in clear', { x: anyOf(encrypted(string()), number()) }],
    ['one alternative in clear, deeper', { x: anyOf(map({ a: encrypted(string()) }), map({ a: string() })) }],
    [
      'one alternative sealed as a whole, with a clear part in the other',
      { x: anyOf(encrypted(string()), map({ a: string() })) },
    ],
    ['single elements of a set', { x: set(encrypted(string()) as never) }],
  ])('%s', (_, attributes) => {
    expect(() => register(attributes)).toThrow()
  })

  test('an index key', () => {
    const indexes = { byEmail: { type: 'global', partitionKey: { name: 'email', type: 'string' } } }
    expect(() => register({ email: encrypted(string()) }, indexes)).toThrow(/index/)
    expect(() => register({ mail: encrypted(string()).savedAs('email') }, indexes)).toThrow(/index/)
  })

  test('a time to live', () => {
    const registry = newRegistry(['expires'])
    expect(() => registry.register(entity({ until: encrypted(number()).savedAs('expires') }))).toThrow(
      /'expires' of entity User is a time to live.*cannot be encrypted/,
    )
  })

  test("what is called like an attribute of the format's own: declared, a key, a key of an index, a time to live", () => {
    const message = /'dynaseal' of entity User or of table users has the name.*envelopeAttribute/
    expect(() => register({ dynaseal: string() })).toThrow(message)
    expect(() => register({ dynaseal: map({}) })).toThrow(message)
    expect(() => register({ a: encrypted(string()).savedAs('dynaseal') })).toThrow(message)
    expect(() =>
      register({}, { byName: { type: 'global', partitionKey: { name: 'dynaseal', type: 'string' } } }),
    ).toThrow(message)
    expect(() => newRegistry(['dynaseal']).register(entity({}))).toThrow(message)
  })

  test("the attribute that has the entity's name", () => {
    expect(() => register({ kind: encrypted(string()).savedAs('_et') })).toThrow(/reserved attribute alias/)
  })

  test('nothing else', () => {
    register({
      a: encrypted(string()).optional().hidden().savedAs('x').default('d'),
      b: list(encrypted(binary())),
      n: anyOf(nul(), map({ s: encrypted(string()) })),
      t: tuple(string(), encrypted(string())),
      c: record(string(), map({ d: encrypted(set(string())) })),
      e: anyOf(
        map({ kind: string(), a: encrypted(string()) }),
        map({ kind: string(), b: encrypted(string()) }),
      ),
    })
  })
})

describe('where ciphertext belongs', () => {
  const registry = newRegistry()
  registry.register(entity({ secret: encrypted(string()), shared: encrypted(string()) }))
  const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
  registry.register(
    new Entity({
      name: 'Other',
      table,
      schema: item({ id: string().key(), shared: string() }),
    }),
  )
  const users = registry.table('users')

  test('is known by entity', () => {
    expect(users.encrypted('User')).toEqual([['secret'], ['shared']])
  })

  test('an unknown entity name switches no check off', () => {
    expect(users.encrypted('Invented')).toEqual([['secret'], ['shared']])
    expect(users.encrypted(undefined)).toEqual([['secret'], ['shared']])
  })

  test('another entity may keep in clear what it declares, and nothing else', () => {
    expect(users.encrypted('Other')).toEqual([['secret']])
  })

  test('containers of another entity are told apart as well', () => {
    const both = newRegistry()
    both.register(entity({ data: encrypted(list(string())) }))
    both.register(
      new Entity({
        name: 'Other',
        table,
        schema: item({ id: string().key(), data: list(encrypted(string())) }),
      }),
    )
    expect(both.table('users').encrypted('Other').map(formatPath)).toEqual(['data[n]'])
    expect(both.table('users').encrypted('User').map(formatPath)).toEqual(['data'])
  })

  test('two registrations of one name hold together', () => {
    const versions = newRegistry()
    versions.register(entity({ ssn: encrypted(string()) }))
    expect(versions.table('users').encrypted('User')).toEqual([['ssn']])
    versions.register(entity({ other: encrypted(string()) }))
    expect(versions.table('users').encrypted('User')).toEqual([['ssn'], ['other']])
    versions.register(entity({ third: string() }))
    expect(versions.table('users').encrypted('User')).toEqual([['ssn'], ['other']])
  })

  test('a table is found by its ARN, registered by name or ARN', () => {
    const arn = 'arn:aws:dynamodb:us-east-1:111122223333:table/users'
    expect(registry.table(arn)).toBe(users)
    expect(() => registry.table(`${arn}2`)).toThrow(/knows no entity of table/)
    const byArn = newRegistry()
    const arnTable = new Table({ name: arn, partitionKey: { name: 'id', type: 'string' } })
    byArn.register(
      new Entity({
        name: 'U',
        table: arnTable,
        schema: item({ id: string().key(), s: encrypted(string()) }),
      }),
    )
    expect(byArn.table('users').encrypted('U')).toEqual([['s']])
  })
})
