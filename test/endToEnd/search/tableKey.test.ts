// Search tokens as keys of the table itself: what an item is found by is encrypted in it, and its key is a token.
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { createSearchKey, type Format } from '@dynaseal/core'
import { type Declaration, DocumentClientError, openPartially, search } from '@dynaseal/document-client'
import { beforeEach, describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { TABLE, withSearchTable } from '../../support/searchTable.js'
import { WholeItemFormat } from '../../support/wholeItemFormat.js'
import { EAST, type World } from '../../support/world.js'
import { type Between, declaredClient } from './declaredClient.js'

/** The partition key is a token; the sort key stays in clear, or is one, too. */
const declarations = {
  'the partition key': { pk: { of: 'email', normalize: 'email' } },
  'both keys': { pk: { of: 'email', normalize: 'email' }, sk: { of: ['pass.no', 'city'] } },
} satisfies Record<string, Declaration['tokens']>
const declared = (tokens: Declaration['tokens'], more: Partial<Declaration> = {}): Declaration => ({
  table: TABLE,
  key: ['pk', 'sk'],
  encrypted: ['email', 'name', 'pass', 'city'],
  ...more,
  tokens: { ...tokens, ...more.tokens },
})
const byEmail = declared(declarations['the partition key'])

let world: World
let searchKey: Uint8Array
withSearchTable((made, [key]) => {
  world = made
  searchKey = key
})

let count = 0
let EMAIL: string
beforeEach(() => {
  world.proxy.sent.length = 0
  EMAIL = `Ada-${++count}@Example.com`
})
const SECRETS = () => [EMAIL, EMAIL.toLowerCase(), 'Lovelace-secret', 'passport-secret', 'Bergen-secret']
const leaked = () => leaks(world.proxy.sent, SECRETS())
const stored = async () => {
  const { Items = [] } = await world
    .rawClient(EAST)
    .send(new ScanCommand({ TableName: TABLE, ConsistentRead: true }))
  return Items.filter(({ nr }) => nr === count)
}
const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ name: DocumentClientError.name, code, message: expect.stringMatching(message) })
const notOpened = (code: string) =>
  expect.objectContaining({ name: 'FieldsNotOpenedError', failures: [expect.objectContaining({ code })] })

const formats: Record<string, () => Format | undefined> = {
  'the format of the run': () => undefined,
  'a format of whole items': () => new WholeItemFormat(Buffer.alloc(32, 7)),
}

