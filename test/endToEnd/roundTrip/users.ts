// A user with an encrypted attribute of every kind and in every place, saved and loaded.
import { withTablePerTest } from '../../support/tablePerTest.js'
import { userEntity } from '../../support/user.js'
import type { World } from '../../support/world.js'

export let world: World
export let tableName: string

/** For the tests of a file: users in a table of its own for each. */
export const withUsers = () =>
  withTablePerTest((made, name) => {
    world = made
    tableName = name
  })

export const key = { pk: 'a', sk: '1' }
export const SECRETS = {
  text: 'text plaintext ünïcødé 🦭 "quoted"',
  amount: 48151623.42,
  huge: 12345678901234567890123456789n,
  flag: true,
  blob: new TextEncoder().encode('blob plaintext'),
  nothing: null,
  tags: new Set(['tag plaintext one', 'tag plaintext two']),
  scores: new Set([771771.5, 882882]),
  names: ['name plaintext one', 'name plaintext two'],
  pair: ['pair plaintext', 993993] as [string, number],
  lookup: { lookupkeyplaintext: 664664 },
  either: 'either plaintext',
  address: { city: 'city plaintext', zip: 'zip plaintext' },
  renamed: 'renamed plaintext',
  nested: { open: 'in clear', shut: 'shut plaintext' },
  entries: [
    { open: 'in clear', shut: 'entry plaintext one' },
    { open: 'in clear', shut: 'entry plaintext two' },
  ],
  codes: ['code plaintext one', 'code plaintext two'],
  byName: { first: 'byname plaintext' },
}
export const PLAINTEXTS = [
  SECRETS.text,
  '48151623.42',
  '12345678901234567890123456789',
  'blob plaintext',
  ...SECRETS.tags,
  '771771.5',
  '882882',
  ...SECRETS.names,
  'pair plaintext',
  '993993',
  'lookupkeyplaintext',
  '664664',
  'either plaintext',
  'city plaintext',
  'zip plaintext',
  'renamed plaintext',
  'shut plaintext',
  'entry plaintext one',
  'entry plaintext two',
  ...SECRETS.codes,
  'byname plaintext',
  'defaulted secret',
  'linked to plain text',
  'updated plaintext',
]
export const USER = { ...key, gsi: 'g', plain: 'plain text', ...SECRETS }
export const LOADED = {
  ...USER,
  address: { ...SECRETS.address, country: 'NO' },
  defaulted: 'defaulted secret',
  linked: 'linked to plain text',
}

/** Big numbers keep their digits only in wrapped form, as without us. */
const translate = { unmarshallOptions: { wrapNumbers: false } }
export const open = (region: string) => userEntity(world.sealedClient(region, {}, translate), tableName)
export const plainly = { ...USER, huge: 42n }
export const loadedPlainly = { ...LOADED, huge: 42 }
