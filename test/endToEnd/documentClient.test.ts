// The sealed client without a mapper: told of tables and kinds of items, and not of entities.
import { inspect } from 'node:util'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { DocumentClientError, FieldsNotOpenedError, openPartially } from '@dynaseal/document-client'
import {
  anyIndex,
  anyKey,
  type Dialect,
  type ItemKind,
  PendingSeal,
  sealClient,
} from '@dynaseal/document-client/mapper'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createWorld, EAST, type World } from '../support/world.js'

class NoteError extends DocumentClientError {
  override readonly name = 'NoteError'
}
const dialect: Dialect = {
  packageName: 'notes',
  refusal: (code, message) => new NoteError(code, message),
  kind: 'note',
  giveName: kind => `Mark ${kind}.`,
  rename: 'Rename it.',
  unknownTable: name => `Nobody told of ${name}.`,
  notEncrypted: (path, table) => `Nobody told of ${path} in ${table}.`,
  writeSealed: 'Seal it.',
  strayCiphertext: 'a stray ciphertext.',
}
const TableName = 'notes'
const Key = { pk: 'a', sk: '1' }
const table = { tableName: TableName, keyNames: ['pk', 'sk'], indexKeyNames: ['gsi'], kindAttribute: 'kind' }
const kindOf = (name: string, kind: Partial<ItemKind> = {}): ItemKind => ({
  name,
  encrypted: [],
  clear: [],
  binary: [],
  isNamed: true,
  ...kind,
})
const secret = kindOf('secret', {
  encrypted: [['text'], ['lines', anyIndex], ['tags', anyKey]],
  clear: [['title']],
})
const open = kindOf('open', { clear: [['text'], ['title']] })

let world: World
beforeAll(async () => {
  world = await createWorld()
  await world.createTable(TableName)
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  world.proxy.sent.length = 0
})

function sealed(...kinds: ItemKind[]) {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST)))
  const parts = sealClient(client, { keyring: world.keyring(EAST) }, dialect, [])
  for (const kind of kinds) parts.tables.add(table, kind)
  return parts.client
}
const pending = (text: unknown) => new PendingSeal(text)
const wire = () => Buffer.concat(world.proxy.sent).toString()
const stored = async () => (await world.rawClient(EAST).send(new GetCommand({ TableName, Key }))).Item
const error = (code: string, message: RegExp) => ({
  name: 'NoteError',
  code,
  message: expect.stringMatching(message),
})

describe('what is pending is sealed, and opened again', () => {
  test('in a put', async () => {
    const client = sealed(secret)
    const item = { ...Key, kind: 'secret', title: 'open', text: 'SECRET-1', lines: ['SECRET-2', 3] }
    const lines = item.lines.map(pending)
    await client.send(new PutCommand({ TableName, Item: { ...item, text: pending(item.text), lines } }))
    expect(wire()).not.toContain('SECRET')
    expect((await stored())?.text).toBeInstanceOf(Uint8Array)
    expect((await client.send(new GetCommand({ TableName, Key }))).Item).toEqual(item)
  })

  test('in an update expression, and in what it returns', async () => {
    const client = sealed(secret)
    const update = new UpdateCommand({
      TableName,
      Key,
      UpdateExpression: 'SET #kind = :kind, #text = :text, tags = :tags',
      ExpressionAttributeNames: { '#kind': 'kind', '#text': 'text' },
      ExpressionAttributeValues: {
        ':kind': 'secret',
        ':text': pending({ deep: 'SECRET-1' }),
        ':tags': { x: pending('SECRET-2') },
      },
      ReturnValues: 'UPDATED_NEW',
    })
    const { Attributes } = await client.send(update)
    expect(Attributes).toEqual({ kind: 'secret', text: { deep: 'SECRET-1' }, tags: { x: 'SECRET-2' } })
    expect(wire()).not.toContain('SECRET')
  })

  test('as far as it opens', async () => {
    const client = sealed(secret)
    const write = (sk: string) => ({
      PutRequest: { Item: { pk: 'page', sk, kind: 'secret', text: pending(sk) } },
    })
    await client.send(new BatchWriteCommand({ RequestItems: { [TableName]: ['1', '2'].map(write) } }))
    await world.rawClient(EAST).send(
      new UpdateCommand({
        TableName,
        Key: { pk: 'page', sk: '1' },
        UpdateExpression: 'SET #text = :text',
        ExpressionAttributeNames: { '#text': 'text' },
        ExpressionAttributeValues: { ':text': 'planted' },
      }),
    )
    const query = new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': 'page' },
    })
    await expect(client.send(query)).rejects.toBeInstanceOf(FieldsNotOpenedError)
    const { result, unopened } = await openPartially(() => client.send(query))
    expect(result.Items).toEqual([{ pk: 'page', sk: '2', kind: 'secret', text: '2' }])
    expect(unopened).toMatchObject([{ table: TableName, key: { pk: 'page', sk: '1' } }])
  })
})

