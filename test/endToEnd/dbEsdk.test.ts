import {
  DynamoDBClient,
  GetItemCommand as WireGetCommand,
  PutItemCommand as WirePutCommand,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { createItemEncryptor, dbEsdkFormat, type Item } from '@dynaseal/db-esdk'
import { sealDocumentClient as sealDeclared } from '@dynaseal/document-client'
import { encrypted, openPartially, type SealOptions, sealDocumentClient } from '@dynaseal/toolbox'
import {
  $add,
  $append,
  $remove,
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  Entity,
  executeBatchGet,
  executeBatchWrite,
  executeTransactGet,
  executeTransactWrite,
  GetItemCommand,
  GetTransaction,
  item,
  list,
  map,
  number,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  ScanCommand,
  string,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../support/recordingProxy.js'
import { withTablePerTest } from '../support/tablePerTest.js'
import { toolboxTable } from '../support/toolboxTable.js'
import { createWorld, EAST, WEST, type World } from '../support/world.js'

// Items of the AWS Database Encryption SDK through the sealed client.

let world: World
let tableName: string
const key = { pk: 'a', sk: '1' }
const SECRET = 'the secret plaintext'
const PATIENT = {
  ...key,
  gsi: 'ward 7',
  age: 44,
  tags: ['urgent'],
  note: SECRET,
  visits: [{ day: 'monday', finding: `${SECRET} 1` }],
}

withTablePerTest(
  (made, name) => {
    world = made
    tableName = name
    world.cloud.clearCalls()
  },
  () => createWorld({ engine: 'dynoxide' }),
)

function patients(region = EAST, options: Partial<SealOptions> = {}) {
  const client = sealDocumentClient(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(region))), {
    format: dbEsdkFormat({ keyring: world.keyring(region) }),
    ...options,
  } as SealOptions)
  const table = toolboxTable(client, tableName)
  const Patient = new Entity({
    name: 'Patient',
    table,
    timestamps: false,
    schema: item({
      pk: string().key(),
      sk: string().key(),
      gsi: string().optional(),
      age: number().optional(),
      tags: list(string()).optional(),
      note: encrypted(string()).optional(),
      visits: encrypted(list(map({ day: string(), finding: string() }))).optional(),
    }),
  })
  client.register(Patient)
  return { client, table, Patient }
}

/** The same table in an application without a mapper, in Java say. */
const other = () =>
  createItemEncryptor({
    keyring: world.keyring(WEST),
    logicalTableName: tableName,
    partitionKeyName: 'pk',
    sortKeyName: 'sk',
    attributeActionsOnEncrypt: {
      note: 'ENCRYPT_AND_SIGN',
      visits: 'ENCRYPT_AND_SIGN',
      age: 'ENCRYPT_AND_SIGN',
    },
  })

const raw = () => world.rawClient(EAST)
const stored = async () =>
  (await raw().send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }))).Item!