describe.each(Object.keys(formats))('both keys, with %s', format => {
  const isWhole = format !== 'the format of the run'
  const made = () => {
    const own = formats[format]?.()
    return declaredClient(world, [searchKey], {
      declared: declared(declarations['both keys']),
      ...(own === undefined ? {} : { format: own }),
    })
  }
  let client: ReturnType<typeof made>
  beforeEach(() => {
    client = made()
  })
  const ada = (more: object = {}) => ({
    nr: count,
    email: EMAIL,
    name: 'Lovelace-secret',
    pass: { no: 'passport-secret' },
    city: 'Bergen-secret',
    ...more,
  })
  const Key = (email = EMAIL) => ({
    pk: search(email),
    sk: search(['passport-secret', 'Bergen-secret']),
  })
  const put = (item: object = ada()) => client.send(new PutCommand({ TableName: TABLE, Item: item as never }))
  const get = async (email = EMAIL) =>
    (await client.send(new GetCommand({ TableName: TABLE, Key: Key(email), ConsistentRead: true }))).Item
  const isToken = expect.stringMatching(/^1\.[\w-]{22}$/)

  test('is put, and got in whatever spelling; its key is a token that nobody sees', async () => {
    await put()
    expect(await get()).toEqual(ada())
    expect(await get(` ${EMAIL.toUpperCase()}`)).toEqual(ada())
    expect(await get('bob@example.com')).toBeUndefined()
    expect(await stored()).toMatchObject([{ pk: isToken, sk: isToken }])
    expect(leaked()).toEqual([])
  })

  test('is queried by its partition, and by all of its key', async () => {
    await put()
    const query = async (more: object = {}, values: object = {}) =>
      (
        await client.send(
          new QueryCommand({
            TableName: TABLE,
            KeyConditionExpression: 'pk = :email',
            ConsistentRead: true,
            ...more,
            ExpressionAttributeValues: { ':email': search(EMAIL), ...values },
          }),
        )
      ).Items
    expect(await query()).toEqual([ada()])
    expect(await query({ KeyConditionExpression: 'pk = :email AND sk = :sk' }, { ':sk': Key().sk })).toEqual([
      ada(),
    ])
    if (!isWhole) expect(await query({ ProjectionExpression: 'nr' })).toEqual([{ nr: count }])
    expect(leaked()).toEqual([])
  })

  test('is got and written in batches and in transactions', async () => {
    const [one, two] = [EMAIL, `two-${EMAIL}`]
    await client.send(
      new BatchWriteCommand({
        RequestItems: { [TABLE]: [one, two].map(email => ({ PutRequest: { Item: ada({ email }) } })) },
      }),
    )
    const keysOf = (...emails: string[]) => emails.map(email => Key(email))
    const batch = async (more: object = {}) => {
      const { Responses } = await client.send(
        new BatchGetCommand({
          RequestItems: { [TABLE]: { Keys: keysOf(one, two, 'nobody'), ConsistentRead: true, ...more } },
        }),
      )
      return Responses?.[TABLE]?.toSorted((a, b) =>
        String(b.email ?? '').localeCompare(String(a.email ?? '')),
      )
    }
    expect(await batch()).toEqual([ada({ email: two }), ada({ email: one })])
    if (!isWhole) expect(await batch({ ProjectionExpression: 'nr' })).toEqual([{ nr: count }, { nr: count }])
    const transaction = async () =>
      (
        await client.send(
          new TransactGetCommand({
            TransactItems: keysOf(two, 'nobody', one).map(key => ({ Get: { TableName: TABLE, Key: key } })),
          }),
        )
      ).Responses?.map(({ Item }) => Item)
    expect(await transaction()).toEqual([ada({ email: two }), undefined, ada({ email: one })])
    await client.send(
      new TransactWriteCommand({
        TransactItems: [
          { Put: { TableName: TABLE, Item: ada({ name: 'new' }) } },
          { Delete: { TableName: TABLE, Key: Key(two) } },
          {
            ConditionCheck: {
              TableName: TABLE,
              Key: Key('nobody'),
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
        ],
      }),
    )
    expect(await transaction()).toEqual([undefined, undefined, ada({ name: 'new' })])
    await client.send(
      new BatchWriteCommand({ RequestItems: { [TABLE]: [{ DeleteRequest: { Key: Key(one) } }] } }),
    )
    expect(await get()).toBeUndefined()
    expect(leaks(world.proxy.sent, [...SECRETS(), two])).toEqual([])
  })

  test('is deleted, and returned', async () => {
    await put()
    const command = new DeleteCommand({ TableName: TABLE, Key: Key(), ReturnValues: 'ALL_OLD' })
    expect((await client.send(command)).Attributes).toEqual(ada())
    expect(await get()).toBeUndefined()
    expect(leaked()).toEqual([])
  })

  test('is put where there is none, and returned where there was one', async () => {
    const once = () =>
      client.send(
        new PutCommand({
          TableName: TABLE,
          Item: ada(),
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      )
    await once()
    await expect(once()).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    const over = new PutCommand({ TableName: TABLE, Item: ada({ name: 'b' }), ReturnValues: 'ALL_OLD' })
    expect((await client.send(over)).Attributes).toEqual(ada())
    expect(leaked()).toEqual([])
  })

  if (isWhole) return

  test('is updated, but for what its key is of', async () => {
    const update = (UpdateExpression: string, values: object, more: object = {}) =>
      client.send(
        new UpdateCommand({
          TableName: TABLE,
          Key: Key(),
          UpdateExpression,
          ExpressionAttributeValues: values,
          ...more,
        }),
      )
    // It would be an item without an e-mail.
    const created = update(
      'SET #n = :n',
      { ':n': 'Lovelace-secret' },
      { ExpressionAttributeNames: { '#n': 'name' } },
    )
    await expect(created).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' })
    await put()
    const renamed = await update(
      'SET #n = :n',
      { ':n': 'Lovelace-secret 2', ':one': '1' },
      {
        ExpressionAttributeNames: { '#n': 'name' },
        ConditionExpression: 'attribute_not_exists(x) OR x = :one',
        ReturnValues: 'ALL_NEW',
      },
    )
    expect(renamed.Attributes).toEqual(ada({ name: 'Lovelace-secret 2' }))
    const upper = await update(
      'SET email = :e',
      { ':e': EMAIL.toUpperCase() },
      { ReturnValues: 'UPDATED_NEW' },
    )
    expect(upper.Attributes).toEqual({ email: EMAIL.toUpperCase() })
    await expect(update('SET email = :e', { ':e': 'bob@example.com' })).rejects.toEqual(
      refusal('update-refused', /keeps its key. In one transaction, put the item/),
    )
    await expect(update('REMOVE email SET nr = :nr', { ':nr': 1 })).rejects.toEqual(
      refusal('update-refused', /keeps its key/),
    )
    await expect(update('SET nr = :nr, copied = pk', { ':nr': 1 })).rejects.toEqual(
      refusal('update-refused', /'pk' is a search token, which is no data/),
    )
    expect(leaks(world.proxy.sent, [...SECRETS(), 'bob@example.com'])).toEqual([])
  })

  test('an update that sets all that the key is of may create it', async () => {
    await client.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: Key(),
        UpdateExpression: 'SET email = :e, pass = :p, city = :c',
        ExpressionAttributeValues: {
          ':e': EMAIL,
          ':p': { no: 'passport-secret' },
          ':c': 'Bergen-secret',
        },
      }),
    )
    expect(await get()).toMatchObject({ email: EMAIL })
    expect(leaked()).toEqual([])
  })
})

describe('fails closed', () => {
  let client: ReturnType<typeof declaredClient>
  beforeEach(() => {
    client = declaredClient(world, [searchKey], { declared: byEmail })
  })
  const put = (more: object = {}) =>
    client.send(new PutCommand({ TableName: TABLE, Item: { sk: '1', nr: count, email: EMAIL, ...more } }))

  test('where search() was forgotten', async () => {
    const Key = { pk: EMAIL, sk: '1' }
    const commands = [
      new GetCommand({ TableName: TABLE, Key }),
      new DeleteCommand({ TableName: TABLE, Key }),
      new UpdateCommand({ TableName: TABLE, Key, UpdateExpression: 'REMOVE a' }),
      new BatchGetCommand({ RequestItems: { [TABLE]: { Keys: [Key] } } }),
      new BatchWriteCommand({ RequestItems: { [TABLE]: [{ DeleteRequest: { Key } }] } }),
      new TransactGetCommand({ TransactItems: [{ Get: { TableName: TABLE, Key } }] }),
      new TransactWriteCommand({ TransactItems: [{ Delete: { TableName: TABLE, Key } }] }),
    ]
    for (const command of commands)
      await expect(client.send(command as GetCommand)).rejects.toEqual(
        refusal('condition-refused', /goes into search\(value\)/),
      )
    const query = new QueryCommand({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': EMAIL },
    })
    await expect(client.send(query)).rejects.toEqual(
      refusal('condition-refused', /goes into search\(value\)/),
    )
    expect(leaked()).toEqual([])
  })

  test('for an item with a key of its own, or with nothing that it could be of', async () => {
    await expect(put({ pk: EMAIL })).rejects.toEqual(refusal('plaintext-refused', /computes it/))
    await expect(put({ pk: search('bob') })).rejects.toEqual(refusal('plaintext-refused', /computes it/))
    await expect(put({ email: undefined })).rejects.toEqual(refusal('invalid-value', /lacks email/))
    expect(leaked()).toEqual([])
    expect(await stored()).toEqual([])
  })

  test('for a client without search keys, or that is not sealed', async () => {
    expect(() => world.sealedClient(EAST)).not.toThrow()
    const raw = world.rawClient(EAST)
    const command = new GetCommand({ TableName: TABLE, Key: { pk: search(EMAIL), sk: '1' } })
    await expect(raw.send(command)).rejects.toThrow()
    expect(leaked()).toEqual([])
  })

  test('where not all kinds of items have the same token as their key', () => {
    const kind = (equals: string, tokens: Declaration['tokens'] = {}) => ({
      ...byEmail,
      when: { attribute: 'kind', equals },
      tokens,
    })
    const both =
      (...declarations: Declaration[]) =>
      () => {
        const [first, ...others] = declarations
        declaredClient(world, [searchKey], { declared: first! }).declare(...others)
      }
    const own = declarations['the partition key']
    const different = /not the same one in kind/
    expect(both(kind('a', own), kind('b'))).toThrow(different)
    expect(both(kind('a'), kind('b', own))).toThrow(different)
    expect(both(kind('a', own), kind('b', { pk: { of: 'name' } }))).toThrow(different)
    expect(both(kind('a', own), kind('b', own))).not.toThrow()
    expect(both(byEmail, kind('b'))).not.toThrow()
  })

  test('where the key of what was opened is not its token', async () => {
    // Who writes the table and has a sealed client of another search key.
    const other = await createSearchKey(world.keyring(EAST))
    await declaredClient(world, [other], { declared: byEmail }).send(
      new PutCommand({ TableName: TABLE, Item: { sk: '1', nr: count, email: EMAIL } }),
    )
    const scan = new ScanCommand({
      TableName: TABLE,
      FilterExpression: 'nr = :nr',
      ExpressionAttributeValues: { ':nr': count },
    })
    await expect(client.send(scan)).rejects.toEqual(notOpened('wrong-token'))
    const { result, unopened } = await openPartially(() => client.send(scan))
    expect(result.Items).toEqual([])
    expect(unopened).toEqual([
      expect.objectContaining({ key: { pk: expect.stringMatching(/^1\./), sk: '1' } }),
    ])
  })

  test('where somebody moved an item to another key', async () => {
    await put()
    const [item] = await stored()
    await put({ email: `bob-${EMAIL}` })
    const target = (await stored()).find(({ pk }) => pk !== item?.pk)
    // The ciphertext of the one under the key of the other.
    await world.rawClient(EAST).send(new PutCommand({ TableName: TABLE, Item: { ...item, pk: target?.pk } }))
    const get = new GetCommand({
      TableName: TABLE,
      Key: { pk: search(`bob-${EMAIL}`), sk: '1' },
      ConsistentRead: true,
    })
    await expect(client.send(get)).rejects.toMatchObject({ name: 'FieldsNotOpenedError' })
  })

  test('for updates and conditions on what is encrypted in items that are sealed as wholes', async () => {
    const format = new WholeItemFormat(Buffer.alloc(32, 7))
    const whole = declaredClient(world, [searchKey], {
      declared: byEmail,
      format,
      updates: 'read-change-write',
    })
    const Key = { pk: search(EMAIL), sk: '1' }
    const values = { ':n': 'Lovelace-secret' }
    const names = { '#n': 'name' }
    const update = new UpdateCommand({
      TableName: TABLE,
      Key,
      UpdateExpression: 'SET #n = :n',
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    })
    await expect(whole.send(update)).rejects.toEqual(refusal('update-refused', /sealed as wholes/))
    const remove = new DeleteCommand({
      TableName: TABLE,
      Key,
      ConditionExpression: '#n = :n',
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    })
    await expect(whole.send(remove)).rejects.toEqual(refusal('condition-refused', /'name' is encrypted/))
    expect(leaked()).toEqual([])
  })

  test('where a batch was not processed, it is asked for as it was', async () => {
    const between: Between = async ({ input }, send) => {
      const { RequestItems } = input as { RequestItems?: Record<string, object> }
      if (RequestItems === undefined) return send()
      return 'Keys' in (RequestItems[TABLE] ?? {})
        ? { Responses: {}, UnprocessedKeys: RequestItems }
        : { UnprocessedItems: RequestItems }
    }
    const slow = declaredClient(world, [searchKey], { declared: byEmail, between })
    await put()
    const Keys = ['1', '2'].map(sk => ({ pk: search(EMAIL), sk }))
    const { UnprocessedKeys } = await slow.send(
      new BatchGetCommand({ RequestItems: { [TABLE]: { Keys, ConsistentRead: true } } }),
    )
    expect(UnprocessedKeys?.[TABLE]?.Keys?.[1]?.pk).toBe(Keys[1]?.pk)
    const { Responses } = await client.send(new BatchGetCommand({ RequestItems: UnprocessedKeys! }))
    expect(Responses?.[TABLE]).toEqual([{ sk: '1', nr: count, email: EMAIL }])
    const { UnprocessedItems } = await slow.send(
      new BatchWriteCommand({
        RequestItems: {
          [TABLE]: [
            { DeleteRequest: { Key: Keys[0] } },
            { PutRequest: { Item: { sk: '2', nr: count, email: EMAIL } } },
          ],
        },
      }),
    )
    await client.send(new BatchWriteCommand({ RequestItems: UnprocessedItems! }))
    const { Items } = await client.send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': search(EMAIL) },
        ConsistentRead: true,
      }),
    )
    expect(Items).toEqual([{ sk: '2', nr: count, email: EMAIL }])
    expect(leaked()).toEqual([])
  })
})
