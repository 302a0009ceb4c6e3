// Search tokens as keys of the table itself: what is refused, and what does not open.
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
import { createSearchKey } from '@dynaseal/core'
import { type Declaration, openPartially, search } from '@dynaseal/document-client'
import { beforeEach, describe, expect, test } from 'vitest'
import { refusal } from '../../support/refusal.js'
import { TABLE } from '../../support/searchTable.js'
import { WholeItemFormat } from '../../support/wholeItemFormat.js'
import { EAST } from '../../support/world.js'
import { type Between, declaredClient } from './declaredClient.js'
import { declaredBy, keyTokens, withKeyedItem } from './keyedItem.js'

const own = withKeyedItem()

const notOpened = (code: string) =>
  expect.objectContaining({ name: 'FieldsNotOpenedError', failures: [expect.objectContaining({ code })] })

const byEmail = declaredBy(keyTokens.partition)

describe('fails closed', () => {
  let client: ReturnType<typeof declaredClient>
  beforeEach(() => {
    client = declaredClient(own.world, [own.searchKey], { declared: byEmail })
  })
  const put = (more: object = {}) =>
    client.send(
      new PutCommand({ TableName: TABLE, Item: { sk: '1', nr: own.count, email: own.EMAIL, ...more } }),
    )

  test('where search() was forgotten', async () => {
    const Key = { pk: own.EMAIL, sk: '1' }
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
      ExpressionAttributeValues: { ':pk': own.EMAIL },
    })
    await expect(client.send(query)).rejects.toEqual(
      refusal('condition-refused', /goes into search\(value\)/),
    )
    expect(own.leaked()).toEqual([])
  })

  test('for an item with a key of its own, or with nothing that it could be of', async () => {
    await expect(put({ pk: own.EMAIL })).rejects.toEqual(refusal('plaintext-refused', /computes it/))
    await expect(put({ pk: search('bob') })).rejects.toEqual(refusal('plaintext-refused', /computes it/))
    await expect(put({ email: undefined })).rejects.toEqual(refusal('invalid-value', /lacks email/))
    expect(own.leaked()).toEqual([])
    expect(await own.stored()).toEqual([])
  })

  test('for what no token can be made of, and says where', async () => {
    const where = expect.objectContaining({
      name: 'SearchError',
      code: 'invalid-value',
      message: expect.stringMatching(
        /^Cannot make a token of email of an item in table .* \(key: pk, sk\): /,
      ),
    })
    const Key = { pk: search(5), sk: '1' }
    const set = { UpdateExpression: 'SET email = :e', ExpressionAttributeValues: { ':e': own.EMAIL } }
    await expect(client.send(new GetCommand({ TableName: TABLE, Key }))).rejects.toEqual(where)
    await expect(client.send(new UpdateCommand({ TableName: TABLE, Key, ...set }))).rejects.toEqual(where)
    expect(own.world.proxy.sent).toEqual([])
  })

  test('for a client without search keys, or that is not sealed', async () => {
    expect(() => own.world.sealedClient(EAST)).not.toThrow()
    const raw = own.world.rawClient(EAST)
    const command = new GetCommand({ TableName: TABLE, Key: { pk: search(own.EMAIL), sk: '1' } })
    await expect(raw.send(command)).rejects.toThrow()
    expect(own.leaked()).toEqual([])
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
        declaredClient(own.world, [own.searchKey], { declared: first! }).declare(...others)
      }
    const email = keyTokens.partition
    const different = /not the same one in kind/
    expect(both(kind('a', email), kind('b'))).toThrow(different)
    expect(both(kind('a'), kind('b', email))).toThrow(different)
    expect(both(kind('a', email), kind('b', { pk: { of: 'name' } }))).toThrow(different)
    expect(both(kind('a', email), kind('b', email))).not.toThrow()
    expect(both(byEmail, kind('b'))).not.toThrow()
  })

  test('where the key of what was opened is not its token', async () => {
    // Who writes the table and has a sealed client of another search key.
    const other = await createSearchKey(own.world.keyring(EAST))
    await declaredClient(own.world, [other], { declared: byEmail }).send(
      new PutCommand({ TableName: TABLE, Item: { sk: '1', nr: own.count, email: own.EMAIL } }),
    )
    const scan = new ScanCommand({
      TableName: TABLE,
      FilterExpression: 'nr = :nr',
      ExpressionAttributeValues: { ':nr': own.count },
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
    const [item] = await own.stored()
    await put({ email: `bob-${own.EMAIL}` })
    const target = (await own.stored()).find(({ pk }) => pk !== item?.pk)
    // The ciphertext of the one under the key of the other.
    await own.world
      .rawClient(EAST)
      .send(new PutCommand({ TableName: TABLE, Item: { ...item, pk: target?.pk } }))
    const get = new GetCommand({
      TableName: TABLE,
      Key: { pk: search(`bob-${own.EMAIL}`), sk: '1' },
      ConsistentRead: true,
    })
    await expect(client.send(get)).rejects.toMatchObject({ name: 'FieldsNotOpenedError' })
  })

  test('for updates and conditions on what is encrypted in items that are sealed as wholes', async () => {
    const format = new WholeItemFormat(Buffer.alloc(32, 7))
    const whole = declaredClient(own.world, [own.searchKey], {
      declared: byEmail,
      format,
      updates: 'read-change-write',
    })
    const Key = { pk: search(own.EMAIL), sk: '1' }
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
    expect(own.leaked()).toEqual([])
  })

  test('where a batch was not processed, it is asked for as it was', async () => {
    const between: Between = async ({ input }, send) => {
      const { RequestItems } = input as { RequestItems?: Record<string, object> }
      if (RequestItems === undefined) return send()
      return 'Keys' in (RequestItems[TABLE] ?? {})
        ? { Responses: {}, UnprocessedKeys: RequestItems }
        : { UnprocessedItems: RequestItems }
    }
    const slow = declaredClient(own.world, [own.searchKey], { declared: byEmail, between })
    await put()
    const Keys = ['1', '2'].map(sk => ({ pk: search(own.EMAIL), sk }))
    const { UnprocessedKeys } = await slow.send(
      new BatchGetCommand({ RequestItems: { [TABLE]: { Keys, ConsistentRead: true } } }),
    )
    expect(UnprocessedKeys?.[TABLE]?.Keys?.[1]?.pk).toBe(Keys[1]?.pk)
    const { Responses } = await client.send(new BatchGetCommand({ RequestItems: UnprocessedKeys! }))
    expect(Responses?.[TABLE]).toEqual([{ sk: '1', nr: own.count, email: own.EMAIL }])
    const { UnprocessedItems } = await slow.send(
      new BatchWriteCommand({
        RequestItems: {
          [TABLE]: [
            { DeleteRequest: { Key: Keys[0] } },
            { PutRequest: { Item: { sk: '2', nr: own.count, email: own.EMAIL } } },
          ],
        },
      }),
    )
    await client.send(new BatchWriteCommand({ RequestItems: UnprocessedItems! }))
    const { Items } = await client.send(
      new QueryCommand({
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': search(own.EMAIL) },
        ConsistentRead: true,
      }),
    )
    expect(Items).toEqual([{ sk: '2', nr: own.count, email: own.EMAIL }])
    expect(own.leaked()).toEqual([])
  })
})
