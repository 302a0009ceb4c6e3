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
