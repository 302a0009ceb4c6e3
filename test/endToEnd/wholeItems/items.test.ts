// Items that are sealed as wholes are written and read by every command.
import { BatchWriteCommand as DocumentBatchWriteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import {
  BatchGetCommand,
  BatchGetRequest,
  BatchPutRequest,
  BatchWriteCommand,
  ConditionCheck,
  DeleteItemCommand,
  DeleteTransaction,
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
import { key, load, PATIENT, patients, plant, raw, SECRET, stored, tableName, world } from './patients.js'

describe('an item that is sealed as a whole', () => {
  test('is put and comes back by every read, without header and footer', async () => {
    const { table, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()

    const { head, foot, ...rest } = await stored()
    expect([head, foot, rest.note, rest.scan]).toEqual(Array(4).fill(expect.any(Uint8Array)))
    expect(rest).toMatchObject({ ...key, gsi: 'ward 7', age: 44, tags: ['urgent'] })
    expect(rest.visits).toEqual([
      { day: 'monday', finding: expect.any(Uint8Array) },
      { day: 'tuesday', finding: expect.any(Uint8Array) },
    ])
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])

    expect((await Patient.build(GetItemCommand).key(key).send()).Item).toEqual(PATIENT)
    const query = table.build(QueryCommand).entities(Patient)
    expect((await query.query({ partition: 'a' }).send()).Items).toEqual([PATIENT])
    expect((await query.query({ index: 'byGsi', partition: 'ward 7' }).send()).Items).toEqual([PATIENT])
    expect((await table.build(ScanCommand).entities(Patient).send()).Items).toEqual([PATIENT])
    const batch = await executeBatchGet(
      table.build(BatchGetCommand).requests(Patient.build(BatchGetRequest).key(key)),
    )
    expect(batch.Responses?.[0]).toEqual([PATIENT])
    const transaction = await executeTransactGet(Patient.build(GetTransaction).key(key))
    expect(transaction.Responses).toEqual([{ Item: PATIENT }])
    expect(
      (await Patient.build(PutItemCommand).item(PATIENT).options({ returnValues: 'ALL_OLD' }).send())
        .Attributes,
    ).toEqual(PATIENT)
    expect(
      (await Patient.build(DeleteItemCommand).key(key).options({ returnValues: 'ALL_OLD' }).send())
        .Attributes,
    ).toEqual(PATIENT)
  })

  test('comes back as it was sent, header and footer aside, by the document client', async () => {
    const { client, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    const { Item } = await client.send(new GetCommand({ TableName: tableName, Key: key }))
    expect(Item).toEqual({ ...PATIENT, _et: 'Patient' })
  })

  test('is written by batches and transactions', async () => {
    const { table, Patient } = patients()
    await executeBatchWrite(
      table.build(BatchWriteCommand).requests(Patient.build(BatchPutRequest).item(PATIENT)),
    )
    await executeTransactWrite(Patient.build(PutTransaction).item({ ...PATIENT, sk: '2' }))
    const { Items } = await table.build(QueryCommand).entities(Patient).query({ partition: 'a' }).send()
    expect(Items).toEqual([PATIENT, { ...PATIENT, sk: '2' }])
    await executeTransactWrite(
      Patient.build(ConditionCheck).key(key).condition({ attr: 'note', exists: true }),
      Patient.build(DeleteTransaction).key({ ...key, sk: '2' }),
    )
    expect(await stored({ ...key, sk: '2' })).toBeUndefined()
  })

  test('may encrypt nothing, and is sealed all the same', async () => {
    const { Patient } = patients()
    const given = { ...key, age: 44 }
    await Patient.build(PutItemCommand).item(given).send()
    expect(Object.keys(await stored())).toEqual(expect.arrayContaining(['head', 'foot']))
    expect((await load()).Item).toEqual(given)
    await plant({ ...(await stored()), age: 45 })
    await expect(load()).rejects.toMatchObject({ code: 'fields-not-opened' })
  })

  test('that DynamoDB did not process is sent again as it is', async () => {
    const { client, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    const unprocessed = await stored()
    await raw().send(new PutCommand({ TableName: tableName, Item: { ...key, age: 1 } }))
    await client.send(
      new DocumentBatchWriteCommand({
        RequestItems: { [tableName]: [{ PutRequest: { Item: unprocessed } }] },
      }),
    )
    expect(await stored()).toEqual(unprocessed)
  })

  test('is opened in the error of a condition that failed', async () => {
    const { client, Patient } = patients()
    await Patient.build(PutItemCommand)
      .item({ ...key, age: 44, note: SECRET })
      .send()
    const put = new PutCommand({
      TableName: tableName,
      Item: { ...key },
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })
    await expect(client.send(put)).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: { pk: { S: 'a' }, sk: { S: '1' }, age: { N: '44' }, note: { S: SECRET }, _et: { S: 'Patient' } },
    })
  })
})
