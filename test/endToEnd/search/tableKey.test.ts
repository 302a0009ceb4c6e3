// Search tokens as keys of the table itself: what an item is found by is encrypted in it, and its keys are tokens.
import {
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import type { Format } from '@dynaseal/core'
import { search } from '@dynaseal/document-client'
import { beforeEach, describe, expect, test } from 'vitest'
import { refusal } from '../../support/refusal.js'
import { TABLE } from '../../support/searchTable.js'
import { WholeItemFormat } from '../../support/wholeItemFormat.js'
import { declaredClient } from './declaredClient.js'
import { declaredBy, keyTokens, withKeyedItem } from './keyedItem.js'

const own = withKeyedItem()

const formats: Record<string, () => Format | undefined> = {
  'the format of the run': () => undefined,
  'a format of whole items': () => new WholeItemFormat(Buffer.alloc(32, 7)),
}

describe.each(Object.keys(formats))('both keys, with %s', format => {
  const isWhole = format !== 'the format of the run'
  const made = () => {
    const sealing = formats[format]?.()
    return declaredClient(own.world, [own.searchKey], {
      declared: declaredBy(keyTokens.both),
      ...(sealing === undefined ? {} : { format: sealing }),
    })
  }
  let client: ReturnType<typeof made>
  beforeEach(() => {
    client = made()
  })
  const ada = (more: object = {}) => ({
    nr: own.count,
    email: own.EMAIL,
    name: 'Lovelace-secret',
    pass: { no: 'passport-secret' },
    city: 'Bergen-secret',
    ...more,
  })
  const Key = (email = own.EMAIL) => ({
    pk: search(email),
    sk: search(['passport-secret', 'Bergen-secret']),
  })
  const put = (item: object = ada()) => client.send(new PutCommand({ TableName: TABLE, Item: item as never }))
  const get = async (email = own.EMAIL) =>
    (await client.send(new GetCommand({ TableName: TABLE, Key: Key(email), ConsistentRead: true }))).Item
  const isToken = expect.stringMatching(/^1\.[\w-]{22}$/)

  test('is put, and got in whatever spelling; its key is a token that nobody sees', async () => {
    await put()
    expect(await get()).toEqual(ada())
    expect(await get(` ${own.EMAIL.toUpperCase()}`)).toEqual(ada())
    expect(await get('bob@example.com')).toBeUndefined()
    expect(await own.stored()).toMatchObject([{ pk: isToken, sk: isToken }])
    expect(own.leaked()).toEqual([])
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
            ExpressionAttributeValues: { ':email': search(own.EMAIL), ...values },
          }),
        )
      ).Items
    expect(await query()).toEqual([ada()])
    expect(await query({ KeyConditionExpression: 'pk = :email AND sk = :sk' }, { ':sk': Key().sk })).toEqual([
      ada(),
    ])
    if (!isWhole) expect(await query({ ProjectionExpression: 'nr' })).toEqual([{ nr: own.count }])
    expect(own.leaked()).toEqual([])
  })

  test('is got and written in batches and in transactions', async () => {
    const [one, two] = [own.EMAIL, `two-${own.EMAIL}`]
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
    if (!isWhole)
      expect(await batch({ ProjectionExpression: 'nr' })).toEqual([{ nr: own.count }, { nr: own.count }])
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
    expect(own.leaked(two)).toEqual([])
  })

  test('is deleted, and returned', async () => {
    await put()
    const command = new DeleteCommand({ TableName: TABLE, Key: Key(), ReturnValues: 'ALL_OLD' })
    expect((await client.send(command)).Attributes).toEqual(ada())
    expect(await get()).toBeUndefined()
    expect(own.leaked()).toEqual([])
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
    expect(own.leaked()).toEqual([])
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
      { ':e': own.EMAIL.toUpperCase() },
      { ReturnValues: 'UPDATED_NEW' },
    )
    expect(upper.Attributes).toEqual({ email: own.EMAIL.toUpperCase() })
    await expect(update('SET email = :e', { ':e': 'bob@example.com' })).rejects.toEqual(
      refusal('update-refused', /keeps its key. In one transaction, put the item/),
    )
    await expect(update('REMOVE email SET nr = :nr', { ':nr': 1 })).rejects.toEqual(
      refusal('update-refused', /keeps its key/),
    )
    await expect(update('SET nr = :nr, copied = pk', { ':nr': 1 })).rejects.toEqual(
      refusal('update-refused', /'pk' is a search token, which is no data/),
    )
    expect(own.leaked('bob@example.com')).toEqual([])
  })

  test('an update that sets all that the key is of may create it', async () => {
    await client.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: Key(),
        UpdateExpression: 'SET email = :e, pass = :p, city = :c',
        ExpressionAttributeValues: {
          ':e': own.EMAIL,
          ':p': { no: 'passport-secret' },
          ':c': 'Bergen-secret',
        },
      }),
    )
    expect(await get()).toMatchObject({ email: own.EMAIL })
    expect(own.leaked()).toEqual([])
  })
})
