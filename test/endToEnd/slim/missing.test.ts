// A client of a slim entry refuses by name what it was not given the feature for, before anything is sent.
import { DynamoDBClient, PutItemCommand as RawPutItemCommand } from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import type { Format } from '@dynaseal/core'
import * as main from '@dynaseal/document-client'
import * as declared from '@dynaseal/document-client/slim'
import * as mainToolbox from '@dynaseal/toolbox'
import * as toolbox from '@dynaseal/toolbox/slim'
import { Entity, item, string } from 'dynamodb-toolbox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { toolboxTable } from '../../support/toolboxTable.js'
import { createWorld, EAST, type World } from '../../support/world.js'

const TableName = 'people'
let world: World
beforeAll(async () => {
  world = await createWorld({ engine: 'dynoxide' })
  await world.createTable(TableName)
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  world.proxy.sent.length = 0
})

const PACKAGES = {
  '@dynaseal/document-client': (options = {}) =>
    declared.sealDocumentClient(raw(), { keyring: world.keyring(EAST), ...options }),
  '@dynaseal/toolbox': (options = {}) =>
    toolbox.sealDocumentClient(raw(), { keyring: world.keyring(EAST), ...options }),
}
const raw = () => DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)))
const wayOut = (exported: string, entry: string) =>
  expect.stringContaining(
    `import { ${exported} } from '${entry}', and seal the client with the option features: [${exported}].`,
  )

describe.each(Object.entries(PACKAGES))('%s', (name, seal) => {
  const missing = (exported: string, entry: string, code = 'invalid-client') =>
    expect.objectContaining({ code, message: wayOut(exported, `${name}/${entry}`) })
  const sealAny: (client: DynamoDBDocumentClient, options: declared.SlimOptions) => unknown =
    name === '@dynaseal/toolbox' ? toolbox.sealDocumentClient : declared.sealDocumentClient
  const errorName = name === '@dynaseal/toolbox' ? 'ToolboxError' : 'DocumentClientError'

  test('search keys', () => {
    const maker = { write: async () => [], find: async () => [], check: async () => [] }
    expect(() => seal({ search: maker })).toThrow(missing('searchTokens', 'search', 'invalid-option'))
    expect(() => seal({ search: {} })).toThrow('The option search must be what createSearchTokens() returns')
  })

  test('a format that seals items as wholes', () => {
    const format = { attributes: ['head'], wholeItems: true, seal() {}, open() {} } as unknown as Format
    for (const updates of ['refuse', 'read-change-write'] as const)
      expect(() => sealAny(raw(), { format, updates })).toThrow(
        missing('wholeItems', 'whole-items', 'invalid-option'),
      )
  })

  const METHODS = [
    'openItem',
    'openItems',
    'sealItem',
    'sealItems',
    'openStreamRecord',
    'openStreamRecords',
    'openExport',
    'openIncrementalExport',
  ] as const
  test.each(METHODS)('%s', async method => {
    const client = seal()
    const call = client[method] as (...given: unknown[]) => Promise<unknown> | AsyncIterable<unknown>
    const result = call(TableName, [])
    const promise = Symbol.asyncIterator in result ? result[Symbol.asyncIterator]().next() : result
    await expect(promise).rejects.toThrow(missing('arrivals', 'arriving'))
    await expect(promise).rejects.toHaveProperty('name', errorName)
  })

  test('an item that would be moved to another search key', async () => {
    await expect(seal().moveItem(TableName, { pk: 'a', sk: 'b' })).rejects.toThrow(
      missing('searchTokens', 'search'),
    )
  })

  test.each([[{}], ['arrivals'], [[undefined]], [['arrivals']]])('features: %j are none', features => {
    expect(() => seal({ features })).toThrow(
      expect.objectContaining({ code: 'invalid-option', message: expect.stringContaining('features') }),
    )
  })

  test('options that are none are refused as by the main entry', () => {
    expect(() => sealAny(raw(), undefined as never)).toThrow('takes the options as its second argument')
    expect(() => seal({ feature: [] })).toThrow('There is no option feature.')
  })
})

test('the main entries have no option features', () => {
  const options = { keyring: world.keyring(EAST), features: [] }
  expect(() => main.sealDocumentClient(raw(), options)).toThrow('There is no option features.')
  expect(() => mainToolbox.sealDocumentClient(raw(), options)).toThrow('There is no option features.')
})