describe('an item', () => {
  test('is put and comes back by every read, in the other region as well', async () => {
    const { Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    expect(await stored()).toMatchObject({
      ...{ ...key, gsi: 'ward 7', age: 44, tags: ['urgent'] },
      ...Object.fromEntries(
        ['note', 'visits', 'aws_dbe_head', 'aws_dbe_foot'].map(name => [name, expect.any(Uint8Array)]),
      ),
    })
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
    await world.cloud.waitForReplication()
    world.cloud.clearCalls()
    const { table: west, Patient: There } = patients(WEST)
    expect((await There.build(GetItemCommand).key(key).send()).Item).toEqual(PATIENT)
    const query = west.build(QueryCommand).entities(There)
    expect((await query.query({ partition: 'a' }).send()).Items).toEqual([PATIENT])
    expect((await query.query({ index: 'byGsi', partition: 'ward 7' }).send()).Items).toEqual([PATIENT])
    expect((await west.build(ScanCommand).entities(There).send()).Items).toEqual([PATIENT])
    const batch = await executeBatchGet(
      west.build(BatchGetCommand).requests(There.build(BatchGetRequest).key(key)),
    )
    expect(batch.Responses?.[0]).toEqual([PATIENT])
    expect((await executeTransactGet(There.build(GetTransaction).key(key))).Responses).toEqual([
      { Item: PATIENT },
    ])
    // It was read six times; the key for it is in memory after the first.
    expect(world.kmsCalls()).toEqual([`Decrypt ${WEST}`])
  })

  test('is written by batches and transactions', async () => {
    const { table, Patient } = patients()
    await executeBatchWrite(
      table.build(BatchWriteCommand).requests(Patient.build(BatchPutRequest).item(PATIENT)),
    )
    await executeTransactWrite(Patient.build(PutTransaction).item({ ...PATIENT, sk: '2' }))
    const { Items } = await table.build(QueryCommand).entities(Patient).query({ partition: 'a' }).send()
    expect(Items).toEqual([PATIENT, { ...PATIENT, sk: '2' }])
  })

  test('is read by others, and theirs here, with attributes encrypted that have no annotation', async () => {
    const { Patient, client } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    const wire = new DynamoDBClient(world.config(EAST))
    const Key = { pk: { S: 'a' }, sk: { S: '1' } }
    const got = await wire.send(new WireGetCommand({ TableName: tableName, Key, ConsistentRead: true }))
    const opened = await other().decryptItem(got.Item as Item)
    expect(opened).toMatchObject({ age: { N: '44' }, note: { S: SECRET } })
    const theirs = await other().encryptItem({ ...opened, age: { N: '45' } })
    expect(theirs.age).toHaveProperty('B')
    const Planted = { ...theirs, aws_dbe_b_note: { S: 'a beacon' } }
    await wire.send(new WirePutCommand({ TableName: tableName, Item: Planted }))
    wire.destroy()
    const consistent = { consistent: true }
    expect((await Patient.build(GetItemCommand).key(key).options(consistent).send()).Item).toEqual({
      ...PATIENT,
      age: 45,
    })
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }),
    )
    expect(Item).toEqual({ ...PATIENT, age: 45, _et: 'Patient' })
  })

  test('whose entity encrypts something inside of an attribute is refused, with the way out', async () => {
    const { client, table } = patients()
    const schema = item({
      pk: string().key(),
      sk: string().key(),
      visits: list(map({ finding: encrypted(string()) })),
    })
    const Nested = new Entity({ name: 'Nested', table, schema, timestamps: false })
    expect(() => client.register(Nested)).toThrow(
      expect.objectContaining({
        name: 'ToolboxError',
        code: 'invalid-schema',
        message: expect.stringMatching(
          /'visits\[n\]\.finding' of entity Nested in table .* Encrypt the attribute that it is in/,
        ),
      }),
    )
    expect(world.proxy.sent).toEqual([])
  })

  test('of which nothing inside of an attribute can be declared, nor what has another action', () => {
    const format = dbEsdkFormat({
      keyring: world.keyring(EAST),
      tables: { [tableName]: { allowedUnsignedAttributes: ['visits'] } },
    })
    const client = sealDeclared(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
      format,
    })
    for (const [path, reason] of [
      ['address.street', "'address.street' of the items in table .* as wholes"],
      ["['a.b'][*]", "'\\['a\\.b'\\]\\[n\\]' of the items in table .* as wholes"],
      ['visits', "'visits' of the items in table .* another action in the option tables"],
    ] as const)
      expect(() => client.declare({ table: tableName, key: ['pk', 'sk'], encrypted: [path] })).toThrow(
        expect.objectContaining({ code: 'invalid-schema', message: expect.stringMatching(reason) }),
      )
  })
})

