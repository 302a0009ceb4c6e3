// What search() returns, where a value is written, or compared with what is no token: the error says so, and nothing is sent.
import { DynamoDB } from '@aws-sdk/client-dynamodb'
import {
  BatchWriteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { createSearchTokens } from '@dynaseal/core'
import { DocumentClientError, sealDynamoDBClient, search } from '@dynaseal/document-client'
import { expect, test } from 'vitest'
import { refusal } from '../../support/refusal.js'
import { TABLE } from '../../support/searchTable.js'
import { EAST } from '../../support/world.js'
import { declaration } from './declaredClient.js'
import { withDeclaredItem } from './declaredItem.js'

const own = withDeclaredItem()
const TableName = TABLE
const secret = () => search('ada@example.com')
const Key = { pk: 'd', sk: '1' }
const MISPLACED = refusal('invalid-value', /What search\(\) returns was about to be written, copied or sent/)
const NO_TOKEN = refusal(
  'condition-refused',
  /^:e is what search\(\) returned, and is compared with what is no/,
)

test.each<[string, () => object, unknown]>([
  ['an attribute in clear', () => new PutCommand({ TableName, Item: { ...Key, plan: secret() } }), MISPLACED],
  ['an encrypted one', () => new PutCommand({ TableName, Item: { ...Key, email: secret() } }), MISPLACED],
  [
    'a list of an item',
    () => new PutCommand({ TableName, Item: { ...Key, a: { b: [secret()] } } }),
    MISPLACED,
  ],
  ['the key of an item', () => new PutCommand({ TableName, Item: { ...Key, sk: secret() } }), MISPLACED],
  ['a key', () => new GetCommand({ TableName, Key: { ...Key, sk: secret() } }), MISPLACED],
  [
    'a batch',
    () =>
      new BatchWriteCommand({
        RequestItems: { [TableName]: [{ PutRequest: { Item: { ...Key, plan: secret() } } }] },
      }),
    MISPLACED,
  ],
  [
    'a start key',
    () => new ScanCommand({ TableName, ExclusiveStartKey: { ...Key, sk: secret() } }),
    MISPLACED,
  ],
  [
    'a value with something around it',
    () =>
      new ScanCommand({
        TableName,
        FilterExpression: 'plan = :e',
        ExpressionAttributeValues: { ':e': { a: secret() } },
      }),
    MISPLACED,
  ],
  [
    'what an update sets, and its condition compares with a token',
    () =>
      new UpdateCommand({
        TableName,
        Key,
        UpdateExpression: 'SET plan = :e',
        ConditionExpression: 'gsi = :e',
        ExpressionAttributeValues: { ':e': secret() },
      }),
    MISPLACED,
  ],
  [
    'what an update computes with, and its condition compares with a token',
    () =>
      new UpdateCommand({
        TableName,
        Key,
        UpdateExpression: 'ADD plan :e',
        ConditionExpression: 'gsi = :e',
        ExpressionAttributeValues: { ':e': secret() },
      }),
    MISPLACED,
  ],
  [
    'a comparison with an attribute in clear, beside one with a token',
    () =>
      new QueryCommand({
        TableName,
        IndexName: 'byEmail',
        KeyConditionExpression: 'gsi = :e',
        FilterExpression: 'plan = :e',
        ExpressionAttributeValues: { ':e': secret() },
      }),
    NO_TOKEN,
  ],
])('%s', async (_, command, expected) => {
  own.world.proxy.sent.length = 0
  const thrown: unknown = await own.client.send(command() as never).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(thrown).toEqual(expected)
  expect(thrown).toBeInstanceOf(DocumentClientError)
  expect(own.world.proxy.sent).toEqual([])
})

test('by a client of attribute values, too', async () => {
  const client = sealDynamoDBClient(new DynamoDB(own.world.config(EAST)), {
    keyring: own.world.keyring(EAST),
    search: createSearchTokens({ keyring: own.world.keyring(EAST), writeWith: own.searchKey }),
  })
  client.declare(declaration)
  own.world.proxy.sent.length = 0
  const S = secret()
  const put = client.putItem({ TableName, Item: { pk: { S: 'd' }, sk: { S: '1' }, plan: { L: [{ S }] } } })
  await expect(put).rejects.toEqual(MISPLACED)
  await expect(client.scan({ TableName, ExclusiveStartKey: { pk: { S } } })).rejects.toEqual(MISPLACED)
  await expect(client.getItem({ TableName, Key: { pk: { S: 'd' }, sk: { S } } })).rejects.toEqual(MISPLACED)
  expect(own.world.proxy.sent).toEqual([])
})

test('what is refused of an encrypted attribute names the token that can be compared', async () => {
  const byName = (name: string) =>
    own.client.send(
      new ScanCommand({
        TableName,
        FilterExpression: '#n = :v',
        ExpressionAttributeNames: { '#n': name },
        ExpressionAttributeValues: { ':v': 'x' },
      }),
    )
  await expect(byName('name')).rejects.toEqual(
    refusal('condition-refused', /compare its search token 'nameToken' with search\(value\)/),
  )
  await expect(byName('profile')).rejects.toEqual(refusal('condition-refused', /give it a search token/))
})