describe('search tokens', () => {
  const MISSING = expect.objectContaining({ message: expect.stringContaining("/search', and seal") })
  const key = { pk: 'a', sk: 'b' }

  test('of a declaration', () => {
    const client = PACKAGES['@dynaseal/document-client']()
    const table = { table: TableName, key: ['pk', 'sk'], encrypted: ['email'] }
    expect(() => client.declare({ ...table, tokens: { emailToken: { of: 'email' } } })).toThrow(MISSING)
    expect(() => client.declare({ ...table, tokens: {} })).toThrow(MISSING)
    expect(() => client.declare(table)).not.toThrow()
  })

  test('of a schema', () => {
    const documentClient = PACKAGES['@dynaseal/toolbox']()
    const table = toolboxTable(documentClient, TableName)
    const User = new Entity({
      name: 'User',
      table,
      schema: item({
        pk: string().key(),
        sk: string().key(),
        email: toolbox.encrypted(string()),
        emailToken: mainToolbox.token('email'),
      }),
    })
    expect(() => documentClient.register(User)).toThrow(MISSING)
  })

  test('what search() gives, in any expression', async () => {
    const client = PACKAGES['@dynaseal/document-client']()
    client.declare({ table: TableName, key: ['pk', 'sk'], encrypted: ['email'] })
    const searched = { ':e': main.search('ada@example.com') }
    const commands = [
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :e',
        ExpressionAttributeValues: searched,
      }),
      new PutCommand({
        TableName,
        Item: { ...key, email: 'x' },
        ConditionExpression: 'clear = :e',
        ExpressionAttributeValues: searched,
      }),
      new UpdateCommand({
        TableName,
        Key: key,
        UpdateExpression: 'SET clear = :e',
        ExpressionAttributeValues: searched,
      }),
    ]
    for (const command of commands) await expect(client.send(command as PutCommand)).rejects.toThrow(MISSING)
    expect(world.proxy.sent).toEqual([])
  })

  test.each([
    ['the value of an attribute', () => ({ ...key, clear: main.search('a') })],
    ['that of an encrypted one', () => ({ ...key, email: main.search('a') })],
    ['a key', () => ({ ...key, sk: main.search('a') })],
  ])('what search() gives, as %s', async (_, itemWithSearch) => {
    const client = PACKAGES['@dynaseal/document-client']()
    client.declare({ table: TableName, key: ['pk', 'sk'], encrypted: ['email'] })
    await expect(client.send(new PutCommand({ TableName, Item: itemWithSearch() }))).rejects.toThrow()
    await expect(
      client.send(new GetCommand({ TableName, Key: { ...key, sk: main.search('a') } })),
    ).rejects.toThrow()
    expect(world.proxy.sent).toEqual([])
  })
})

test('arrivals of the document client know no entities', async () => {
  const { arrivals } = await import('@dynaseal/document-client/arriving')
  expect(() => PACKAGES['@dynaseal/toolbox']({ features: [arrivals] })).toThrow(
    "import { arrivals } from '@dynaseal/toolbox/arriving'",
  )
})

describe('messages of format 1', () => {
  const Key = { pk: 'message', sk: 'of format 1' }
  const declaration = { table: TableName, key: ['pk', 'sk'], encrypted: ['email'] }
  const WAY_OUT = wayOut('messages', '@dynaseal/document-client/messages')
  const slim = (options = {}) => PACKAGES['@dynaseal/document-client'](options).declare(declaration)
  const failures = (code: string, reason: unknown) =>
    expect.objectContaining({ failures: [expect.objectContaining({ code, reason, path: ['email'] })] })

  test.each([{ format: 'message' }, { codec: 'client-node' }, { allowSuites: ['0x0578'] }])(
    'the options %j are refused',
    options => {
      expect(() => slim(options)).toThrow(
        expect.objectContaining({ code: 'invalid-option', message: WAY_OUT }),
      )
    },
  )

  test('do not open, whether or not values in clear are let through, and open with the feature', async () => {
    const { messages } = await import('@dynaseal/document-client/messages')
    const Item = { ...Key, email: 'ada@example.com' }
    const writers = [
      main
        .sealDocumentClient(raw(), { keyring: world.keyring(EAST), format: 'message' })
        .declare(declaration),
      slim({ format: 'message', features: [messages] }),
    ]
    for (const writer of writers) {
      await writer.send(new PutCommand({ TableName, Item }))
      for (const plaintext of ['refuse', 'allow'])
        await expect(slim({ plaintext }).send(new GetCommand({ TableName, Key }))).rejects.toThrow(
          failures('unsupported-version', WAY_OUT),
        )
      const reader = slim({ features: [messages] })
      expect((await reader.send(new GetCommand({ TableName, Key }))).Item).toEqual(Item)
    }
  })

  test('bytes that are none are told from them', async () => {
    const Item = { ...Key, email: new Uint8Array([1, 2, 3]) }
    await raw().send(new PutCommand({ TableName, Item }))
    await expect(slim().send(new GetCommand({ TableName, Key }))).rejects.toThrow(
      failures('not-a-message', expect.stringContaining('no sealed value')),
    )
  })
})

test('the base client has features, too, and refuses without them', async () => {
  const client = declared.sealDynamoDBClient(new DynamoDBClient(world.config(EAST)), {
    keyring: world.keyring(EAST),
  })
  client.declare({ table: TableName, key: ['pk', 'sk'], encrypted: ['email'] })
  const Item = { pk: { S: 'base' }, sk: { S: 'client' }, email: { S: 'ada@example.com' } }
  await client.send(new RawPutItemCommand({ TableName, Item }))
  expect(JSON.stringify(world.proxy.sent)).not.toContain('ada@example.com')
  await expect(client.openItem(TableName, Item)).rejects.toHaveProperty(
    'message',
    wayOut('arrivals', '@dynaseal/document-client/arriving'),
  )
})

test('what a slim client has written, one of the main entry opens: they are of one kind', async () => {
  const slim = PACKAGES['@dynaseal/document-client']()
  const full = main.sealDocumentClient(raw(), { keyring: world.keyring(EAST) })
  for (const client of [slim, full])
    client.declare({ table: TableName, key: ['pk', 'sk'], encrypted: ['email'] })
  const Item = { pk: 'both', sk: 'b', email: 'ada@example.com' }
  await slim.send(new PutCommand({ TableName, Item }))
  expect((await full.send(new GetCommand({ TableName, Key: { pk: 'both', sk: 'b' } }))).Item).toEqual(Item)
  const { unopened } = await declared.openPartially(() =>
    full.send(new GetCommand({ TableName, Key: { pk: 'both', sk: 'b' } })),
  )
  expect(unopened).toEqual([])
  expect(declared.DocumentClientError).toBe(main.DocumentClientError)
  expect(declared.openPartially).toBe(main.openPartially)
  expect(toolbox.encrypted).toBe(mainToolbox.encrypted)
})