describe('a part of an item', () => {
  test('is read through an entity, of a whole item that is verified', async () => {
    const { table, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    const expected = { note: SECRET, age: 44 }
    const attributes: ['note', 'age'] = ['note', 'age']
    expect((await Patient.build(GetItemCommand).key(key).options({ attributes }).send()).Item).toEqual(
      expected,
    )
    const query = table.build(QueryCommand).entities(Patient).query({ partition: 'a' })
    expect((await query.options({ attributes }).send()).Items).toEqual([expected])
    const inside: ['visits[0].day'] = ['visits[0].day']
    // The schema inside of encrypted() wants all of it.
    await expect(
      Patient.build(GetItemCommand).key(key).options({ attributes: inside }).send(),
    ).rejects.toMatchObject({ code: 'projection-refused' })
    await raw().send(new PutCommand({ TableName: tableName, Item: { ...(await stored()), tags: [] } }))
    await expect(query.options({ attributes }).send()).rejects.toThrow(/Cannot open an item/)
  })
})

describe('an update that reads first', () => {
  const changing = () => patients(EAST, { updates: 'read-change-write' })

  test('goes through an entity, and what it returns is formatted', async () => {
    const { Patient } = changing()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    const update = Patient.build(UpdateItemCommand).item({
      ...key,
      note: 'better',
      age: $add(1),
      gsi: $remove(),
    })
    const { gsi: _, ...rest } = PATIENT
    const expected = { ...rest, note: 'better', age: 45 }
    expect((await update.options({ returnValues: 'ALL_NEW' }).send()).Attributes).toEqual(expected)
    expect((await Patient.build(GetItemCommand).key(key).options({ consistent: true }).send()).Item).toEqual(
      expected,
    )
    expect(leaks(world.proxy.sent, [SECRET, 'better'])).toEqual([])
    expect(await other().decryptItem(marshall(await stored()) as Item)).toMatchObject({
      note: { S: 'better' },
    })
  })

  test('goes through a transaction of entities', async () => {
    const { Patient } = changing()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    await executeTransactWrite(
      Patient.build(UpdateTransaction).item({ ...key, note: 'better' }),
      Patient.build(PutTransaction).item({ ...PATIENT, sk: '2' }),
    )
    const { Item } = await Patient.build(GetItemCommand).key(key).options({ consistent: true }).send()
    expect(Item).toEqual({ ...PATIENT, note: 'better' })
  })

  test('is not what the schema thinks of: it refuses to compute', async () => {
    const { Patient } = changing()
    const visits = $append([{ day: 'friday', finding: SECRET }])
    const update = Patient.build(UpdateItemCommand).item({ ...key, visits })
    await expect(update.send()).rejects.toMatchObject({ code: 'update-refused' })
  })
})

describe('what trips the official client', () => {
  test('a table that is named by its ARN: nothing is written in clear', async () => {
    const { client } = patients()
    const TableName = `arn:aws:dynamodb:${EAST}:000000000000:table/${tableName}`
    const put = new PutCommand({ TableName, Item: PATIENT })
    await expect(client.send(put)).rejects.toMatchObject({ code: 'plaintext-refused' })
    const declared = sealDeclared(DynamoDBDocumentClient.from(new DynamoDBClient(world.config(EAST))), {
      format: dbEsdkFormat({ keyring: world.keyring(EAST) }),
    }).declare({ table: tableName, key: ['pk', 'sk'], encrypted: ['note', 'visits'] })
    await declared.send(put)
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
    expect(await stored()).toMatchObject({
      note: expect.any(Uint8Array),
      aws_dbe_head: expect.any(Uint8Array),
    })
    const get = new GetCommand({ TableName, Key: key, ConsistentRead: true })
    expect((await declared.send(get)).Item).toEqual(PATIENT)
  })

  test('an update that would leave an item that nobody can open: it is refused', async () => {
    const { Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    const update = Patient.build(UpdateItemCommand).item({ ...key, gsi: 'ward 8' })
    await expect(update.send()).rejects.toMatchObject({ code: 'update-refused' })
    expect((await Patient.build(GetItemCommand).key(key).send()).Item).toEqual(PATIENT)
  })

  test('the item that comes with a failed condition: it is opened', async () => {
    const { client, Patient } = patients()
    await Patient.build(PutItemCommand)
      .item({ ...key, note: SECRET })
      .send()
    const put = new PutCommand({
      TableName: tableName,
      Item: key,
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    await expect(client.send(put)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: { pk: { S: 'a' }, sk: { S: '1' }, note: { S: SECRET }, _et: { S: 'Patient' } },
    })
  })

  test('a bad item: it fails for itself, and not its page', async () => {
    const { table, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    const Item = { ...(await stored()), sk: '2' }
    await raw().send(new PutCommand({ TableName: tableName, Item }))
    const { result, unopened } = await openPartially(() =>
      table.build(QueryCommand).entities(Patient).query({ partition: 'a' }).send(),
    )
    expect(result.Items).toEqual([PATIENT])
    expect(unopened).toMatchObject([{ key: { pk: 'a', sk: '2' }, failures: [{ code: 'key-unavailable' }] }])
    const scan = table.build(ScanCommand).entities(Patient)
    await expect(scan.send()).rejects.toThrow(/Cannot open an item in table/)
  })
})
