// Beacons of the AWS Database Encryption SDK: what its official release for Java writes is found here, and the other way round, with
// beacon keys of one key store.
import { deepStrictEqual, strictEqual } from 'node:assert'
import { randomInt } from 'node:crypto'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb'
import { TokenDefinition } from '@dynaseal/core'
import { createBeacons, dbEsdkFormat, transforms } from '@dynaseal/db-esdk'
import { sealDocumentClient as sealDeclared, search } from '@dynaseal/document-client'
import { encrypted, sealDocumentClient, token } from '@dynaseal/toolbox'
import {
  Entity,
  QueryCommand as EntityQuery,
  item,
  number,
  PutItemCommand,
  string,
  Table,
} from 'dynamodb-toolbox'
import { createBeaconTable } from '../support/beaconTable.mjs'

const [EAST, WEST] = ['us-east-1', 'us-west-2']
const TABLE = 'people-live'
const LOGICAL_TABLE = 'Personen-ü'
const RANDOM = 50
const ENCRYPTED = ['email', 'nick', 'tags', 'address', 'first', 'last', 'text', 'count', 'scan']
const SHARED = { [LOGICAL_TABLE]: { shared: { nick: 'email' } } }

/** The same for both. */
const STANDARD = [
  { name: 'email', length: 40 },
  { name: 'nick', length: 40, style: 'shared', other: 'email' },
  { name: 'tags', length: 20, style: 'asSet' },
  { name: 'street', length: 13, loc: 'address.street' },
  { name: 'full', length: 63, loc: 'fullName' },
  { name: 'text', length: 63 },
  { name: 'count', length: 1 },
  { name: 'scan', length: 62 },
]
const VIRTUAL = [{ name: 'fullName', parts: [{ loc: 'first' }, { loc: 'last', lower: true }] }]
const TOKENS = {
  aws_dbe_b_email: { of: 'email', bits: 40 },
  aws_dbe_b_nick: { of: 'nick', bits: 40 },
  aws_dbe_b_tags: { of: 'tags', members: true, bits: 20 },
  aws_dbe_b_street: { of: 'address.street', bits: 13 },
  aws_dbe_b_full: { of: ['first', 'last'], bits: 63, normalize: { last: transforms.lower } },
  aws_dbe_b_text: { of: 'text', bits: 63 },
  aws_dbe_b_count: { of: 'count', bits: 1 },
  aws_dbe_b_scan: { of: 'scan', bits: 62 },
}

const ada = id => ({
  id,
  at: 1,
  email: 'ada@exämple.com',
  nick: 'ada@exämple.com',
  tags: new Set(['｡', '𐀂', 'x']),
  address: { street: 'Torgallmenningen 1' },
  first: 'Ada ',
  last: 'LOVELACE',
})
const adaJson = id => ({
  id: { S: id },
  at: { N: '1' },
  email: { S: 'ada@exämple.com' },
  nick: { S: 'ada@exämple.com' },
  tags: { SS: ['｡', '𐀂', 'x'] },
  address: { M: { street: { S: 'Torgallmenningen 1' } } },
  first: { S: 'Ada ' },
  last: { S: 'LOVELACE' },
})

export async function beaconJobs(world) {
  await createTable(world)
  const client = declared(world, EAST)
  await client.send(new PutCommand({ TableName: TABLE, Item: ada('ours') }))
  const bob = {
    ...ada('bob'),
    email: 'bob',
    nick: 'bob',
    tags: new Set(['y']),
    address: {},
    first: 'Bob',
    at: 2,
  }
  await client.send(new PutCommand({ TableName: TABLE, Item: bob }))
  const Person = entity(world, EAST)
  await Person.build(PutItemCommand).item({ id: 'entity', at: 3, email: 'ada@exämple.com' }).send()
  await world.cloud.waitForReplication()

  const config = {
    ...tableConfig(),
    keyring: { branchKey: { id: 'orders', keyStore: world.keyStoreIn(WEST) } },
    search: { branchKeyId: 'orders', keyStore: world.keyStoreIn(WEST), standard: STANDARD, virtual: VIRTUAL },
  }
  const place = { config, tableName: TABLE, region: WEST }
  return [
    findings(place),
    {
      name: "beacons: what Java's client puts is found here, in both regions, beside what ours put",
      steps: [{ do: 'put', ...place, item: adaJson('theirs') }],
      async verify() {
        for (const region of [EAST, WEST]) {
          const client = declared(world, region)
          const byEmail = await query(client, 'aws_dbe_b_email = :v', search('ada@exämple.com'))
          deepStrictEqual(byEmail.map(({ id }) => id).sort(), ['entity', 'ours', 'theirs'])
          deepStrictEqual(
            byEmail.find(({ id }) => id === 'theirs'),
            ada('theirs'),
          )
          for (const [filter, value] of [
            ['aws_dbe_b_nick = :v', search('ada@exämple.com')],
            ['contains(aws_dbe_b_tags, :v)', search('𐀂')],
            ['aws_dbe_b_street = :v', search('Torgallmenningen 1')],
            ['aws_dbe_b_full = :v', search(['Ada ', 'Lovelace'])],
          ]) {
            const found = await scan(client, filter, value)
            deepStrictEqual(found.map(({ id }) => id).sort(), ['ours', 'theirs'], filter)
          }
          const Person = entity(world, region)
          const { Items } = await Person.table
            .build(EntityQuery)
            .entities(Person)
            .query({ index: 'byEmail', partition: search('ada@exämple.com') })
            .send()
          deepStrictEqual(Items, [{ id: 'entity', at: 3, email: 'ada@exämple.com' }])
        }
      },
    },
    randomJob(world, place),
    await multiJob(world, place),
  ]
}

