// What cannot be done to an item that is sealed as a whole.
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import {
  Entity,
  executeTransactWrite,
  item,
  number,
  PutItemCommand,
  string,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { key, PATIENT, patients, SECRET, stored, tableName, world } from './patients.js'

describe('is refused, since it concerns a part of an item:', () => {
  test('an update, of an encrypted or a clear attribute', async () => {
    const { Patient } = patients()
    const refused = { code: 'update-refused', message: expect.stringContaining('put it back') }
    for (const change of [{ note: SECRET }, { age: 45 }, {}]) {
      await expect(
        Patient.build(UpdateItemCommand)
          .item({ ...key, ...change })
          .send(),
      ).rejects.toMatchObject(refused)
    }
    await expect(
      executeTransactWrite(Patient.build(UpdateTransaction).item({ ...key, age: 45 })),
    ).rejects.toMatchObject(refused)
    expect(world.cloud.calls({ service: 'dynamodb' }).map(call => call.operation)).not.toContain('UpdateItem')
    expect(leaks(world.proxy.sent, [SECRET])).toEqual([])
  })

  test("an expression that names one of the format's attributes", async () => {
    const { client } = patients()
    const put = (ConditionExpression: string) =>
      client.send(
        new PutCommand({
          TableName: tableName,
          Item: { ...key },
          ConditionExpression,
          ...(ConditionExpression.includes(':') ? { ExpressionAttributeValues: { ':v': 'x' } } : {}),
        }),
      )
    await expect(put('foot = :v')).rejects.toMatchObject({ code: 'condition-refused' })
    await expect(put('attribute_exists(foot)')).rejects.toMatchObject({ code: 'condition-refused' })
  })
})

describe("the format's attributes", () => {
  test('cannot be written by the application', async () => {
    const { client, Patient } = patients()
    await Patient.build(PutItemCommand).item(PATIENT).send()
    const { head, foot } = await stored()
    const { note } = Patient.build(PutItemCommand).item(PATIENT).params().Item!
    for (const own of [{ head: 'x' }, { head }, { head, foot, note: 'clear' }, { head, foot, note }]) {
      await expect(
        client.send(new PutCommand({ TableName: tableName, Item: { ...key, ...own } })),
      ).rejects.toMatchObject({ code: 'plaintext-refused' })
    }
  })

  test('cannot be declared by an entity', () => {
    const { client, table } = patients()
    const schema = item({ pk: string().key(), sk: string().key(), beds: number().savedAs('head') })
    const Room = new Entity({ name: 'Room', table, schema })
    expect(() => client.register(Room)).toThrow(expect.objectContaining({ code: 'invalid-schema' }))
  })
})
