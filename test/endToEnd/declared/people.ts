import type { Declaration } from '@dynaseal/document-client'
import { expect } from 'vitest'

export const TableName = 'people'

export const people: Declaration = {
  table: TableName,
  key: ['pk', 'sk'],
  encrypted: ['email', 'address.street', 'cards[*].number', 'tags.*', 'codes[*]', "['a.b'].c", 'profile'],
  indexKeys: ['gsi'],
}

export const SECRETS = [
  'ada@example.com',
  'Secret street 1',
  '4000-1234',
  '4000-5678',
  'tag-secret',
  'code-secret',
  'dotted-secret',
  'profile-secret',
]

/** With a secret at each declared path. */
export const itemOf = (key: { readonly pk: string; readonly sk: string }) => ({
  ...key,
  name: 'Ada',
  email: SECRETS[0],
  address: { street: SECRETS[1], city: 'Bergen' },
  cards: [{ number: SECRETS[2], brand: 'A' }, { number: SECRETS[3], brand: 'B' }, { brand: 'C' }],
  tags: { first: SECRETS[4], second: 7 },
  codes: [SECRETS[5], null, true],
  'a.b': { c: SECRETS[6], d: 1 },
  profile: { deep: [SECRETS[7]], set: new Set(['x', 'y']), bytes: new Uint8Array([1, 2, 3]) },
})

/** What is sealed, as it is stored. */
export const bytes: unknown = expect.any(Uint8Array)