/** What Java's client finds of what ours put. */
function findings(place) {
  const Ada = { S: 'ada@exämple.com' }
  const all = [
    [{ index: 'byEmail', keyCondition: 'email = :v', values: { ':v': Ada } }, ['entity', 'ours']],
    [
      { index: 'byEmail', keyCondition: 'email = :v', filter: 'nick = :n', values: { ':v': Ada, ':n': Ada } },
      ['ours'],
    ],
    [{ filter: 'nick = :v', values: { ':v': Ada } }, ['ours']],
    [{ filter: 'email IN (:v, :w)', values: { ':v': Ada, ':w': { S: 'bob' } } }, ['bob', 'entity', 'ours']],
    [{ filter: 'contains(tags, :v)', values: { ':v': { S: '𐀂' } } }, ['ours']],
    [{ filter: 'street = :v', values: { ':v': { S: 'Torgallmenningen 1' } } }, ['ours']],
    [{ filter: 'full = :v', values: { ':v': { S: 'Boblovelace' } } }, ['bob']],
  ]
  return {
    name: "beacons: Java's client finds in the other region what ours put, by an index and by filters",
    steps: all.map(([step]) => ({ do: 'find', ...place, ...step })),
    verify(results) {
      for (const [index, { items }] of results.entries()) {
        const [step, ids] = all[index]
        deepStrictEqual(items.map(({ id }) => id.S).sort(), ids, JSON.stringify(step))
      }
      deepStrictEqual(sorted(results[2].items[0]), sorted(adaJson('ours')))
    },
  }
}

/** Values of three types: the beacons that Java stores are those that are made here. */
function randomJob(world, place) {
  const items = Array.from({ length: RANDOM }, (_, n) => ({
    id: { S: `random ${n}` },
    at: { N: '0' },
    text: { S: randomText() },
    count: { N: `${randomInt(1_000_000)}.${randomInt(100)}0` },
    scan: { B: Buffer.from(randomText()).toString('base64') },
  }))
  return {
    name: `beacons: Java stores those that are made here, of ${RANDOM} random texts, numbers and binaries`,
    steps: items.map(item => ({ do: 'put', ...place, item })),
    async verify() {
      const raw = DynamoDBDocumentClient.from(new DynamoDBClient(world.config(WEST)))
      const beacons = maker(world, WEST)
      for (const given of items) {
        const Key = { id: given.id.S }
        const { Item } = await raw.send(new GetCommand({ TableName: TABLE, Key, ConsistentRead: true }))
        for (const [name, value] of [
          ['text', given.text],
          ['count', given.count],
          ['scan', { B: Buffer.from(given.scan.B, 'base64') }],
        ]) {
          const { length } = STANDARD.find(each => each.name === name)
          const attribute = [`aws_dbe_b_${name}`]
          const definition = new TokenDefinition({ of: [{ path: [name] }], bits: length })
          const subject = { definition, table: LOGICAL_TABLE, attribute, values: [value] }
          deepStrictEqual(await beacons.write([subject]), [[Item[attribute[0]]]], JSON.stringify(value))
        }
      }
      raw.destroy()
    },
  }
}

