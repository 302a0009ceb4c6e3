// Clients that may not do everything, and one that is not sealed.
import { GetItemCommand, PutItemCommand } from 'dynamodb-toolbox'
import { describe, expect, test } from 'vitest'
import { key, PATIENT, patients, plant, raw, stored } from './patients.js'

describe('a client', () => {
  test('that may only seal does not read, and one that may only open does not write', async () => {
    const { Patient } = patients({ role: 'seal' })
    await Patient.build(PutItemCommand)
      .item({ ...key, age: 44 })
      .send()
    const refused = { code: 'role-refused' }
    await expect(Patient.build(GetItemCommand).key(key).send()).rejects.toMatchObject(refused)
    const reader = patients({ role: 'open' })
    expect((await reader.Patient.build(GetItemCommand).key(key).send()).Item).toEqual({ ...key, age: 44 })
    await expect(
      reader.Patient.build(PutItemCommand)
        .item({ ...key, age: 45 })
        .send(),
    ).rejects.toMatchObject(refused)
  })

  test('reads items in clear where a table is being migrated, and no item that lacks its header alone', async () => {
    const { Patient } = patients({ plaintext: 'allow' })
    const clear = { ...key, age: 44, note: 'clear', scan: new Uint8Array([4]) }
    await plant({ ...clear, _et: 'Patient' })
    const get = Patient.build(GetItemCommand).key(key).options({ consistent: true })
    expect((await get.send()).Item).toEqual(clear)
    await Patient.build(PutItemCommand).item(PATIENT).send()
    expect((await get.send()).Item).toEqual(PATIENT)
    const { head, ...rest } = await stored()
    await plant(rest)
    await expect(get.send()).rejects.toMatchObject({ code: 'fields-not-opened' })
    await plant({ ...rest, head, note: 'clear' })
    await expect(get.send()).rejects.toMatchObject({ code: 'fields-not-opened' })
  })

  test('that is not sealed hands no ciphertext to the application', async () => {
    await patients()
      .Patient.build(PutItemCommand)
      .item({ ...key, scan: PATIENT.scan })
      .send()
    const { Patient, table } = patients()
    table.documentClient = raw()
    await expect(Patient.build(GetItemCommand).key(key).send()).rejects.toMatchObject({
      code: 'client-not-sealed',
    })
  })
})
