import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { describe, expect, test } from 'vitest'
import {
  type Declaration,
  DocumentClientError,
  sealDocumentClient,
  sealDynamoDBClient,
} from '../src/index.js'

const unused = () => Promise.reject(new Error('Nothing is sealed or opened with it.'))
const client = (timeToLive: string[] = []) =>
  sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'us-east-1' })), {
    keyring: { onEncrypt: unused, onDecrypt: unused },
    timeToLive,
  })
const users: Declaration = { table: 'users', key: ['id'], encrypted: ['email', 'address.street'] }
const user = { attribute: 'type', equals: 'user' }
const order = { attribute: 'type', equals: 'order' }

describe('a declaration is refused', () => {
  test.each<[string, unknown, RegExp]>([
    ['that is none', undefined, /declare\(\) takes/],
    ['that is a list of them', [users], /declare\(\) takes .* one after the other/],
    [
      'with something else',
      { ...users, keys: ['id'] },
      /has no keys\. It has table, key, encrypted, indexKeys, when/,
    ],
    ['without a table', { ...users, table: '' }, /its name or its ARN/],
    ['without a key', { ...users, key: [] }, /one or two names/],
    ['with a key that is no list', { ...users, key: 'id' }, /one or two names/],
    ['with a key of three', { ...users, key: ['a', 'b', 'c'] }, /one or two names/],
    ['with a key twice', { ...users, key: ['a', 'a'] }, /one or two names/],
    ['without paths', { table: 'users', key: ['id'] }, /a list of paths/],
    ['with a pattern', { ...users, encrypted: [/email/] }, /a list of paths/],
    ['with keys of indexes that are no list', { ...users, indexKeys: 'gsi' }, /indexKeys.*a list of names/],
    [
      'with half a condition',
      { ...users, when: { attribute: 'type' } },
      /\{ attribute, equals \}, two strings/,
    ],
    ['for a number', { ...users, when: { attribute: 'type', equals: 1 } }, /two strings/],
    ['with what is no path', { ...users, encrypted: ['cards[0]'] }, /'cards\[0\]' is not.*position 6/],
    ['with a path twice', { ...users, encrypted: ['a', 'a'] }, /'a' and 'a'.*Declare one/],
    ['with a path in another', { ...users, encrypted: ['a.b', 'a'] }, /'a\.b' and 'a'.*Declare one/],
    [
      'with an entry of a map that is encrypted by entries',
      { ...users, encrypted: ['a.*', 'a.b'] },
      /Declare one/,
    ],
    ['with a key', { ...users, encrypted: ['id'] }, /'id' of the items is a key of table users/],
    ['with a part of a key', { ...users, encrypted: ['id.x'] }, /'id' of the items is a key/],
    ['with a key of an index', { ...users, indexKeys: ['email'] }, /'email' of the items is a key/],
    ['with a time to live', { ...users, encrypted: ['expires'] }, /'expires' of the items is a time to live/],
    ["with the format's own", { ...users, encrypted: ['dynaseal'] }, /'dynaseal' of the items/],
    [
      'with what tells kinds apart',
      { ...users, encrypted: ['type'], when: user },
      /'type' of kind user says what/,
    ],
  ])('%s', (_, declaration, message) => {
    const declare = () => client(['expires']).declare(declaration as Declaration)
    expect(declare).toThrow(DocumentClientError)
    expect(declare).toThrow(
      expect.objectContaining({ code: 'invalid-schema', message: expect.stringMatching(message) }),
    )
  })

  test.each<[string, Declaration, Declaration, RegExp]>([
    ['another key', users, { ...users, key: ['id', 'at'] }, /with the key id, and now with id, at/],
    [
      'another attribute',
      { ...users, when: user },
      { ...users, when: { ...order, attribute: 'kind' } },
      /'type', and now by 'kind'/,
    ],
    ['what is in another path', users, { ...users, encrypted: ['address'] }, /'address'.*'address\.street'/],
    [
      'that for one kind',
      users,
      { ...users, encrypted: ['address'], when: user },
      /'address'.*'address\.street'/,
    ],
    [
      'that for all',
      { ...users, when: user },
      { ...users, encrypted: ['address'] },
      /'address'.*'address\.street'/,
    ],
    [
      'that for the same kind',
      { ...users, when: user },
      { ...users, encrypted: ['email.x'], when: user },
      /'email\.x'.*'email'/,
    ],
    [
      'a key of an index that is encrypted',
      users,
      { ...users, encrypted: [], indexKeys: ['email'] },
      /'email' of the items is a key/,
    ],
    [
      'what was said to be a key of an index',
      { ...users, indexKeys: ['gsi'] },
      { ...users, encrypted: ['gsi'] },
      /'gsi' of the items is a key/,
    ],
    [
      'kinds by what is encrypted',
      users,
      { ...users, encrypted: [], when: { attribute: 'email', equals: 'x' } },
      /'email' of the items says what kind/,
    ],
    [
      'what tells kinds apart',
      { ...users, when: user },
      { ...users, encrypted: ['type'] },
      /'type' of the items says what kind/,
    ],
  ])('that says %s', (_, first, second, message) => {
    const declared = client().declare(first)
    expect(() => declared.declare(second)).toThrow(message)
    // What was refused is not half known.
    declared.declare({ ...first, encrypted: [...first.encrypted, 'more'] })
  })
})

test('tables may be declared in parts, again, and by their ARN', () => {
  const arn = 'arn:aws:dynamodb:us-east-1:111122223333:table/users'
  const declared = client().declare(users, users, { ...users, encrypted: ['more'] })
  expect(declared.declare({ ...users, table: arn, when: user })).toBe(declared)
  declared.declare({ ...users, encrypted: ['email', 'card'], when: order })
  declared.declare({ table: 'nothing', key: ['a', 'b'], encrypted: [] })
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['options', { region: 'us-east-1' }],
])('%s is no client that could be sealed', (_, none) => {
  const options = { keyring: { onEncrypt: unused, onDecrypt: unused } }
  for (const seal of [sealDocumentClient, sealDynamoDBClient])
    expect(() => seal(none as never, options)).toThrow(
      expect.objectContaining({
        code: 'invalid-client',
        message: expect.stringMatching(/the client that is/),
      }),
    )
})

test.each([
  ['a promise', Promise.resolve('4711')],
  ['a number that is none', Number.NaN],
  ['a number that is too large', 4711e30],
  ['a date', new Date(4711)],
])('a key that is %s is refused without its value, whatever the AWS SDK says', async (_, id) => {
  const sending = client()
    .declare(users)
    .send(new PutCommand({ TableName: 'users', Item: { id, email: 'a secret' } }))
  await expect(sending).rejects.toMatchObject({
    name: 'DocumentClientError',
    code: 'invalid-value',
    message: expect.stringMatching(/^The key attribute 'id' of an item for table users(?!.*4711)/),
  })
})