/** A branch key of ours and one that Java creates, each named by its items. */
async function multiJob(world, place) {
  const standard = [{ name: 'email', length: 40 }]
  const tokens = { aws_dbe_b_email: { of: 'email', tenant: 'tenant', bits: 40 } }
  const configOf = id => ({
    ...tableConfig(),
    keyring: { branchKey: { id, keyStore: world.keyStoreIn(WEST) } },
    search: { keyFieldName: 'tenant', keyStore: world.keyStoreIn(WEST), standard },
  })
  const clientOf = (region, id) => declared(world, region, { id, tokens, keyFieldName: 'tenant' })
  const item = { id: 'multi ours', at: 1, tenant: 'orders', email: 'multi' }
  await clientOf(EAST, 'orders').send(new PutCommand({ TableName: TABLE, Item: item }))
  await world.cloud.waitForReplication()
  const values = { ':e': { S: 'multi' }, ':t': { S: 'orders' } }
  const theirs = { id: { S: 'multi theirs' }, at: { N: '2' }, tenant: { S: 'theirs' }, email: { S: 'multi' } }
  return {
    name: 'beacons: a multi key store, with a branch key of ours and one of Java, both ways',
    steps: [
      { do: 'find', ...place, config: configOf('orders'), filter: 'email = :e AND tenant = :t', values },
      { do: 'createBranchKey', id: 'theirs', keyStore: world.keyStoreIn(WEST) },
      { do: 'put', ...place, config: configOf('theirs'), item: theirs },
    ],
    async verify([{ items }]) {
      deepStrictEqual(
        items.map(({ id }) => id.S),
        ['multi ours'],
      )
      const client = clientOf(EAST, 'theirs')
      const found = await query(client, 'aws_dbe_b_email = :v', search('multi', { tenant: 'theirs' }))
      deepStrictEqual(found, [{ id: 'multi theirs', at: 2, tenant: 'theirs', email: 'multi' }])
      strictEqual(
        (await query(client, 'aws_dbe_b_email = :v', search('other', { tenant: 'orders' }))).length,
        0,
      )
    },
  }
}

function tableConfig() {
  const names = new Map(['id', 'at', 'tenant', '_et'].map(name => [name, 'SIGN_ONLY']))
  for (const name of ENCRYPTED) names.set(name, 'ENCRYPT_AND_SIGN')
  return {
    logicalTableName: LOGICAL_TABLE,
    partitionKeyName: 'id',
    algorithmSuite: '0x6700',
    attributeActionsOnEncrypt: Object.fromEntries(names),
  }
}

function maker(world, region, { keyring = world.branchKeys(region, 'orders'), keyFieldName } = {}) {
  if (keyFieldName !== undefined) return createBeacons({ keyring, keyFieldName })
  return createBeacons({ keyring, branchKeyId: 'orders', tables: SHARED })
}

function declared(world, region, { id = 'orders', tokens = TOKENS, keyFieldName } = {}) {
  const keyring = world.branchKeys(region, id)
  const client = sealDeclared(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region))), {
    format: dbEsdkFormat({ keyring, algorithmSuite: '0x6700' }),
    search: maker(world, region, { keyring, keyFieldName }),
    logicalTableName: () => LOGICAL_TABLE,
  })
  const indexKeys = { byEmail: ['aws_dbe_b_email', 'at'] }
  client.declare({ table: TABLE, key: ['id'], encrypted: ENCRYPTED, indexKeys, tokens })
  return client
}

function entity(world, region) {
  const keyring = world.branchKeys(region, 'orders')
  const documentClient = sealDocumentClient(
    DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region))),
    {
      format: dbEsdkFormat({ keyring }),
      search: createBeacons({ keyring, branchKeyId: 'orders' }),
      logicalTableName: () => LOGICAL_TABLE,
    },
  )
  const table = new Table({
    documentClient,
    name: TABLE,
    partitionKey: { name: 'id', type: 'string' },
    indexes: {
      byEmail: {
        type: 'global',
        partitionKey: { name: 'aws_dbe_b_email', type: 'string' },
        sortKey: { name: 'at', type: 'number' },
      },
    },
  })
  const schema = item({
    id: string().key(),
    at: number(),
    email: encrypted(string()),
    emailBeacon: token('email', { bits: 40, savedAs: 'aws_dbe_b_email' }),
  })
  const Person = new Entity({ name: 'Person', table, timestamps: false, schema })
  documentClient.register(Person)
  return Person
}

const query = async (client, KeyConditionExpression, value) => {
  const ExpressionAttributeValues = { ':v': value }
  const input = { TableName: TABLE, IndexName: 'byEmail', KeyConditionExpression, ExpressionAttributeValues }
  return (await client.send(new QueryCommand(input))).Items.map(plain)
}

const scan = async (client, FilterExpression, value) => {
  const ExpressionAttributeValues = { ':v': value }
  const { Items } = await client.send(
    new ScanCommand({ TableName: TABLE, FilterExpression, ExpressionAttributeValues }),
  )
  return Items.map(plain)
}

/** Without the name of its entity. */
function plain({ _et, ...item }) {
  return item
}

function sorted(item) {
  return Object.fromEntries(
    Object.entries(item)
      .map(([name, value]) => [name, value.SS === undefined ? value : { SS: [...value.SS].sort() }])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

function randomText() {
  const codePoint = () => {
    const each = randomInt(0x20, 0x1f000)
    return each >= 0xd800 && each < 0xe000 ? 0x20 : each
  }
  return String.fromCodePoint(...Array.from({ length: randomInt(1, 40) }, codePoint))
}

async function createTable(world) {
  const client = new DynamoDBClient(world.config(EAST))
  await createBeaconTable(client, TABLE, WEST)
  await world.cloud.waitForReplication()
  client.destroy()
}
