import { expect, test } from 'vitest'
import { dbEsdkFormat } from '../src/index.js'
import { rawKeyring } from './support/items.js'

const format = dbEsdkFormat({
  keyring: rawKeyring(),
  tables: {
    Customers: {
      attributeActionsOnEncrypt: { tenant: 'SIGN_AND_INCLUDE_IN_ENCRYPTION_CONTEXT', plan: 'SIGN_ONLY' },
      allowedUnsignedAttributes: ['visits'],
      allowedUnsignedAttributePrefix: ':',
    },
  },
})

test.each<[string, (string | symbol)[], RegExp | undefined]>([
  ['an attribute', ['ssn'], undefined],
  ['one that is signed alone by the options', ['plan'], undefined],
  ['an entry of a map', ['address', 'street'], /as wholes, and nothing inside.*Encrypt the attribute/],
  ['the entries of a map', ['tags', Symbol('*')], /as wholes/],
  ["a name of the format's own", ['aws_dbe_ssn'], /begin with aws_dbe_/],
  ['a name of the context', ['aws-crypto-ssn'], /begin with aws-crypto-/],
  ['one in the context', ['tenant'], /another action in the option tables/],
  ['one that is not signed', ['visits'], /another action in the option tables/],
  ['one that is not signed by its prefix', [':cache'], /another action in the option tables/],
  ['what objects inherit', ['constructor'], undefined],
])('%s', (_, path, reason) => {
  const fault = format.faultOf('Customers', path)
  if (reason === undefined) expect(fault).toBeUndefined()
  else expect(fault).toMatch(reason)
})

test('of a table without options, what is in another one does not matter', () => {
  expect(format.faultOf('Orders', ['visits'])).toBeUndefined()
})

test.each<[string, object, RegExp]>([
  [
    'an action that is none',
    { attributeActionsOnEncrypt: { plan: 'SIGN' } },
    /action of attribute plan is none/,
  ],
  [
    'one that is not signed, and not named',
    { attributeActionsOnEncrypt: { plan: 'DO_NOTHING' } },
    /DO_NOTHING/,
  ],
  [
    'a text in place of names',
    { allowedUnsignedAttributes: 'visits' },
    /allowedUnsignedAttributes must be a list/,
  ],
  [
    'a number in place of names',
    { allowedUnsignedAttributes: -1 },
    /allowedUnsignedAttributes must be a list/,
  ],
  ['an empty name', { allowedUnsignedAttributes: [''] }, /name of an attribute/],
  ['a prefix that is no text', { allowedUnsignedAttributePrefix: null }, /allowedUnsignedAttributePrefix/],
])('%s in the options of a table is refused when the format is made', (_, options, message) => {
  const make = () => dbEsdkFormat({ keyring: rawKeyring(), tables: { Customers: options } } as never)
  expect(make).toThrow(
    expect.objectContaining({ code: 'invalid-option', message: expect.stringMatching(message) }),
  )
})

test.each([[null], [[]], [-1], [''], [new Map()]])('a cache that is %j is refused', cache => {
  expect(() => dbEsdkFormat({ keyring: rawKeyring(), cache: cache as never })).toThrow(
    expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining('option cache') }),
  )
})
