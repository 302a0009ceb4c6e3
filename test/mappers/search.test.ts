// Items that a library wrote, found by what is encrypted: where a library can say it, by itself; else by a command beside it.
import { DynamoDB, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { createSearchKey, createSearchTokens } from '@dynaseal/core'
import { type Declaration, sealDocumentClient, sealDynamoDBClient, search } from '@dynaseal/document-client'
import { Table } from 'dynamodb-onetable'
import dynamoose from 'dynamoose'
import { Entity } from 'electrodb'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { leaks } from '../support/recordingProxy.js'
import { createWorld, EAST, type World } from '../support/world.js'

const EMAIL = 'ada@example.com'
const TableName = 'searched'
const declaration: Declaration = {
  table: TableName,
  key: ['pk', 'sk'],
  encrypted: ['email'],
  indexKeys: { byGsi: ['gsi'] },
  tokens: { gsi: { of: 'email', normalize: 'email' } },
}
let world: World
let options: Parameters<typeof sealDocumentClient>[1]
beforeAll(async () => {
  world = await createWorld()
  await world.createTable(TableName)
  const keyring = world.keyring(EAST)
  options = { keyring, search: createSearchTokens({ keyring, writeWith: await createSearchKey(keyring) }) }
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  world.proxy.sent.length = 0
})
const query = (email: unknown) => ({
  TableName,
  IndexName: 'byGsi',
  KeyConditionExpression: 'gsi = :email',
  ExpressionAttributeValues: { ':email': email },
})
const base = () => sealDynamoDBClient(new DynamoDB(world.config(EAST)), options).declare(declaration)

test('electrodb: in where, and in what parse() is given', async () => {
  const client = sealDocumentClient(
    DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))),
    options,
  ).declare(declaration)
  const User = new Entity(
    {
      model: { entity: 'user', version: '1', service: 'staff' },
      attributes: { id: { type: 'string' }, email: { type: 'string' }, gsi: { type: 'any' } },
      indexes: { primary: { pk: { field: 'pk', composite: ['id'] }, sk: { field: 'sk', composite: [] } } },
    },
    { client, table: TableName },
  )
  const user = { id: 'electrodb', email: EMAIL }
  await User.put(user).go()
  const by = (email: string) => User.scan.where(({ gsi }, { eq }) => eq(gsi, search(email))).go()
  expect((await by('ADA@example.com')).data).toEqual([user])
  expect((await by('bob@example.com')).data).toEqual([])
  const found = await client.send(new QueryCommand(query(search(EMAIL))))
  expect(User.parse(found).data).toEqual([user])
  expect(leaks(world.proxy.sent, [EMAIL])).toEqual([])
})

test('dynamoose: by a command beside it', async () => {
  const client = base()
  dynamoose.aws.ddb.set(client)
  const schema = new dynamoose.Schema({
    pk: { type: String, hashKey: true },
    sk: { type: String, rangeKey: true },
    email: String,
  })
  const User = dynamoose.model(TableName, schema, { create: false, waitForActive: false })
  const user = { pk: 'dynamoose', sk: '1', email: 'dynamoose@example.com' }
  await User.create(user)
  const { Items = [] } = await client.query(query({ S: search('Dynamoose@example.com') }) as never)
  expect(Items.map(item => ({ ...new User(dynamoose.aws.converter().unmarshall(item)) }))).toEqual([user])
  expect(leaks(world.proxy.sent, [user.email])).toEqual([])
})

test('dynamodb-onetable: by a command beside it', async () => {
  const client = base()
  const table = new Table({
    client,
    name: TableName,
    schema: {
      format: 'onetable:1.1.0',
      version: '0.0.1',
      indexes: { primary: { hash: 'pk', sort: 'sk' } },
      models: { User: { pk: { type: String }, sk: { type: String }, email: { type: String } } },
    },
    logger: false,
    partial: true,
  } as never)
  const user = { pk: 'onetable', sk: '1', email: 'onetable@example.com' }
  await (table.getModel('User') as unknown as { create(item: object): Promise<unknown> }).create(user)
  const { Items = [] } = await client.query(query({ S: search('OneTable@example.com') }) as never)
  expect(table.unmarshall(Items as never, {})).toEqual([expect.objectContaining(user)])
  expect(leaks(world.proxy.sent, [user.email])).toEqual([])
})
