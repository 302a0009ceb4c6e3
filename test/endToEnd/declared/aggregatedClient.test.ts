// What newer clients have as methods: the lowest AWS SDK has them as functions alone.
import { DynamoDB } from '@aws-sdk/client-dynamodb'
import { sealDynamoDBClient } from '@dynaseal/document-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { optionsOfRun } from '../../support/formatOfRun.js'
import { leaks } from '../../support/recordingProxy.js'
import { createWorld, EAST, type World } from '../../support/world.js'

let world: World
beforeAll(async () => {
  world = await createWorld()
  await world.createTable('people')
}, 60_000)
afterAll(() => world.stop())

test('paginators and waiters that are methods of a sealed DynamoDB', async () => {
  const TableName = 'people'
  const client = sealDynamoDBClient(new DynamoDB(world.config(EAST)), {
    keyring: world.keyring(EAST),
    ...optionsOfRun,
  }).declare({ table: TableName, key: ['pk', 'sk'], encrypted: ['email'] })
  await client.waitUntilTableExists({ TableName }, 30)
  const items = ['1', '2'].map(sk => ({ pk: { S: 'a' }, sk: { S: sk }, email: { S: `SECRET-${sk}` } }))
  for (const Item of items) await client.putItem({ TableName, Item })
  const query = {
    TableName,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: 'a' } },
  }
  const found: unknown[] = []
  for await (const { Items } of client.paginateQuery(query, { pageSize: 1 } as never))
    found.push(...(Items ?? []))
  for await (const { Items } of client.paginateScan({ TableName })) expect(Items).toHaveLength(2)
  expect(found).toEqual(items)
  expect(leaks(world.proxy.sent, ['SECRET-1', 'SECRET-2'])).toEqual([])
})
