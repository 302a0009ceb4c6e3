// Updates of items of the AWS Database Encryption SDK read first, and write the whole item.
import { marshall } from '@aws-sdk/util-dynamodb'
import type { Item } from '@dynaseal/db-esdk'
import {
  $add,
  $append,
  $remove,
  executeTransactWrite,
  GetItemCommand,
  PutItemCommand,
  PutTransaction,
  UpdateItemCommand,
  UpdateTransaction,
} from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { leaks } from '../../support/recordingProxy.js'
import { EAST } from '../../support/world.js'
import { key, other, PATIENT, patients, SECRET, stored, world } from './patients.js'

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