test('two kinds in one table are told apart by their names', async () => {
  const client = sealed(secret, open)
  const Item = { ...Key, kind: 'open', text: 'for all to read' }
  await client.send(new PutCommand({ TableName, Item }))
  expect((await client.send(new GetCommand({ TableName, Key }))).Item).toEqual(Item)
  await expect(
    client.send(new PutCommand({ TableName, Item: { ...Item, kind: 'secret' } })),
  ).rejects.toMatchObject(error('plaintext-refused', /'text'.*Seal it\./))
})

describe('what is refused is refused in the words of who made the client, before anything is sent', () => {
  const condition = {
    ConditionExpression: '#text = :text',
    ExpressionAttributeNames: { '#text': 'text' },
    ExpressionAttributeValues: { ':text': 'SECRET' },
  }
  const put = (item: object) => new PutCommand({ TableName, Item: { ...Key, kind: 'secret', ...item } })
  test.each<[string, object, ReturnType<typeof error>]>([
    ['another table', new GetCommand({ TableName: 'x', Key }), error('not-registered', /Nobody told of x\./)],
    ['another place', put({ title: pending(1) }), error('not-registered', /Nobody told of title in notes\./)],
    ['a value in clear', put({ text: 'SECRET' }), error('plaintext-refused', /Seal it\./)],
    ['a condition', new DeleteCommand({ TableName, Key, ...condition }), error('condition-refused', /text/)],
    [
      'an expression that nobody understands',
      new DeleteCommand({ TableName, Key, ConditionExpression: 'text ~ 1' }),
      error('expression-syntax', /./),
    ],
  ])('%s', async (_, command, expected) => {
    const client = sealed(secret)
    await expect(client.send(command as GetCommand)).rejects.toMatchObject(expected)
    const answer = await new Promise((_, fail) => client.send(command as GetCommand, fail)).catch(it => it)
    expect(answer).toMatchObject(expected)
    // As an error of that name is printed, with where it was thrown.
    expect(inspect(answer)).toMatch(/^NoteError: .*\n {4}at (?!.*dialect|.*translated)/)
    expect(world.proxy.sent).toEqual([])
  })

  test('a command past it', async () => {
    const client = sealed(secret)
    const base = new DynamoDBClient(world.config(EAST))
    base.middlewareStack = client.middlewareStack.clone() as typeof base.middlewareStack
    await expect(
      DynamoDBDocumentClient.from(base).send(new GetCommand({ TableName, Key })),
    ).rejects.toMatchObject(error('client-not-sealed', /own send/))
    expect(() => DynamoDBDocumentClient.from(client)).toThrow(expect.objectContaining({ name: 'NoteError' }))
    expect(() => sealClient(client, { keyring: world.keyring(EAST) }, dialect, [])).toThrow(
      expect.objectContaining(error('invalid-client', /sealed already/)),
    )
  })

  test('ciphertext where something in clear belongs', async () => {
    await sealed(secret).send(put({ text: pending('SECRET') }))
    const { text } = (await stored()) as { text: Uint8Array }
    await world.rawClient(EAST).send(put({ title: text }))
    await expect(sealed(secret).send(new GetCommand({ TableName, Key }))).rejects.toMatchObject({
      failures: [{ path: ['title'], message: expect.stringContaining('a stray ciphertext.') }],
    })
  })
})

describe('a kind that cannot be', () => {
  test.each<[string, ItemKind[], RegExp]>([
    ['with a key', [kindOf('n', { encrypted: [['sk']] })], /'sk' of note n is a key/],
    ['with a key of an index', [kindOf('n', { encrypted: [['gsi']] })], /'gsi' of note n is a key/],
    ['with what tells kinds apart', [kindOf('n', { encrypted: [['kind']] })], /'kind' of note n says what/],
    [
      "with an attribute of the format's own",
      [kindOf('n', { clear: [['dynaseal']] })],
      /'dynaseal' of note n.*Rename it\./,
    ],
    [
      'without a name, beside another',
      [open, { ...secret, isNamed: false }],
      /'text' of table notes is encrypted in note secret and something else in note open.*Mark secret\..*Rename it\./,
    ],
  ])('%s', (_, kinds, message) => {
    expect(() => sealed(...kinds)).toThrow(message)
  })
})
