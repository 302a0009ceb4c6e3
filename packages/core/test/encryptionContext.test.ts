import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ConfigurationError, createFormat } from '../src/index.js'
import { openOne, refusal, sealItem } from './support/fields.js'
import { FORMS_AND_CODECS } from './support/forms.js'
import { rawKeyring } from './support/keyrings.js'

describe.each(FORMS_AND_CODECS)('the encryption context of $name', form => {
  const formatWith = (encryptionContext: Record<string, string>) =>
    form.create({ keyring: rawKeyring(), encryptionContext })
  const seal = (encryptionContext: Record<string, string>) =>
    sealItem(formatWith(encryptionContext), form.item({ S: 'a' }))

  it.each([
    ['a pair more', { tenant: 'a', more: 'b' }],
    ['a pair less', {}],
    ['another value', { tenant: 'b' }],
    ['another case', { Tenant: 'a' }],
  ])('with %s does not open', async (_name, encryptionContext) => {
    const stored = await seal({ tenant: 'a' })
    expect((await refusal(formatWith(encryptionContext as Record<string, string>), stored)).code).toBe(
      'wrong-context',
    )
  })

  it('may have its pairs in any order', async () => {
    const stored = await seal({ a: '1', b: '2' })
    expect(await openOne(formatWith({ b: '2', a: '1' }), stored)).toEqual({ S: 'a' })
  })

  it('is copied, so that the caller may change the object', async () => {
    const encryptionContext = { tenant: 'a' }
    const format = formatWith(encryptionContext)
    encryptionContext.tenant = 'b'
    expect(await openOne(format, await seal({ tenant: 'a' }))).toEqual({ S: 'a' })
  })

  it.each<[string, object]>([
    ['without a prototype', Object.assign(Object.create(null), { tenant: 'a' })],
    ['of another realm', runInNewContext("({ tenant: 'a' })")],
    ['that is frozen', Object.freeze({ tenant: 'a' })],
  ])('may be an object %s', async (_name, encryptionContext) => {
    const format = formatWith(encryptionContext as Record<string, string>)
    expect(await openOne(format, await seal({ tenant: 'a' }))).toEqual({ S: 'a' })
  })

  it('is read once', async () => {
    const values = ['a', 'b', 1]
    const encryptionContext = {
      get tenant() {
        return values.shift() as string
      },
    }
    const format = formatWith(encryptionContext)
    expect(await openOne(format, await seal({ tenant: 'a' }))).toEqual({ S: 'a' })
  })

  it('cannot hold a table name that is empty or too long', async () => {
    const format = formatWith({})
    const stored = await seal({})
    for (const table of ['', 'T'.repeat(8192), '\ud800']) {
      await expect(format.seal([form.item({ S: 'a' }, { table })])).rejects.toThrow(ConfigurationError)
      await expect(format.open([{ ...stored, table }])).rejects.toThrow(ConfigurationError)
    }
  })
})

describe('an encryption context', () => {
  it.each<[string, unknown]>([
    ['a promise for it', Promise.resolve({ tenant: 'a' })],
    ['a map', new Map([['tenant', 'a']])],
    ['a string', 'tenant'],
    ['a list of pairs', [['tenant', 'a']]],
    ['nothing', null],
    [
      'an instance of a class',
      new (class {
        tenant = 'a'
      })(),
    ],
    ['inherited pairs', Object.create({ tenant: 'a' })],
    [
      'pairs inherited of what has no prototype',
      Object.create(Object.assign(Object.create(null), { tenant: 'a' })),
    ],
    ['pairs that are not enumerable', Object.defineProperty({}, 'tenant', { value: 'a' })],
    ['a key that is a symbol', { [Symbol('tenant')]: 'a' }],
    ['a value that is an object', { tenant: new String('a') }],
    ['a value that is missing', { tenant: undefined }],
    ['a reserved key of the Encryption SDK', { 'aws-crypto-public-key': 'a' }],
    ['a reserved key of AWS', { 'aws:replica': 'us-west-2' }],
    ['a reserved key of ours', { 'dynaseal:table': 'Other' }],
    ['an empty key', { '': 'a' }],
    ['a value that is no string', { a: 1 }],
    ['a lone surrogate', { a: '\ud800' }],
    [
      'more pairs than allowed',
      Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, 'v'])),
    ],
    ['more bytes than allowed', { a: 'x'.repeat(8192) }],
  ])('with %s is refused at construction', (_name, encryptionContext) => {
    const create = () =>
      createFormat({
        keyring: rawKeyring(),
        encryptionContext: encryptionContext as Record<string, string>,
      })
    expect(create).toThrow(ConfigurationError)
    expect(create).toThrow(expect.objectContaining({ code: 'invalid-context' }))
  })

  it.each<[string, unknown, string]>([
    ['a text', 'tenant-4711', 'a value of type String'],
    ['a promise', Promise.resolve({ tenant: 'tenant-4711' }), 'a value of type Promise'],
    ['an instance', Object.create({ tenant: 'tenant-4711' }), 'an object with a prototype of its own'],
  ])('says that it was given %s, and not its content', (_name, encryptionContext, kind) => {
    const create = () =>
      createFormat({
        keyring: rawKeyring(),
        encryptionContext: encryptionContext as Record<string, string>,
      })
    expect(create).toThrow(
      `The encryption context cannot be used: it must be a plain object, and not ${kind}.`,
    )
  })
})
