import { inspect } from 'node:util'
import { marshall } from '@aws-sdk/util-dynamodb'
import {
  anyOf,
  binary,
  Entity,
  EntityParser,
  item,
  list,
  map,
  number,
  record,
  set,
  string,
  Table,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { encrypted } from '../src/encrypted.js'
import { ToolboxError } from '../src/errors.js'
import { PendingSeal } from '../src/pendingSeal.js'
import { Registry } from '../src/registry.js'

const SECRET = 'the secret plaintext'

function entity(attributes: object, indexes = {}) {
  const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' }, indexes })
  return new Entity({
    name: 'User',
    table,
    schema: item({ id: string().key(), ...attributes }),
  }) as unknown as Entity
}
const register = (attributes: object, indexes = {}) =>
  new Registry(name => name).register(entity(attributes, indexes))

describe('a value that waits to be sealed', () => {
  const pending = new PendingSeal(SECRET)

  test('shows nothing, however it is looked at', () => {
    const looks = [
      String(pending),
      `${pending}`,
      JSON.stringify({ pending }),
      inspect(pending, { depth: 9, showHidden: true }),
      inspect({ nested: [pending] }, { depth: 9, showHidden: true, getters: true }),
      Buffer.from(pending).toString(),
      Object.entries(pending).join(),
      Reflect.ownKeys(pending).map(String).join(),
    ]
    for (const look of looks) expect(look).not.toContain(SECRET)
  })

  test('is refused by marshalling, which names the way out', () => {
    expect(() => marshall({ pending })).toThrow('sealDocumentClient()')
  })

  test('is not copied: a copy would be an empty binary', () => {
    expect(() => Uint8Array.from(pending)).toThrow(ToolboxError)
    expect(() => [...(pending as unknown as Iterable<number>)]).toThrow(ToolboxError)
  })
})

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

  test('opened values come out as the schema formats them', () => {
    const schema = encrypted(map({ city: string().savedAs('c'), hush: string().hidden() })) as unknown as {
      props: { transform: { decode(value: unknown): unknown } }
    }
    expect(schema.props.transform.decode({ c: 'Oslo', hush: 'x' })).toEqual({ city: 'Oslo' })
  })

  test('an opened value of another type is refused without quoting it', () => {
    const amount = encrypted(number())
    const schema = amount as unknown as { props: { transform: { decode(value: unknown): unknown } } }
    let error: unknown
    try {
      schema.props.transform.decode(SECRET)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'invalid-value' })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET)
  })

  test('validators run, and their refusal does not quote the value', () => {
    const user = entity({ ssn: encrypted(string().validate(text => text.length < 5 || 'too long')) })
    let error: unknown
    try {
      user.build(EntityParser).parse({ id: '1', ssn: SECRET } as never)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'invalid-value', message: expect.stringContaining('too long') })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(SECRET)
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

describe('registration refuses', () => {
  test.each([
    [
      'a key made of an encrypted attribute afterwards',
      { ssn: encrypted(string()).key() },
      /both encrypted and a key/,
    ],
    [
      'a transformer afterwards',
      { ssn: encrypted(string()).transform({ encode: String, decode: String } as never) },
      /store 'ssn' in clear/,
    ],
    ['a validator afterwards', { ssn: encrypted(string()).validate(() => true) }, /inside/],
    ['an update validator afterwards', { ssn: encrypted(string()).updateValidate(() => true) }, /inside/],
    [
      'one alternative in clear',
      { x: anyOf(encrypted(string()), number()) },
      /encrypted in one alternative and clear in another/,
    ],
    [
      'one alternative in clear, deeper',
      { x: anyOf(map({ a: encrypted(string()) }), map({ a: string() })) },
      /encrypted in one alternative/,
    ],
  ])('%s', (_, attributes, message) => {
    expect(() => register(attributes)).toThrow(message)
  })

  test('an index key', () => {
    const indexes = { byEmail: { type: 'global', partitionKey: { name: 'email', type: 'string' } } }
    expect(() => register({ email: encrypted(string()) }, indexes)).toThrow(/index/)
    expect(() => register({ mail: encrypted(string()).savedAs('email') }, indexes)).toThrow(/index/)
  })

  test('nothing else', () => {
    register({
      a: encrypted(string()).optional().hidden().savedAs('x').default('d'),
      b: list(encrypted(binary())),
      c: record(string(), map({ d: encrypted(set(string())) })),
      e: anyOf(
        map({ kind: string(), a: encrypted(string()) }),
        map({ kind: string(), b: encrypted(string()) }),
      ),
    })
  })
})

describe('where ciphertext belongs', () => {
  const registry = new Registry(name => name)
  registry.register(entity({ secret: encrypted(string()), shared: encrypted(string()) }))
  const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
  registry.register(
    new Entity({
      name: 'Other',
      table,
      schema: item({ id: string().key(), shared: string() }),
    }) as unknown as Entity,
  )
  const users = registry.find('users')

  test('is known by entity', () => {
    expect(users?.encrypted('User')).toEqual([['secret'], ['shared']])
  })

  test('an unknown entity name switches no check off', () => {
    expect(users?.encrypted('Invented')).toEqual([['secret'], ['shared']])
    expect(users?.encrypted(undefined)).toEqual([['secret'], ['shared']])
  })

  test('another entity may keep in clear what it declares, and nothing else', () => {
    expect(users?.encrypted('Other')).toEqual([['secret']])
  })

  test('a table is found by its ARN', () => {
    expect(registry.find('arn:aws:dynamodb:us-east-1:111122223333:table/users')).toBe(users)
    expect(registry.find('arn:aws:dynamodb:us-east-1:111122223333:table/users2')).toBeUndefined()
  })
})
