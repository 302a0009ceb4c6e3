// Beacons that are refused when they are declared.
import { expect, test } from 'vitest'
import { type Beacons, clinic, TABLE } from './clinic.js'

const own = clinic()

test.each([
  ['under another name', { emailToken: { of: 'email', bits: 32 } }, {}, /stored as aws_dbe_b_ and its name/],
  [
    'in a map',
    { 'meta.aws_dbe_b_email': { of: ['meta.x', 'email'], bits: 32 } },
    {},
    /an attribute of the item itself/,
  ],
  [
    'of no said length',
    { aws_dbe_b_email: { of: 'email' } },
    {},
    /has to be said, and be an integer from 1 to 63/,
  ],
  ['of 64 bits', { aws_dbe_b_email: { of: 'email', bits: 64 } }, {}, /from 1 to 63/],
  ['of 0 bits', { aws_dbe_b_email: { of: 'email', bits: 0 } }, {}, /bits must be an integer/],
  ['of what is clear', { aws_dbe_b_at: { of: 'at', bits: 8 } }, {}, /at is stored in clear/],
  [
    'of what another one is of',
    { aws_dbe_b_email: { of: 'email', bits: 8 }, aws_dbe_b_mail: { of: 'email', bits: 8 } },
    {},
    /one beacon of one place/,
  ],
  [
    'shared with one that is not there',
    { aws_dbe_b_email: { of: 'email', bits: 8 } },
    { tables: { [TABLE]: { shared: { email: 'mail' } } } },
    /shared with mail/,
  ],
  [
    'without its key field',
    { aws_dbe_b_email: { of: 'email', bits: 8 } },
    { keyFieldName: 'tenant' },
    /its tenant has to be the attribute tenant/,
  ],
  [
    'of a tenant, where there is one branch key',
    { aws_dbe_b_email: { of: 'email', tenant: 'tenant', bits: 8 } },
    {},
    /Give createBeacons\(\) the option keyFieldName/,
  ],
  [
    'with a key field that is encrypted',
    { aws_dbe_b_email: { of: 'email', tenant: 'tags', bits: 8 } },
    { keyFieldName: 'tags' },
    /'tags', is encrypted/,
  ],
])('a beacon that is %s is refused when it is declared', (_, tokens, beacons, message) => {
  expect(() => own.declared(tokens, beacons as Beacons)).toThrow(
    expect.objectContaining({ code: 'invalid-schema', message: expect.stringMatching(message) }),
  )
})
