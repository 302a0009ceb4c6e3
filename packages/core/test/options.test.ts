import { describe, expect, it } from 'vitest'
import { createFormat } from '../src/index.js'
import { item, openOne, sealItem } from './support/fields.js'
import { rawKeyring } from './support/keyrings.js'

describe('options', () => {
  it.each<[string, object]>([
    ['no object', undefined as unknown as object],
    ['no keyring', {}],
    [
      'an instance of a class',
      new (class {
        keyring = rawKeyring()
      })(),
    ],
    ['inherited ones', Object.create({ keyring: rawKeyring() })],
    ['a promise for the keyring', { keyring: Promise.resolve(rawKeyring()) }],
    ['nothing as the cache', { keyring: rawKeyring(), cache: null }],
    ['a promise for the cache', { keyring: rawKeyring(), cache: Promise.resolve({}) }],
    ['a map for the cache', { keyring: rawKeyring(), cache: new Map([['maxAge', 1]]) }],
    ['a number for the cache', { keyring: rawKeyring(), cache: 1000 }],
    ['nothing as the maximum age', { keyring: rawKeyring(), cache: { maxAge: null } }],
    ['a maximum age as text', { keyring: rawKeyring(), cache: { maxAge: '1000' } }],
    ['a time for the clock', { keyring: rawKeyring(), cache: { now: 0 } }],
    ['no data keys for a call', { keyring: rawKeyring(), cache: { maxKeysPerOpen: 0 } }],
    ['a text for suites', { keyring: rawKeyring(), allowSuites: '0x0578' }],
    ['a class of keyrings', { keyring: rawKeyring().constructor }],
    ['half a keyring', { keyring: { onEncrypt() {} } }],
    ['an unknown codec', { keyring: rawKeyring(), codec: 'other' }],
    ['a maximum age of zero', { keyring: rawKeyring(), cache: { maxAge: 0 } }],
    ['no maximum age', { keyring: rawKeyring(), cache: { maxAge: Number.POSITIVE_INFINITY } }],
    ['half a message', { keyring: rawKeyring(), cache: { maxMessages: 1.5 } }],
    ['zero messages', { keyring: rawKeyring(), cache: { maxMessages: 0 } }],
    [
      'more messages than the specification allows',
      { keyring: rawKeyring(), cache: { maxMessages: 2 ** 32 + 1 } },
    ],
    ['zero keys', { keyring: rawKeyring(), cache: { maxKeys: 0 } }],
    ['a negative memory', { keyring: rawKeyring(), cache: { refusalAge: -1 } }],
    ['a grace that is no number', { keyring: rawKeyring(), cache: { openingGrace: Number.NaN } }],
  ])('with %s are refused', (_name, options) => {
    const create = () => createFormat(options as Parameters<typeof createFormat>[0])
    expect(create).toThrow(expect.objectContaining({ name: 'ConfigurationError', code: 'invalid-option' }))
  })
})

describe('an option that there is none of', () => {
  it.each<[string, object, RegExp]>([
    [
      'of a format',
      { encryptioncontext: {} },
      /no option encryptioncontext\. The options are keyring, encryptionContext, /,
    ],
    [
      'of the cache',
      { cache: { maxage: 1, maxkeys: 1 } },
      /no option cache.maxage, cache.maxkeys\. The options are cache.maxAge, /,
    ],
  ])('%s is refused by its name', (_name, options, message) => {
    const create = () => createFormat({ keyring: rawKeyring(), ...options })
    expect(create).toThrow(expect.objectContaining({ name: 'ConfigurationError', code: 'invalid-option' }))
    expect(create).toThrow(message)
  })

  it('is no option that is not given', async () => {
    const format = createFormat({
      keyring: rawKeyring(),
      encryptionContext: undefined,
      format: undefined,
      envelopeAttribute: undefined,
      fields: undefined,
      cache: { maxAge: undefined },
    } as unknown as Parameters<typeof createFormat>[0])
    const stored = await sealItem(format, item({ S: 'a' }))
    expect(await openOne(format, stored)).toEqual({ S: 'a' })
  })
})
