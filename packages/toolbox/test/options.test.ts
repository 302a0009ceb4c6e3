import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { Entity, item, string, Table } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { encrypted, type SealOptions, sealDocumentClient } from '../src/index.js'

const keyring = { onEncrypt: () => Promise.reject(), onDecrypt: () => Promise.reject() } as never
const format = { seal: async () => [], open: async () => [] }
const seal = (options: object) =>
  sealDocumentClient(
    DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-west-1' })),
    options as SealOptions,
  )

describe('an option that cannot be used is refused by name', () => {
  test.each<[string, object]>([
    ['logicalTableName', { keyring, logicalTableName: 'users' }],
    ['plaintext', { keyring, plaintext: 'yes' }],
    ['role', { keyring, role: 'writer' }],
    ['timeToLive', { keyring, timeToLive: 'expires' }],
    ['timeToLive', { keyring, timeToLive: [1] }],
    ['keyring', { format, keyring }],
    ['format', { format: {} }],
    ['call it, as in format: dbEsdkFormat({ keyring })', { format: function dbEsdkFormat() {} }],
    ['plainText', { keyring, plainText: 'allow' }],
    ['maxAge', { keyring, cache: { maxAge: Symbol('age') } }],
    ['keyrings', { keyring, keyrings: [] }],
    ['maxage', { keyring, cache: { maxage: 1 } }],
    ['keyring', {}],
    ['keyring', { keyring: Promise.resolve(keyring) }],
    ['timeToLive', { keyring, timeToLives: ['expires'] }],
    ['{ keyring }', undefined as never],
  ])('%s', (name, options) => {
    expect(() => seal(options)).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining(name) }),
    )
  })

  test('logicalTableName, when it gives no name', () => {
    const client = seal({ keyring, logicalTableName: (name: string) => (name === 'users' ? '' : name) })
    const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
    const schema = item({ id: string().key(), ssn: encrypted(string()) })
    expect(() => client.register(new Entity({ name: 'User', table, schema }))).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining('table users') }),
    )
  })
})

test('a misspelt option is answered with those of the client as well as those of the format', () => {
  expect(() => seal({ keyring, timetolive: [] })).toThrow(
    /no option timetolive\. The options are keyring, .*envelopeAttribute, .*logicalTableName, .*timeToLive, updates\.$/,
  )
})

test('what is no schema is refused', () => {
  for (const given of [undefined, 'string', string, {}])
    expect(() => encrypted(given as never)).toThrow(
      expect.objectContaining({
        code: 'invalid-schema',
        message: expect.stringContaining('encrypted(string())'),
      }),
    )
})

test('what is no entity is refused', () => {
  const client = seal({ keyring })
  const table = new Table({ name: 'users', partitionKey: { name: 'id', type: 'string' } })
  const User = new Entity({ name: 'User', table, schema: item({ id: string().key() }) })
  for (const given of [undefined, null, table, [User]])
    expect(() => client.register(given as never)).toThrow(
      expect.objectContaining({
        code: 'invalid-schema',
        message: expect.stringContaining('register(User, Order)'),
      }),
    )
})

test('the sealed client counts as its format does', () => {
  expect(seal({ keyring }).statistics()).toMatchObject({
    sealing: { calls: 0 },
    opening: { calls: 0 },
    keys: [],
  })
  expect(seal({ format }).statistics()).toBeUndefined()
})

test.each([[undefined], [null], [{}], ['GetItem'], [() => {}]])(
  'send() of %j says what it takes',
  async command => {
    await expect(seal({ keyring }).send(command as never)).rejects.toMatchObject({
      name: 'ToolboxError',
      code: 'command-unsupported',
      message: expect.stringContaining('new GetCommand('),
    })
  },
)
