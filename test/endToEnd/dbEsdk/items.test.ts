// Items of the AWS Database Encryption SDK are written and read by every command, and exchanged with another application.
import {
  DynamoDBClient,
  GetItemCommand as WireGetCommand,
  PutItemCommand as WirePutCommand,
} from '@aws-sdk/client-dynamodb'
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import type { Item } from '@dynaseal/db-esdk'
import {
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  executeBatchGet,
  executeBatchWrite,
  executeTransactGet,
  executeTransactWrite,
  GetItemCommand,
  GetTransaction,
  PutItemCommand,
  PutTransaction,
  QueryCommand,
  ScanCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { EAST, WEST } from '../../support/world.js'
import { key, other, PATIENT, patients, raw, SECRET, stored, tableName, world } from './patients.js'

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
