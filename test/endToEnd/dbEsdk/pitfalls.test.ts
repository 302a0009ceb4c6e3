// What trips the official client for DynamoDB does no harm here.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { dbEsdkFormat } from '@dynaseal/db-esdk'
import { sealDocumentClient as sealDeclared } from '@dynaseal/document-client'
import { openPartially } from '@dynaseal/toolbox'
import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { EAST } from '../../support/world.js'
import { key, PATIENT, patients, raw, SECRET, stored, tableName, world } from './patients.js'

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
