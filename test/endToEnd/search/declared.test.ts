// Token attributes of declared tables: what is stored and shown, what may not be written, what a batch sends again.
import {
  BatchWriteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { dbEsdkFormat } from '@dynaseal/db-esdk'
import { search } from '@dynaseal/document-client'
import { describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { refusal } from '../../support/refusal.js'
import { TABLE } from '../../support/searchTable.js'
import { EAST } from '../../support/world.js'
import { declaration, declaredClient } from './declaredClient.js'
import { isToken, type Members, SECRETS, withDeclaredItem } from './declaredItem.js'

const own = withDeclaredItem()

test('a put stores tokens that a get does not show, and nothing leaves in clear', async () => {
  const given = own.item()
  const before = structuredClone(given)
  await own.put(given)
  expect(given).toEqual(before)
  expect(await own.stored()).toMatchObject({
    gsi: isToken,
    shortToken: expect.stringMatching(/^1\.[\w-]{2}$/),
    tagsToken: expect.any(Set),
    lsi: isToken,
    bothToken: isToken,
    pairToken: isToken,
    address: { streetToken: isToken },
    bornToken: isToken,
  })
  const { Item } = await own.client.send(
    new GetCommand({ TableName: TABLE, Key: own.Key, ConsistentRead: true }),
  )
  expect(Item).toEqual(given)
  expect(
    await own.finds('bornToken = :b AND address.streetToken = :s', {
      ':b': search(SECRETS[4]!),
      ':s': search(SECRETS[3]!),
    }),
  ).toBe(true)
  expect(
    await own.finds('bothToken = :b AND pairToken = :p', {
      ':b': search(['d', ' ADA-SECRET ']),
      ':p': search([SECRETS[1]!, 'Bergen']),
    }),
  ).toBe(true)
  expect(leaks(own.world.proxy.sent, SECRETS)).toEqual([])
})

test('where a value is absent there is no token', async () => {
  await own.put({ ...own.Key, name: 'n' })
  expect(
    Object.keys(await own.stored())
      .filter(name => /oken|gsi|lsi|both|pair|born/.test(name))
      .sort(),
  ).toEqual(['bothToken', 'nameToken'])
})

describe('a put', () => {
  test.each([
    ['another token', { gsi: '1.AAAAAAAAAAAAAAAAAAAAAA' }],
    ['a token of what is absent', { email: undefined, gsi: '1.AAAAAAAAAAAAAAAAAAAAAA' }],
    ['a token of what is in clear', { lsi: 'Bergen' }],
  ])('with %s is refused', async (_, more) => {
    await expect(own.put({ ...own.item(), ...more })).rejects.toEqual(
      refusal('plaintext-refused', /search token.*Leave it out/),
    )
    expect(own.world.proxy.sent.filter(sent => sent.includes('DynamoDB_20120810'))).toEqual([])
  })

  test('of what a batch did not process, as DynamoDB returned it, keeps its tokens', async () => {
    const Item = own.item()
    let unprocessed: Members | undefined
    const failing = declaredClient(own.world, [own.searchKey], {
      between: async command => {
        unprocessed = command.input.RequestItems as Members
        return { UnprocessedItems: unprocessed }
      },
    })
    const { UnprocessedItems } = await failing.send(
      new BatchWriteCommand({ RequestItems: { [TABLE]: [{ PutRequest: { Item } }] } }),
    )
    await own.client.send(new BatchWriteCommand({ RequestItems: UnprocessedItems }))
    expect(
      await own.finds('gsi = :e AND lsi = :c', { ':e': search(SECRETS[0]!), ':c': search('Bergen') }),
    ).toBe(true)
    const { Item: read } = await own.client.send(
      new GetCommand({ TableName: TABLE, Key: own.Key, ConsistentRead: true }),
    )
    expect(read).toEqual(Item)
  })

  test.each([
    ['an encrypted attribute', { email: search('x') }],
    ['inside of one', { profile: { born: search('x') } }],
    ['a clear one that has a token', { city: search('x') }],
    ['a clear one', { other: search('x') }],
  ])('of what search() returns is refused: %s', async (_, more) => {
    await expect(own.put({ ...own.item(), ...more })).rejects.toThrow(/search\(\) returns|searched value/)
    expect(own.world.proxy.sent.filter(sent => sent.includes('DynamoDB_20120810'))).toEqual([])
  })

  test('of a value that no token can be made of is refused', async () => {
    await expect(own.put({ ...own.item(), name: { first: 'Ada' } })).rejects.toMatchObject({
      name: 'SearchError',
      code: 'invalid-value',
    })
    await expect(own.put({ ...own.item(), email: 7 })).rejects.toMatchObject({
      name: 'SearchError',
      code: 'invalid-value',
    })
  })
})

test('items that are sealed and opened without a command have tokens, and show none', async () => {
  const Item = await own.client.sealItem(TABLE, own.item())
  expect(Item).toMatchObject({ gsi: isToken, address: { streetToken: isToken } })
  expect(await own.client.openItem(TABLE, Item)).toEqual(own.item())
  await own.put(Item)
  expect(await own.finds('gsi = :e', { ':e': search(SECRETS[0]!) })).toBe(true)
  const NewImage = marshall(Item)
  const record = await own.client.openStreamRecord({
    eventName: 'INSERT',
    eventSource: 'aws:dynamodb',
    eventSourceARN: `arn:aws:dynamodb:us-east-1:111122223333:table/${TABLE}/stream/2026-01-01T00:00:00.000`,
    dynamodb: { SequenceNumber: '1', Keys: marshall(own.Key), NewImage },
  } as never)
  expect(record.newImage).toEqual(own.item())
})

test('a format that seals items as wholes seals tokens with them', async () => {
  const declared = {
    ...declaration,
    encrypted: ['email', 'name', 'tags'],
    tokens: { gsi: { of: 'email' }, tagsToken: { of: 'tags', members: true } },
  }
  const whole = declaredClient(own.world, [own.searchKey], {
    declared,
    format: dbEsdkFormat({ keyring: own.world.keyring(EAST) }),
  })
  const given = { ...own.Key, at: 1, email: 'whole@example.com', tags: new Set(['a', 'b']) }
  await whole.send(new PutCommand({ TableName: TABLE, Item: given }))
  const query = () =>
    whole.send(
      new QueryCommand({
        TableName: TABLE,
        IndexName: 'byEmail',
        KeyConditionExpression: 'gsi = :e',
        FilterExpression: 'contains(tagsToken, :t)',
        ExpressionAttributeValues: { ':e': search('whole@example.com'), ':t': search('b') },
      }),
    )
  expect((await query()).Items).toEqual([given])
  const { tagsToken } = await own.stored()
  await own.world.rawClient(EAST).send(
    new UpdateCommand({
      TableName: TABLE,
      Key: own.Key,
      UpdateExpression: 'DELETE tagsToken :t',
      ExpressionAttributeValues: { ':t': new Set([...(tagsToken as Set<string>)].slice(0, 1)) },
    }),
  )
  const read = whole.send(new GetCommand({ TableName: TABLE, Key: own.Key, ConsistentRead: true }))
  await expect(read).rejects.toMatchObject({ code: 'fields-not-opened' })
})

test('an item without a part of a list of parts in clear is scanned as before', async () => {
  await own.put({ ...own.Key, city: 'Bergen' })
  const { Items } = await own.client.send(
    new ScanCommand({
      TableName: TABLE,
      FilterExpression: 'sk = :sk',
      ExpressionAttributeValues: { ':sk': own.Key.sk },
    }),
  )
  expect(Items).toEqual([{ ...own.Key, city: 'Bergen' }])
})
